package watch_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/console/watch"
	"simple-sam-demo/local/stacktest"
)

// bed is a stack that does not run, and a watcher of it that counts its calls.
type bed struct {
	*stacktest.Stack
	*watch.Watcher
	aws   aws.HTTPClient // of the stack, in memory
	calls atomic.Int32
	down  atomic.Bool
}

func newBed(t *testing.T) *bed {
	b := &bed{Stack: stacktest.Build(t, nil, nil, t.Output())}
	cfg := b.Config.AWS.Config()
	b.aws = cfg.HTTPClient
	cfg.HTTPClient = b
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	b.Watcher = watch.New(watch.Stack{
		SQS: sqs.NewFromConfig(cfg), DynamoDB: dynamodb.NewFromConfig(cfg),
		QueueURL: b.Ref("EnrichQueue"), DeadURL: b.Ref("EnrichDeadLetterQueue"),
		DeadARN: "arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue", Table: b.Ref(b.Names.Table),
	})
	return b
}

func (b *bed) Do(r *http.Request) (*http.Response, error) {
	if r.Header.Get("X-Amz-Target") == "DynamoDB_20120810.DescribeTable" {
		b.calls.Add(1)
	}
	if b.down.Load() {
		return nil, errors.New("connection refused")
	}
	return b.aws.Do(r)
}

// watching starts a viewer, and returns its last view.
func (b *bed) watching(ctx context.Context) (last func() watch.View) {
	var view atomic.Value
	go func() {
		_ = b.Watch(ctx, func(v watch.View) error { view.Store(v); return nil })
	}()
	return func() watch.View { return view.Load().(watch.View) }
}

func TestAViewerSeesMessagesMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		last := b.watching(t.Context())
		stacktest.Wait(watch.Interval / 2)
		b.Send(t, "a", "b", "c")
		stacktest.Wait(watch.Interval)
		view := last()
		if diff := cmp.Diff(watch.Counts{Waiting: 3}, view.Queue); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if !view.Rates.Known || view.Rates.Queue != 3 || len(view.Past) != 1 {
			t.Errorf("rates %+v, %d looks before", view.Rates, len(view.Past))
		}
		if age := time.Since(view.EmptyAt); age < watch.Interval || age > 2*watch.Interval {
			t.Errorf("it was last seen empty %s ago", age)
		}
	})
}

func TestManyViewersCostWhatOneDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		for range 5 {
			b.watching(t.Context())
		}
		stacktest.Wait(10*watch.Interval + watch.Interval/2)
		if b.calls.Load() != 11 {
			t.Errorf("%d looks in ten seconds and a half", b.calls.Load())
		}
	})
}

func TestNobodyLooksWhenNobodyWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		ctx, leave := context.WithCancel(t.Context())
		b.watching(ctx)
		stacktest.Wait(3 * watch.Interval)
		leave()
		synctest.Wait()
		before := b.calls.Load()
		stacktest.Wait(time.Hour)
		if b.calls.Load() != before {
			t.Errorf("%d looks while nobody watched", b.calls.Load()-before)
		}
	})
}

func TestAnEndpointThatGoesIsSaidAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.Send(t, "a")
		last := b.watching(t.Context())
		stacktest.Wait(watch.Interval / 2)
		b.down.Store(true)
		stacktest.Wait(watch.Interval)
		if view := last(); view.Err == nil || view.Queue.Waiting != 1 {
			t.Errorf("error %v with the counts %+v", view.Err, view.Queue)
		}
		b.down.Store(false)
		stacktest.Wait(watch.Interval)
		if view := last(); view.Err != nil || view.Queue.Waiting != 1 {
			t.Errorf("error %v with the counts %+v", view.Err, view.Queue)
		}
	})
}

func TestAPageIsShownWhatWasSeenLately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		for range 3 {
			if view := b.Once(t.Context()); view.Err != nil || view.At.IsZero() {
				t.Errorf("view %+v", view)
			}
		}
		if b.calls.Load() != 1 {
			t.Errorf("%d looks", b.calls.Load())
		}
	})
}

// Another browser loads a page, or somebody changes something, right after the watcher has looked.
func TestALookRightAfterAnotherChangesTheCountsAndNotTheRates(t *testing.T) {
	for name, look := range map[string]func(*testing.T, *bed){
		"look":  func(t *testing.T, b *bed) { b.Look(t.Context()) },
		"hurry": func(_ *testing.T, b *bed) { b.Hurry() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				last := b.watching(t.Context())
				stacktest.Wait(watch.Interval / 2)
				b.Send(t, "a", "b")
				stacktest.Wait(watch.Interval/2 + 20*time.Millisecond)
				b.Send(t, "c", "d", "e")
				look(t, b)
				synctest.Wait()
				view := last()
				if view.Queue.Waiting != 5 || view.Rates.Queue != 2 || !view.Rates.Known || len(view.Past) != 1 {
					t.Errorf("%d waiting, rates %+v, %d looks before", view.Queue.Waiting, view.Rates, len(view.Past))
				}
				stacktest.Wait(watch.Interval)
				view = last()
				if view.Rates.Queue != 3 || len(view.Past) != 2 || view.Past[1].Queue.Waiting != 2 {
					t.Errorf("a second later: rates %+v, looks before %+v", view.Rates, view.Past)
				}
			})
		})
	}
}

func TestLooksThatFollowOneAnotherQuicklyStillSayHowFastThingsMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		for range 20 {
			b.Look(t.Context())
			stacktest.Wait(watch.Interval / 4)
			b.Send(t, "a")
		}
		if view := b.Look(t.Context()); view.Rates.Queue != 4 || len(view.Past) != 10 {
			t.Errorf("rates %+v, %d looks before", view.Rates, len(view.Past))
		}
	})
}
