package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// judge is a program that tells whether a mutant is different: the tests of a package, or a second judge.
type judge struct {
	importPath string // of the package that is built
	folder     string // that it runs in
	arguments  []string
	isTest     bool
	program    string // built with the overlay
	trials     []*trial
}

// trial is one test, or the whole of a second judge.
type trial struct {
	judge   *judge
	name    string // or "" for the whole
	took    time.Duration
	reaches map[int]bool
}

func (t *trial) String() string {
	if t.judge.isTest {
		return t.judge.importPath + " " + t.name
	}
	return strings.Join(append([]string{t.judge.importPath}, t.judge.arguments...), " ")
}

// build compiles the judge's program with an overlay.
func (j *judge) build(ctx context.Context, m *module, overlay, program string) error {
	arguments := []string{"build"}
	if j.isTest {
		arguments = []string{"test", "-c", "-vet=off"}
	}
	command := exec.CommandContext(ctx, "go", append(arguments, "-overlay", overlay, "-o", program, j.importPath)...)
	command.Dir = m.root
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", j.importPath, err, text)
	}
	return nil
}

// verdict is what a run of a judge says.
type verdict int

const (
	passed verdict = iota
	failedTest
	timedOut
)

// run runs some trials of a judge, or all if names is nil. The text is what the program wrote.
func (j *judge) run(ctx context.Context, program, overlay string, names []string, limit time.Duration, variables ...string) (verdict, string, error) {
	arguments := slices.Clone(j.arguments)
	if j.isTest {
		pattern := "."
		if names != nil {
			pattern = "^(" + strings.Join(names, "|") + ")$"
		}
		arguments = []string{"-test.failfast", "-test.timeout=0", "-test.run=" + pattern}
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := exec.CommandContext(limited, program, arguments...)
	command.Dir = j.folder
	// Tests that build programs themselves build them with the mutants. What a test leaves behind when it is killed is
	// removed with the overlay.
	command.Env = append(os.Environ(), append(variables, "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay, "TMPDIR="+filepath.Dir(overlay))...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what the tests have started ends with them
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = time.Second
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	if command.Process != nil {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return passed, "", ctx.Err()
	case limited.Err() != nil:
		return timedOut, out.String(), nil
	case errors.As(err, &exit):
		return failedTest, out.String(), nil
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return passed, "", err
	}
	return passed, out.String(), nil
}

// measure runs each trial without a mutant, and notes how long it takes and what it reaches. A trial that fails
// already so is left out, and named in left.
func (j *judge) measure(ctx context.Context, overlay, scratch string) (left []string, err error) {
	names := []string{""}
	if j.isTest {
		_, text, err := j.list(ctx)
		if err != nil {
			return nil, err
		}
		names = text
	}
	for i, name := range names {
		t := &trial{judge: j, name: name}
		var wanted []string
		if name != "" {
			wanted = []string{name}
		}
		reached := filepath.Join(scratch, filepath.Base(j.program)+".reached"+strconv.Itoa(i))
		began := time.Now()
		verdict, text, err := j.run(ctx, j.program, overlay, wanted, longestTrial, "MUTANT_REACHED="+reached)
		if err != nil {
			return nil, err
		}
		if verdict != passed {
			left = append(left, fmt.Sprintf("%s fails with all mutants switched off:\n%s", t, text))
			continue
		}
		t.took = time.Since(began)
		if t.reaches, err = read(reached); err != nil {
			return nil, err
		}
		j.trials = append(j.trials, t)
	}
	return left, nil
}

// longestTrial ends a test that hangs without any mutant.
const longestTrial = 5 * time.Minute

var testName = regexp.MustCompile(`^(Test|Fuzz|Example)`)

// list returns the names of the judge's tests.
func (j *judge) list(ctx context.Context) (output string, names []string, err error) {
	command := exec.CommandContext(ctx, j.program, "-test.list=.")
	command.Dir = j.folder
	text, err := command.Output()
	for line := range strings.Lines(string(text)) {
		if name := strings.TrimSpace(line); testName.MatchString(name) {
			names = append(names, name)
		}
	}
	return string(text), names, err
}

// read returns the numbers in a file that package mutant has written. There is no file if nothing was reached.
func read(path string) (map[int]bool, error) {
	numbers := map[int]bool{}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for ; len(text) >= 4; text = text[4:] {
		numbers[int(binary.LittleEndian.Uint32(text))] = true
	}
	return numbers, nil
}

var failedName = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// try runs trials of one judge with a mutant. A failure counts if it comes again: what fails now and then, on a
// machine that is busy, says nothing about a mutant.
func (j *judge) try(ctx context.Context, program, overlay string, trials []*trial, number int, extra time.Duration) (verdict, string, error) {
	var names []string
	limit := extra
	for _, t := range trials {
		names = append(names, t.name)
		limit += timesNormal * t.took
	}
	if !j.isTest {
		names = nil
	}
	variable := "MUTANT=" + strconv.Itoa(number)
	for len(names) > 0 || !j.isTest {
		verdict, text, err := j.run(ctx, program, overlay, names, limit, variable)
		if err != nil || verdict != failedTest || !j.isTest {
			return verdict, j.importPath, err
		}
		failed := failedName.FindStringSubmatch(text)
		if failed == nil {
			failed = []string{"", strings.Join(names, "|")}
		}
		verdict, _, err = j.run(ctx, program, overlay, []string{failed[1]}, limit, variable)
		if err != nil || verdict != passed {
			return verdict, j.importPath + " " + failed[1], err
		}
		names = slices.DeleteFunc(names, func(name string) bool { return name == failed[1] || failed[1] == strings.Join(names, "|") })
	}
	return passed, "", nil
}

// timesNormal is how often a run of trials may take the time that it takes without a mutant. An extra time is added.
const timesNormal = 8
