package verify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// known is an item of the data set, which somebody else may have posted.
var (
	known   = sample.Object(sample.Example())
	knownID = sample.Example().ID()
)

// breaking interrupts a run at one of its calls, before the call is made or when it is answered.
type breaking struct {
	mu        sync.Mutex
	left      int // calls until then
	interrupt context.CancelFunc
	before    bool
}

func (b *breaking) over(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil { // as a real transport does
			return nil, err
		}
		b.mu.Lock()
		b.left--
		now := b.left == 0
		b.mu.Unlock()
		if now && b.before {
			b.interrupt()
			if r.Context().Err() != nil { // taking away goes on
				return nil, context.Canceled
			}
		}
		response, err := next.RoundTrip(r)
		if now {
			b.interrupt()
		}
		return response, err
	})
}

// A run without the data set makes some 85 calls, and the data set some 700. The run is interrupted at each
// third of the 85, and at some of the 700: by turns after the call and in its middle, so that nobody knows
// whether it was made.
func TestAnInterruptedRunLeavesNothingBehind(t *testing.T) {
	interruptAtEach(t, 3, "-only", allButTheDataSet)
	interruptAtEach(t, 141, "-only", "dataset")
}

func interruptAtEach(t *testing.T, calls int, flags ...string) {
	for call := 1; ; call += calls {
		before, isOver := call%2 == 0, false
		t.Run(fmt.Sprintf("%s at call %d, cut off: %v", flags[1], call, before), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				b := start(t, nil, nil)
				breaking := &breaking{left: call, interrupt: cancel, before: before}
				b.api, b.aws = breaking.over(b.api), breaking.over(b.aws)
				got := b.verify(ctx, t, flags...)
				isOver = ctx.Err() == nil
				cutShort := slices.ContainsFunc(got.Checks, func(line row) bool { return line.Result == notRun })
				if cutShort && (got.status != 1 || isOver) {
					t.Errorf("status %d, %+v", got.status, got.Checks)
				}
				// Whether a call that was cut off has been made, nobody can know.
				if len(got.LeftBehind) > 0 && !(before && strings.Contains(got.LeftBehind[0], " may ")) {
					t.Errorf("left behind %q", got.LeftBehind)
				}
				if names, seen := got.failing(); len(names) > 0 {
					t.Errorf("%v fail: %s", names, seen)
				}
				stacktest.Wait(time.Minute) // the enricher drops keys without an item
				b.wantNothingLeft(t)
			})
		})
		if isOver || t.Failed() {
			return
		}
	}
}

// The function does not notice that its client has gone. If the item was there already, the function creates it anew
// when it has been taken away.
func TestAnItemThatIsStoredAfterItsPostWasCutOffIsTakenAway(t *testing.T) {
	for check, before := range map[string]int{"created": 0, "known": 1} { // how often the item was posted before
		t.Run(check, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				b := start(t, nil, nil)
				next, posted := b.api, map[string]int{}
				b.api = roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method != http.MethodPost || ctx.Err() != nil {
						return next.RoundTrip(r)
					}
					var body bytes.Buffer
					if _, err := body.ReadFrom(r.Body); err != nil {
						return nil, err
					}
					late := r.Clone(context.WithoutCancel(r.Context()))
					r.Body, late.Body = io.NopCloser(bytes.NewReader(body.Bytes())), io.NopCloser(&body)
					posted[body.String()]++
					if posted[body.String()] <= before {
						return next.RoundTrip(r)
					}
					time.AfterFunc(8*time.Second, func() { _, _ = next.RoundTrip(late) })
					interrupt()
					return nil, context.Canceled
				})
				got := b.verify(ctx, t, "-only", check)
				if ctx.Err() == nil || len(got.LeftBehind) > 0 {
					t.Errorf("%v; left behind %q", ctx.Err(), got.LeftBehind)
				}
				stacktest.Wait(time.Minute)
				b.wantNothingLeft(t)
			})
		})
	}
}

// letterIDs returns the ids of all dead letters, which nobody may have hidden. A letter that was moved
// back and died again has another id.
func (b *bed) letterIDs(t *testing.T) (ids []string) {
	t.Helper()
	url := b.Ref("EnrichDeadLetterQueue")
	for {
		out, err := b.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			stacktest.Wait(time.Minute) // until they are visible again
			slices.Sort(ids)
			return ids
		}
		for _, m := range out.Messages {
			ids = append(ids, *m.MessageId)
		}
	}
}

