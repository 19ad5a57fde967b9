package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"simple-sam-demo/local/template"
)

// buildFunctions builds the functions of a work tree for this machine.
func buildFunctions(ctx context.Context, name, root, bin string) (functionBuild, error) {
	b := functionBuild{Name: name, root: root, programs: map[string]string{}}
	for logicalID, pkg := range map[string]string{writerFunction: "./writer/lambda", enricherFunction: "./enricher/lambda"} {
		out, err := filepath.Abs(filepath.Join(bin, name+"-"+logicalID))
		if err != nil {
			return b, err
		}
		if err := goBuild(ctx, root, runtime.GOOS, runtime.GOARCH, out, pkg); err != nil {
			return b, err
		}
		b.programs[logicalID] = out
	}
	return b, nil
}

// checkOut checks a commit out into a new folder, beside the work tree. The function that it
// returns removes it.
func checkOut(ctx context.Context, commit, folder string) (remove func() error, err error) {
	if err := git(ctx, "worktree", "add", "--detach", folder, commit); err != nil {
		return nil, fmt.Errorf("-against %s: %w", commit, err)
	}
	return func() error { return git(context.WithoutCancel(ctx), "worktree", "remove", "--force", folder) }, nil
}

func git(ctx context.Context, args ...string) error {
	output, err := exec.CommandContext(ctx, "git", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}

// measureShares builds the functions of this work tree, and those of another commit unless it
// is "", and measures them with shares of a core. Where that can't be done, it measures those of
// this work tree with all of the processor, as the cost needs durations.
func (m *measurement) measureShares(ctx context.Context) error {
	ours, err := buildFunctions(ctx, "new", ".", m.bin)
	if err != nil {
		return err
	}
	m.results.Builds = []functionBuild{ours}
	if m.results.Memory, err = ours.defaultMemory(); err != nil {
		return err
	}
	groups, err := findCgroups()
	if err != nil && m.against != "" {
		return fmt.Errorf("-against compares functions with shares of a core, which they can't be given here: %w", err)
	}
	if err != nil {
		m.results.ShareLeftOut = err.Error()
		fmt.Fprintf(m.progress, "        left out, as functions can't be given a share of a core here: %v\n", err)
		m.results.Shares, err = measureShares(ctx, m.progress, nil, []int{m.results.Memory}, m.results.Builds)
		return err
	}
	if m.against != "" {
		return m.compare(ctx, &groups)
	}
	m.results.Shares, err = measureShares(ctx, m.progress, &groups, memorySizes, m.results.Builds)
	return err
}

// compare measures the functions of this work tree and those of the other commit.
func (m *measurement) compare(ctx context.Context, groups *cgroups) (err error) {
	theirs, remove, err := m.buildOther(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	m.results.Builds = append(m.results.Builds, theirs)
	if m.results.Compared, err = startsOf(ctx, m.results.Builds, m.starts); err != nil {
		return err
	}
	m.results.Shares, err = measureShares(ctx, m.progress, groups, memorySizes, m.results.Builds)
	return err
}

// startsOf measures how long the functions of some builds take to start, without connections.
// The builds of a function follow each other.
func startsOf(ctx context.Context, builds []functionBuild, starts int) ([]program, error) {
	var programs []program
	for _, function := range []string{writerFunction, enricherFunction} {
		for _, b := range builds {
			info, err := os.Stat(b.programs[function])
			if err != nil {
				return nil, err
			}
			programs = append(programs, program{Name: function, path: b.programs[function], Bytes: info.Size()})
		}
	}
	return programs, measureStarts(ctx, programs, starts)
}

// buildOther builds the functions of the other commit. remove removes its work tree.
func (m *measurement) buildOther(ctx context.Context) (b functionBuild, remove func() error, err error) {
	folder := filepath.Join(m.bin, "against")
	if remove, err = checkOut(ctx, m.against, folder); err != nil {
		return b, nil, err
	}
	if b, err = buildFunctions(ctx, "old", folder, m.bin); err != nil {
		return b, nil, errors.Join(err, remove())
	}
	b.Name = m.against
	return b, remove, nil
}

// defaultMemory is the memory of the functions in MB, unless somebody sets another.
func (b functionBuild) defaultMemory() (int, error) {
	read, err := template.Read(filepath.Join(b.root, "template.yaml"), nil)
	if err != nil {
		return 0, err
	}
	value := read.Parameters["MemorySize"].Default
	if value == nil {
		return 0, errors.New("template.yaml has no parameter MemorySize with a default")
	}
	return strconv.Atoi(*value)
}
