package classifier_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/telemetry"
)

type doing func(*http.Request) (*http.Response, error)

func (do doing) RoundTrip(r *http.Request) (*http.Response, error) { return do(r) }

// AWS wants the bucket in the name of the host. An emulator on this machine has no such names.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func TestAnArtifactIsAskedForInItsBucket(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                 "https://models.s3.us-east-1.amazonaws.com/Iris/model.json",
		"http://localhost": "http://localhost/models/Iris/model.json",
	} {
		cfg := awsclient.AtEndpoint(endpoint)
		if endpoint == "" {
			cfg.BaseEndpoint = nil
		}
		var asked []string
		cfg.HTTPClient = &http.Client{Transport: doing(func(r *http.Request) (*http.Response, error) {
			url := *r.URL
			url.RawQuery = ""
			asked = append(asked, url.String())
			if condition, ok := r.Header["If-None-Match"]; ok {
				t.Errorf("the first request has the condition %q", condition)
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(good)), Request: r}, nil
		})}
		_, err := classifier.New("s3://models/Iris/model.json", cfg, slog.New(slog.DiscardHandler))
		if err != nil || len(asked) != 1 || asked[0] != want {
			t.Errorf("with the endpoint %q: asked %q, want %s; %v", endpoint, asked, want, err)
		}
	}
}

// There is nothing to look for.
func TestTheEmbeddedModelServesForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		c, err := classifier.New("", aws.Config{}, logger)
		if err != nil {
			t.Fatal(err)
		}
		metrics := telemetry.NewMeter(func(string) string { return "" }, logger).Begin()
		m := c.Current(t.Context(), metrics)
		time.Sleep(time.Hour)
		if again := c.Current(t.Context(), metrics); again != m || log.Len() > 0 {
			t.Errorf("another model: %t; logged %s", again != m, log.String())
		}
	})
}

// A look that takes long, because the environment is frozen between invocations, say, is not followed by another.
func TestOneLookForANewModelIsUnderWayAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, goOn := 0, make(chan struct{})
		cfg := awsclient.AtEndpoint("http://localhost")
		cfg.HTTPClient = &http.Client{Transport: doing(func(r *http.Request) (*http.Response, error) {
			if asked++; asked > 1 {
				<-goOn
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(good)), Request: r}, nil
		})}
		c, err := classifier.New("s3://models/iris.json", cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		metrics := telemetry.NewMeter(func(string) string { return "" }, slog.New(slog.DiscardHandler)).Begin()
		for range 3 {
			time.Sleep(5 * time.Minute)
			c.Current(t.Context(), metrics)
			synctest.Wait()
		}
		if asked != 2 {
			t.Errorf("S3 was asked %d times, want for the load, and for one look", asked)
		}
		close(goOn)
		synctest.Wait()
		c.Current(t.Context(), metrics)
		synctest.Wait()
		if asked != 3 {
			t.Errorf("after the answer S3 was asked %d times, want once more", asked)
		}
	})
}

func TestABatchAwaitsALookForAWhile(t *testing.T) {
	for name, test := range map[string]struct{ asked, left, want time.Duration }{
		"S3 answers":       {60 * time.Millisecond, time.Minute, 60 * time.Millisecond},
		"S3 is slow":       {900 * time.Millisecond, time.Minute, 200 * time.Millisecond},
		"the time is over": {60 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := awsclient.AtEndpoint("http://localhost")
				cfg.HTTPClient = &http.Client{Transport: doing(func(r *http.Request) (*http.Response, error) {
					time.Sleep(test.asked)
					return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(good)), Request: r}, nil
				})}
				c, err := classifier.New("s3://models/iris.json", cfg, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Minute)
				c.Current(t.Context(), telemetry.NewMeter(func(string) string { return "" }, slog.New(slog.DiscardHandler)).Begin())
				ctx, cancel := context.WithTimeout(t.Context(), test.left)
				defer cancel()
				start := time.Now()
				c.Await(ctx)
				if took := time.Since(start); took != test.want {
					t.Errorf("it waits for %s, want %s", took, test.want)
				}
				time.Sleep(time.Second) // until the look is over
			})
		})
	}
}

// breaking is a body that breaks off.
type breaking struct{ io.Reader }

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b breaking) Close() error { return nil }

// named gives each line the id of its invocation, as the log of Lambda does.
type named struct{ slog.Handler }

