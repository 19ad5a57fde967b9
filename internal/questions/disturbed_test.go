package questions

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
)

// disturbance answers the nth call of an operation.
type disturbance func(n int, r *http.Request, next http.RoundTripper) (*http.Response, error)

// startDisturbed is start for a place as it is on AWS, with a disturbance.
func startDisturbed(t *testing.T, of string, disturb disturbance) *bed {
	t.Helper()
	n := 0
	b := start(t, "NONE", func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if operation(r) != of {
			return next.RoundTrip(r)
		}
		n++
		return disturb(n, r, next)
	})
	b.place.patience = 10 * time.Second
	return b
}

// replaced returns a disturbance that replaces a text in the first answers.
func replaced(answers int, old, replacement string) disturbance {
	return func(n int, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if n > answers {
			return response, err
		}
		return stacktest.EditAnswer(response, err, func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(old), []byte(replacement))
		})
	}
}

// refusing returns a disturbance that refuses the first calls.
func refusing(calls int, code string) disturbance {
	return func(n int, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if n > calls {
			return next.RoundTrip(r)
		}
		return refused(r, http.StatusBadRequest, code), nil
	}
}

// SQS counts what was moved approximately, and the four messages are moved within four seconds.
func TestWhetherMessagesArriveDuringATaskIsNotSaidWhenItMayHaveEnded(t *testing.T) {
	for name, test := range map[string]struct {
		late int // looks in which nothing is counted yet
		want string
	}{
		"counted at once":    {0, ""},
		"counted in time":    {5, ""},
		"counted at the end": {30, "the move task was COMPLETED too soon for the question"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				moved := replaced(test.late, `"ApproximateNumberOfMessagesMoved":`, `"ApproximateNumberOfMessagesMoved":0,"Before":`)
				b := startDisturbed(t, "ListMessageMoveTasks", moved)
				got := b.ask(t.Context(), t, "sqs-move-arrivals")[0]
				if (got.Result == Failed) != (test.want != "") || !strings.Contains(got.Error, test.want) {
					t.Errorf("%s %s: %+v", got.Result, got.Error, got.Here)
				}
			})
		})
	}
}

func TestATaskThatDoesNotEndIsNoAnswer(t *testing.T) {
	for _, name := range []string{"sqs-move-hidden", "sqs-move-delayed"} {
		synctest.Test(t, func(t *testing.T) {
			b := startDisturbed(t, "ListMessageMoveTasks", replaced(1000, "COMPLETED", "RUNNING"))
			if got := b.ask(t.Context(), t, name)[0]; got.Result != Failed || !strings.Contains(got.Error, `the move task is "RUNNING" after 1m40s`) {
				t.Errorf("%s: %s %s", name, got.Result, got.Error)
			}
		})
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
func TestATableThatDynamoDBDoesNotKnowOfYetIsWaitedFor(t *testing.T) {
	for unknown, want := range map[int]Result{20: Same, 21: Failed} {
		synctest.Test(t, func(t *testing.T) {
			b := startDisturbed(t, "DescribeTable", refusing(unknown, "ResourceNotFoundException"))
			if got := b.ask(t.Context(), t, "dynamodb-key-in-update")[0]; got.Result != want {
				t.Errorf("unknown for %d s: %s %s", unknown, got.Result, got.Error)
			}
		})
	}
}

func TestEachQuestionSaysWhyThereIsNoTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := startDisturbed(t, "CreateTable", refusing(1000, "LimitExceededException"))
		for _, got := range b.ask(t.Context(), t, "dynamodb-same-operand", "dynamodb-key-in-update") {
			if got.Result != Failed || !strings.Contains(got.Error, "LimitExceededException") {
				t.Errorf("%s: %s %s", got.Name, got.Result, got.Error)
			}
		}
	})
}
