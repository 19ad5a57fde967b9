package sqs_test

import (
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// tally counts what a run against another server saw.
type tally struct {
	server                      string
	sequences, operations, anew int
	seen                        map[string]int // known differences, by their expression
	examples                    map[string]difference
}

func newTally(server string) *tally {
	return &tally{server: server, seen: map[string]int{}, examples: map[string]difference{}}
}

// prefix makes names of queues unlike those of earlier ones, which the server may still
// have.
func (y *tally) prefix() string { return fmt.Sprintf("s%d-", y.sequences+y.anew) }

// tolerate counts the differences that are known, and fails the test on others. It tells
// whether the servers now hold different things.
func (y *tally) tolerate(t *rapid.T, differences []difference) (apart bool) {
	t.Helper()
	for _, d := range differences {
		known := y.known(d)
		if known == nil {
			t.Errorf("a difference from %s that is not known:\n%v", y.server, d)
			continue
		}
		apart = apart || known.apart
	}
	if t.Failed() {
		t.FailNow()
	}
	return apart
}

func (y *tally) known(d difference) *knownDifference {
	for _, k := range knownDifferences[y.server] {
		if regexp.MustCompile(k.is).MatchString(d.String()) {
			y.seen[k.is]++
			if _, ok := y.examples[k.is]; !ok {
				y.examples[k.is] = d
			}
			return &k
		}
	}
	return nil
}

// report lists the known differences, and those that were not seen: in a long run, they
// are no more.
func (y *tally) report(t *testing.T) {
	t.Helper()
	t.Logf("%d sequences of %d operations in all; after a difference, %d went on with new queues", y.sequences, y.operations, y.anew)
	for _, k := range knownDifferences[y.server] {
		if n := y.seen[k.is]; n > 0 {
			t.Logf("%s %s (%s, %s): %d times, first\n\t%v", y.server, k.what, k.whose, k.page, n, y.examples[k.is])
		} else {
			t.Logf("NOT SEEN: %s %s", y.server, k.what)
		}
	}
}
