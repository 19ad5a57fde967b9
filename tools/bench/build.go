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
	"time"
)

// program is a binary that Lambda could run.
type program struct {
	Name  string
	path  string
	Bytes int64         // for Lambda: linux, arm64
	Start time.Duration // from its start to its first poll, the median
	Most  float64       // its start ÷ the start of the one that only makes the SDK's clients, or 0
}

// flags are those of the Makefile.
var flags = []string{"-tags", "lambda.norpc,nethttpomithttp2", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}

// build builds the functions and the floors, and the local stack beside them.
func build(ctx context.Context, bin string) ([]program, error) {
	programs := []program{
		{Name: "a program that does nothing", path: "./tools/bench/floor/bare"},
		{Name: "a program that only makes the SDK's clients", path: "./tools/bench/floor/sdk"},
		{Name: "writer", path: "./writer/lambda", Most: 1.15},
		{Name: "reader", path: "./reader/lambda", Most: 1.15},
		{Name: "enricher", path: "./enricher/lambda", Most: 1.35},
	}
	for i := range programs {
		p, out := &programs[i], filepath.Join(bin, fmt.Sprint("program", i))
		if err := goBuild(ctx, ".", "linux", "arm64", out, p.path); err != nil {
			return nil, err
		}
		info, err := os.Stat(out)
		if err != nil {
			return nil, err
		}
		p.Bytes = info.Size()
		if err := goBuild(ctx, ".", runtime.GOOS, runtime.GOARCH, out, p.path); err != nil {
			return nil, err
		}
		p.path = out
	}
	return programs, goBuild(ctx, ".", runtime.GOOS, runtime.GOARCH, filepath.Join(bin, "local"), "./local")
}

func goBuild(ctx context.Context, root, system, architecture, out, pkg string) error {
	command := exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-o", out, pkg)...)
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, output)
	}
	return nil
}

// machine is what the absolute times are of.
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
