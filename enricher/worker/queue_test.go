package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/shared/awsclient"
)

type answer struct{ header, body string }

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"X-Amzn-Requestid": {a.header}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func TestAQueueIsWhatItsAttributesSayOrAnErrorSaysWhatIsMissing(t *testing.T) {
	attributes := func(policy string) string {
		return `{"Attributes":{"QueueArn":"arn","MessageRetentionPeriod":"345600","RedrivePolicy":"` + strings.ReplaceAll(policy, `"`, `\"`) + `"}}`
	}
	for name, test := range map[string]struct {
		answer answer
		want   string // of the error
	}{
		"a number":               {answer{"r", attributes(`{"maxReceiveCount":5}`)}, ""},
		"a text":                 {answer{"r", attributes(`{"maxReceiveCount":"5"}`)}, ""},
		"a word":                 {answer{"r", attributes(`{"maxReceiveCount":"many"}`)}, "must have a maxReceiveCount"},
		"none":                   {answer{"r", attributes(`{}`)}, "must have a maxReceiveCount"},
		"below 1":                {answer{"r", attributes(`{"maxReceiveCount":-5}`)}, "must have a maxReceiveCount"},
		"one":                    {answer{"r", attributes(`{"maxReceiveCount":1}`)}, ""},
		"zero":                   {answer{"r", attributes(`{"maxReceiveCount":0}`)}, "must have a maxReceiveCount"},
		"beyond all numbers":     {answer{"r", attributes(`{"maxReceiveCount":99999999999999999999}`)}, "must have a maxReceiveCount"},
		"a fraction":             {answer{"r", attributes(`{"maxReceiveCount":1.5}`)}, "must have a maxReceiveCount"},
		"no JSON after it":       {answer{"r", attributes(`{"maxReceiveCount":5`)}, `RedrivePolicy "{\"maxReceiveCount\":5"`},
		"another type after it":  {answer{"r", attributes(`{"maxReceiveCount":5,"maxReceiveCount":[]}`)}, "must have a maxReceiveCount"},
		"no ARN":                 {answer{"r", `{"Attributes":{"MessageRetentionPeriod":"345600","RedrivePolicy":"{\"maxReceiveCount\":5}"}}`}, `QueueArn ""`},
		"a part of them":         {answer{"r", `{"Attributes":{"QueueArn":"arn"}}`}, `MessageRetentionPeriod ""`},
		"a proxy's empty answer": {answer{"", ""}, awsclient.ErrNoAnswer.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := awsclient.AtEndpoint("http://endpoint")
			cfg.HTTPClient = &http.Client{Transport: test.answer}
			q, err := lookUpQueue(t.Context(), cfg, "http://endpoint/Orders")
			switch {
			case test.want == "" && (err != nil || q != queue{"http://endpoint/Orders", "arn", map[bool]int{true: 1, false: 5}[name == "one"], "345600"}):
				t.Errorf("%+v, %v", q, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// outage is a transport to SQS, which is out of reach until a time.
type outage struct {
	until time.Time
	then  answer
}

func (o outage) RoundTrip(r *http.Request) (*http.Response, error) {
	if time.Now().Before(o.until) {
		return nil, errors.New("connection refused")
	}
	return o.then.RoundTrip(r)
}

// SQS may be out of reach for a while. That says nothing about the queue, and the worker looks again.
func TestAWorkerGoesOnWhenTheQueueCannotBeLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := awsclient.AtEndpoint("http://endpoint")
		cfg.HTTPClient = &http.Client{Transport: outage{
			until: time.Now().Add(5*time.Minute + 30*time.Second),
			then:  answer{"r", `{"Attributes":{"QueueArn":"arn","MessageRetentionPeriod":"345600","RedrivePolicy":"{\"maxReceiveCount\":7}"}}`},
		}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var log bytes.Buffer
		go queue{"http://endpoint/Orders", "arn", 5, "345600"}.watch(ctx, cfg, slog.New(slog.NewTextHandler(&log, nil)), cancel)
		time.Sleep(5*time.Minute + 30*time.Second)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatal("it stopped")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("it did not notice that the queue has changed when SQS was in reach again")
		}
		if n := strings.Count(log.String(), `level=WARN msg="queue not looked up" error="look up queue http://endpoint/Orders`); n != 5 {
			t.Errorf("%d lines about look-ups that failed, want 5:\n%s", n, log.String())
		}
		if !strings.Contains(log.String(), "attributes have changed") || !strings.Contains(log.String(), "maxReceiveCount=7 retentionSeconds=345600") {
			t.Errorf("the log does not tell the new attributes:\n%s", log.String())
		}
	})
}

func TestAHealthAddressThatIsNoneIsNotHealthy(t *testing.T) {
	if err := askHealth("no address"); err == nil {
		t.Error("it is healthy")
	}
}

// untilOver is a transport to an endpoint that gives no answer.
type untilOver struct{}

func (untilOver) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestALookUpThatTheEndCutsOffIsNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := awsclient.AtEndpoint("http://endpoint")
		cfg.HTTPClient = &http.Client{Transport: untilOver{}}
		ctx, cancel := context.WithCancel(t.Context())
		var log bytes.Buffer
		go queue{"http://endpoint/Orders", "arn", 5, "345600"}.watch(ctx, cfg, slog.New(slog.NewTextHandler(&log, nil)), cancel)
		time.Sleep(60500 * time.Millisecond)
		cancel()
		synctest.Wait()
		if log.Len() > 0 {
			t.Errorf("it logs %s", log.String())
		}
	})
}
