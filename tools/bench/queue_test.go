package main

import (
	"strings"
	"testing"

	"simple-sam-demo/local/stack"
)

func TestAQueueIsMeasuredWithEachBacklog(t *testing.T) {
	cfg := stack.EmbeddedAWS(stack.NewEndpoint("http://embedded"))
	speeds, err := measureBacklogs(t.Context(), cfg, []int{7, 40}, 25)
	if err != nil {
		t.Fatal(err)
	}
	if len(speeds) != 2 || speeds[0].Backlog != 7 || speeds[1].Backlog != 40 || speeds[0].ToFirst != 1 || speeds[1].ToFirst != speeds[1].PerSecond/speeds[0].PerSecond {
		t.Errorf("measured %+v", speeds)
	}
	var section strings.Builder
	if err := writeSections(&section, results{Queue: speeds}, "queue"); err != nil || !strings.Contains(section.String(), "| 7 | ") || !strings.Contains(section.String(), " | 1.00 |") {
		t.Errorf("error %v, and:\n%s", err, section.String())
	}
}

func TestMessagesThatAreNotGivenOutAreAnError(t *testing.T) {
	b, err := newBacklog(t.Context(), stack.EmbeddedAWS(stack.NewEndpoint("http://embedded")), 5)
	if err != nil {
		t.Fatal(err)
	}
	b.waiting = 5 // none was sent
	if _, err := b.rate(t.Context(), 5); err == nil || !strings.Contains(err.Error(), "5 messages that wait are not given out") {
		t.Errorf("error %v", err)
	}
}
