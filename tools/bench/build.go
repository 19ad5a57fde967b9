package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// flags are those of the Makefile.
var flags = []string{"-tags", "lambda.norpc,nethttpomithttp2", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}

// goBuild builds a package of the repository in root as for Lambda, for some system.
func goBuild(ctx context.Context, root, system, architecture, out, pkg string) error {
	command := exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-o", out, pkg)...)
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, output)
	}
	return nil
}

// buildLocal builds the local stack, and returns the path of the program.
func buildLocal(ctx context.Context, bin string) (path string, err error) {
	path = filepath.Join(bin, "local")
	return path, goBuild(ctx, ".", runtime.GOOS, runtime.GOARCH, path, "./local")
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
