package main

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"simple-sam-demo/internal/binary"
)

// buildLocal builds the local stack, and returns the path of the program.
func buildLocal(ctx context.Context, bin string) (path string, err error) {
	path = filepath.Join(bin, "local")
	return path, binary.Build(ctx, ".", runtime.GOOS, runtime.GOARCH, path, "./local")
}

// machine is the machine that the absolute times are of.
type machine struct {
	System, Go, Processor string
	Cores                 int
}

func thisMachine() machine {
	m := machine{System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU(), Processor: "an unknown processor"}
	info, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return m // not Linux
	}
	defer info.Close()
	for lines := bufio.NewScanner(info); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			m.Processor = strings.TrimSpace(value)
			break
		}
	}
	return m
}