// moves counts the move tasks that a run starts.
func moves(next http.RoundTripper, n *int) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartMessageMoveTask") {
			*n++
		}
		return next.RoundTrip(r)
	})
}

func TestDeadLettersAndItemsOfOthersStayAsTheyAre(t *testing.T) {
	for name, letters := range map[string]int{"none": 0, "one": 1, "some": 25, "many": 400} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, nil, nil)
				var sent []string
				for i := range letters {
					sent = append(sent, fmt.Sprintf("somebody else's %d", i))
				}
				b.Send(t, sent...)
				b.Request(t, http.MethodPost, names.Items(), known)
				stacktest.Wait(time.Second)
				before := b.letterIDs(t)
				if len(before) != letters {
					t.Fatalf("%d dead letters of %d", len(before), letters)
				}
				started := 0
				b.aws = moves(b.aws, &started)
				got := b.verify(t.Context(), t, "-only", allButTheDataSet)
				if got.status != 0 || len(got.LeftBehind) > 0 {
					t.Errorf("status %d, %+v, left behind %q", got.status, got.Checks, got.LeftBehind)
				}
				if diff := cmp.Diff(before, b.letterIDs(t)); diff != "" {
					t.Errorf("dead letters (-want +got):\n%s", diff)
				}
				if wanted := letters == 0; (started > 0) != wanted {
					t.Errorf("%d move tasks were started, wanted one: %v", started, wanted)
				}
				out, err := b.DynamoDB.Scan(t.Context(), scanOf(b.Ref(b.Names.Table)))
				if err != nil || len(out.Items) != 1 {
					t.Errorf("%d items are left, want the user's one; %v", len(out.Items), err)
				}
			})
		})
	}
}

func TestAmongVeryManyDeadLettersNoMoreAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, nil)
		var sent []string
		for i := range mostLetters + 1 {
			sent = append(sent, fmt.Sprintf("somebody else's %d", i))
		}
		b.Send(t, sent...)
		stacktest.Wait(time.Second)
		got := b.verify(t.Context(), t, "-only", allButTheDataSet)
		if got.of("dead-letter").Result != left || got.of("redrive").Result != left || got.status != 0 {
			t.Errorf("status %d, %+v", got.status, got.Checks)
		}
		if n := len(b.letterIDs(t)); n != len(sent) {
			t.Errorf("%d dead letters are left of %d", n, len(sent))
		}
	})
}

// Letters that arrive after the last look, before the run's own is moved, stay: the task is slow, and is
// cancelled when it has moved one.
func TestLettersThatArriveWithTheMoveStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late []string
		b := start(t, nil, nil)
		next := b.aws
		b.aws = roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartMessageMoveTask") {
				url := b.Ref("EnrichDeadLetterQueue")
				for range 3 {
					out, err := b.SQS.SendMessage(r.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("late")})
					if err != nil {
						return nil, err
					}
					late = append(late, *out.MessageId)
				}
			}
			return next.RoundTrip(r)
		})
		if got := b.verify(t.Context(), t, "-only", "redrive"); got.status != 0 {
			t.Errorf("status %d: %+v", got.status, got.Checks)
		}
		slices.Sort(late)
		if got := b.letterIDs(t); !slices.Equal(got, late) {
			t.Errorf("the dead letters are %q, want %q", got, late)
		}
	})
}

// When the enricher does not take the keys, their items are taken away all the same, and it is said.
func TestWhatCanNotBeTakenAwayIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		operation, want string
	}{
		"an item":     {"DeleteItem", "item "},
		"dead letter": {"DeleteMessage", "dead letter"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, nil, nil)
				next := b.aws
				b.aws = roundTripper(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+test.operation) {
						return nil, fmt.Errorf("not allowed")
					}
					return next.RoundTrip(r)
				})
				got := b.verify(t.Context(), t, "-only", allButTheDataSet)
				if got.status != 1 || got.Good || !strings.Contains(strings.Join(got.LeftBehind, "\n"), test.want) {
					t.Errorf("status %d, left behind %q, want %q", got.status, got.LeftBehind, test.want)
				}
			})
		})
	}
}
