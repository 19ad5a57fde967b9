package stack_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/template"
)

// observed is what the functions did in a run that takes them through all they can do.
type observed struct {
	calls   map[string]bool            // "EnricherFunction dynamodb:UpdateItem IrisTable.Arn", and those of its event source
	metrics map[string]map[string]bool // names, by the function's logical id
}

// exercise runs the stack: items that are created, known, rejected, unavailable, read
// and classified; messages that are malformed, retried and dropped; a model that is refused.
func exercise(t *testing.T) observed {
	t.Helper()
	o := observed{calls: map[string]bool{}, metrics: map[string]map[string]bool{}}
	var mu sync.Mutex
	unavailable := flower(900).ID()
	synctest.Test(t, func(t *testing.T) {
		path := copyModel(t)
		model := map[string]string{"ModelUri": path}
		s := stacktest.Start(t, model, func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			o.calls[caller+" "+permission(operation)+" "+resource(string(body))] = true
			mu.Unlock()
			if operation == "DynamoDB.PutItem" && strings.Contains(string(body), unavailable) {
				return nil, fmt.Errorf("no connection")
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			return next.RoundTrip(r)
		})
		for body, status := range map[string]int{element(0): 201, element(900): 503, "{}": 400} {
			if a := s.Request(t, "POST", "/v0/iris", body); a.Status != status {
				t.Errorf("POST of %s answers %d %v, want %d", body, a.Status, a.Body, status)
			}
		}
		s.Request(t, "POST", "/v0/iris/batch", elements(11, 1))
		s.Request(t, "GET", "/v0/iris/"+flower(0).ID(), "")
		s.Send(t, "no key")
		stacktest.Wait(time.Hour)
		if err := os.WriteFile(path, []byte("no model"), 0o600); err != nil {
			t.Error(err)
		}
		s.Send(t, "no key")
		stacktest.Wait(time.Second)
		for _, function := range s.Config.Template.LogicalIDs("AWS::Serverless::Function") {
			o.metrics[function] = map[string]bool{}
			for name := range maps.Keys(s.Metrics.Of(function)) {
				o.metrics[function][name] = true
			}
		}
	})
	return o
}

// copyModel returns the path of a model's artifact that the test may spoil.
func copyModel(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(stacktest.Root(t), "shared", "model", "iris.json"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// functionsWith returns the functions that wrote a metric.
func (o observed) functionsWith(name string) (functions []string) {
	for function, metrics := range o.metrics {
		if metrics[name] {
			functions = append(functions, function)
		}
	}
	return functions
}

// permission is what IAM calls an operation's permission.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
func permission(operation string) string {
	service, name, _ := strings.Cut(operation, ".")
	if service == "SQS" {
		name = strings.TrimSuffix(name, "Batch")
	}
	return strings.ToLower(service) + ":" + name
}

// resource is what a call is about, as a template's Arn of it is shown by [nameOf].
func resource(body string) string {
	for _, id := range []string{"EnrichDeadLetterQueue", "EnrichQueue", "IrisTable"} {
		if strings.Contains(body, id) {
			return id + ".Arn"
		}
	}
	return "?"
}

// nameOf stands for an attribute of a resource, as this machine has none of them.
func nameOf(id, attribute string) (string, error) { return id + "." + attribute, nil }

// properties evaluates a resource of the repository's template.
func properties(t *testing.T, tmpl *template.Template, id string) map[string]any {
	t.Helper()
	evaluated, err := tmpl.Properties(id, nameOf)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return evaluated.(map[string]any)
}

// read reads the repository's template.
func read(t *testing.T, parameters map[string]string) *template.Template {
	t.Helper()
	tmpl, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), parameters)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}
