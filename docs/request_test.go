package docs_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

const key = "an API key"

// usual is the item in most examples.
var usual = sample.Examples()[0]

// request is an x-request of openapi.yaml: the request that gets the answer of an example.
type request struct {
	Given     string  // the state before the request; see givens
	Path      string  // replaces the operation's path
	Key       *string // replaces the right API key
	Signature string  // what is wrong with the signature; "" for an API that demands none
	Text      *string // the body as text, for example if it is not JSON
	Size      int     // the length of a body of digits
	Body      any     // the body as JSON; without Text, Size and Body it is the operation's own example
	Only      string  // "AWS" if the local stack does not give this answer
}

// givens are the states that a stack can have before the request of an example.
var givens = map[string]struct {
	prepare func(*stacktest.Stack, *testing.T)
	fault   stacktest.Fault // disturbs AWS calls
	crashes bool            // of the functions
}{
	"":       {},
	"stored": {prepare: func(s *stacktest.Stack, t *testing.T) { store(t, s) }},
	"classified": {prepare: func(s *stacktest.Stack, t *testing.T) {
		s.PollUntilEnd(t)
		post(t, s)
		stacktest.Wait(time.Minute)
	}},
	"failed": {prepare: func(s *stacktest.Stack, t *testing.T) {
		store(t, s)
		failure := item.Failure{Code: item.RetriesExhausted, Reason: "ProvisionedThroughputExceededException", FailedAt: item.FormatTime(time.Now())}
		if err := s.Table.MarkFailed(t.Context(), usual.ID(), "2000-01-01.01", failure); err != nil {
			t.Fatal(err)
		}
	}},
	"table out": {fault: func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if strings.HasPrefix(operation, "DynamoDB.") {
			return nil, errors.New("the table is out")
		}
		return next.RoundTrip(r)
	}},
	"function crashes": {crashes: true},
}

func store(t *testing.T, s *stacktest.Stack) {
	t.Helper()
	stored := item.Item{ID: usual.ID(), Measurements: usual, CreatedAt: item.FormatTime(time.Now())}
	if err := s.Table.Create(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
}

func post(t *testing.T, s *stacktest.Stack) {
	t.Helper()
	if got := s.Request(t, http.MethodPost, s.Names.Items, sample.Object(usual)); got.Status != http.StatusCreated {
		t.Fatal(got)
	}
}

// answer is what the API answered. The body is a JSON object, or a text.
type answer struct {
	Status int
	Header http.Header
	Body   any
}

// field returns a member of the body, or nil.
func (a answer) field(name string) any {
	object, _ := a.Body.(map[string]any)
	return object[name]
}

// send starts a stack and makes the request.
func (q *request) send(t *testing.T, method, path string) answer {
	t.Helper()
	client := q.start(t)
	if q.Path != "" {
		path = q.Path
	}
	path = strings.Replace(path, "{id}", usual.ID(), 1)
	r, err := http.NewRequestWithContext(t.Context(), method, "http://api"+path, bytes.NewReader(q.body(t)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	if q.Key != nil {
		r.Header.Set("X-Api-Key", *q.Key)
	}
	q.sign(t, r)
	answered, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	text, err := io.ReadAll(answered.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{Status: answered.StatusCode, Header: answered.Header, Body: string(text)}
	if got.Header.Get("Content-Type") == asText {
		return got
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%s %s: the answer %q is not a JSON object", method, path, text)
	}
	got.Body = object
	return got
}

// start starts a stack in the given state, whose API demands the key. It returns a client that does not sign.
func (q *request) start(t *testing.T) *http.Client {
	t.Helper()
	given, ok := givens[q.Given]
	if !ok {
		t.Fatalf("no given %q", q.Given)
	}
	parameters := map[string]string{}
	if q.Signature != "" {
		parameters["ApiAuthorization"] = "AWS_IAM"
	}
	s := stacktest.Build(t, parameters, given.fault, t.Output())
	if given.prepare != nil {
		given.prepare(s, t)
	}
	s.Config.APIKey = key
	if given.crashes {
		s.Config.Environment = crashing
	}
	keyed, err := stack.Start(t.Context(), s.Config) // uses the same table and queues
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: inmemory.Transport{Handler: keyed.API}}
}

// crashing lets a function start once, when the stack starts. When the function is called, it crashes.
func crashing(_ string, start func() (lambda.Handler, error)) func() (lambda.Handler, error) {
	started := false
	return func() (lambda.Handler, error) {
		if started {
			return nil, errors.New("crashed")
		}
		started = true
		return start()
	}
}

func (q *request) body(t *testing.T) []byte {
	t.Helper()
	switch {
	case q.Text != nil:
		return []byte(*q.Text)
	case q.Size > 0:
		return bytes.Repeat([]byte("1"), q.Size)
	case q.Body == nil:
		return nil
	}
	text, err := json.Marshal(q.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sign signs a request in the wrong way that Signature names.
func (q *request) sign(t *testing.T, r *http.Request) {
	t.Helper()
	who, signed, at := aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, q.body(t), time.Now()
	switch q.Signature {
	case "", "none":
		return
	case "of another access key":
		who.AccessKeyID = "AKIAIOSFODNN7EXAMPLE"
	case "by another secret":
		who.SecretAccessKey = "another"
	case "of another body":
		signed = []byte("{}")
	case "an hour old":
		at = at.Add(-time.Hour)
	default:
		t.Fatalf("no signature %q", q.Signature)
	}
	hash := sha256.Sum256(signed)
	if err := v4.NewSigner().SignHTTP(t.Context(), who, r, hex.EncodeToString(hash[:]), "execute-api", template.Region, at); err != nil {
		t.Fatal(err)
	}
}
