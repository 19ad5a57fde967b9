package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// printComparison prints what the functions of both builds take, and the ratios: this work tree ÷ the
// other commit.
func printComparison(out io.Writer, r results) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
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
