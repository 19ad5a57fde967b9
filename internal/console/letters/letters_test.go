package letters_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/console/letters"
	"simple-sam-demo/local/stacktest"
)

// bed is a stack that does not run, and its dead-letter queue.
type bed struct {
	*stacktest.Stack
	*letters.Box
	fail string                 // the operation whose calls fail, or ""
	void string                 // the operation whose calls get an empty answer, as from a proxy
	done func(operation string) // is called when the stack has answered, and the answer is not there yet

	// through, when it is not nil, makes each call in the place of the client. call goes on to the stack.
	through func(operation string, r *http.Request, call func() (*http.Response, error)) (*http.Response, error)
}

func newBed(t *testing.T) *bed {
	b := &bed{Stack: stacktest.Build(t, nil, nil, t.Output())}
	cfg := b.Config.AWS.Config()
	client := cfg.HTTPClient
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if b.fail != "" && strings.HasSuffix(r.Header.Get("X-Amz-Target"), b.fail) {
			return nil, errors.New("no connection")
		}
		if b.void != "" && strings.HasSuffix(r.Header.Get("X-Amz-Target"), b.void) {
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		call := func() (*http.Response, error) { return client.Do(r) }
		if b.through != nil {
			direct := call
			call = func() (*http.Response, error) { return b.through(operation, r, direct) }
		}
		response, err := call()
		if b.done != nil {
			b.done(operation)
		}
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return response, err
	})
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	b.Box = letters.NewBox(sqs.NewFromConfig(cfg), b.Ref("EnrichDeadLetterQueue"), "arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue",
		b.Ref("EnrichQueue"), "arn:aws:sqs:us-east-1:000000000000:EnrichQueue")
	return b
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// fill puts n dead letters into the queue, with a code each.
func (b *bed) fill(t *testing.T, n int, code func(i int) string) {
	t.Helper()
	url := b.Ref("EnrichDeadLetterQueue")
	for i := 0; i < n; i += 10 {
		in := &sqs.SendMessageBatchInput{QueueUrl: &url}
		for j := i; j < min(i+10, n); j++ {
			e := types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(j)), MessageBody: aws.String(fmt.Sprint("body ", j))}
			if c := code(j); c != "" {
				e.MessageAttributes = map[string]types.MessageAttributeValue{
					"failure_code": {DataType: aws.String("String"), StringValue: &c},
					"sample":       {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1}},
				}
			}
			in.Entries = append(in.Entries, e)
		}
		if _, err := b.SQS.SendMessageBatch(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

func malformed(int) string { return "MalformedMessage" }

// backlogs are the visible and hidden messages of both queues.
func (b *bed) backlogs(t *testing.T) string {
	t.Helper()
	queue, dead := b.Backlog(t, "EnrichQueue"), b.Backlog(t, "EnrichDeadLetterQueue")
	return fmt.Sprintf("queue %d+%d dead %d+%d", queue.Visible, queue.InFlight, dead.Visible, dead.InFlight)
}

func (b *bed) wantBacklogs(t *testing.T, want string) {
	t.Helper()
	if got := b.backlogs(t); got != want {
		t.Errorf("backlogs: %s, want %s", got, want)
	}
}

func (b *bed) read(t *testing.T, code string, before []string) letters.Page {
	t.Helper()
	page, err := b.Read(t.Context(), code, before)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestLookingLeavesEveryMessageVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 25, malformed)
		page := b.read(t, "", nil)
		if len(page.Letters) != 25 || !page.Whole {
			t.Errorf("%d letters, whole: %v", len(page.Letters), page.Whole)
		}
		b.wantBacklogs(t, "queue 0+0 dead 25+0")
	})
}

func TestAnEmptyQueueIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		page := newBed(t).read(t, "", nil)
		if len(page.Letters) != 0 || !page.Whole || time.Since(start) > 0 {
			t.Errorf("%d letters, whole: %v, after %s", len(page.Letters), page.Whole, time.Since(start))
		}
	})
}

func TestAPageIsBoundedAndTheNextOneGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 230, malformed)
		all := map[string]bool{}
		var seen []string
		var sizes []int
		for range 3 {
			page := b.read(t, "", seen)
			for _, l := range page.Letters {
				all[l.ID] = true
			}
			sizes, seen = append(sizes, len(page.Letters)), page.Seen
		}
		if diff := cmp.Diff([]int{100, 100, 30}, sizes); diff != "" || len(all) != 230 {
			t.Errorf("%d letters; pages (-want +got):\n%s", len(all), diff)
		}
		b.wantBacklogs(t, "queue 0+0 dead 230+0")
	})
}

func TestAPageOfLargeMessagesIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		url, body := b.Ref("EnrichDeadLetterQueue"), strings.Repeat("x", 1<<20)
		for range 10 {
			if _, err := b.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
				t.Fatal(err)
			}
		}
		if page := b.read(t, "", nil); len(page.Letters) != 8 || page.Whole {
			t.Errorf("%d letters, whole: %v", len(page.Letters), page.Whole)
		}
	})
}

func TestACodeIsSearchedForInAllOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 250, func(i int) string {
			switch i {
			case 240:
				return "InvalidItem"
			case 245:
				return ""
			}
			return "MalformedMessage"
		})
		for code, want := range map[string]string{"InvalidItem": "body 240", letters.NoReason: "body 245"} {
			page := b.read(t, code, nil)
			if len(page.Letters) != 1 || page.Letters[0].Body != want || page.Read != 250 {
				t.Errorf("%s: %d letters of %d read", code, len(page.Letters), page.Read)
			}
		}
	})
}

func TestChosenLettersGoBackAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 30, malformed)
		page := b.read(t, "", nil)
		chosen := []string{page.Letters[3].ID, page.Letters[22].ID, "gone"}
		o, err := b.Redrive(t.Context(), chosen, nil)
		if err != nil || len(o.Done) != 2 || len(o.Absent) != 1 {
			t.Errorf("%+v, %v", o, err)
		}
		b.wantBacklogs(t, "queue 2+0 dead 28+0")
		url := b.Ref("EnrichQueue")
		out, err := b.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: []string{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		m := out.Messages[0]
		if *m.Body != page.Letters[3].Body && *m.Body != page.Letters[22].Body || string(m.MessageAttributes["sample"].BinaryValue) != "\x00\x01" {
			t.Errorf("sent back: %q with %v", *m.Body, m.MessageAttributes)
		}
	})
}

func TestALetterThatCannotBeSentStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 3, malformed)
		id := b.read(t, "", nil).Letters[0].ID
		b.fail = "SendMessage"
		o, err := b.Redrive(t.Context(), []string{id}, nil)
		if err != nil || o.Failed[id] == nil || len(o.Done) != 0 {
			t.Errorf("%+v, %v", o, err)
		}
		b.wantBacklogs(t, "queue 0+0 dead 3+0")
	})
}

func TestALetterThatIsSentAndNotDeletedIsInBothQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 3, malformed)
		id := b.read(t, "", nil).Letters[0].ID
		b.fail = "DeleteMessage"
		o, err := b.Redrive(t.Context(), []string{id}, nil)
		if err != nil || o.Twice[id] == nil || len(o.Done) != 0 {
			t.Errorf("%+v, %v", o, err)
		}
		b.wantBacklogs(t, "queue 1+0 dead 3+0")
	})
}

func TestChosenLettersAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 12, malformed)
		page := b.read(t, "", nil)
		if o, err := b.Box.Delete(t.Context(), []string{page.Letters[0].ID, page.Letters[11].ID}); err != nil || len(o.Done) != 2 {
			t.Errorf("%+v, %v", o, err)
		}
		b.wantBacklogs(t, "queue 0+0 dead 10+0")
	})
}

// What cannot be given back comes back by itself.
func TestAMessageThatIsNotGivenBackIsHiddenForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 5, malformed)
		b.fail = "ChangeMessageVisibilityBatch"
		b.read(t, "", nil)
		b.wantBacklogs(t, "queue 0+0 dead 0+5")
		stacktest.Wait(letters.Visibility + time.Second)
		b.wantBacklogs(t, "queue 0+0 dead 5+0")
	})
}

// A browser sends \r\n for each line end in a form.
func TestABodyThatNobodyChangedGoesBackByteForByte(t *testing.T) {
	for name, test := range map[string]struct{ body, form, want string }{
		"unchanged": {"a\nb\r\nc\n", "a\r\nb\r\nc\r\n", "a\nb\r\nc\n"},
		"with CR":   {"a\rb\n", "a\r\nb\r\n", "a\rb\n"},
		"changed":   {"a\nb", "a\r\nb!", "a\nb!"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				dead, home := b.Ref("EnrichDeadLetterQueue"), b.Ref("EnrichQueue")
				if _, err := b.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &dead, MessageBody: &test.body}); err != nil {
					t.Fatal(err)
				}
				id := b.read(t, "", nil).Letters[0].ID
				if o, err := b.Redrive(t.Context(), []string{id}, &test.form); err != nil || len(o.Done) != 1 {
					t.Fatal(o, err)
				}
				out, err := b.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &home})
				if err != nil || *out.Messages[0].Body != test.want {
					t.Errorf("%q, %v", *out.Messages[0].Body, err)
				}
			})
		})
	}
}
