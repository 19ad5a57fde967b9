package enricher_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher"
	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/item"
)

// logged invokes an enricher that is warm, at a log level, and returns what it wrote: its own
// line, and the messages of the others with their levels.
func logged(t *testing.T, s *stacktest.Stack, level slog.Level, bodies ...string) (line string, others []string) {
	t.Helper()
	var out bytes.Buffer
	h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), stacktest.FunctionLog(&out, level))
	if err != nil {
		t.Fatal(err)
	}
	event := events.SQSEvent{}
	for range 2 { // the first is a cold start, and of no message
		out.Reset()
		ctx, cancel := context.WithTimeout(lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"}), 30*time.Second)
		defer cancel()
		if _, err := h.Handle(ctx, event); err != nil {
			t.Fatal(err)
		}
		for i, body := range bodies {
			event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
		}
	}
	for text := range strings.Lines(out.String()) {
		var fields struct{ Level, Message string }
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if fields.Message != "" {
			others = append(others, fields.Level+" "+fields.Message)
			continue
		}
		if _, err := cloudwatch.Parse([]byte(text)); err != nil || line != "" {
			t.Errorf("%v; a line after another: %s", err, text)
		}
		line = text
	}
	return line, others
}

// metadata is the member _aws of a line that was written so many milliseconds after the start
// of a synctest bubble.
func metadata(after int, metrics ...string) string {
	return fmt.Sprintf(`"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"local","Dimensions":[[]],"Metrics":[{"Name":"%s"}]}]}`,
		946684800000+after, strings.Join(metrics, `"},{"Name":"`))
}

// classes is the member classes of a line: how many items of each class were classified.
func classes(t *testing.T, items ...item.Measurements) string {
	t.Helper()
	counts := map[string]int{}
	for _, m := range items {
		counts[classOf(t, m)]++
	}
	text, err := json.Marshal(counts)
	if err != nil {
		t.Fatal(err)
	}
	return `"classes":` + string(text)
}

