package differential

import (
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"simple-sam-demo/internal/questions"
)

// Known is a known difference of another server. If a run does not see it any more, the run's log says so.
type Known struct {
	Is       string // regular expression of the [Difference]
	What     string // what the other server does
	Page     string // the page of AWS that says that this is wrong, or that comes closest
	Question string // name of the question that AWS's documentation leaves open, or "" if the page decides it
	Apart    bool   // true if the state of the servers differs afterwards
}

// Whose says who is wrong: the other server, or nobody knows. Once AWS has answered a question, the tests
// of package questions hold our server to the answer.
func (k *Known) Whose() string {
	if k.Question == "" {
		return "theirs"
	}
	q := questions.Find(k.Question)
	switch {
	case q == nil:
		return "of a question that does not exist: " + k.Question
	case q.IsOpen():
		return "open: " + k.Question
	default:
		return "theirs, as AWS has answered: " + k.Question
	}
}

// CheckKnown fails the test if a known difference does not say why it is one.
func CheckKnown(t *testing.T, known map[string][]Known) {
	t.Helper()
	for server, all := range known {
		for _, k := range all {
			if k.Question != "" && questions.Find(k.Question) == nil {
				t.Errorf("%s %s: there is no question %s in internal/questions", server, k.What, k.Question)
			}
			if k.Page == "" || k.What == "" {
				t.Errorf("%s: %s: the difference has no page, or does not say what the server does", server, k.Is)
			}
		}
	}
}

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
			t.Logf("%s %s (%s, %s): %d times, first\n\t%v", y.server, k.What, k.Whose(), k.Page, n, y.examples[k.Is])
		} else {
			t.Logf("NOT SEEN: %s %s", y.server, k.What)
		}
	}
}
