package enricher

import (
	"testing"
	"time"
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
		"a failed call an hour before SQS deletes it":     {1, 95 * time.Hour, finding{kind: callFailed}, deadLetter, noDelay, noDelay},
		"a failed call a minute before that":              {1, 95*time.Hour - time.Minute, finding{kind: callFailed}, retry, time.Second, 2 * time.Second},
		"out of time":                                     {1, 0, finding{kind: outOfTime}, retry, noDelay, noDelay},
		"out of time at the last receive":                 {5, 0, finding{kind: outOfTime}, deadLetter, noDelay, noDelay},
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
