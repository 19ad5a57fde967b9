package enricher_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// The first item's write is throttled at once. The other's hangs until the time to classify is over.
func TestAWriteThatFailedSaysWhyAlsoIfTheTimeEndsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch text := body(t, r); {
			case !strings.Contains(text, ":probability"): // a mark
				return next.RoundTrip(r)
			case strings.Contains(text, sample.Nth(0).ID()):
				return throttles(r, next)
			}
			return hangs(r, next)
		}}).disturb, t.Output())
		_, event := storedIDs(t, s, 0, 2)
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if out, err := newHandler(t, s).Handle(ctx, event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; given back %v", err, out.BatchItemFailures)
		}
		var reasons []string
		for _, letter := range s.DeadLetters(t) {
			reasons = append(reasons, aws.ToString(letter.MessageAttributes["failure_reason"].StringValue))
		}
		slices.Sort(reasons)
		if want := []string{"ThrottlingException", "deadline near"}; !slices.Equal(reasons, want) {
			t.Errorf("the dead letters say %q, want %q", reasons, want)
		}
	})
}
