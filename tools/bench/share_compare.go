package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

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
	return m.measureShares(ctx, groups, memorySizes)
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

// startsOf measures how long the functions of the builds take to start, without connections. The builds
// of a function follow each other.
func startsOf(ctx context.Context, builds []functionBuild, starts int) ([]program, error) {
	var programs []program
	for _, logicalID := range []string{writerFunction, enricherFunction} {
		for _, b := range builds {
			info, err := os.Stat(b.programs[logicalID])
			if err != nil {
				return nil, err
			}
			f, err := b.withDefaultMemory(logicalID)
			if err != nil {
				return nil, err
			}
			programs = append(programs, program{Name: logicalID, path: b.programs[logicalID], variables: variables(f), Bytes: info.Size()})
		}
	}
	return programs, measureStarts(ctx, programs, starts)
}

// printComparison prints what the functions of both builds take, and the ratios: this work tree ÷ the
// other commit.
func printComparison(out io.Writer, r results) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, p := range r.Compared {
		fmt.Fprintf(w, "%s\t%s\tstart without connections %s ms\t%.2f MB\t\n", p.Name, r.Builds[i%2].Name, milliseconds(p.Start), float64(p.Bytes)/1e6)
		if i%2 == 1 {
			ours := r.Compared[i-1]
			fmt.Fprintf(w, "\t÷\t%.2f\t%.2f\t\n", ratioOf(ours.Start, p.Start), float64(ours.Bytes)/float64(p.Bytes))
		}
	}
	for _, ours := range r.OurShares() {
		theirs, _ := r.share(ours.Name, ours.Memory, 1) // both are measured
		for i, s := range []shareOf{ours, theirs} {
			fmt.Fprintf(w, "%s\t%d MB\t%s\tinit %s\tfirst %s\tlater %s ms\tCPU an item %.2f ms\tnot done %d of %d\tlogged an item %.0f B\t\n",
				s.Name, s.Memory, r.Builds[i].Name, milliseconds(s.Init), milliseconds(s.First), milliseconds(s.Later),
				s.CPU.Seconds()*1000, s.NotDone, s.OfItems, s.Logged)
		}
		fmt.Fprintf(w, "\t\t÷\t%.2f\t%.2f\t%.2f\t%.2f\t\t%.2f\t\n", ratioOf(ours.Init, theirs.Init), ratioOf(ours.First, theirs.First),
			ratioOf(ours.Later, theirs.Later), ratioOf(ours.CPU, theirs.CPU), ours.Logged/theirs.Logged)
	}
	return w.Flush()
}
