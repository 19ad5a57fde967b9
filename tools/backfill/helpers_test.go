package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/sample"
	_ "simple-sam-demo/internal/testgc"
	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
)

const oldest, older, newer = "2025-01-01.01", "2026-01-01.01", "2099-01-01.01"

// create stores an item that has some age. Items of different numbers have different measurements.
func create(t *testing.T, s *stacktest.Stack, number int, age time.Duration) (id string) {
	t.Helper()
	m := sample.Nth(number)
	one := item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now().Add(-age))}
	if err := s.Table.Create(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	return one.ID
}

// classified stores an item that a model version has classified.
func classified(t *testing.T, s *stacktest.Stack, number int, version string) (id string) {
	t.Helper()
	id = create(t, s, number, 24*time.Hour)
	err := s.Table.WritePrediction(t.Context(), id, item.Prediction{
		Target: "class", Probability: 0.9731068160435402, ModelVersion: version, ClassifiedAt: item.FormatTime(time.Now()),
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func fail(t *testing.T, s *stacktest.Stack, id, version string) {
	t.Helper()
	err := s.Table.MarkFailed(t.Context(), id, version, item.Failure{Code: "RetriesExhausted", Reason: "r", FailedAt: item.FormatTime(time.Now())})
	if err != nil {
		t.Fatal(err)
	}
}

// bed is a stack, and the settings with which a test runs the tool on it.
type bed struct {
	*stacktest.Stack
	checkpoint string
	noID       bool // DescribeTable's answer has no TableId, as that of moto

	mu    sync.Mutex
	calls map[string]int // by operation
	fault fault          // or nil
}

func newBed(t *testing.T, s *stacktest.Stack) *bed {
	return &bed{Stack: s, checkpoint: filepath.Join(t.TempDir(), "checkpoint")}
}

// Do makes one of the tool's calls. If there is a fault, the fault decides what happens to the call. It
// gets the call's number among the calls of the same operation, counted from 1.
func (b *bed) Do(r *http.Request) (*http.Response, error) {
	_, operation := awsjson.Target(r.Header)
	b.mu.Lock()
	b.calls[operation]++
	n := b.calls[operation]
	b.mu.Unlock()
	call := func() (*http.Response, error) {
		response, err := b.Config.AWS.Config().HTTPClient.Do(r)
		if b.noID && operation == "DescribeTable" {
			return stacktest.EditAnswer(response, err, replacing(`"TableId"`, `"Other"`))
		}
		return response, err
	}
	if b.fault == nil {
		return call()
	}
	return b.fault(operation, n, call)
}

// replacing returns an edit of an answer that replaces a text once.
func replacing(old, replacement string) func(body []byte) []byte {
	return func(body []byte) []byte { return bytes.Replace(body, []byte(old), []byte(replacement), 1) }
}

// fault decides what happens to the nth call of an operation.
type fault func(operation string, n int, call func() (*http.Response, error)) (*http.Response, error)

var errDown = errors.New("connection refused")

// failFrom makes the calls of an operation fail, from the nth one on.
func failFrom(operation string, nth int) fault {
	return func(called string, n int, call func() (*http.Response, error)) (*http.Response, error) {
		if called == operation && n >= nth {
			return nil, errDown
		}
		return call()
	}
}

type result struct {
	stdout, stderr string
	err            error
}

// backfill runs the tool with the flags.
func (b *bed) backfill(ctx context.Context, t *testing.T, flags ...string) result {
	t.Helper()
	flags = append([]string{"-table", b.Ref(b.Names.Table), "-queue", b.Ref("EnrichQueue"), "-checkpoint", b.checkpoint}, flags...)
	var o options
	var stdout, stderr bytes.Buffer
	if _, ok := o.program().Parse(flags, &stdout, &stderr); !ok {
		t.Fatal(stderr.String())
	}
	cfg := b.Config.AWS.Config()
	b.calls = map[string]int{}
	cfg.HTTPClient = b
	err := backfill(ctx, cfg, o, &stdout, &stderr)
	return result{stdout.String(), stderr.String(), err}
}

// enqueued takes all messages out of the queue and returns the ids in them, sorted.
func (b *bed) enqueued(t *testing.T) (ids []string) {
	t.Helper()
	url := b.Ref("EnrichQueue")
	for {
		out, err := b.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			slices.Sort(ids)
			return ids
		}
		for _, m := range out.Messages {
			id, err := queue.ParseBody(*m.Body)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
			if _, err := b.SQS.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func wantIn(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s is %q, want %q in it", what, text, part)
		}
	}
}

// refuseOne is a fault that turns the first success in the answers to the first n SendMessageBatch into a failure.
func refuseOne(t *testing.T, n int) fault {
	return func(operation string, nth int, call func() (*http.Response, error)) (*http.Response, error) {
		response, err := call()
		if operation != "SendMessageBatch" || nth > n {
			return response, err
		}
		return stacktest.EditAnswer(response, err, func(body []byte) []byte { return withOneRefused(t, body) })
	}
}

func withOneRefused(t *testing.T, answer []byte) []byte {
	t.Helper()
	var out struct {
		Successful, Failed []map[string]any
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatal(err)
	}
	out.Failed = append(out.Failed, map[string]any{"Id": out.Successful[0]["Id"], "Code": "InternalError", "SenderFault": false})
	out.Successful = out.Successful[1:]
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
