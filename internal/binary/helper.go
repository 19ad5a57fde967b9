// Package binary builds the repository's programs, and starts more processes of the program that runs. It is
// for tools that look at real processes.
package binary

import (
	"context"
	"io"
	"os"
	"os/exec"
)

// Helper starts another process of this program. The environment variable, as name=value, tells it that it is a
// helper, and which. It writes to out where it can be reached, and ends when stop closes its input, or when this
// process ends.
func Helper(ctx context.Context, variable string) (out io.Reader, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	command := exec.CommandContext(ctx, self)
	command.Env = append(os.Environ(), variable)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	if out, err = command.StdoutPipe(); err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	return out, func() { _, _ = in.Close(), command.Wait() }, nil
}
