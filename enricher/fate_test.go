package enricher

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/internal/sample"
)

// The table of docs/design.md, with the numbers of template.yaml's defaults written out: five
// receives, four days of retention, and a writer that is done with its item after 20 seconds.
func TestAMessagesFateFollowsFromWhatWasFound(t *testing.T) {
	h := &Handler{maxReceiveCount: 5, retention: 96 * time.Hour, writerReach: 20 * time.Second}
	const noDelay, soon = 0, time.Second
	for name, test := range map[string]struct {
		receive int
		age     time.Duration
		finding finding
		fate    fate
		least   time.Duration // the shortest delay that is right
		most    time.Duration
	}{
		"classified by this model or a newer one":         {1, 0, finding{kind: upToDate}, done, noDelay, noDelay},
		"classified at the last receive":                  {5, 0, finding{kind: upToDate}, done, noDelay, noDelay},
		"names no item":                                   {1, 0, finding{kind: malformed}, deadLetter, noDelay, noDelay},
		"unusable":                                        {1, 0, finding{kind: unusable}, deadLetter, noDelay, noDelay},
		"unusable and not marked":                         {1, 0, finding{kind: unusable, notMarked: true}, retry, time.Second, 2 * time.Second},
		"unusable and not marked at the last receive":     {5, 0, finding{kind: unusable, notMarked: true}, deadLetter, noDelay, noDelay},
		"given up and not sent":                           {1, 0, finding{kind: malformed, notSent: true}, retry, time.Second, 2 * time.Second},
		"given up and not sent at the last receive":       {5, 0, finding{kind: callFailed, notSent: true}, retry, 450 * time.Second, 900 * time.Second},
		"missing while the writer may run":                {1, 19 * time.Second, finding{kind: missing}, retry, soon, soon},
		"missing for the second time":                     {2, 19 * time.Second, finding{kind: missing}, retry, 2 * soon, 2 * soon},
		"missing at the receive before the last":          {4, 5 * time.Second, finding{kind: missing}, retry, 16 * time.Second, 16 * time.Second},
		"missing at the last receive, writer may run":     {5, 19 * time.Second, finding{kind: missing}, deadLetter, noDelay, noDelay},
		"missing when the writer is done":                 {1, 20 * time.Second, finding{kind: missing}, drop, noDelay, noDelay},
		"missing when the writer is done, last receive":   {5, 20 * time.Second, finding{kind: missing}, drop, noDelay, noDelay},
		"left unprocessed":                                {1, 0, finding{kind: unprocessed}, retry, time.Second, 2 * time.Second},
		"a failed call":                                   {1, 0, finding{kind: callFailed}, retry, time.Second, 2 * time.Second},
		"a failed call at the second receive":             {2, 0, finding{kind: callFailed}, retry, 6 * time.Second, 12 * time.Second},
		"a failed call at the third receive":              {3, 0, finding{kind: callFailed}, retry, 36 * time.Second, 72 * time.Second},
		"a failed call at the fourth receive":             {4, 0, finding{kind: callFailed}, retry, 216 * time.Second, 432 * time.Second},
		"a failed call at the last receive":               {5, 0, finding{kind: callFailed}, deadLetter, noDelay, noDelay},
		"a failed call after MaxReceiveCount was lowered": {7, 0, finding{kind: callFailed}, deadLetter, noDelay, noDelay},
		"a failed call an hour before SQS deletes it":     {1, 95 * time.Hour, finding{kind: callFailed}, deadLetter, noDelay, noDelay},
		"a failed call a minute before that":              {1, 95*time.Hour - time.Minute, finding{kind: callFailed}, retry, time.Second, 2 * time.Second},
		"out of time":                                     {1, 0, finding{kind: outOfTime}, retry, noDelay, noDelay},
		"out of time at the second receive":               {2, 0, finding{kind: outOfTime}, retry, 6 * time.Second, 12 * time.Second},
		"out of time at the fourth receive":               {4, 0, finding{kind: outOfTime}, retry, 216 * time.Second, 432 * time.Second},
		"out of time at the last receive":                 {5, 0, finding{kind: outOfTime}, deadLetter, noDelay, noDelay},
		"out of time and not sent at the last receive":    {5, 0, finding{kind: outOfTime, notSent: true}, retry, 450 * time.Second, 900 * time.Second},
		"out of time an hour before SQS deletes it":       {1, 95 * time.Hour, finding{kind: outOfTime}, deadLetter, noDelay, noDelay},
		"out of time a nanosecond before that":            {1, 95*time.Hour - 1, finding{kind: outOfTime}, retry, noDelay, noDelay},
		"unclassified, which nothing was found out about": {1, 0, finding{}, retry, time.Second, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			test.finding.at = now
			fate, delay := h.decide(&delivery{receiveCount: test.receive, sent: now.Add(-test.age)}, test.finding)
			if fate != test.fate || delay < test.least || delay > test.most {
				t.Errorf("fate %d after %s, want %d after %s to %s", fate, delay, test.fate, test.least, test.most)
			}
		})
	}
}

// Messages that failed together do not come back together. The random part is up to a half of the delay, of any
// size, and another one at each receive; for one receive it is always the same, so that a simulation can be repeated.
func TestBackOffsAreSpreadOverHalfTheDelay(t *testing.T) {
	for receive, longest := range map[int]time.Duration{1: 2 * time.Second, 2: 12 * time.Second, 3: 72 * time.Second, 4: 432 * time.Second, 5: 900 * time.Second, 25: 900 * time.Second} {
		least, most, same := longest, time.Duration(0), 0
		for n := range 1000 {
			d := &delivery{receiveCount: receive, SQSMessage: events.SQSMessage{Body: fmt.Sprintf(`{"id":%q}`, sample.Nth(n).ID())}}
			delay := backoff(d)
			least, most = min(least, delay), max(most, delay)
			if again := backoff(d); again != delay {
				t.Errorf("receive %d of message %d waits %s and then %s", receive, n, delay, again)
			}
			next := &delivery{receiveCount: receive + 1, SQSMessage: d.SQSMessage}
			if jitter(next) == jitter(d) {
				same++
			}
		}
		for more := max(receive, 5); more <= 1000; more++ { // SQS allows 1,000 receives
			if delay := backoff(&delivery{receiveCount: more}); delay < 450*time.Second || delay > 900*time.Second {
				t.Fatalf("receive %d waits %s", more, delay)
			}
		}
		if least < longest/2 || least > longest*51/100 || most > longest || most < longest*99/100 {
			t.Errorf("receive %d waits %s to %s, want all of %s to %s", receive, least, most, longest/2, longest)
		}
		if same > 0 {
			t.Errorf("the random part is the same at receives %d and %d for %d of 1000 messages", receive, receive+1, same)
		}
	}
}

// A missing item is looked for again after 1 s, 2 s, 4 s, and then every 8 s, until no writer can store it.
func TestAMissingItemIsLookedForSoon(t *testing.T) {
	h := &Handler{maxReceiveCount: 25, retention: 96 * time.Hour, writerReach: 910 * time.Second}
	now := time.Now()
	for receive, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second, 5: 8 * time.Second, 23: 8 * time.Second} {
		if fate, delay := h.decide(&delivery{receiveCount: receive, sent: now}, finding{kind: missing, at: now}); fate != retry || delay != want {
			t.Errorf("receive %d: fate %d after %s, want it again after %s", receive, fate, delay, want)
		}
	}
}
