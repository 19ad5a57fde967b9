package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// record is the sum of many runs. It is kept in a file, so that a program can go on where another has ended.
type record struct {
	Code            string // a hash of all that runs, see codeHash
	First           uint64 // seed
	Items           int
	Consumer        consumer
	Runs            int
	Seconds         float64
	SimulatedHours  float64
	Acknowledged    int
	CallsInAnOutage int
	Faults          map[fault]int
	Covered         coverage
}

// block is how many seeds run until the file is written again.
const block = 16

// readRecord reads the record at a path, or begins one. It refuses the record of other runs.
func (o options) readRecord(path string) (*record, error) {
	hash, err := codeHash()
	if err != nil {
		return nil, err
	}
	begun := &record{Code: hash, First: o.first, Items: o.items, Consumer: o.consumer, Faults: map[fault]int{}, Covered: coverage{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return begun, nil
	}
	if err != nil {
		return nil, err
	}
	r := &record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s is no record: %w", path, err)
	}
	switch {
	case r.Code != begun.Code:
		return nil, fmt.Errorf("%s is the record of other code: name another file, or remove it", path)
	case r.First != begun.First || r.Items != begun.Items || r.Consumer != begun.Consumer:
		return nil, fmt.Errorf("%s was begun with -seed %d -items %d -consumer %q: go on with these, or name another file", path, r.First, r.Items, r.Consumer)
	}
	return r, nil
}

// codeHash is a hash of what a run depends on.
func codeHash() (string, error) {
	files, err := codeFiles()
	if err != nil {
		return "", fmt.Errorf("list the files of the code: %w", err)
	}
	hash := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root(), file))
		if err != nil {
			return "", fmt.Errorf("hash the code: %w", err)
		}
		fmt.Fprintf(hash, "%s %d\n", file, len(text))
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// codeFiles returns the paths of what a run depends on: the files of all packages that the program is built from, the
// template, and the versions of the libraries.
func codeFiles() ([]string, error) {
	const own = `{{with .Module}}{{if .Main}}{{$folder := slice $.ImportPath (len .Path)}}` + // such as "/enricher"
		`{{range $.GoFiles}}{{$folder}}/{{.}}{{"\n"}}{{end}}{{range $.EmbedFiles}}{{$folder}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`
	list := exec.Command("go", "list", "-deps", "-f", own, "./sim")
	list.Dir = root()
	out, err := list.Output()
	files := slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return line == "" })
	slices.Sort(files)
	return append(files, "/go.mod", "/template.yaml"), err
}

// write keeps the record. A reader sees the old file or the new one.
func (r *record) write(path string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err == nil {
		err = os.WriteFile(path+".new", append(text, '\n'), 0o666)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	return err
}

// scenarios are the next ones. Each fourth leans to a spot that no run has reached.
func (r *record) scenarios(n int) (next []scenario) {
	missing, _ := r.Covered.missing()
	for i := range n {
		s := scenario{seed: seed(r.First + uint64(r.Runs+i)), items: r.Items, consumer: r.Consumer}
		if i%4 == 3 && len(missing) > 0 && r.Runs > 0 {
			s.lean = lean{missing[s.seed.below(len(missing), "leans")]}
		}
		next = append(next, s)
	}
	return next
}

func (r *record) add(all totals, took time.Duration) {
	r.Runs += all.runs
	r.Seconds += took.Seconds()
	r.SimulatedHours += all.elapsed.Hours()
	r.Acknowledged += all.items
	r.CallsInAnOutage += all.refused
	for f, n := range all.faults {
		r.Faults[f] += n
	}
	r.Covered.add(all.covered)
}

// totals are the record's sums as those of one run of the program.
func (r *record) totals() totals {
	return totals{
		runs: r.Runs, items: r.Acknowledged, refused: r.CallsInAnOutage, faults: r.Faults, covered: r.Covered,
		elapsed: time.Duration(r.SimulatedHours * float64(time.Hour)),
	}
}

// extendRecord runs seeds until the record has as many as are wanted. When it is interrupted, the runs of the last
// block are made again next time.
func (o options) extendRecord(ctx context.Context, t *testing.T) int {
	r, err := o.readRecord(o.record)
	if err != nil {
		return o.failed(err)
	}
	for r.Runs < o.seeds && ctx.Err() == nil {
		next, start := r.scenarios(min(block, o.seeds-r.Runs)), time.Now()
		all := o.simulateShown(ctx, t, fmt.Sprintf("%d of %d seeds, the next", r.Runs, o.seeds), next, func(int, outcome) {})
		if len(all.failed) > 0 {
			return o.report(ctx, t, all)
		}
		if all.runs < len(next) {
			break
		}
		r.add(all, time.Since(start))
		if err := r.write(o.record); err != nil {
			return o.failed(err)
		}
	}
	sum := r.totals()
	sum.print(o.stdout, time.Duration(r.Seconds*float64(time.Second)))
	return o.finish(sum, o.seeds)
}

// MarshalText writes a spot as a member's name. See [lean.Set].
func (s spot) MarshalText() ([]byte, error) {
	return []byte(s.Call + "/" + string(s.Fault) + "/" + s.When), nil
}

// UnmarshalText reads what MarshalText has written.
func (s *spot) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), "/")
	if len(parts) != 3 || !slices.Contains(append(whens, ""), parts[2]) {
		return fmt.Errorf("%q is no spot", text)
	}
	*s = spot{parts[0], fault(parts[1]), parts[2]}
	return nil
}
