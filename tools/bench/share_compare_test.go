package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// twoBuilds is a POST and a message, by this work tree and by another commit.
var twoBuilds = results{
	Builds: []functionBuild{{Name: "new"}, {Name: "8206186"}},
	Shares: []shareOf{
		{kind: kinds[0], Memory: 256, Init: 9e6, First: 70e6, Later: 12_400_000, CPU: 1e6, OfItems: 5, Logged: 300},
		{kind: kinds[0], Memory: 256, Build: 1, Init: 6e6, First: 140e6, Later: 12_400_000, CPU: 4e6, NotDone: 1, OfItems: 5, Logged: 600},
		{kind: kinds[2], Memory: 256, Later: 20 * time.Millisecond},
		{kind: kinds[2], Memory: 256, Later: time.Hour, Build: 1},
	},
}

func TestTheRatiosAreOfThisWorkTreeToTheOtherCommit(t *testing.T) {
	var out strings.Builder
	if err := printComparison(&out, twoBuilds); err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		lines[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, want := range []string{
		"POST 256 MB new init 9.0 first 70.0 later 12.4 ms CPU an item 1.00 ms not done 0 of 5 logged an item 300 B",
		"POST 256 MB 8206186 init 6.0 first 140.0 later 12.4 ms CPU an item 4.00 ms not done 1 of 5 logged an item 600 B",
		"÷ 1.50 0.50 1.00 0.25 0.50",
	} {
		if !lines[want] {
			t.Errorf("no line %q in:\n%s", want, out.String())
		}
	}
}

func TestMemoryIsPaidForByTheMillisecond(t *testing.T) {
	for _, m := range twoBuilds.MemoryCosts() {
		if want := 1e6 * (0.013 + 0.020) * 0.25 * 0.0000133334; m.Memory == 256 && math.Abs(m.OneByOne-want) > 1e-9 {
			t.Errorf("a million items one by one cost %v, want %v", m.OneByOne, want)
		}
	}
}
