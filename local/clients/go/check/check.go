// Package check ends a program at the first answer that is not the one wanted.
package check

import (
	"fmt"
	"os"

	"github.com/google/go-cmp/cmp"
)

type failure string

// Main runs a program. Once the program's deferred calls are done, a failed check is
// printed and the exit code is 1.
func Main(program func()) {
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case failure:
			fmt.Fprintln(os.Stderr, reason)
			os.Exit(1)
		default:
			panic(reason)
		}
	}()
	program()
}

// OK fails if what was done has returned an error.
func OK(what string, err error) {
	if err != nil {
		panic(failure(fmt.Sprintf("%s: %v", what, err)))
	}
}

// Equal fails with the difference if there is one.
func Equal(what string, got, want any) {
	if diff := cmp.Diff(want, got); diff != "" {
		panic(failure(fmt.Sprintf("%s (-want +got):\n%s", what, diff)))
	}
}
