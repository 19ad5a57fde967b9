package verify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/local/stacktest"
)

// isCall tells whether a request is a call of an operation.
func isCall(r *http.Request, operation string) bool {
	return strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation)
}

// refused answers as SQS does to who may not make a call.
func refused(r *http.Request) *http.Response {
	const body = `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"not authorized"}`
	header := http.Header{"Content-Type": {"application/x-amz-json-1.0"}}
	return &http.Response{StatusCode: http.StatusBadRequest, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

var errLost = errors.New("connection reset by peer")

// disturbance changes what becomes of a call.
type disturbance func(r *http.Request, next http.RoundTripper) (*http.Response, error)

// losing loses the answers to the calls of an operation.
func losing(operation string) disturbance {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if isCall(r, operation) {
			return nil, errLost
		}
		return response, err
	}
}

// refusing refuses the calls of an operation.
func refusing(operation string) disturbance {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if isCall(r, operation) {
			return refused(r), nil
		}
		return next.RoundTrip(r)
	}
}

// broken answers 500 to the calls of an operation.
func broken(operation string) disturbance {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if isCall(r, operation) {
			return &http.Response{StatusCode: http.StatusInternalServerError, Body: io.NopCloser(strings.NewReader("<html>")), Request: r}, nil
		}
		return next.RoundTrip(r)
	}
}

// countingLate shows what was moved some seconds later.
func countingLate() disturbance {
	moved := regexp.MustCompile(`"ApproximateNumberOfMessagesMoved":\d+`)
	var first time.Time
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if !isCall(r, "ListMessageMoveTasks") {
			return response, err
		}
		return stacktest.EditAnswer(response, err, func(body []byte) []byte {
			if strings.Contains(string(body), "RUNNING") && first.IsZero() {
				first = time.Now()
			}
			if !first.IsZero() && time.Since(first) < 3*time.Second {
				body = moved.ReplaceAll(body, []byte(`"ApproximateNumberOfMessagesMoved":0`))
			}
			return body
		})
	}
}

// both disturbs in two ways.
func both(one, other disturbance) disturbance {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		return one(r, roundTripper(func(r *http.Request) (*http.Response, error) { return other(r, next) }))
	}
}

// Five letters of others arrive with the start of the move task, which moves one a second.
func TestAMoveTaskOfWhichLittleIsKnown(t *testing.T) {
	for name, test := range map[string]struct {
		disturb   disturbance
		untouched int // letters of others
		result    result
		want      string // what is said
		left      string // what is named as left behind
	}{
		"the answer to its start is lost":      {losing("StartMessageMoveTask"), 5, holds, "a move task has moved 1 message back", ""},
		"its start never arrives":              {unsent, 5, fails, "start a move task: ", ""},
		"it may not be cancelled":              {refusing("CancelMessageMoveTask"), 0, fails, "about 6 dead letters to EnrichQueue, and this run had 1", ""},
		"the answer to its cancel is lost":     {losing("CancelMessageMoveTask"), 5, holds, "a move task has moved 1 message back", ""},
		"its count is late":                    {countingLate(), 5, holds, "a move task has moved 1 message back", ""},
		"it is lost and may not be looked at":  {both(losing("StartMessageMoveTask"), refusing("ListMessageMoveTasks")), 0, fails, "start a move task: ", "a move task that may move dead letters of others"},
		"it may not be looked at or cancelled": {both(refusing("CancelMessageMoveTask"), refusing("ListMessageMoveTasks")), 0, fails, "look at the move task: ", "a move task that may move dead letters of others"},
		"there are no move tasks":              {both(broken("StartMessageMoveTask"), broken("ListMessageMoveTasks")), 5, fails, "start a move task: operation error SQS: StartMessageMoveTask,", ""}, // as in moto
		"it may not be started":                {refusing("StartMessageMoveTask"), 5, fails, "is refused: AccessDeniedException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, nil, nil)
				var others []string
				next := b.aws
				b.aws = roundTripper(func(r *http.Request) (*http.Response, error) {
					if isCall(r, "StartMessageMoveTask") && others == nil {
						others = b.sendLetters(r.Context(), t, 5)
					}
					return test.disturb(r, next)
				})
				got := b.verify(t.Context(), t, "-only", "redrive")
				row, leftBehind := got.of("redrive"), strings.Join(got.LeftBehind, "\n")
				if row.Result != test.result || !strings.Contains(strings.Join(row.Seen, "\n"), test.want) {
					t.Errorf("%+v, want %s with %q", row, test.result, test.want)
				}
				if (leftBehind != "") != (test.left != "") || !strings.Contains(leftBehind, test.left) {
					t.Errorf("left behind %q, want %q", leftBehind, test.left)
				}
				stacktest.Wait(time.Minute)
				rest := b.letterIDs(t)
				others = slices.DeleteFunc(others, func(id string) bool { return !slices.Contains(rest, id) })
				if len(others) != test.untouched {
					t.Errorf("%d letters of others are untouched, want %d", len(others), test.untouched)
				}
			})
		})
	}
}

// The move task begins, and the run is interrupted before it has the answer.
func TestAMoveTaskOfAnInterruptedRunIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		b := start(t, nil, nil)
		var others []string
		next := b.aws
		b.aws = roundTripper(func(r *http.Request) (*http.Response, error) {
			if err := r.Context().Err(); err != nil {
				return nil, err
			}
			if !isCall(r, "StartMessageMoveTask") {
				return next.RoundTrip(r)
			}
			others = b.sendLetters(r.Context(), t, 5)
			_, _ = next.RoundTrip(r)
			interrupt()
			return nil, r.Context().Err()
		})
		got := b.verify(ctx, t, "-only", "redrive")
		if got.of("redrive").Result != notRun || len(got.LeftBehind) > 0 {
			t.Errorf("%+v, left behind %q", got.of("redrive"), got.LeftBehind)
		}
		stacktest.Wait(time.Minute)
		slices.Sort(others)
		if rest := b.letterIDs(t); !slices.Equal(rest, others) {
			t.Errorf("the dead letters are %q, want %q", rest, others)
		}
	})
}

// unsent lets no start of a move task arrive.
func unsent(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if isCall(r, "StartMessageMoveTask") {
		return nil, errLost
	}
	return next.RoundTrip(r)
}

// sendLetters puts letters of somebody else into the dead-letter queue, and returns their ids.
func (b *bed) sendLetters(ctx context.Context, t *testing.T, n int) (ids []string) {
	url := b.Ref("EnrichDeadLetterQueue")
	for range n {
		out, err := b.SQS.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("somebody else's")})
		if err != nil {
			t.Error(err)
			return ids
		}
		ids = append(ids, *out.MessageId)
	}
	return ids
}
