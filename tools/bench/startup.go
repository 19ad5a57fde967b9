package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"simple-sam-demo/internal/binary"
	"simple-sam-demo/internal/runtimeapi"
)

// program is a program that Lambda could run.
type program struct {
	Name      string
	path      string        // of the program for this machine
	variables []string      // of its environment
	Bytes     int64         // its size for Lambda: linux, arm64
	Start     time.Duration // from the start of the process to its first request for an invocation: the median
	Most      float64       // its start ÷ the start of the program that only makes the SDK's clients may be this at most, or is no claim if it is 0
}

// measureStartup builds the functions and the two floors, and starts them.
func (m *measurement) measureStartup(ctx context.Context, _ *testing.T) (err error) {
	if m.results.Programs, err = buildPrograms(ctx, m.bin); err != nil {
		return err
	}
	return measureStarts(ctx, m.results.Programs, m.starts)
}

// buildPrograms builds each program for Lambda, to see how large it is, and for this machine.
func buildPrograms(ctx context.Context, bin string) (programs []program, err error) {
	for i, of := range []struct {
		name, pkg, function string // a floor has the environment of the enricher
		most                float64
	}{
		{"a program that does nothing", "./tools/bench/floor/bare", enricherFunction, 0},
		{"a program that only makes the SDK's clients", "./tools/bench/floor/sdk", enricherFunction, 0},
		{"writer", "./writer/lambda", writerFunction, 1.15},
		{"reader", "./reader/lambda", readerFunction, 1.15},
		{"enricher", "./enricher/lambda", enricherFunction, 1.35},
	} {
		p := program{Name: of.name, path: filepath.Join(bin, fmt.Sprint("program", i)), Most: of.most}
		if err := binary.Build(ctx, ".", "linux", "arm64", p.path, of.pkg); err != nil {
			return nil, err
		}
		info, err := os.Stat(p.path)
		if err != nil {
			return nil, err
		}
		p.Bytes = info.Size()
		if err := binary.Build(ctx, ".", runtime.GOOS, runtime.GOARCH, p.path, of.pkg); err != nil {
			return nil, err
		}
		f, err := functionBuild{root: "."}.withDefaultMemory(of.function)
		if err != nil {
			return nil, err
		}
		p.variables = variables(f)
		programs = append(programs, p)
	}
	return programs, nil
}

// measureStarts starts each program n times without any connection, in turns, and notes the median of
// the time until it asks for its first invocation.
func measureStarts(ctx context.Context, programs []program, n int) error {
	taken := make([][]time.Duration, len(programs))
	for range n + 1 { // the first round only fills the page cache
		for i, p := range programs {
			e, err := runtimeapi.Start(ctx, runtimeapi.Program{Path: p.path, Variables: append(p.variables, unconnected)})
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			e.Stop()
			taken[i] = append(taken[i], e.Init)
		}
	}
	for i := range programs {
		programs[i].Start = median(taken[i][1:])
	}
	return nil
}