func (n named) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.String("requestId", telemetry.RequestID(ctx)))
	return n.Handler.Handle(ctx, r)
}

// Each look has its answer. What it says of the artifact is logged as an error, once; what says nothing of it, as a warning.
func TestALookThatFindsNoModelLeavesTheOldOne(t *testing.T) {
	newer := strings.Replace(good, "2026-11-23.01", "2026-11-23.02", 1)
	refusal := func(status int, code string) func() (*http.Response, error) {
		return func() (*http.Response, error) {
			body := "<Error><Code>" + code + "</Code><Message>no</Message></Error>"
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	object := func(tag, text string) func() (*http.Response, error) {
		return func() (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Etag": {tag}}, Body: io.NopCloser(strings.NewReader(text))}, nil
		}
	}
	for name, test := range map[string]struct {
		looks   []func() (*http.Response, error)
		log     []string // what stands in each line
		version string
	}{
		"deleted":                    {[]func() (*http.Response, error){refusal(404, "NoSuchKey"), refusal(404, "NoSuchKey")}, []string{`level=ERROR msg="model refused" serving=2026-11-23.01 error="S3 answered 404 NoSuchKey: no"`}, "2026-11-23.01"},
		"499":                        {[]func() (*http.Response, error){refusal(499, "X")}, []string{`level=ERROR msg="model refused" serving=2026-11-23.01 error="S3 answered 499 X: no"`}, "2026-11-23.01"},
		"invalid":                    {[]func() (*http.Response, error){object("b", "{}"), object("b", "{}")}, []string{`level=ERROR msg="model refused" serving=2026-11-23.01 error="model artifact: field`}, "2026-11-23.01"},
		"of the same age":            {[]func() (*http.Response, error){object("b", strings.Replace(good, "105", "106", 1))}, []string{"version 2026-11-23.01 is not newer than 2026-11-23.01"}, "2026-11-23.01"},
		"older":                      {[]func() (*http.Response, error){object("b", strings.Replace(good, "2026-11-23.01", "2026-11-22.99", 1))}, []string{"version 2026-11-22.99 is not newer than 2026-11-23.01"}, "2026-11-23.01"},
		"500":                        {[]func() (*http.Response, error){refusal(500, "InternalError")}, []string{`level=WARN msg="model not checked" error="artifact out of reach: `}, "2026-11-23.01"},
		"an answer that is not S3's": {[]func() (*http.Response, error){refusal(520, "X")}, []string{`level=WARN msg="model not checked" error="artifact out of reach: `}, "2026-11-23.01"},
		"no connection":              {[]func() (*http.Response, error){func() (*http.Response, error) { return nil, errors.New("refused") }}, []string{`level=WARN msg="model not checked" error="artifact out of reach: `}, "2026-11-23.01"},
		"too slow for S3":            {[]func() (*http.Response, error){refusal(400, "RequestTimeout")}, []string{`level=WARN msg="model not checked" error="artifact out of reach: `}, "2026-11-23.01"},
		"throttled":                  {[]func() (*http.Response, error){refusal(429, "TooManyRequestsException")}, []string{`level=WARN msg="model not checked" error="artifact out of reach: `}, "2026-11-23.01"},
		"an answer that breaks off": {[]func() (*http.Response, error){func() (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: breaking{strings.NewReader(newer[:50])}}, nil
		}}, []string{`level=WARN msg="model not checked" error="artifact out of reach: `}, "2026-11-23.01"},
		"a panic, and a newer one": {[]func() (*http.Response, error){func() (*http.Response, error) { panic("poisoned") }, object("b", newer)},
			[]string{"level=ERROR msg=panic", `level=WARN msg="model not checked" error="artifact out of reach: panic: poisoned"`}, "2026-11-23.02"},
		"500, and again":               {[]func() (*http.Response, error){refusal(500, "X"), refusal(500, "X")}, []string{`level=WARN msg="model not checked"`, `level=WARN msg="model not checked"`}, "2026-11-23.01"},
		"deleted, with 500 in between": {[]func() (*http.Response, error){refusal(404, "NoSuchKey"), refusal(500, "X"), refusal(404, "NoSuchKey")}, []string{"model refused", "model not checked"}, "2026-11-23.01"},
		"refused, and again after a newer one": {[]func() (*http.Response, error){object("b", "{}"), object("c", newer), object("b", "{}")},
			[]string{"serving=2026-11-23.01", "serving=2026-11-23.02"}, "2026-11-23.02"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				looks := append([]func() (*http.Response, error){object("a", good)}, test.looks...)
				cfg := awsclient.AtEndpoint("http://localhost")
				cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
				cfg.HTTPClient = &http.Client{Transport: doing(func(r *http.Request) (*http.Response, error) {
					look := looks[0]
					looks = looks[1:]
					answer, err := look()
					if answer != nil {
						answer.Request = r
					}
					return answer, err
				})}
				c, err := classifier.New("s3://models/iris.json", cfg, slog.New(named{slog.NewTextHandler(&log, nil)}))
				if err != nil {
					t.Fatal(err)
				}
				ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"})
				meter := telemetry.NewMeter(func(string) string { return "" }, slog.New(slog.DiscardHandler))
				for len(looks) > 0 {
					time.Sleep(5 * time.Minute)
					c.Current(ctx, meter.Begin())
					synctest.Wait()
				}
				if got := c.Current(ctx, meter.Begin()).Version(); got != test.version {
					t.Errorf("version %s, want %s", got, test.version)
				}
				lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
				if len(lines) != len(test.log) {
					t.Fatalf("%d lines, want %d:\n%s", len(lines), len(test.log), log.String())
				}
				for i, want := range test.log {
					if !strings.Contains(lines[i], want) {
						t.Errorf("line %d is %s, want %s", i, lines[i], want)
					}
					if strings.Contains(lines[i], `msg="model `) && !strings.HasSuffix(lines[i], " requestId=r") {
						t.Errorf("line %d names no invocation: %s", i, lines[i])
					}
				}
			})
		})
	}
}

