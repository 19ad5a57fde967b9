package commandline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// CheckOutput returns an error if the file that a flag names can't be written. A program that writes a file at its
// end calls this in its Check, so that nobody waits in vain. The file stays as it is. If there is none, there is
// none afterwards.
func CheckOutput(flag, path string) error {
	_, before := os.Lstat(path)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err == nil {
		err = file.Close()
	}
	if err == nil && errors.Is(before, fs.ErrNotExist) {
		err = os.Remove(path)
	}
	var reason *fs.PathError
	if errors.As(err, &reason) {
		return fmt.Errorf("%s: %s can't be written: %w", flag, path, reason.Err)
	}
	return err
}
