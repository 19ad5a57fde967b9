package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/local/stacktest"
)

// api is an API whose answers take as long as the server says.
type api func(r *http.Request) *http.Response

func (a api) RoundTrip(r *http.Request) (*http.Response, error) {
	if response := a(r); response != nil {
		return response, nil
	}
	return nil, r.Context().Err()
}

// against loads an API.
func against(t *testing.T, rate float64, duration time.Duration, a api) (*soak, error) {
	t.Helper()
	m, err := newModels(stacktest.Root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// No endpoint is behind the AWS configuration, so messages fail at once.
	none := aws.Config{Region: "us-east-1", HTTPClient: &http.Client{Transport: api(func(*http.Request) *http.Response {
		return &http.Response{StatusCode: http.StatusBadRequest, Body: io.NopCloser(strings.NewReader(`{}`)), Header: http.Header{}}
	})}, Credentials: aws.AnonymousCredentials{}}
	p := quick()
	p.rate = rate
	s := newSoak(p, &target.Target{AWS: none, API: "http://api"}, &http.Client{Transport: a}, m)
	s.begin = time.Now()
	return s, s.load.run(t.Context(), duration)
}

// A stack that stands still for a second keeps all waiting that came in that second. A load that waited for each
// answer would have seen one slow request.
func TestAStandstillIsSeenByAllRequestsThatWereDueInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		s, err := against(t, 100, 10*time.Second, func(*http.Request) *http.Response {
			if since := time.Since(begin); since >= 5*time.Second && since < 6*time.Second {
				time.Sleep(6*time.Second - since)
			}
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody}
		})
		if err != nil {
			t.Fatal(err)
		}
		answers, _ := s.load.since()
		slow := 0
		for _, took := range answers {
			if took >= 500*time.Millisecond {
				slow++
			}
		}
		if slow < 42 || slow > 51 { // a few of the requests are messages
			t.Errorf("%d answers took half a second or more, want about 48", slow)
		}
	})
}

func TestALoadThatIsNotAnsweredEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, err := against(t, 10, time.Hour, func(r *http.Request) *http.Response {
			<-r.Context().Done()
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "the stack does not keep up with 10 requests a second: 101 are unanswered") {
			t.Errorf("error %v", err)
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

func TestAWrongAnswerIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := against(t, 10, 10*time.Second, func(*http.Request) *http.Response {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{}`))}
		})
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(s.first, "\n"); !strings.Contains(text, "a new item: answered 200 {}, want item") || !strings.Contains(text, "bad input: answered 200 {}, want 400") {
			t.Errorf("%d faults:\n%s", s.faults, text)
		}
	})
}

func TestTheSharesOfTheKindsAreAHundredPercent(t *testing.T) {
	sum := 0
	for _, k := range kinds {
		sum += k.share
	}
	if sum != 100 {
		t.Errorf("%d percent", sum)
	}
}

func TestAnAnswerMustShowTheItemAsItsModelHasIt(t *testing.T) {
	m, err := newModels(stacktest.Root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l := load{soak: &soak{models: m}}
	e := entry{n: 3}
	right := func(more string) string {
		target, probability := m.models[m.least()].Predict(sample.Nth(e.n))
		return fmt.Sprintf(`{"id":%q,"status":"CLASSIFIED","pred_target":%q,"pred_probability":%v,"model_version":%q%s}`, e.id(), target, probability, m.least(), more)
	}
	for text, want := range map[string]string{
		right(""): "",
		fmt.Sprintf(`{"id":%q,"status":"PENDING"}`, e.id()): "",
		right(`,"pred_probability":0.5`):                    "and the model says",
		right(`,"pred_target":"tulip"`):                     "and the model says",
		right(`,"model_version":"2026-01-01.01"`):           "which was never published",
		`{"id":"x"}`: "want item " + e.id(),
		`{`:          "unexpected end of JSON",
	} {
		if _, err := l.item(answer{200, text}, e); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
