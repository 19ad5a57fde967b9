package console_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/console"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

const host = "127.0.0.1:3001"

// bed is a stack with its page, and how a browser without scripts uses it.
type bed struct {
	*stacktest.Stack
	page  http.Handler
	aws   aws.HTTPClient // of the stack, in memory
	down  atomic.Bool    // the endpoint does not answer
	hangs atomic.Bool    // it takes calls, and does not answer them
	calls atomic.Int32
	stop  func() // what the program does when it is stopped
}

// newBed serves the page of a running stack.
func newBed(t *testing.T, options console.Options, change ...func(*console.Stack)) *bed {
	t.Helper()
	return serve(t, stacktest.Start(t, nil, nil), options, change...)
}

// serve serves the page of a stack.
func serve(t *testing.T, s *stacktest.Stack, options console.Options, change ...func(*console.Stack)) *bed {
	b := &bed{Stack: s, aws: s.Config.AWS.Config().HTTPClient}
	cfg := s.Config.AWS.Config()
	cfg.HTTPClient = b
	const arn = "arn:aws:sqs:us-east-1:000000000000:"
	stack := console.Stack{
		AWS: cfg, Account: "000000000000", Region: "us-east-1", API: "http://api", HTTP: s.Client, Table: s.Ref(s.Names.Table),
		QueueURL: s.Ref("EnrichQueue"), QueueARN: arn + "EnrichQueue",
		DeadLettersURL: s.Ref("EnrichDeadLetterQueue"), DeadLetterARN: arn + "EnrichDeadLetterQueue",
	}
	for _, c := range change {
		c(&stack)
	}
	var ctx context.Context
	ctx, b.stop = context.WithCancel(t.Context())
	b.page = console.New(ctx, stack, options)
	return b
}

// Do makes one of the page's calls.
func (b *bed) Do(r *http.Request) (*http.Response, error) {
	b.calls.Add(1)
	if b.down.Load() {
		return nil, &url.Error{Op: "Post", URL: "http://127.0.0.1:4566", Err: errors.New("connection refused")}
	}
	if b.hangs.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return b.aws.Do(r)
}

// send makes a request as a browser does that is on the page.
func (b *bed) send(method, path string, form url.Values, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://"+host)
	}
	for name, value := range header {
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	w := httptest.NewRecorder()
	b.page.ServeHTTP(w, r)
	return w
}

func (b *bed) get(t *testing.T, path string) string {
	t.Helper()
	w := b.send(http.MethodGet, path, nil, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func (b *bed) token(t *testing.T) string {
	t.Helper()
	found := tokenField.FindStringSubmatch(b.get(t, "/try"))
	if found == nil {
		t.Fatal("no token on the page")
	}
	return found[1]
}

// post sends a form with the page's token, and follows where it leads.
func (b *bed) post(t *testing.T, path string, fields ...string) string {
	t.Helper()
	form := url.Values{"token": {b.token(t)}}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	w := b.send(http.MethodPost, path, form, nil)
	if w.Code == http.StatusSeeOther {
		return b.get(t, w.Header().Get("Location"))
	}
	return w.Body.String()
}

func wantIn(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			_, main, _ := strings.Cut(text, "<main")
			t.Errorf("%s lacks %q:\n%s", what, part, cmp.Or(main, text))
		}
	}
}

var letterLink = regexp.MustCompile(`/dead-letters/one/([0-9a-f-]+)`)

// letterIDs are the dead letters on a page.
func letterIDs(page string) (ids []string) {
	for _, found := range letterLink.FindAllStringSubmatch(page, -1) {
		ids = append(ids, found[1])
	}
	return ids
}

// bury puts a message into the dead-letter queue n times.
func (b *bed) bury(t *testing.T, n int, body string, attributes map[string]string) {
	t.Helper()
	url := b.Ref("EnrichDeadLetterQueue")
	values := map[string]types.MessageAttributeValue{}
	for name, value := range attributes {
		values[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	for i := 0; i < n; i += 10 {
		in := &sqs.SendMessageBatchInput{QueueUrl: &url}
		for j := i; j < min(i+10, n); j++ {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(string(rune('a' + j%10))), MessageBody: &body, MessageAttributes: values})
		}
		if out, err := b.SQS.SendMessageBatch(t.Context(), in); err != nil || len(out.Failed) > 0 {
			t.Fatal(err, out)
		}
	}
}

// settle waits until everything that is in the queue has been dealt with.
func settle() { stacktest.Wait(3 * time.Second) }

// example is an item to post.
var example = sample.Example()

// formOf returns the fields of a form with an item's measurements, for post.
func formOf(m item.Measurements) (fields []string) {
	for i, feature := range item.Features {
		fields = append(fields, feature.Name, item.FormatNumber(m[i]))
	}
	return fields
}

func embedded(t *testing.T) *classifier.Model {
	t.Helper()
	m, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// countRows counts the rows of the data set, and the different items among them.
func countRows() (rows, different int) {
	ids := map[string]bool{}
	all := dataset.Rows()
	for _, row := range all {
		ids[row.Measurements.ID()] = true
	}
	return len(all), len(ids)
}
