package verify

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/local/stacktest"
)

// Somebody looks into the dead-letter queue just before the run deletes a letter, and keeps what he sees for half a minute.
// A delete with an older receipt handle is answered as ever, and deletes nothing.
func TestALetterThatIsDeletedIsGoneAlthoughSomebodyLooks(t *testing.T) {
	for name, test := range map[string]struct {
		check  string
		others int // letters
		delete int // at which he looks
	}{
		"of the malformed message": {"dead-letter", 0, 1},
		"taken away at the end":    {"dead-letter", 0, 2},
		"that is sent again":       {"redrive", 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, nil, nil)
				others := b.sendLetters(t.Context(), t, test.others)
				next, deletes := b.aws, 0
				b.aws = roundTripper(func(r *http.Request) (*http.Response, error) {
					if isCall(r, "DeleteMessage") {
						if deletes++; deletes == test.delete {
							url := b.Ref("EnrichDeadLetterQueue")
							_, err := b.SQS.ReceiveMessage(r.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, VisibilityTimeout: 30})
							if err != nil {
								return nil, err
							}
						}
					}
					return next.RoundTrip(r)
				})
				got := b.verify(t.Context(), t, "-only", test.check)
				if got.status != 0 || deletes < test.delete {
					t.Errorf("status %d after %d deletes: %+v, left behind %q", got.status, deletes, got.Checks, got.LeftBehind)
				}
				stacktest.Wait(time.Minute)
				if rest := b.letterIDs(t); !slices.Equal(rest, others) {
					t.Errorf("the dead letters are %q, want %q", rest, others)
				}
			})
		})
	}
}
