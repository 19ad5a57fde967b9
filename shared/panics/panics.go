// Package panics turns a panic into an error, which can be handed to another goroutine. Without it, a
// panic in a goroutine ends the process, and with it all other work. It does not log; telemetry.Try
// does.
package panics

import (
	"fmt"
	"runtime"
)

// An [Error] keeps this much of a panic, so that no log line grows without a bound.
const (
	maxText  = 1 << 10  // bytes
	maxStack = 64 << 10 // bytes
)

// Error is a panic.
type Error struct {
	text  string
	Stack string // of the goroutine that panicked, as the Go runtime writes it; its beginning if it is long
}

func (e *Error) Error() string { return "panic: " + e.text }

// Catch calls do, and returns nil or, if it panicked, the [*Error]. To panic with such an
// error again keeps its stack.
func Catch(do func()) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case *Error:
			err = cause
		default:
			err = &Error{beginning(fmt.Sprint(cause), maxText), stack()}
		}
	}()
	do()
	return nil
}

// stack walks the stack once. debug.Stack walks the whole of it for each buffer that is too small.
func stack() string {
	text := make([]byte, maxStack)
	return string(text[:runtime.Stack(text, false)])
}

func beginning(text string, n int) string { return text[:min(len(text), n)] }
