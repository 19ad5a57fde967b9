package queue_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/queue"
)

// sends answers each SendMessageBatch in turn, and keeps the ids in each.
type sends struct {
	answers []string
	sent    [][]string
}

// answeringInTurn returns a queue whose calls get the answers in turn. The last one stays.
func answeringInTurn(answers ...string) (*queue.Queue, *sends) {
	s, cfg := &sends{answers: answers}, awsclient.AtEndpoint("http://endpoint")
	cfg.HTTPClient = &http.Client{Transport: s}
	return queue.New(cfg, "http://endpoint/1/queue"), s
}

func (s *sends) RoundTrip(r *http.Request) (*http.Response, error) {
	var in struct{ Entries []struct{ Id string } }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range in.Entries {
		ids = append(ids, e.Id)
	}
	answer := s.answers[min(len(s.sent), len(s.answers)-1)]
	s.sent = append(s.sent, ids)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// SQS says of each message whether it has taken it, and one of them may fail alone. The SDK takes such an answer for a success.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
func TestAKeyThatSQSItselfCouldNotTakeIsSentAgain(t *testing.T) {
	failed := func(successful, failed string, senderFault bool) string {
		return fmt.Sprintf(`{"Successful":[%s],"Failed":[{"Id":"%s","Code":"InternalError","SenderFault":%t}]}`, successful, failed, senderFault)
	}
	taken := func(id string) string { return `{"Id":"` + id + `"}` }
	all, alone := []string{first, second, third}, []string{second}
	others := taken(first) + "," + taken(third)
	// For SQS a throttle is the sender's fault (async-aws/aws issue 1227). A call that is throttled is made again.
	throttled := strings.Replace(failed(others, second, true), "InternalError", "RequestThrottled", 1)
	for name, test := range map[string]struct {
		answers []string
		sent    [][]string
		failed  []string
	}{
		"it fails once":                    {[]string{failed(others, second, false), `{"Successful":[` + taken(second) + `]}`}, [][]string{all, alone}, nil},
		"it fails always":                  {[]string{failed(others, second, false), failed("", second, false)}, [][]string{all, alone, alone}, alone},
		"it is our fault":                  {[]string{failed(others, second, true)}, [][]string{all}, alone},
		"it is our fault the second time":  {[]string{failed(others, second, false), failed("", second, true)}, [][]string{all, alone}, alone},
		"SQS throttles it":                 {[]string{throttled, `{"Successful":[` + taken(second) + `]}`}, [][]string{all, alone}, nil},
		"an answer says nothing of it":     {[]string{`{"Successful":[` + others + `]}`}, [][]string{all}, alone},
		"an answer is about an unknown id": {[]string{failed(others+","+taken(second), fourth, false)}, [][]string{all}, []string{fourth}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, sqs := answeringInTurn(test.answers...)
				start := time.Now()
				var failed []string
				for id, err := range q.EnqueueBatch(t.Context(), slices.Clone(all)) {
					if err == nil || !strings.Contains(err.Error(), id) {
						t.Errorf("%s: %v", id, err)
					}
					failed = append(failed, id)
				}
				if diff := cmp.Diff(test.sent, sqs.sent); diff != "" {
					t.Errorf("sent (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.failed, failed); diff != "" {
					t.Errorf("failed (-want +got):\n%s", diff)
				}
				if took := time.Since(start); took > 300*time.Millisecond {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// After a throttle the retryer waits up to 300 ms, and after another error up to 50 and 100 ms.
func TestAKeyThatIsThrottledIsSentAgainLater(t *testing.T) {
	var longest time.Duration
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			q, _ := answeringInTurn(`{"Failed":[{"Id":"` + first + `","Code":"ThrottlingException"}]}`)
			start := time.Now()
			q.EnqueueBatch(t.Context(), []string{first})
			longest = max(longest, time.Since(start))
		})
	}
	if longest < 200*time.Millisecond || longest > 600*time.Millisecond {
		t.Errorf("two more attempts took %s at most", longest)
	}
}

func TestAKeyIsNotSentAgainWhenTheTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, sqs := answeringInTurn(`{"Failed":[{"Id":"` + first + `","Code":"InternalError"}]}`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond) // which is over while it waits for the second attempt
		defer cancel()
		failed := q.EnqueueBatch(ctx, []string{first})
		if len(failed) != 1 || len(sqs.sent) != 1 || !strings.Contains(failed[first].Error(), "InternalError") {
			t.Errorf("failed: %v, after %d calls; want SQS's reason after one", failed, len(sqs.sent))
		}
	})
}
