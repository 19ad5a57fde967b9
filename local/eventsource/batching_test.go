package eventsource_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/template"
)

// setUpOnePoller starts a mapping with only one free poller, so that no other poller takes some of
// the messages. A mapping has at least two pollers; the function keeps the other one busy.
func setUpOnePoller(t *testing.T, source template.EventSource) *fixture {
	t.Helper()
	f := setUp(t, func(ctx context.Context, e events.SQSEvent) (string, error) {
		if e.Records[0].Body == "block" {
			<-ctx.Done()
		}
		return "", nil
	})
	f.timeout = time.Hour
	f.set("VisibilityTimeout", "3600")
	source.MaximumConcurrency = 2
	f.run(source)
	f.send("block")
	f.wait(source.Window)
	f.start, f.invocations = time.Now(), nil
	return f
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

type sent struct {
	at   float64 // seconds after the start
	body string
}

// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#sqs-polling-behavior
var batchings = map[string]struct {
	source   template.EventSource
	settings map[string]string
	sent     []sent
	want     []invocation
}{
	"at once without a window": {
		template.EventSource{BatchSize: 10}, nil,
		[]sent{{1, "a"}, {2, "b"}, {2.5, "c"}},
		[]invocation{{seconds(1), "a"}, {seconds(2), "b"}, {seconds(2.5), "c"}},
	},
	"at the end of its window": {
		template.EventSource{BatchSize: 10, Window: 5 * time.Second}, nil,
		[]sent{{1, "a"}, {3, "b"}, {5, "c"}, {7, "d"}},
		[]invocation{{seconds(6), "a b c"}, {seconds(12), "d"}},
	},
	"at the end of a long window": {
		template.EventSource{BatchSize: 10, Window: 300 * time.Second}, nil,
		[]sent{{1, "a"}, {200, "b"}},
		[]invocation{{seconds(301), "a b"}},
	},
	"as soon as it is full": {
		template.EventSource{BatchSize: 3, Window: 5 * time.Second}, nil,
		[]sent{{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}},
		[]invocation{{seconds(3), "a b c"}, {seconds(9), "d"}},
	},
	// A long poll takes whole seconds, so the last one may end up to a second after the window.
	"within a second of its window": {
		template.EventSource{BatchSize: 10, Window: 5 * time.Second}, nil,
		[]sent{{1, "a"}, {3.25, "b"}},
		[]invocation{{seconds(6.25), "a b"}},
	},
	"so too when the queue sets a longer wait": {
		template.EventSource{BatchSize: 10, Window: 5 * time.Second}, map[string]string{"ReceiveMessageWaitTimeSeconds": "20"},
		[]sent{{1, "a"}, {3.25, "b"}, {12, "c"}},
		[]invocation{{seconds(6.25), "a b"}, {seconds(17), "c"}},
	},
}

func TestABatchIsInvokedWhenItIsFullOrItsWindowEnds(t *testing.T) {
	for name, test := range batchings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUpOnePoller(t, test.source)
				for name, value := range test.settings {
					f.set(name, value)
				}
				for _, s := range test.sent {
					f.wait(seconds(s.at) - time.Since(f.start))
					f.send(s.body)
				}
				f.wait(10 * time.Minute)
				if diff := cmp.Diff(test.want, f.seen()); diff != "" {
					t.Errorf("invocations (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// sizes returns the number of messages in each batch.
func sizes(invocations []invocation) (n []int) {
	for _, i := range invocations {
		n = append(n, len(strings.Fields(i.Bodies)))
	}
	return n
}

func TestABatchTakesTheMessagesOfSeveralReceives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUpOnePoller(t, template.EventSource{BatchSize: 25, Window: 2 * time.Second})
		var bodies []string
		for i := range 60 {
			bodies = append(bodies, fmt.Sprint(i))
		}
		f.send(bodies...)
		f.wait(time.Minute)
		if diff := cmp.Diff([]int{25, 25, 10}, sizes(f.seen())); diff != "" {
			t.Errorf("sizes of the batches (-want +got):\n%s", diff)
		}
		f.wantCounts(0, 1) // the one that blocks
	})
}

// An invocation takes at most 6 MB, including the records around the bodies. A batch ends there even
// if it has few messages.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func TestABatchEndsAtSixMegabytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUpOnePoller(t, template.EventSource{BatchSize: 100, Window: 2 * time.Second})
		for range 10 {
			f.send(strings.Repeat("x", 1<<20-10<<10))
		}
		f.wait(time.Minute)
		if diff := cmp.Diff([]int{6, 4}, sizes(f.seen())); diff != "" {
			t.Errorf("sizes of the batches (-want +got):\n%s", diff)
		}
		f.wantCounts(0, 1) // the one that blocks
	})
}

// takesOneSecond is a handler that takes one second.
func takesOneSecond(context.Context, events.SQSEvent) (string, error) {
	<-time.After(time.Second)
	return "", nil
}

func TestBatchesAreInvokedAtTheSameTimeUpToMaximumConcurrency(t *testing.T) {
	for _, most := range []int{2, 3, 10} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, takesOneSecond)
				f.run(template.EventSource{BatchSize: 1, MaximumConcurrency: most})
				f.send(strings.Fields(strings.Repeat("x ", 100))...)
				f.wait(time.Minute)
				if f.mostRunning != most || len(f.seen()) != 100 {
					t.Errorf("%d invocations, %d at a time, want 100, %d at a time", len(f.seen()), f.mostRunning, most)
				}
				f.wantCounts(0, 0)
			})
		})
	}
}

// Lambda begins with 5 batches at a time. While all are busy it adds up to 300 a minute.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
func TestTheNumberOfBatchesAtATimeGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(context.Context, events.SQSEvent) (string, error) {
			<-time.After(timeout - time.Second)
			return "", nil
		})
		f.run(template.EventSource{BatchSize: 1})
		f.send(strings.Fields(strings.Repeat("x ", 200))...)
		for _, want := range []int{5, 10, 15, 20} {
			f.wait(time.Millisecond)
			if got := len(f.seen()); got != want {
				t.Errorf("after %s %d batches at a time, want %d", time.Since(f.start), got, want)
			}
			f.wait(time.Second - time.Millisecond)
		}
	})
}

func TestNoPollersAreAddedWhileSomeAreIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, takesOneSecond)
		f.run(template.EventSource{BatchSize: 1})
		f.wait(time.Hour)
		f.send(strings.Fields(strings.Repeat("x ", 20))...)
		f.wait(time.Millisecond)
		if got := len(f.seen()); got != 5 {
			t.Errorf("%d batches at a time after an idle hour, want 5", got)
		}
	})
}
