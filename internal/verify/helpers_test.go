package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/target"
	_ "simple-sam-demo/internal/testgc"
	"simple-sam-demo/local/stacktest"
)

// allButTheDataSet names all checks but that of the 150 items, which takes longer than all others together.
var allButTheDataSet = strings.ReplaceAll(strings.Join(Names(), ","), "dataset,", "")

// bed is a stack and how the tool reaches it.
type bed struct {
	*stacktest.Stack
	target *target.Target
	api    http.RoundTripper
	aws    http.RoundTripper
}

func newBed(s *stacktest.Stack) *bed {
	url := func(id string) target.Queue {
		return target.Queue{URL: s.Ref(id), ARN: "arn:aws:sqs:us-east-1:000000000000:" + id}
	}
	return &bed{
		Stack: s, api: s.Client.Transport, aws: s.Config.AWS.Config().HTTPClient.(*http.Client).Transport,
		target: &target.Target{
			Account: "000000000000", Region: "us-east-1", API: "http://api", Table: s.Ref(s.Names.Table),
			Queue: url("EnrichQueue"), DeadLetterQueue: url("EnrichDeadLetterQueue"),
		},
	}
}

// embedded is the model that was compiled in.
var embedded = func() *classifier.Model {
	m, err := classifier.Embedded()
	if err != nil {
		panic(err)
	}
	return m
}()

// start runs a stack with parameters and a fault in its functions.
func start(t *testing.T, parameters map[string]string, fault stacktest.Fault) *bed {
	t.Helper()
	return newBed(stacktest.Start(t, parameters, fault))
}

// startEdited runs a stack of the template with a text replaced.
func startEdited(t *testing.T, old, replacement string) *bed {
	t.Helper()
	return newBed(stacktest.StartEdited(t, old, replacement, map[string]string{"BatchWindow": "0"}))
}

// outcome is what the tool says.
type outcome struct {
	Good       bool
	Seconds    float64
	Checks     []row
	LeftBehind []string `json:"left_behind"`
	status     int
	stderr     string
}

// verify runs the tool with flags.
func (b *bed) verify(ctx context.Context, t *testing.T, flags ...string) (o outcome) {
	t.Helper()
	t.Cleanup(func() { stacktest.Wait(time.Second) }) // a move task that was cancelled ends at its next step
	flags = append([]string{"-json", "-endpoint", "http://embedded", "-api", "http://api"}, flags...)
	var options Options
	set := flag.NewFlagSet("", flag.ContinueOnError)
	options.Register(set)
	if err := errors.Join(set.Parse(flags), options.Check()); err != nil {
		t.Fatal(err)
	}
	at := *b.target
	at.APIKey = options.Target.APIKey
	at.AWS = b.Config.AWS.Config()
	at.AWS.HTTPClient = &http.Client{Transport: b.aws}
	at.AWS.BaseEndpoint = aws.String("http://embedded")
	var stdout, stderr bytes.Buffer
	status := runOn(ctx, time.Now(), &at, &http.Client{Transport: b.api, Timeout: answerTimeout}, options, newReport(&stdout, options), &stderr)
	if err := json.Unmarshal(stdout.Bytes(), &o); err != nil {
		t.Fatalf("stdout is no JSON: %v: %s", err, stdout.String())
	}
	o.status, o.stderr = status, stderr.String()
	return o
}

// of returns what was said of a check.
func (o outcome) of(name string) row {
	for _, line := range o.Checks {
		if line.Name == name {
			return line
		}
	}
	return row{}
}

// failing returns the names of the checks that fail, and with them what was said.
func (o outcome) failing() (names []string, seen string) {
	for _, line := range o.Checks {
		if line.Result == fails {
			names = append(names, line.Name)
			seen += strings.Join(line.Seen, "\n") + "\n"
		}
	}
	return names, seen
}

// wantNothingLeft fails the test unless table and queues are empty.
func (b *bed) wantNothingLeft(t *testing.T) {
	t.Helper()
	out, err := b.DynamoDB.Scan(t.Context(), scanOf(b.Ref(b.Names.Table)))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Items) > 0 {
		t.Errorf("%d items are left behind: %v", len(out.Items), out.Items)
	}
	b.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
}

// roundTripper is a function that makes requests, or not.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// rewritten lets a change be made to each answer of the API.
func rewritten(next http.RoundTripper, change func(r *http.Request, status int, header http.Header, body string) (int, string)) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		return stacktest.EditAnswer(response, err, func(body []byte) []byte {
			status, text := change(r, response.StatusCode, response.Header, string(body))
			response.StatusCode = status
			return []byte(text)
		})
	})
}
