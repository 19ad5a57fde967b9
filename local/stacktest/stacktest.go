// Package stacktest runs the local stack inside a test: the one that `go run ./local` serves,
// without sockets, so that it fits testing/synctest and hours pass in milliseconds. It counts
// the AWS calls, lets a test disturb them, and adds up the metrics. It is for tests only.
package stacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/awsjson"
	localdynamodb "simple-sam-demo/local/dynamodb"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// Fault disturbs the AWS calls of a function or of an event source mapping, as
// [stack.Config] names them. It gets the operation, like "SQS.SendMessage", and makes
// the call with next, or not. S3.GetObject, which the local stack has not, is the one
// without a target in its header.
type Fault func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error)

// Stack is a running local stack.
type Stack struct {
	*stack.Stack
	SQS      *sqs.Client
	DynamoDB *dynamodb.Client
	Table    *table.Table
	Metrics  *cloudwatch.Metrics // of the functions, by logical id

	mu    sync.Mutex
	calls map[string]int
}

// Start builds and runs the stack of the repository's template until the test ends.
// parameters replace the template's; fault may be nil. Without a BatchWindow among them, messages
// do not wait for others: most tests are about what becomes of one.
func Start(t *testing.T, parameters map[string]string, fault Fault) *Stack {
	t.Helper()
	s := Build(t, parameters, fault, t.Output())
	s.PollUntilEnd(t)
	return s
}

// PollUntilEnd lets a stack that was built take messages from its queues, until the test ends.
func (s *Stack) PollUntilEnd(t *testing.T) {
	if err := s.Poll(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		for _, err := range s.Metrics.Refused() {
			t.Errorf("metrics: %v", err)
		}
	})
}

// Build starts the stack idle: nothing takes messages from the queues.
// The log goes to a writer, as a fuzz target's own output is closed while it runs.
func Build(t testing.TB, parameters map[string]string, fault Fault, log io.Writer) *Stack {
	t.Helper()
	values := map[string]string{"BatchWindow": "0"}
	maps.Copy(values, parameters)
	return BuildOf(t, repositoryTemplate(t, values), fault, log)
}

var templates sync.Map // of the repository, by the text of their parameters: reading one takes as long as many a test

func repositoryTemplate(t testing.TB, parameters map[string]string) *template.Template {
	t.Helper()
	key := fmt.Sprint(parameters)
	if read, there := templates.Load(key); there {
		return read.(*template.Template)
	}
	read, err := template.Read(filepath.Join(Root(t), "template.yaml"), parameters)
	if err != nil {
		t.Fatal(err)
	}
	templates.Store(key, read)
	return read
}

// BuildOf builds the stack of another template.
func BuildOf(t testing.TB, tmpl *template.Template, fault Fault, log io.Writer) *Stack {
	t.Helper()
	s := &Stack{Metrics: &cloudwatch.Metrics{}, calls: map[string]int{}}
	var err error
	s.Stack, err = stack.Start(t.Context(), stack.Config{
		Template: tmpl,
		AWS:      stack.Remembering(lag),
		Idle:     true,
		Log:      slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		LogGroup: s.Metrics.LogGroup,
		Transport: func(function string, next http.RoundTripper) http.RoundTripper {
			return transport{s, function, fault, next}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	aws := s.Config.AWS.Config()
	s.SQS, s.DynamoDB, s.Table = sqs.NewFromConfig(aws), dynamodb.NewFromConfig(aws), table.New(aws, s.Ref(s.Names.Table))
	return s
}

// FunctionLog returns a logger that writes a function's log to w, as on AWS at a log level.
func FunctionLog(w io.Writer, level slog.Level) *slog.Logger {
	others := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr})
	return slog.New(telemetry.WithLines(w, others))
}

// transport counts a function's calls and lets the fault disturb them.
type transport struct {
	stack    *Stack
	function string
	fault    Fault
	next     http.RoundTripper
}

// lag is how old what a function reads is, unless it asks for a consistent read. AWS names no limit. "Usually" it is a
// second or less.
const lag = time.Second

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.WithContext(localdynamodb.WithLag(r.Context(), lag))
	service, operation := awsjson.Target(r.Header)
	operation = map[string]string{"AmazonSQS": "SQS.", "DynamoDB_20120810": "DynamoDB.", "": "S3.GetObject"}[service] + operation
	t.stack.mu.Lock()
	t.stack.calls[t.function+" "+operation]++
	t.stack.mu.Unlock()
	if t.fault == nil {
		return t.next.RoundTrip(r)
	}
	return t.fault(t.function, operation, r, t.next)
}

