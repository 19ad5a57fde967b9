package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestARecordGoesOnWhereItEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record")
	extend := func(args string) (status int, out string) {
		var stdout, stderr strings.Builder
		status = run(t.Context(), t, append(strings.Fields(args), "-record", path), &stdout, &stderr)
		return status, stdout.String() + stderr.String()
	}
	read := func() (r record) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		r.Seconds = 0
		return r
	}
	for _, seeds := range []string{"1", "3"} {
		if status, out := extend("-seed 301 -items 5 -seeds " + seeds); status != 0 || !strings.Contains(out, "runs                     "+seeds) {
			t.Errorf("%s seeds: status %d, %s", seeds, status, out)
		}
	}
	inTwo := read()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	extend("-seed 301 -items 5 -seeds 3")
	if diff := cmp.Diff(read(), inTwo); diff != "" || inTwo.Runs != 3 {
		t.Errorf("a record in two parts (-in one, +in two):\n%s", diff)
	}
	if status, out := extend("-seed 301 -items 6 -seeds 3"); status != 1 || !strings.Contains(out, "was begun with -seed 301 -items 5") {
		t.Errorf("with other items: status %d, %s", status, out)
	}
	text, _ := os.ReadFile(path)
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), inTwo.Code, "other", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out := extend("-seed 301 -items 5 -seeds 3"); status != 1 || !strings.Contains(out, "is the record of other code") {
		t.Errorf("with other code: status %d, %s", status, out)
	}
}

// A tool may change while a series goes on.
func TestARecordBelongsToTheFilesThatARunDependsOn(t *testing.T) {
	files, err := codeFiles()
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{
		"/enricher/fate.go": true, "/enricher/classifier/model.json": true, "/local/sqs/queue.go": true, "/sim/record.go": true,
		"/template.yaml": true, "/go.mod": true, "/internal/verify/verify.go": false, "/enricher/fate_test.go": false,
	} {
		if slices.Contains(files, file) != want {
			t.Errorf("a record depends on %s: %t, want %t", file, !want, want)
		}
	}
}

func TestARunReachesWhatItLeansTo(t *testing.T) {
	var to lean
	if err := to.Set("EnricherFunction BatchGetItem/stalled/first receive"); err != nil {
		t.Fatal(err)
	}
	s := scenario{seed: 1, items: 20, consumer: byFunction}
	without := simulate(t, s).covered[to.spot]
	s.lean = to
	if with := simulate(t, s).covered[to.spot]; without > 1 || with < 3 {
		t.Errorf("reached %d times, and %d when the run leans to it", without, with)
	}
}

func TestCoverageTellsWhatNoRunHasReached(t *testing.T) {
	can := possible{{throttled, 1}, {hung, 1}}
	c := coverage{}
	c.reach("A Get", []string{firstReceive}, throttled, can)
	c.reach("A Get", []string{lastReceive}, none, can)
	missing, reached := c.missing()
	want := []spot{{"A Get", hung, firstReceive}, {"A Get", hung, lastReceive}, {"A Get", throttled, lastReceive}}
	if diff := cmp.Diff(want, missing); diff != "" || reached != 1 {
		t.Errorf("%d reached, missing (-want +got):\n%s", reached, diff)
	}
	var printed strings.Builder
	c.print(&printed)
	if rows := strings.Split(printed.String(), "\n"); !strings.HasPrefix(strings.Join(strings.Fields(rows[2]), " "), "A Get throttled 1 - 0 -") {
		t.Errorf("printed:\n%s", printed.String())
	}
}
