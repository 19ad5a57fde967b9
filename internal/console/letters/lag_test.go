package letters_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/console/letters"
	"simple-sam-demo/shared/awsclient"
)

// lag makes the stack answer as SQS may: its count of visible messages is an old one, and a receive that
// does not wait asks servers that have no message.
func (b *bed) lag(count string) {
	b.through = func(operation string, r *http.Request, call func() (*http.Response, error)) (*http.Response, error) {
		asked, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(asked))
		if operation == "ReceiveMessage" && !bytes.Contains(asked, []byte("WaitTimeSeconds")) {
			return answer(r, []byte("{}")), nil
		}
		response, err := call()
		if err != nil || operation != "GetQueueAttributes" {
			return response, err
		}
		text, err := io.ReadAll(response.Body)
		return answer(r, counted.ReplaceAll(text, []byte(`${1}"`+count+`"`))), err
	}
}

var counted = regexp.MustCompile(`("ApproximateNumberOfMessages":)"\d+"`)

func answer(r *http.Request, body []byte) *http.Response {
	header := http.Header{"X-Amzn-Requestid": {"r"}, "Content-Type": {"application/x-amz-json-1.0"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: r}
}

// each counts the letters of a download.
func (b *bed) each(t *testing.T) (n int, whole bool, err error) {
	whole, err = b.Each(t.Context(), "", func(letters.Letter) error { n++; return nil })
	return n, whole, err
}

func (b *bed) ids(t *testing.T) (all []string) {
	for _, l := range b.read(t, "", nil).Letters {
		all = append(all, l.ID)
	}
	return all
}

func TestACountThatIsTooLowEndsNoLook(t *testing.T) {
	for _, count := range []string{"0", "10"} {
		t.Run(count, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				b.fill(t, 30, malformed)
				ids := b.ids(t)
				b.lag(count)
				if n, whole, err := b.each(t); n != 30 || !whole || err != nil {
					t.Errorf("download: %d letters, whole: %v, %v", n, whole, err)
				}
				if l, err := b.Find(t.Context(), ids[0]); err != nil || l.ID != ids[0] {
					t.Errorf("letter: %q, %v", l.ID, err)
				}
				if o, err := b.Redrive(t.Context(), ids[:15], nil); len(o.Done) != 15 || err != nil {
					t.Errorf("redrive: %d done, %d absent, %v", len(o.Done), len(o.Absent), err)
				}
				if o, err := b.Box.Delete(t.Context(), ids[15:]); len(o.Done) != 15 || err != nil {
					t.Errorf("delete: %d done, %d absent, %v", len(o.Done), len(o.Absent), err)
				}
				b.wantBacklogs(t, "queue 15+0 dead 0+0")
			})
		})
	}
}

func TestAListHasMoreThanSQSCounts(t *testing.T) {
	for _, count := range []string{"0", "10"} {
		t.Run(count, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				b.fill(t, 30, malformed)
				b.lag(count)
				lagging := b.through
				b.through = func(operation string, r *http.Request, call func() (*http.Response, error)) (*http.Response, error) {
					if operation == "ReceiveMessage" { // also without waiting, it asks a server that has some
						return call()
					}
					return lagging(operation, r, call)
				}
				if page := b.read(t, "", nil); len(page.Letters) != 30 || !page.Whole {
					t.Errorf("%d letters, whole: %v", len(page.Letters), page.Whole)
				}
			})
		})
	}
}

// As long as SQS needs to ask all its servers whether there are more.
func TestAListOfFewTakesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 25, malformed)
		start := time.Now()
		if page := b.read(t, "", nil); !page.Whole || time.Since(start) > time.Second {
			t.Errorf("whole: %v, after %s", page.Whole, time.Since(start))
		}
	})
}

func TestWhereTheCountIsExactAListTakesNoTime(t *testing.T) {
	for _, n := range []int{0, 1, 25, 100} {
		synctest.Test(t, func(t *testing.T) {
			b := newBed(t)
			b.CountsExactly = true
			b.fill(t, n, malformed)
			start := time.Now()
			if page := b.read(t, "", nil); !page.Whole || len(page.Letters) != n || time.Since(start) > 0 {
				t.Errorf("%d of %d letters, whole: %v, after %s", len(page.Letters), n, page.Whole, time.Since(start))
			}
		})
	}
}

// The page that went before had letters.
func TestALaterPageIsWaitedForWhateverSQSCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 110, malformed)
		first := b.read(t, "", nil)
		b.lag("0")
		if page := b.read(t, "", first.Seen); len(page.Letters) != 10 || !page.Whole {
			t.Errorf("%d letters, whole: %v", len(page.Letters), page.Whole)
		}
	})
}

func TestALookThatReadsFewerThanSQSCountsIsNotWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 30, malformed)
		b.lag("40")
		if n, whole, err := b.each(t); n != 30 || whole || err != nil {
			t.Errorf("download: %d letters, whole: %v, %v", n, whole, err)
		}
		if page := b.read(t, "", nil); len(page.Letters) != 30 || page.Whole {
			t.Errorf("list: %d letters, whole: %v", len(page.Letters), page.Whole)
		}
	})
}

func TestALetterThatIsNotReachedIsNotSaidToBeGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 1000, malformed)
		for name, test := range map[string]struct {
			each  time.Duration // what a call takes
			whole bool
			err   error
		}{"in time": {0, true, letters.ErrGone}, "not in time": {time.Second, false, letters.ErrUnread}} {
			b.done = func(string) { time.Sleep(test.each) }
			if _, err := b.Find(t.Context(), "absent"); !errors.Is(err, test.err) {
				t.Errorf("%s: %v", name, err)
			}
			if o, err := b.Box.Delete(t.Context(), []string{"absent"}); len(o.Absent) != 1 || o.Whole != test.whole || err != nil {
				t.Errorf("%s: %+v, %v", name, o, err)
			}
		}
	})
}

// SQS may deliver a message twice.
func TestALookGoesOnAfterLettersThatItKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 30, malformed)
		var first []byte
		receives := 0
		b.through = func(operation string, r *http.Request, call func() (*http.Response, error)) (*http.Response, error) {
			if operation != "ReceiveMessage" {
				return call()
			}
			if receives++; receives == 2 {
				return answer(r, first), nil
			}
			response, err := call()
			if err == nil && receives == 1 {
				first, err = io.ReadAll(response.Body)
				response = answer(r, first)
			}
			return response, err
		}
		if n, whole, err := b.each(t); n != 30 || !whole || err != nil {
			t.Errorf("%d letters, whole: %v, %v", n, whole, err)
		}
		b.wantBacklogs(t, "queue 0+0 dead 30+0")
	})
}

// A proxy may answer 200 with nothing.
func TestAnEmptyAnswerIsNoEmptyQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fill(t, 30, malformed)
		b.done = func(operation string) {
			if operation == "ReceiveMessage" {
				b.void = operation // from the second one on
			}
		}
		if n, whole, err := b.each(t); n != 10 || whole || !errors.Is(err, awsclient.ErrNoAnswer) {
			t.Errorf("%d letters, whole: %v, %v", n, whole, err)
		}
	})
}

// Such a queue waits also for who does not ask it to.
func TestAQueueThatWaitsByItselfIsWaitedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		url := b.Ref("EnrichDeadLetterQueue")
		if _, err := b.SQS.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: aws.String(url), Attributes: map[string]string{"ReceiveMessageWaitTimeSeconds": "20"}}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if page := b.read(t, "", nil); !page.Whole || time.Since(start) > 2*time.Second {
			t.Errorf("whole: %v, after %s", page.Whole, time.Since(start))
		}
	})
}