// Calls returns how often a function has called an operation, retries included.
func (s *Stack) Calls(function, operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[function+" "+operation]
}

// Sums returns the sums of the numbers in a function's lines by their names, metrics or not,
// but for how long the invocations took.
func (s *Stack) Sums(function string) map[string]float64 {
	sums := map[string]float64{}
	maps.Copy(sums, s.Metrics.Members(function))
	delete(sums, "ms")
	for name, statistics := range s.Metrics.Of(function) {
		sums[name] = statistics.Sum
	}
	return sums
}

// Answer is what the API answered.
type Answer struct {
	Status int
	Header http.Header
	Body   map[string]any
}

// Request calls the API of the stack.
func (s *Stack) Request(t *testing.T, method, path, body string) Answer {
	t.Helper()
	return Call(t, s.Client, method, "http://api"+path, body)
}

// Call calls an API at a URL.
func Call(t *testing.T, client *http.Client, method, url, body string) Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{Status: response.StatusCode, Header: response.Header}
	if err := json.Unmarshal(text, &a.Body); err != nil {
		t.Fatalf("%s %s %s: the answer %q is not a JSON object", method, url, body, text)
	}
	return a
}

// Send puts messages into EnrichQueue, all at once.
func (s *Stack) Send(t *testing.T, bodies ...string) {
	t.Helper()
	url := s.Ref("EnrichQueue")
	for chunk := range slices.Chunk(bodies, 10) {
		in := &sqs.SendMessageBatchInput{QueueUrl: &url}
		for i, body := range chunk {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &body})
		}
		out, err := s.SQS.SendMessageBatch(t.Context(), in)
		if err != nil || len(out.Failed) > 0 {
			t.Fatal(err, out)
		}
	}
}

// Delete deletes up to ten messages that were received: SQS purges a queue once a minute.
func (s *Stack) Delete(t testing.TB, logicalID string, messages []types.Message) {
	t.Helper()
	in := &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(s.Ref(logicalID))}
	for i, m := range messages {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
	}
	if out, err := s.SQS.DeleteMessageBatch(t.Context(), in); err != nil || len(out.Failed) > 0 {
		t.Fatal(err, out)
	}
}

// DeadLetters returns up to ten messages of the dead-letter queue, and leaves them
// visible there.
func (s *Stack) DeadLetters(t *testing.T) []types.Message {
	t.Helper()
	url := s.Ref("EnrichDeadLetterQueue")
	out, err := s.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out.Messages {
		_, err := s.SQS.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Messages
}

// Backlog returns how many messages are in a queue.
func (s *Stack) Backlog(t *testing.T, logicalID string) stack.Backlog {
	t.Helper()
	backlog, err := stack.BacklogOf(t.Context(), s.SQS, s.Ref(logicalID))
	if err != nil {
		t.Fatal(err)
	}
	return backlog
}

// WantEmpty fails the test when a queue holds messages.
func (s *Stack) WantEmpty(t *testing.T, logicalIDs ...string) {
	t.Helper()
	for _, id := range logicalIDs {
		if backlog := s.Backlog(t, id); backlog.Total() != 0 {
			t.Errorf("%s holds messages: %+v", id, backlog)
		}
	}
}

// Wait lets fake time pass in a synctest bubble, and then everything that is due
// happen.
func Wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// Eventually polls until a condition holds. It is for tests that use sockets or processes, where fake time
// does not work.
func Eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	for poll := time.Tick(5 * time.Millisecond); !holds(); {
		select {
		case <-poll:
		case <-late:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// HasParameter tells whether the repository's template has a parameter. Some can be left out, with what they
// are for.
func HasParameter(t testing.TB, name string) bool {
	t.Helper()
	_, has := repositoryTemplate(t, nil).Parameters[name]
	return has
}

// NeedsParameter skips a test of something that the repository's template leaves out.
func NeedsParameter(t testing.TB, name string) {
	t.Helper()
	if !HasParameter(t, name) {
		t.Skipf("the template has no parameter %s", name)
	}
}

// Root returns the repository's folder.
func Root(t testing.TB) string {
	t.Helper()
	path, err := template.Find()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path)
}
