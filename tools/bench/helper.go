package main

import (
	"context"
	"io"
	"os"
	"os/exec"
)

// startHelper starts this program once more, with an environment variable that tells it what to
// be (see [isHelper]). The helper writes to out where it is, and ends when stop closes its input.
func startHelper(ctx context.Context, variable string) (out io.Reader, stop func(), err error) {
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
