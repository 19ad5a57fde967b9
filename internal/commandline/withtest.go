package commandline

import (
	"context"
	"io"
	"os"
	"testing"
)

// MainWithTest is [Main] for a program that uses testing/synctest, which wants a testing.T.
func MainWithTest(run func(ctx context.Context, t *testing.T, args []string, stdout, stderr io.Writer) int) {
	Main(func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
		os.Args = os.Args[:1] // or the package testing reads them
		testing.Main(
			func(string, string) (bool, error) { return true, nil },
			[]testing.InternalTest{{Name: "main", F: func(t *testing.T) { os.Exit(run(ctx, t, args, stdout, stderr)) }}}, nil, nil,
		)
		return Failed // testing.Main does not return
	})
}
