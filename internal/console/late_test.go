package console_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/local/stacktest"
)

// caller makes the page's calls.
type caller func(*http.Request) (*http.Response, error)

func (c caller) Do(r *http.Request) (*http.Response, error) { return c(r) }

// isCall tells whether a request calls an operation.
func isCall(r *http.Request, operation string) bool {
	return strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation)
}

var visible = regexp.MustCompile(`("ApproximateNumberOfMessages":)"\d+"`)

// countingLate makes the stack count messages as SQS does on AWS, which may be a minute behind.
func countingLate(count int) func(*console.Stack) {
	return func(s *console.Stack) {
		next := s.AWS.HTTPClient
		s.Name = "items"
		s.AWS.HTTPClient = caller(func(r *http.Request) (*http.Response, error) {
			response, err := next.Do(r)
			if !isCall(r, "GetQueueAttributes") {
				return response, err
			}
			return stacktest.EditAnswer(response, err, func(body []byte) []byte {
				return visible.ReplaceAll(body, fmt.Appendf(nil, `${1}"%d"`, count))
			})
		})
	}
}

func TestThePageHasEveryLetterThoughSQSCountsFewer(t *testing.T) {
	for _, count := range []int{0, 10} {
		synctest.Test(t, func(t *testing.T) {
			b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, countingLate(count))
			b.bury(t, 30, "x", nil)
			list := b.get(t, "/dead-letters")
			wantIn(t, "the dead letters", list, "All 30 that were visible")
			if n := strings.Count(b.get(t, "/dead-letters.jsonl"), "\n"); n != 30 {
				t.Errorf("counted %d: %d letters are downloaded", count, n)
			}
			fields := []string{}
			for _, id := range letterIDs(list) {
				fields = append(fields, "id", id)
			}
			wantIn(t, "the outcome", b.post(t, "/dead-letters/delete", fields...), "30 messages deleted")
			b.bury(t, 130, "x", nil)
			wantIn(t, "the first page", b.get(t, "/dead-letters"), "100 of about 100", "Next page")
		})
	}
}

func TestAnEmptyListSaysThatSQSCountsLate(t *testing.T) {
	for name, want := range map[string]bool{"": false, "items": true} {
		synctest.Test(t, func(t *testing.T) {
			b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, func(s *console.Stack) { s.Name = name })
			list := b.get(t, "/dead-letters")
			wantIn(t, "the dead letters", list, "No dead letters")
			if strings.Contains(list, "up to a minute late") != want {
				t.Errorf("stack %q: %s", name, list)
			}
		})
	}
}

// farAway makes each call take a time, from the moment on when it is set.
func farAway(each *time.Duration) func(*console.Stack) {
	return func(s *console.Stack) {
		next := s.AWS.HTTPClient
		s.AWS.HTTPClient = caller(func(r *http.Request) (*http.Response, error) {
			time.Sleep(*each)
			return next.Do(r)
		})
	}
}

// letterPages goes through pages of dead letters, and returns the last one.
func (b *bed) letterPages(t *testing.T, pages int) (list, next string) {
	t.Helper()
	next = "/dead-letters"
	for range pages {
		list = b.get(t, next)
		if next = between(list, `href="/dead-letters?after=`, `"`); next != "" {
			next = "/dead-letters?after=" + next
		}
	}
	return list, next
}

// A look from far away ends before it has read all.
func TestWhatCouldNotBeReadInTimeIsNotSaidToBeGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var each time.Duration
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, farAway(&each))
		b.bury(t, 2000, "x", nil)
		id := letterIDs(b.get(t, "/dead-letters"))[0]
		b.letterPages(t, 4) // so many that the page has forgotten the first letters
		each = 500 * time.Millisecond
		const unread = "may be among the messages that could not be read in time."
		wantIn(t, "the letter", b.send(http.MethodGet, "/dead-letters/one/"+id, nil, nil).Body.String(), "It "+unread)
		wantIn(t, "the outcome for one", b.post(t, "/dead-letters/delete", "id", id), "1 not found", "It "+unread+" Or it is gone already", "Nothing was done about it.")
		wantIn(t, "the outcome for two", b.post(t, "/dead-letters/redrive", "id", id, "id", "x"), "2 not found", "They "+unread+" Or they are gone already")
	})
}

func TestALaterPageForWhichTheTimeWasTooShortSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var each time.Duration
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, farAway(&each))
		b.bury(t, 400, "x", nil)
		_, next := b.letterPages(t, 4)
		b.bury(t, 300, "y", nil)
		each = 100 * time.Millisecond
		wantIn(t, "the dead letters", b.get(t, next), "No others among the", "that could be read in time. There may be more.", "Next page")
	})
}

// Those that were deleted lately, say.
func TestWhatOnlySQSCountsIsNotSaidToBeGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, countingLate(5))
		list := b.get(t, "/dead-letters")
		wantIn(t, "the dead letters", list, "SQS counts 5, but none could be read in time.")
		if strings.Contains(list, "No dead letters") || strings.Contains(list, "Next page") {
			t.Error(list)
		}
	})
}

// AWS counts the items of a table about every six hours: the count stands still, and then jumps.
func TestOnADeployedStackNothingIsMadeOfHowTheCountOfItemsChanges(t *testing.T) {
	for name, moves := range map[string]bool{"": true, "items": false} {
		synctest.Test(t, func(t *testing.T) {
			b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, func(s *console.Stack) { s.Name = name })
			last, scatter := b.stream(t.Context(), "overview"), b.stream(t.Context(), "scatter")
			stacktest.Wait(1500 * time.Millisecond)
			b.store(t, 40)
			stacktest.Wait(time.Second)
			wantIn(t, "the pipeline", last(), `<span id="items">40</span>`)
			for _, part := range []string{"&#43;40/s", "new items"} {
				if strings.Contains(last(), part) != moves {
					t.Errorf("stack %q: %q is there: %v in %s", name, part, !moves, last())
				}
			}
			if lines, want := strings.Count(last(), "<polyline"), map[bool]int{true: 3, false: 2}[moves]; lines != want {
				t.Errorf("stack %q: %d lines", name, lines)
			}
			if strings.Contains(scatter(), "counted every six hours") == moves {
				t.Errorf("stack %q: %s", name, scatter())
			}
		})
	}
}
