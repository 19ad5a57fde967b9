package processes

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stack"
)

func (r *run) messages(t *testing.T) int {
	t.Helper()
	backlog, err := stack.BacklogOf(t.Context(), r.queue, r.stack.Ref("EnrichQueue"))
	if err != nil {
		t.Fatal(err)
	}
	return backlog.Total()
}

func TestAProcessIsStruckBeforeOrAfterItsCallHasAnEffect(t *testing.T) {
	for name, test := range map[string]struct {
		strike
		sent   int    // messages
		output string // that the process prints, or "" if it is killed
	}{
		"nothing":        {strike{}, 1, "error: <nil>"},
		"killed before":  {strike{kind: killed}, 0, ""},
		"killed after":   {strike{kind: killed, after: true}, 1, ""},
		"answer cut off": {strike{kind: cut, after: true}, 1, "deserialization failed"},
		"isolated":       {strike{kind: isolated}, 0, "connection reset"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newTestRun(t)
			r.proxy.choose = func(call) strike { return test.strike }
			p, output := r.start(t, writer, "send")
			<-p.ended
			r.wantViolationsOf(t, test.output != "")
			if got := r.messages(t); got != test.sent || !strings.Contains(output.String(), test.output) || (output.String() == "") != (test.output == "") {
				t.Errorf("%d messages, output %q, want %d and %q", got, output, test.sent, test.output)
			}
		})
	}
}

func TestAProcessThatMayGoOnIsStruckAtItsCall(t *testing.T) {
	for _, kind := range []string{terminated, noMemory} {
		t.Run(kind, func(t *testing.T) {
			r := newTestRun(t)
			r.proxy.choose = func(call) strike { return strike{kind: kind} }
			p, _ := r.start(t, writer, "send")
			<-p.ended // before or after its call
			if diff := cmp.Diff(map[string]map[string]int{"writer before SendMessage": {kind: 1}}, r.record.struck); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

// wantViolationsOf expects one if the process has ended by itself, which no function does.
func (r *run) wantViolationsOf(t *testing.T, byItself bool) {
	t.Helper()
	if byItself {
		r.wantViolations(t, "no process ends by itself")
	} else {
		r.wantViolations(t)
	}
}

func TestInAnOutageNoCallIsAnsweredAndAfterwardsAllAre(t *testing.T) {
	for kind, want := range map[string]struct {
		sent   int
		output string
	}{
		refused: {0, "connection refused"},
		hanging: {0, "EOF"},
		broken:  {0, "connection reset"},
		halved:  {1, "deserialization failed"},
	} {
		t.Run(kind, func(t *testing.T) {
			r := newTestRun(t)
			ctx, end := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				r.breakDownAs(ctx, kind, time.Hour)
			}()
			r.wait(t.Context(), time.Minute, func(context.Context) bool { return r.proxy.current() != nil })
			p, output := r.start(t, writer, "send")
			if kind == hanging {
				r.wait(t.Context(), time.Minute, func(context.Context) bool { return p.was(calls) })
				end()
			}
			<-p.ended
			end()
			<-ended
			if got := r.messages(t); got != want.sent || !strings.Contains(output.String(), want.output) && kind != hanging {
				t.Errorf("%d messages, output %q, want %d and %q", got, output, want.sent, want.output)
			}
			p, output = r.start(t, writer, "send")
			<-p.ended
			if got := r.messages(t); got != want.sent+1 || !strings.Contains(output.String(), "error: <nil>") {
				t.Errorf("afterwards %d messages, output %q", got, output)
			}
		})
	}
}
