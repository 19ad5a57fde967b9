package stacktest

import (
	"strings"
	"sync"
)

// Output keeps what a program writes, also from several goroutines at once.
type Output struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write keeps a text. It never fails.
func (o *Output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

// String returns all that was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
