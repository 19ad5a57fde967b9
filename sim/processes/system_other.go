//go:build !linux

package processes

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// supported tells why there can be no run here, or nil.
func supported() error {
	return errors.New("-processes needs Linux, where processes can be stopped and their memory can be limited, and this is " + runtime.GOOS + ": run it in a container with Linux")
}

func attributes() *syscall.SysProcAttr      { return nil }
func stop(*os.Process) error                { return supported() }
func resume(*os.Process) error              { return supported() }
func terminate(*os.Process) error           { return supported() }
func limitMemory(*os.Process, uint64) error { return supported() }
