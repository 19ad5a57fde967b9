// Package docs_test tests that the docs are true. openapi.yaml must have the routes and limits of template.yaml,
// and a local stack must give the answers of its examples. The policy in authorization.md must allow all routes.
package docs_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/generated"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/template"
)

func readTemplate(t *testing.T) *template.Template {
	t.Helper()
	tmpl, err := template.Read("../template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

func TestTheGeneratedPartsAreThoseOfTheItem(t *testing.T) {
	stale, err := generated.Stale("..", "docs")
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("these are of another item, model or template: %v. Run make generate", stale)
	}
}

func TestTheRoutesAreThoseOfTheTemplate(t *testing.T) {
	system, err := readTemplate(t).Resolve(func(id, _ string) (string, error) { return id, nil })
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, route := range system.Routes {
		want = append(want, route.Method+" "+route.Path)
	}
	for path, methods := range read(t).Paths {
		for method := range methods {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-template +openapi.yaml):\n%s", diff)
	}
}

func TestTheUsagePlanIsTheTemplatesByDefault(t *testing.T) {
	declared := readTemplate(t).Parameters
	plan := read(t).UsagePlan
	if len(plan) == 0 {
		t.Error("there is no x-usage-plan")
	}
	for name, want := range plan {
		if got := declared[name].Default; got == nil || *got != fmt.Sprint(want) {
			t.Errorf("%s is not %d by default in the template", name, want)
		}
	}
}

// answersOfAWS are the statuses that the local stack never gives. It throttles neither clients nor functions, and
// each function's timeout is shorter than API Gateway's limit.
var answersOfAWS = []string{"429", "500", "504"}

func TestEachExampleIsAnswered(t *testing.T) {
	for path, methods := range read(t).Paths {
		for method, operation := range methods {
			for status, response := range operation.Responses {
				if len(response.Content[asJSON].Examples) == 0 {
					t.Errorf("%s %s has no example of a %s", method, path, status)
				}
				for _, body := range response.Content {
					for name, e := range body.Examples {
						t.Run(strings.Join([]string{method, path, status, name}, " "), func(t *testing.T) {
							checkExample(t, strings.ToUpper(method), path, operation, status, e)
						})
					}
				}
			}
		}
	}
}

func checkExample(t *testing.T, method, path string, operation operation, status string, e example) {
	t.Helper()
	switch {
	case e.Request == nil:
		t.Fatal("the example has no x-request")
	case e.Request.Only != "":
		checkOnlyOnAWS(t, status, e.Value)
		return
	case e.Request.Body == nil:
		e.Request.Body = operation.body()
	}
	synctest.Test(t, func(t *testing.T) {
		checkAnswer(t, e.Request.send(t, method, path), status, operation.Responses[status], e.Value)
	})
}

// checkOnlyOnAWS fails if an example is marked as an answer of AWS alone, but the local stack gives it too.
func checkOnlyOnAWS(t *testing.T, status string, value any) {
	t.Helper()
	message, _ := value.(map[string]any)["message"].(string)
	noPermission := status == "403" && strings.Contains(message, "is not authorized to perform: execute-api:Invoke")
	if !slices.Contains(answersOfAWS, status) && !noPermission {
		t.Errorf("%s %q is an answer of the local stack too: replace only: AWS in its x-request by the request", status, message)
	}
}

func checkAnswer(t *testing.T, got answer, status string, documented response, want any) {
	t.Helper()
	if fmt.Sprint(got.Status) != status {
		t.Fatalf("got %d %v, want %s", got.Status, got.Body, status)
	}
	if diff := cmp.Diff(forComparison(want), forComparison(got.Body)); diff != "" {
		t.Errorf("body (-openapi.yaml +answered):\n%s", diff)
	}
	for name, header := range documented.Headers {
		value := got.Header.Get(name)
		if value == "" && header.Required || value != "" && !regexp.MustCompile(header.Schema.Pattern).MatchString(value) {
			t.Errorf("header %s is %q, and does not match %q", name, value, header.Schema.Pattern)
		}
	}
	contentType := asJSON
	if _, isText := want.(string); isText {
		contentType = asText
	}
	if got := got.Header.Get("Content-Type"); got != contentType {
		t.Errorf("Content-Type is %q, want %q", got, contentType)
	}
}

var timeOfDay = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

// signedText is what should have been signed. It depends on the route, and one example is for all routes.
var signedText = regexp.MustCompile(`(?s)'(GET|POST)\n.*'\n$`)

// forComparison returns a body in which all times are the same text, and what should have been signed, too.
func forComparison(body any) any {
	object, ok := body.(map[string]any)
	if !ok {
		return body
	}
	object = maps.Clone(object)
	for key, value := range object {
		if text, ok := value.(string); ok {
			object[key] = signedText.ReplaceAllString(timeOfDay.ReplaceAllString(text, "a time"), "what should have been signed")
		}
	}
	return object
}

func TestExamplesOfRequestsAreTaken(t *testing.T) {
	for path, methods := range read(t).Paths {
		for method, operation := range methods {
			for name, example := range operation.RequestBody.Content[asJSON].Examples {
				got := (&request{Body: example.Value}).send(t, strings.ToUpper(method), path)
				if got.Status/100 != 2 || got.field("rejected") != nil && got.field("rejected") != 0.0 {
					t.Errorf("%s: %d %v", name, got.Status, got.Body)
				}
			}
		}
	}
}

func TestBodiesAreTakenUpToTheLimits(t *testing.T) {
	document := read(t)
	for path, methods := range document.Paths {
		limit := methods["post"].BodyLimit
		if limit == 0 {
			continue
		}
		for size, want := range map[int]bool{limit: false, limit + 1: true} {
			got := (&request{Size: size}).send(t, http.MethodPost, path)
			if refused := got.Status == http.StatusRequestEntityTooLarge; refused != want {
				t.Errorf("%s with %d bytes: %d %v", path, size, got.Status, got.Body)
			}
		}
	}
}

func TestABatchIsTakenUpToItsLengths(t *testing.T) {
	if names.Batch() == "" {
		t.Skip("the API takes no batches")
	}
	batch := read(t).Paths[names.Batch()]["post"]
	schema := batch.RequestBody.Content[asJSON].Schema
	for length, want := range map[int]int{schema.MinItems - 1: 400, schema.MinItems: 200, schema.MaxItems: 200, schema.MaxItems + 1: 400} {
		got := (&request{Body: slices.Repeat([]any{map[string]any{}}, length)}).send(t, http.MethodPost, names.Batch())
		if got.Status != want {
			t.Errorf("a batch of %d: %d, want %d", length, got.Status, want)
		}
	}
}
