// Package check stops a program at the first wrong answer. It is only for the programs beside it.
package check

import (
	"fmt"
	"os"

	"github.com/google/go-cmp/cmp"
)

type failure string

// Main runs a program. If a check fails, Main runs the program's deferred calls, prints the failure
// and exits with code 1.
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

// OK fails if err is not nil. what says what the program did.
func OK(what string, err error) {
	if err != nil {
		panic(failure(fmt.Sprintf("%s: %v", what, err)))
	}
}

// Equal fails if got and want differ, and shows the difference.
func Equal(what string, got, want any) {
	if diff := cmp.Diff(want, got); diff != "" {
		panic(failure(fmt.Sprintf("%s (-want +got):\n%s", what, diff)))
	}
}
