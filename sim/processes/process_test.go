package processes

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAProcessMustNotEndByItself(t *testing.T) {
	r := newTestRun(t)
	p, _ := r.start(t, enricher, "fail")
	<-p.ended
	r.wantViolations(t, "no process ends by itself")
}

func TestAProcessMayEndForWantOfMemoryOnlyIfItsMemoryIsLimited(t *testing.T) {
	const byItself = "no process ends by itself"
	for name, test := range map[string]struct {
		limited bool
		do      string
		want    []string // violations
	}{
		"limited, and there is none left": {true, "run out of memory", nil},
		"limited, but it panics":          {true, "panic", []string{byItself}},
		"not limited":                     {false, "run out of memory", []string{byItself}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newTestRun(t)
			p := r.newProcess(enricher)
			if test.limited {
				p.mark(noMemory)
			}
			p.start(t, test.do)
			<-p.ended
			r.wantViolations(t, test.want...)
			if got, want := r.record.counts["processes: ended because the system gave no memory"] == 1, len(test.want) == 0; got != want {
				t.Errorf("counted: %t, want %t", got, want)
			}
		})
	}
}

func TestAWorkerEndsWithStatusZeroWhenItIsToldToStop(t *testing.T) {
	for do, want := range map[string][]string{"stop well": nil, "wait": {"a worker that is told to stop ends with status 0"}} {
		r := newTestRun(t)
		p, output := r.start(t, worker, do)
		p.mark(calls)
		r.wait(t.Context(), time.Minute, func(context.Context) bool { return do == "wait" || output.String() != "" })
		p.terminate("at a random moment")
		<-p.ended
		r.wantViolations(t, want...)
	}
}

func TestAProcessThatStandsStillCanOnlyGoOnOrBeKilled(t *testing.T) {
	r := newTestRun(t)
	p, _ := r.start(t, worker, "wait")
	p.mark(calls)
	p.freeze("at a random moment")
	p.terminate("at a random moment")
	if !p.still || p.was(terminated) {
		t.Errorf("still: %t, %v", p.still, p.history())
	}
	select {
	case <-p.leaving:
	default:
		t.Error("no other worker may take its place")
	}
	p.goOn()
	p.freeze("again")
	if p.still {
		t.Error("it stands still for a second time")
	}
	p.kill("in the test")
	r.wantViolations(t)
	want := map[string]map[string]int{"worker at a random moment": {frozen: 1}, "worker in the test": {killed: 1}}
	if diff := cmp.Diff(want, r.record.struck); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestAtTheEndNoProcessIsLeftAndNoneStarts(t *testing.T) {
	r := newTestRun(t)
	p, _ := r.start(t, worker, "wait")
	r.killAll()
	late, _ := r.start(t, worker, "wait")
	for _, p := range []*process{p, late} {
		<-p.ended
		if err := p.handle.Signal(syscall.Signal(0)); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("%s runs: %v", p.name, err)
		}
	}
	if left := r.running(); len(left) > 0 {
		t.Errorf("%d processes run", len(left))
	}
}

func TestLogLinesAreAddedUp(t *testing.T) {
	c := newRecord()
	lines := newLines(c)
	for _, text := range []string{`{"ItemsCreated":3}` + "\n" + `{"ItemsClassified":2,"Items`, `Created":1}` + "\n", "no JSON\n", `{"ItemsCreated":"7"}` + "\n", `{"ItemsCreated":9`} {
		if _, err := lines.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int{"log lines: ItemsCreated": 4, "log lines: ItemsClassified": 2}, c.counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