// endless is the text of an object that never ends, and counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 64<<20 {
		return 0, io.EOF // it was too much long ago
	}
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

// What somebody else put there, by mistake, would not fit into the memory of a small function.
func TestOfALongFileNoMoreIsReadThanAnArtifactMayHave(t *testing.T) {
	var body endless
	cfg := awsclient.AtEndpoint("http://localhost")
	cfg.HTTPClient = &http.Client{Transport: doing(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(&body), Request: r}, nil
	})}
	_, err := classifier.New("s3://models/iris.json", cfg, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "longer than 4194304 bytes") || body.read > 4_194_304+1_048_576 {
		t.Errorf("%d bytes were read, and the error is %v", body.read, err)
	}
}

// At the start no model serves yet, so there is no version that must be lower.
func TestAnEnricherStartsWithAnArtifactOfAnyVersion(t *testing.T) {
	for _, version := range []string{"2000-01-01.01", "9999-12-31.99"} {
		path := filepath.Join(t.TempDir(), "model.json")
		if err := os.WriteFile(path, []byte(strings.Replace(good, "2026-11-23.01", version, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := classifier.New(path, aws.Config{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		metrics := telemetry.NewMeter(func(string) string { return "" }, slog.New(slog.DiscardHandler)).Begin()
		if got := c.Current(t.Context(), metrics).Version(); got != version {
			t.Errorf("version %s serves, want %s", got, version)
		}
	}
}

// A copy can keep the time of its original, and a number can change to another one of as many digits.
func TestAFileIsAnotherOneWhenItsTimeOrItsSizeIs(t *testing.T) {
	const newer = "2026-11-23.02"
	changed := strings.Replace(good, "2026-11-23.01", newer, 1)
	for name, test := range map[string]struct {
		text  string
		later time.Duration
	}{
		"the time": {changed, time.Millisecond}, "the size": {changed + " ", 0}, "an older time": {changed, -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path, at := filepath.Join(t.TempDir(), "model.json"), time.Now()
				write := func(text string, at time.Time) {
					t.Helper()
					if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, at, at)); err != nil {
						t.Fatal(err)
					}
				}
				write(good, at)
				c, err := classifier.New(path, aws.Config{}, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				write(test.text, at.Add(test.later))
				time.Sleep(5 * time.Minute)
				metrics := telemetry.NewMeter(func(string) string { return "" }, slog.New(slog.DiscardHandler)).Begin()
				if got := c.Current(t.Context(), metrics).Version(); got != newer {
					t.Errorf("version %s serves, want %s", got, newer)
				}
			})
		})
	}
}
