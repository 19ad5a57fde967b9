package letters_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/console/letters"
	"simple-sam-demo/local/stacktest"
)

func TestWhoGoesAwayInTheMiddleHidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 40, malformed)
		ctx, leave := context.WithCancel(t.Context())
		n := 0
		_, err := b.Each(ctx, "", func(letters.Letter) error {
			if n++; n == 15 {
				leave()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v after %d", err, n)
		}
		b.wantBacklogs(t, "queue 0+0 dead 40+0")
	})
}

// SQS hides the messages of an answer, whether or not anybody reads it.
func TestWhoGoesAwayBeforeTheMessagesAreThereHidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 40, malformed)
		ctx, leave := context.WithCancel(t.Context())
		b.done = func(operation string) {
			if operation == "ReceiveMessage" {
				leave()
			}
		}
		if _, err := b.Read(ctx, "", nil); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		b.wantBacklogs(t, "queue 0+0 dead 40+0")
	})
}

func TestWhoGoesAwayWhileALetterIsRedrivenLeavesNoSecondOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 4, malformed)
		var ids []string
		for _, l := range b.read(t, "", nil).Letters {
			ids = append(ids, l.ID)
		}
		ctx, leave := context.WithCancel(t.Context())
		b.done = func(operation string) {
			if operation == "SendMessage" {
				leave()
			}
		}
		if o, _ := b.Redrive(ctx, ids, nil); len(o.Twice) != 0 || len(o.Done) == 0 {
			t.Errorf("%+v", o)
		}
		if got := b.backlogs(t); got != "queue 4+0 dead 0+0" {
			t.Errorf("backlogs: %s", got)
		}
	})
}

// On AWS a call takes 10 ms, and from another continent 200.
func TestAHundredLettersAreRedrivenFromFarAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 100, malformed)
		var ids []string
		for _, l := range b.read(t, "", nil).Letters {
			ids = append(ids, l.ID)
		}
		b.done = func(string) { stacktest.Wait(100 * time.Millisecond) }
		if o, err := b.Redrive(t.Context(), ids, nil); err != nil || len(o.Done) != 100 {
			t.Errorf("%d redriven, %d absent, %v", len(o.Done), len(o.Absent), err)
		}
	})
}

func TestWhoWaitsTooLongForAnotherLookIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 5, malformed)
		reading := make(chan struct{})
		var ended error
		go func() {
			_, ended = b.Each(t.Context(), "", func(letters.Letter) error { <-reading; return nil })
		}()
		synctest.Wait()
		start := time.Now()
		_, err := b.Read(t.Context(), "", nil)
		if waited := time.Since(start); !errors.Is(err, letters.ErrBusy) || waited > 5*time.Second {
			t.Errorf("error %v after %s", err, waited)
		}
		if err := b.RedriveAll(t.Context()); !errors.Is(err, letters.ErrBusy) {
			t.Errorf("error %v", err)
		}
		close(reading)
		page := b.read(t, "", nil)
		synctest.Wait()
		if len(page.Letters) != 5 || ended != nil {
			t.Errorf("%d letters, %v", len(page.Letters), ended)
		}
	})
}

// moveSlowly starts a move task of a message a second, and returns its handle.
func (b *bed) moveSlowly(t *testing.T) string {
	t.Helper()
	out, err := b.SQS.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{
		SourceArn:                    aws.String("arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue"),
		DestinationArn:               aws.String("arn:aws:sqs:us-east-1:000000000000:EnrichQueue"),
		MaxNumberOfMessagesPerSecond: aws.Int32(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.TaskHandle
}

// The task leaves out what is hidden.
func TestNothingIsHiddenFromAMoveTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 30, malformed)
		ids := []string{b.read(t, "", nil).Letters[0].ID}
		b.moveSlowly(t)
		stacktest.Wait(3 * time.Second)
		_, download := b.Each(t.Context(), "", func(letters.Letter) error { return nil })
		_, found := b.Find(t.Context(), ids[0])
		_, redrive := b.Redrive(t.Context(), ids, nil)
		_, remove := b.Box.Delete(t.Context(), ids)
		for _, err := range []error{download, found, redrive, remove} {
			if !errors.Is(err, letters.ErrMoving) {
				t.Errorf("error %v", err)
			}
		}
		stacktest.Wait(time.Minute)
		b.wantBacklogs(t, "queue 30+0 dead 0+0")
	})
}

func TestTwoWhoRedriveAllAndCancelItGetWhatTheyWant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 30, malformed)
		task := b.moveSlowly(t)
		if err := b.RedriveAll(t.Context()); err != nil { // the other one
			t.Error(err)
		}
		if err := b.CancelMove(t.Context(), "rubbish"); err == nil {
			t.Error("another task was cancelled")
		}
		for range 2 {
			if err := b.CancelMove(t.Context(), task); err != nil {
				t.Error(err)
			}
			stacktest.Wait(time.Minute)
		}
	})
}

func TestAnEmptyAnswerIsNoDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 1, malformed)
		id := b.read(t, "", nil).Letters[0].ID
		b.void = "DeleteMessage"
		if o, err := b.Box.Delete(t.Context(), []string{id}); err != nil || o.Failed[id] == nil || len(o.Done) != 0 {
			t.Errorf("%+v, %v", o, err)
		}
		b.wantBacklogs(t, "queue 0+0 dead 1+0")
	})
}
