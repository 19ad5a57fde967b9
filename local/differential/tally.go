package differential

import (
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// Known is something that another server does otherwise. When ours is mended or the other
// server is, it is no longer seen, and the run says so.
type Known struct {
	Is    string // regular expression of the [Difference]
	What  string // the other server does
	Whose Mistake
	Page  string // of AWS, that decides it, or comes closest
	Apart bool   // the servers hold different things afterwards
}

// Mistake says who is wrong.
type Mistake string

const (
	Theirs Mistake = "theirs"
	// Open is what AWS's documentation does not decide.
	Open Mistake = "open"
)

// Tally counts what a run against another server saw.
type Tally struct {
	Sequences, Operations, Anew int // Anew is how often a sequence went on with new state

	server   string
	known    []Known
	seen     map[string]int // known differences, by their expression
	examples map[string]Difference
}

// NewTally returns a tally of the differences from a server. The first known one that fits
// counts.
func NewTally(server string, known []Known) *Tally {
	return &Tally{server: server, known: known, seen: map[string]int{}, examples: map[string]Difference{}}
}

// Prefix makes names unlike those of earlier sequences, which the server may still have.
func (y *Tally) Prefix() string { return fmt.Sprintf("s%d-", y.Sequences+y.Anew) }

// Tolerate counts the differences that are known, and fails the test on others. It tells
// whether the servers now hold different things.
func (y *Tally) Tolerate(t *rapid.T, differences []Difference) (apart bool) {
	t.Helper()
	for _, d := range differences {
		known := y.find(d)
		if known == nil {
			t.Errorf("a difference from %s that is not known:\n%v", y.server, d)
			continue
		}
		apart = apart || known.Apart
	}
	if t.Failed() {
		t.FailNow()
	}
	return apart
}

func (y *Tally) find(d Difference) *Known {
	for _, k := range y.known {
		if regexp.MustCompile(k.Is).MatchString(d.String()) {
			y.seen[k.Is]++
			if _, ok := y.examples[k.Is]; !ok {
				y.examples[k.Is] = d
			}
			return &k
		}
	}
	return nil
}

// Report lists the known differences, and those that were not seen: in a long run, they
// are no more.
func (y *Tally) Report(t *testing.T) {
	t.Helper()
	t.Logf("%d sequences of %d operations in all; after a difference, %d went on anew", y.Sequences, y.Operations, y.Anew)
	for _, k := range y.known {
		if n := y.seen[k.Is]; n > 0 {
			t.Logf("%s %s (%s, %s): %d times, first\n\t%v", y.server, k.What, k.Whose, k.Page, n, y.examples[k.Is])
		} else {
			t.Logf("NOT SEEN: %s %s", y.server, k.What)
		}
	}
}
