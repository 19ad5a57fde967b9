package enricher_test

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
)

// bucket answers GET requests for one object as S3 does.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
type bucket struct {
	mu       sync.Mutex
	object   string
	fails    int      // status instead, or 0
	hangs    bool     // instead
	requests []string // the tag that each asked for, or "", and the status
}

const objectURI, objectPath = "s3://models/demo/latest model.json", "/models/demo/latest model.json"

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	object, status, hangs := b.object, b.fails, b.hangs
	b.mu.Unlock()
	answered := time.After(20 * time.Millisecond) // so a batch ends before it, as most do on AWS
	if hangs {
		answered = nil
	}
	select {
	case <-answered:
	case <-r.Context().Done():
		return
	}
	tag := fmt.Sprintf("%q", fmt.Sprintf("%x", md5.Sum([]byte(object))))
	switch {
	case status != 0:
	case r.URL.Path != objectPath || object == "":
		status = http.StatusNotFound
	case r.Header.Get("If-None-Match") == tag:
		status = http.StatusNotModified
	default:
		status = http.StatusOK
	}
	b.mu.Lock()
	b.requests = append(b.requests, strings.TrimSpace(fmt.Sprint(strings.Trim(r.Header.Get("If-None-Match"), `"`), " ", status)))
	b.mu.Unlock()
	if status == http.StatusOK {
		w.Header().Set("ETag", tag)
	}
	w.WriteHeader(status)
	switch code := errorCodes[status]; {
	case status == http.StatusOK:
		fmt.Fprint(w, object)
	case code != "":
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message><RequestId>%d</RequestId></Error>", code, len(b.requests))
	}
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var errorCodes = map[int]string{301: "PermanentRedirect", 403: "AccessDenied", 404: "NoSuchKey", 503: "SlowDown"}

// disturb answers the enricher's calls of S3.
func (b *bucket) disturb(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if operation == "S3.GetObject" {
		next = inmemory.Transport{Handler: b}
	}
	return next.RoundTrip(r)
}

// set changes the bucket and forgets the requests.
func (b *bucket) set(change func(b *bucket)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
	b.requests = nil
}

func (b *bucket) put(object string) { b.set(func(b *bucket) { b.object = object }) }

// statuses are those of the requests since the bucket was changed.
func (b *bucket) statuses() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.requests, ", ")
}

// artifact is the embedded model's, with another version.
func artifact(t *testing.T, version string) string {
	t.Helper()
	text, err := os.ReadFile("classifier/model.json")
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(text), embedded.Version(), version, 1)
}

// Afterwards Lambda may freeze the environment, in the middle of the call. But a batch does not wait for long.
func TestABatchEndsAfterTheAnswerOfS3(t *testing.T) {
	for name, test := range map[string]struct {
		hangs    bool
		first    time.Duration // the batch that asks S3
		next     time.Duration // the one after it
		statuses string        // that S3 has answered
	}{"S3 answers": {false, 20 * time.Millisecond, 0, "200"}, "S3 hangs": {true, 200 * time.Millisecond, 200 * time.Millisecond, ""}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bucket{object: artifact(t, v1)}
				s := stacktest.Build(t, map[string]string{"ModelUri": objectURI}, b.disturb, t.Output())
				h := newHandler(t, s)
				b.set(func(b *bucket) { b.object, b.hangs = artifact(t, v2), test.hangs })
				time.Sleep(classifier.CheckInterval)
				for _, want := range []time.Duration{test.first, test.next} {
					start := time.Now()
					if _, err := h.Handle(t.Context(), events.SQSEvent{}); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(start); took != want {
						t.Errorf("a batch takes %s, want %s", took, want)
					}
				}
				if _, got, _ := strings.Cut(b.statuses(), " "); got != test.statuses {
					t.Errorf("S3 has answered %q, want %q", got, test.statuses)
				}
				time.Sleep(2 * awsclient.CallTimeout) // until the call is given up
			})
		})
	}
}
