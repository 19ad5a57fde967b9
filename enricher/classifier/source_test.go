package classifier_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/awsclient"
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
