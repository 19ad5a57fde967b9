package enricher_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

func TestRetriesThatAreExhaustedLeaveTheReasonOnItemAndMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: throttles}
		s := stacktest.Start(t, nil, f.disturb)
		id := store(t, s, example)
		s.Send(t, message(id))
		stacktest.Wait(time.Hour)
		m, why := deadLetter(t, s)
		got := get(t, s, id).Failure
		want := &item.Failure{Code: "RetriesExhausted", Reason: "ThrottlingException", FailedAt: why["failed_at"]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("failure on the item (-want +got):\n%s", diff)
		}
		if *m.Body != message(id) || why["failure_code"] != want.Code || why["failure_reason"] != want.Reason || why["receive_count"] != "5" {
			t.Errorf("dead letter %q with %v", *m.Body, why)
		}
		s.WantEmpty(t, "EnrichQueue")

		f.limit = 1 // the table is well again
		redrive(t, s)
		stacktest.Wait(time.Minute)
		if got := get(t, s, id); got.Status() != item.Classified || got.Failure != nil {
			t.Errorf("after the redrive the item is %s with failure %v", got.Status(), got.Failure)
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

// SQS deletes a message that is too old, whether anybody has said why it failed or not.
func TestAMessageIsGivenUpBeforeSQSDeletesIt(t *testing.T) {
	// The first four delays add up to 259 s to 518 s, and the first five to 709 s to 1418 s: see backoff.
	for name, test := range map[string]struct {
		waits    time.Duration // until the first receive
		receives string
		within   time.Duration
	}{
		"after the most receives that there can be":          {0, "25", 6 * time.Hour},
		"on the first receive, when it has waited that long": {23*time.Hour + 30*time.Minute, "1", time.Minute},
		"on a later receive, as it would come back too old":  {22*time.Hour + 50*time.Minute, "5", 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				throttled := &fault{operation: "DynamoDB.BatchGetItem", do: throttles}
				parameters := map[string]string{"MaxReceiveCount": "25", "MessageRetentionSeconds": "86400"}
				s := stacktest.Build(t, parameters, throttled.disturb, t.Output())
				id := store(t, s, example)
				s.Send(t, message(id))
				stacktest.Wait(test.waits)
				s.PollUntilEnd(t)
				stacktest.Wait(test.within)
				if got := get(t, s, id); got.Status() != item.Failed || got.Failure.Code != "RetriesExhausted" {
					t.Errorf("the item is %s, %+v", got.Status(), got.Failure)
				}
				if _, why := deadLetter(t, s); why["failure_reason"] != "ThrottlingException" || why["receive_count"] != test.receives {
					t.Errorf("the dead letter says %v", why)
				}
				s.WantEmpty(t, "EnrichQueue")
			})
		})
	}
}

// redrive moves the dead letters back, as the README says.
func redrive(t *testing.T, s *stacktest.Stack) {
	t.Helper()
	_, err := s.SQS.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{
		SourceArn:      aws.String("arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue"),
		DestinationArn: aws.String("arn:aws:sqs:us-east-1:000000000000:EnrichQueue"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACrashAtEveryReceiveEndsInSQSsOwnRedrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: crashes, limit: 5}
		s := stacktest.Start(t, nil, f.disturb)
		id := store(t, s, example)
		s.Send(t, message(id))
		stacktest.Wait(time.Hour)
		m, why := deadLetter(t, s)
		if len(why) != 0 || !strings.HasSuffix(m.Attributes["DeadLetterQueueSourceArn"], ":EnrichQueue") {
			t.Errorf("dead letter with %v and %v, want no reason and the source queue", why, m.Attributes)
		}
		redrive(t, s)
		stacktest.Wait(time.Minute)
		if got := get(t, s, id).Status(); got != item.Classified {
			t.Errorf("after the redrive the item is %s", got)
		}
	})
}

func TestAMessageThatCannotBeDeadLetteredIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "SQS.SendMessage", do: throttles, limit: 4}
		s := stacktest.Start(t, nil, f.disturb)
		s.Send(t, "hello")
		stacktest.Wait(time.Second)
		if s.Backlog(t, "EnrichQueue").Total() == 0 {
			t.Error("the message was acknowledged without being dead-lettered")
		}
		stacktest.Wait(10 * time.Minute)
		if _, why := deadLetter(t, s); why["failure_code"] != "MalformedMessage" {
			t.Errorf("dead letter with %v", why)
		}
		s.WantEmpty(t, "EnrichQueue")
	})
}

func TestAnItemThatCannotBeMarkedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.UpdateItem", do: throttles, limit: 4}
		s := stacktest.Start(t, nil, f.disturb)
		f.limit = 0
		id := spoil(t, s, tooSmall)
		f.limit = 4
		s.Send(t, message(id))
		stacktest.Wait(10 * time.Minute)
		if _, why := deadLetter(t, s); why["failure_code"] != "InvalidItem" || get(t, s, id).Status() != item.Failed {
			t.Errorf("dead letter with %v; the item is %s", why, get(t, s, id).Status())
		}
		s.WantEmpty(t, "EnrichQueue")
	})
}

func TestPostingAFailedItemAgainGivesItAnotherChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := store(t, s, example)
		failure := item.Failure{Code: "RetriesExhausted", Reason: "timed out", FailedAt: "then"}
		if err := s.Table.MarkFailed(t.Context(), id, "2999-01-01.01", failure); err != nil {
			t.Fatal(err)
		}
		got := s.Request(t, "POST", s.Names.Items, sample.Object(example))
		if got.Status != 200 {
			t.Errorf("the POST is answered %d %v", got.Status, got.Body)
		}
		stacktest.Wait(time.Second)
		if got := get(t, s, id); got.Status() != item.Classified || got.Failure != nil {
			t.Errorf("the item is %s with failure %v", got.Status(), got.Failure)
		}
	})
}
