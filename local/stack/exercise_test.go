package stack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/template"
	_ "simple-sam-demo/internal/testgc"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

// observed is what the functions did in a run that takes them through all they can do.
type observed struct {
	calls   map[string]bool            // "EnricherFunction dynamodb:UpdateItem TABLE.Arn", and those of what polls for it
	metrics map[string]map[string]bool // names, by the function's logical id
}

// exercise runs the stack: items that are created, known, rejected, unavailable, read
// and classified; messages that are malformed, retried and dropped; a model that is refused.
func exercise(t *testing.T) observed {
	t.Helper()
	return exerciseWith(t, false)
}

// exerciseWith does the same, if worker is true with a worker in the place of the function.
func exerciseWith(t *testing.T, worker bool) observed {
	t.Helper()
	o := observed{calls: map[string]bool{}, metrics: map[string]map[string]bool{}}
	var mu sync.Mutex
	unavailable, failing := sample.Nth(900).ID(), sample.Nth(901).ID()
	synctest.Test(t, func(t *testing.T) {
		path, parameters := copyModel(t), map[string]string{"EnricherEnabled": strconv.FormatBool(!worker)}
		if stacktest.HasParameter(t, "ModelUri") {
			parameters["ModelUri"] = path
		}
		if stacktest.HasParameter(t, "MaxReceiveCount") {
			parameters["MaxReceiveCount"] = "6" // with 5, no late retry comes before the message is given up
		}
		s := stacktest.Start(t, parameters, func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			for _, needed := range permissions(t, operation, body) {
				o.calls[caller+" "+needed] = true
			}
			mu.Unlock()
			if operation == "DynamoDB.PutItem" && strings.Contains(string(body), unavailable) ||
				operation == "DynamoDB.UpdateItem" && strings.Contains(string(body), failing) {
				return nil, fmt.Errorf("no connection")
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			return next.RoundTrip(r)
		})
		if worker {
			w, err := s.StartWorker(true, 30*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Stop()
		}
		for body, status := range map[string]int{element(0): 201, element(900): 503, "{}": 400} {
			if a := s.Request(t, "POST", s.Names.Items, body); a.Status != status {
				t.Errorf("POST of %s answers %d %v, want %d", body, a.Status, a.Body, status)
			}
		}
		stacktest.Wait(time.Second) // the one item is written alone, not together with those that follow
		if s.Names.Batch != "" {
			s.Request(t, "POST", s.Names.Batch, elements(11, 1))
		} else {
			sendTogether(t, s, 11)
		}
		s.Request(t, "GET", names.Item(sample.Nth(0).ID()), "")
		s.Send(t, "no key")
		stacktest.Wait(2 * time.Second)
		s.Request(t, "POST", s.Names.Items, element(901))
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

// sendTogether stores items, and puts their keys into the queue at once.
func sendTogether(t *testing.T, s *stacktest.Stack, n int) {
	t.Helper()
	var bodies []string
	for i := range n {
		m := sample.Nth(i)
		if err := s.Table.Create(t.Context(), item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now())}); err != nil && !errors.Is(err, table.ErrExists) {
			t.Error(err)
		}
		bodies = append(bodies, fmt.Sprintf(`{"id":%q}`, m.ID()))
	}
	s.Send(t, bodies...)
}

// copyModel returns the path of a model's artifact that the test may spoil.
func copyModel(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(stacktest.Root(t), "enricher", "classifier", "model.json"))
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

// permissions are what IAM wants of a call, as "sqs:SendMessage EnrichQueue.Arn".
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
func permissions(t *testing.T, operation string, body []byte) (needed []string) {
	service, name, _ := strings.Cut(operation, ".")
	switch {
	case service == "SQS":
		name = strings.TrimSuffix(name, "Batch")
	case strings.HasPrefix(name, "Execute") || name == "BatchExecuteStatement":
		for _, statement := range statementsIn(t, body) {
			needed = append(needed, statementPermission(t, statement)+" "+resource(statement))
		}
		return needed
	}
	return []string{strings.ToLower(service) + ":" + name + " " + resource(string(body))}
}

// statementsIn are those of PartiQL in a request, alone, in a batch or in a transaction.
func statementsIn(t *testing.T, body []byte) (all []string) {
	type one struct{ Statement string }
	var request struct {
		one
		Statements, TransactStatements []one
	}
	if err := json.Unmarshal(body, &request); err != nil {
		t.Error(err) // in a goroutine of a function
	}
	for _, s := range append(append(request.Statements, request.TransactStatements...), request.one) {
		if s.Statement != "" {
			all = append(all, s.Statement)
		}
	}
	return all
}

// statementPermission is what IAM wants of a statement of PartiQL. The operation that
// carries it needs nothing.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
func statementPermission(t *testing.T, statement string) string {
	verb, _, _ := strings.Cut(strings.TrimSpace(statement), " ")
	action, ok := map[string]string{
		"SELECT": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "FROM": "PartiQLUpdate", "DELETE": "PartiQLDelete",
	}[strings.ToUpper(verb)]
	if !ok {
		t.Errorf("nobody knows which permission %q needs", statement)
	}
	return "dynamodb:" + action
}

func TestAStatementNeedsThePermissionOfItsKindOnItsTable(t *testing.T) {
	table := names.Table()
	for body, want := range map[string][]string{
		`{"Statement":"select * from \"` + table + `\""}`: {"dynamodb:PartiQLSelect " + table + ".Arn"},
		`{"Statements":[{"Statement":"INSERT INTO \"` + table + `\" VALUE {}"},{"Statement":"UPDATE Others SET x=1"}]}`: {
			"dynamodb:PartiQLInsert " + table + ".Arn", "dynamodb:PartiQLUpdate ?",
		},
		`{"TransactStatements":[{"Statement":"DELETE FROM ` + table + `"}]}`: {"dynamodb:PartiQLDelete " + table + ".Arn"},
	} {
		if got := permissions(t, "DynamoDB.BatchExecuteStatement", []byte(body)); !slices.Equal(got, want) {
			t.Errorf("%s needs %v, want %v", body, got, want)
		}
	}
}

// resource is what a call is about, as a template's Arn of it is shown by [nameOf].
func resource(body string) string {
	for _, id := range []string{"EnrichDeadLetterQueue", "EnrichQueue", names.Table()} {
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