func TestTheLineOfABatchSaysWhatBecameOfItsMessages(t *testing.T) {
	const unknown, gone = "hello", "00000000000000000000000000000000"
	var hundred []item.Measurements
	for i := range 100 {
		hundred = append(hundred, sample.Nth(i))
	}
	for name, test := range map[string]struct {
		bodies func(t *testing.T, s *stacktest.Stack) []string
		fails  bool // reads
		line   string
		others []string
	}{
		"one item": {
			bodies: func(t *testing.T, s *stacktest.Stack) []string { return []string{message(store(t, s, example))} },
			line: `{"level":"INFO","requestId":"r","id":"` + example.ID() + `","ms":0,"ItemsClassified":1,` + classes(t, example) + `,"Latency":1500,` +
				metadata(1500, "ItemsClassified", "Latency") + `}`,
		},
		"one item, twice": {
			bodies: func(t *testing.T, s *stacktest.Stack) []string {
				id := store(t, s, example)
				return []string{message(id), message(id)}
			},
			line: `{"level":"INFO","requestId":"r","BatchSize":2,"id":"` + example.ID() + `","ms":0,"ItemsClassified":1,` + classes(t, example) + `,"Latency":1500,` +
				metadata(1500, "ItemsClassified", "Latency") + `}`,
		},
		"a hundred items": {
			bodies: func(t *testing.T, s *stacktest.Stack) (bodies []string) {
				for _, m := range hundred {
					bodies = append(bodies, message(store(t, s, m)))
				}
				return bodies
			},
			line: `{"level":"INFO","requestId":"r","BatchSize":100,"ms":0,"ItemsClassified":100,` + classes(t, hundred...) + `,"Latency":[1500` + strings.Repeat(",1500", 99) + `],` +
				metadata(1500, "ItemsClassified", "Latency") + `}`,
		},
		"dead letters, and an item that is not there yet": {
			bodies: func(t *testing.T, s *stacktest.Stack) []string {
				return []string{message(store(t, s, example)), unknown, message(gone), "{}"}
			},
			line: `{"level":"INFO","requestId":"r","BatchSize":4,"ms":200,"ItemsClassified":1,"ItemsFailed":2,"Retries":1,` +
				classes(t, example) + `,"codes":{"MalformedMessage":2},"Latency":1500,` +
				metadata(1700, "ItemsClassified", "ItemsFailed", "Retries", "Latency") + `}`,
			others: []string{"ERROR message dead-lettered", "ERROR message dead-lettered", "WARN message to be retried"},
		},
		"an item that cannot be classified, and one that is not there yet": {
			bodies: func(t *testing.T, s *stacktest.Stack) []string {
				return []string{message(spoil(t, s, tooSmall)), message(gone)}
			},
			line: `{"level":"INFO","requestId":"r","BatchSize":2,"ms":200,"ItemsFailed":1,"Retries":1,"codes":{"InvalidItem":1},` +
				metadata(1700, "ItemsFailed", "Retries") + `}`,
			others: []string{"ERROR message dead-lettered", "WARN message to be retried"},
		},
		"an item that is not there yet, and one that cannot be classified": {
			bodies: func(t *testing.T, s *stacktest.Stack) []string {
				return []string{message(gone), message(spoil(t, s, tooSmall))}
			},
			line: `{"level":"INFO","requestId":"r","BatchSize":2,"ms":200,"ItemsFailed":1,"Retries":1,"codes":{"InvalidItem":1},` +
				metadata(1700, "ItemsFailed", "Retries") + `}`,
			others: []string{"ERROR message dead-lettered", "WARN message to be retried"},
		},
		"one item, and a message that names none": {
			bodies: func(t *testing.T, s *stacktest.Stack) []string {
				return []string{message(store(t, s, example)), unknown}
			},
			line: `{"level":"INFO","requestId":"r","BatchSize":2,"ms":0,"ItemsClassified":1,"ItemsFailed":1,` +
				classes(t, example) + `,"codes":{"MalformedMessage":1},"Latency":1500,` +
				metadata(1500, "ItemsClassified", "ItemsFailed", "Latency") + `}`,
			others: []string{"ERROR message dead-lettered"},
		},
		"reads that fail": {
			bodies: func(t *testing.T, s *stacktest.Stack) []string { return []string{message(store(t, s, example))} },
			fails:  true,
			line: `{"level":"INFO","requestId":"r","id":"` + example.ID() + `","ms":0,"Retries":1,` +
				metadata(1500, "Retries") + `}`,
			others: []string{"WARN message to be retried"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					switch {
					case operation == "SQS.ChangeMessageVisibility": // of a message that no queue holds
						return answer(r, "{}"), nil
					case test.fails && operation == "DynamoDB.BatchGetItem":
						return refusal(r, "AccessDeniedException"), nil
					}
					return next.RoundTrip(r)
				}, t.Output())
				bodies := test.bodies(t, s)
				stacktest.Wait(1500 * time.Millisecond)
				line, others := logged(t, s, slog.LevelInfo, bodies...)
				if diff := cmp.Diff(test.line+"\n", line); diff != "" {
					t.Errorf("its line (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.others, others); diff != "" {
					t.Errorf("other lines (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestTheLineOfABatchIsThereAtEveryLogLevel(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: `{"level":"INFO","requestId":"r","id":`,
		slog.LevelWarn:  `{"timestamp":"2000-01-01T00:00:00Z","level":"WARN","requestId":"r","id":`,
		slog.LevelError: `{"timestamp":"2000-01-01T00:00:00Z","level":"ERROR","requestId":"r","id":`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := stacktest.Build(t, nil, nil, t.Output())
			line, others := logged(t, s, level, message(store(t, s, example)))
			line = strings.Replace(line, time.Now().Format(time.RFC3339), "2000-01-01T00:00:00Z", 1) // its zone is the machine's
			if !strings.HasPrefix(line, want) || !strings.Contains(line, `"Metrics":[{"Name":"ItemsClassified"},{"Name":"Latency"}]`) {
				t.Errorf("at %s its line is %s, want one that begins with %s", level, line, want)
			}
			if len(others) > 0 {
				t.Errorf("at %s it wrote %s", level, others)
			}
		})
	}
}

func answer(r *http.Request, body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func refusal(r *http.Request, code string) *http.Response {
	refused := answer(r, `{"__type":"`+code+`"}`)
	refused.StatusCode = 400
	return refused
}

func TestTheLineTellsWhenANewModelServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		path := filepath.Join(t.TempDir(), "model.json")
		publish(t, path, v1)
		env := environment(s.Stack)
		getenv := func(name string) string {
			if name == "MODEL_URI" {
				return path
			}
			return env(name)
		}
		var out bytes.Buffer
		h, err := enricher.New(getenv, s.Config.FunctionAWS("EnricherFunction"), stacktest.FunctionLog(&out, slog.LevelInfo))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"", `"newModel":"` + v2 + `"`, ""} {
			out.Reset()
			if _, err := h.Handle(t.Context(), events.SQSEvent{}); err != nil {
				t.Fatal(err)
			}
			if lines := strings.Count(out.String(), "\n"); lines != 1 || !strings.Contains(out.String(), want) || want == "" && strings.Contains(out.String(), "newModel") {
				t.Errorf("it logged %s, want one line with %q", out.String(), want)
			}
			publish(t, path, v2)
			stacktest.Wait(classifier.CheckInterval)
		}
	})
}

// docs/runbook.md: the line says which model serves, and why the other does not.
func TestAModelThatIsRefusedHasALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		path := filepath.Join(t.TempDir(), "model.json")
		publish(t, path, v2)
		var out bytes.Buffer
		h, err := enricher.New(with(environment(s.Stack), "MODEL_URI", path), s.Config.FunctionAWS("EnricherFunction"), stacktest.FunctionLog(&out, slog.LevelWarn))
		if err != nil {
			t.Fatal(err)
		}
		publish(t, path, v1)
		stacktest.Wait(5 * time.Minute)
		if _, err := h.Handle(t.Context(), events.SQSEvent{}); err != nil {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut(out.String(), "\n")
		var line struct{ Message, Serving, Error string }
		if err := json.Unmarshal([]byte(text), &line); err != nil || line.Message != "model refused" || line.Serving != v2 || !strings.Contains(line.Error, v1) {
			t.Errorf("%v; the first line is %s", err, text)
		}
	})
}

// publish writes a version of the model to a path.
func publish(t *testing.T, path, version string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(artifact(t, version)), 0o600); err != nil {
		t.Fatal(err)
	}
}
