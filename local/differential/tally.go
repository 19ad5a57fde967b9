package differential

import (
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// Known is a known difference of another server. If a run does not see it any more, the run's log says so.
type Known struct {
	Is    string // regular expression of the [Difference]
	What  string // what the other server does
	Whose Mistake
	Page  string // the page of AWS that decides it, or that comes closest
	Apart bool   // true if the state of the servers differs afterwards
}

// Mistake says who is wrong.
type Mistake string

const (
	Theirs Mistake = "theirs"
	// Open means that AWS's documentation does not decide it.
	Open Mistake = "open"
)

// Tally counts the sequences, operations and known differences of a run against another server.
type Tally struct {
	Sequences, Operations, Anew int // Anew counts how often a sequence went on with a new state

	server   string
	known    []Known
	seen     map[string]int // how often each known difference was seen, by its expression
	examples map[string]Difference
}

// NewTally returns a tally for a run against the server. If several known differences match, the first
// one is counted.
func NewTally(server string, known []Known) *Tally {
	return &Tally{server: server, known: known, seen: map[string]int{}, examples: map[string]Difference{}}
}

// Prefix returns a beginning for names. It is different for each sequence, as the server may still
// have the queues or tables of earlier ones.
func (y *Tally) Prefix() string { return fmt.Sprintf("s%d-", y.Sequences+y.Anew) }

// Tolerate counts known differences and fails the test for unknown ones. It reports whether the state
// of the two servers differs now.
func (y *Tally) Tolerate(t *rapid.T, differences []Difference) (apart bool) {
	t.Helper()
	for _, d := range differences {
		known := y.find(d)
		if known == nil {
			t.Errorf("unknown difference from %s: mend ours, or add it to knownDifferences\n%v", y.server, d)
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

// Report logs the known differences that were seen and those that were not. A difference that a long
// run does not see may be gone.
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
