package classifier_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
		"":                 "https://models.s3.us-east-1.amazonaws.com/iris/model.json",
		"http://localhost": "http://localhost/models/iris/model.json",
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
			if condition := r.Header.Get("If-None-Match"); condition != "" {
				t.Errorf("the first request has the condition %q", condition)
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(good)), Request: r}, nil
		})}
		_, err := classifier.New("s3://models/iris/model.json", cfg, slog.New(slog.DiscardHandler))
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
