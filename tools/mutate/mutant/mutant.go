// Package mutant tells a program which of the mutants that it holds is switched on. tools/mutate lays this
// package over a module's sources, together with files that call it. It is never part of a shipped program.
//
// The environment variable MUTANT has the number of the mutant; without it, the program does what its sources
// say. If MUTANT_REACHED names a file, the numbers of the mutants that are reached are appended to it, each once
// in a process, as 4 bytes with the lowest first. A function here that stands for several mutants takes
// the number of the first of them.
package mutant

import (
	"cmp"
	"encoding/binary"
	"os"
	"strconv"
	"sync"
)

var (
	active, _ = strconv.Atoi(os.Getenv("MUTANT")) // 0: none
	reached   = create(os.Getenv("MUTANT_REACHED"))
)

// recorder notes which mutants were reached.
type recorder struct {
	mu   sync.Mutex
	file *os.File
	seen map[int]bool
}

func create(path string) *recorder {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return &recorder{file: file, seen: map[int]bool{}}
}

func (r *recorder) note(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[n] {
		return
	}
	r.seen[n] = true
	if _, err := r.file.Write(binary.LittleEndian.AppendUint32(nil, uint32(n))); err != nil {
		panic(err)
	}
}

// On tells whether mutant n is switched on.
func On(n int) bool {
	if reached != nil {
		reached.note(n)
	}
	return n == active
}

// Fixed is a condition that is always true with mutant n, and always false with n+1.
func Fixed(n int, condition bool) bool {
	switch {
	case On(n):
		return true
	case On(n + 1):
		return false
	}
	return condition
}

// False is a condition that is always false with mutant n.
func False(n int, condition bool) bool { return !On(n) && condition }

// And is a && b; with mutant n it is a || b, with n+1 only b counts, with n+2 only a.
func And(n int, a bool, b func() bool) bool {
	switch {
	case On(n):
		return a || b()
	case On(n + 1):
		return b()
	case On(n + 2):
		return a
	}
	return a && b()
}

// Or is a || b; with mutant n it is a && b, with n+1 only b counts, with n+2 only a.
func Or(n int, a bool, b func() bool) bool {
	switch {
	case On(n):
		return a && b()
	case On(n + 1):
		return b()
	case On(n + 2):
		return a
	}
	return a || b()
}

// Compare is a < b, if the operator is "<"; with mutant n it is a comparison with the first of the others instead, with
// n+1 one with the second.
func Compare[T cmp.Ordered](n int, a T, operator string, b T, instead ...string) bool {
	for i, other := range instead {
		if On(n + i) {
			operator = other
		}
	}
	switch operator {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "==":
		return a == b
	case "!=":
		return a != b
	}
	panic(operator)
}

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type number interface {
	integer | ~float32 | ~float64
}

// Add is a + b; with mutant n it is a - b.
func Add[T number](n int, a, b T) T {
	if On(n) {
		return a - b
	}
	return a + b
}

// Subtract is a - b; with mutant n it is a + b.
func Subtract[T number](n int, a, b T) T {
	if On(n) {
		return a + b
	}
	return a - b
}

// Multiply is a * b; with mutant n it is a / b.
func Multiply[T number](n int, a, b T) T {
	if On(n) {
		return a / b
	}
	return a * b
}

// Divide is a / b; with mutant n it is a * b.
func Divide[T number](n int, a, b T) T {
	if On(n) {
		return a * b
	}
	return a / b
}

// Number is v; with mutant n it is one more, and with n+1 one less.
func Number[T number](n int, v T) T {
	switch {
	case On(n):
		return v + 1
	case On(n + 1):
		return v - 1
	}
	return v
}

// Scaled is v; with mutant n it is twice v, and with n+1 half of it.
func Scaled[T number](n int, v T) T {
	switch {
	case On(n):
		return v * 2
	case On(n + 1):
		return v / 2
	}
	return v
}

// Text is v; with mutant n it is "", or "mutant" if v is "".
func Text[T ~string](n int, v T) T {
	switch {
	case !On(n):
		return v
	case v == "":
		return "mutant"
	}
	return ""
}

// Not is v; with mutant n it is the opposite.
func Not[T ~bool](n int, v T) T {
	if On(n) {
		return !v
	}
	return v
}

// Zero is v; with mutant n it is the zero value of its type.
func Zero[T any](n int, v T) T {
	if On(n) {
		return *new(T)
	}
	return v
}
