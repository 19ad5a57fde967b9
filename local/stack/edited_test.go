package stack_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stacktest"
)

// edited runs the repository's template with a text in it replaced, until the test ends.
func edited(t *testing.T, old, replacement string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stacktest.Root(t), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("no %q in the template", old)
	}
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
	tmpl, err := template.Read(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := stacktest.BuildOf(t, tmpl, nil, t.Output())
	s.PollUntilEnd(t)
	return s.Client
}

// statusLater posts a flower, and returns its status some time later.
func statusLater(t *testing.T, api *http.Client) any {
	t.Helper()
	posted := stacktest.Call(t, api, http.MethodPost, "http://api/v0/iris",
		`{"sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2}`)
	stacktest.Wait(time.Minute)
	return stacktest.Call(t, api, http.MethodGet, "http://api/v0/iris/"+posted.Body["id"].(string), "").Body["status"]
}

func TestAnEventSourceThatIsNotEnabledDoesNotPoll(t *testing.T) {
	for setting, want := range map[string]string{
		"Enabled: false": "PENDING",
		"Enabled: true":  "CLASSIFIED",
		"Enabled: !If [HasWriterConcurrency, true, false]": "PENDING",
	} {
		t.Run(setting, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := edited(t, "            Queue: !GetAtt EnrichQueue.Arn\n", "            Queue: !GetAtt EnrichQueue.Arn\n            "+setting+"\n")
				if got := statusLater(t, api); got != want {
					t.Errorf("the item is %v, want %s", got, want)
				}
			})
		})
	}
}

// https://github.com/aws/aws-sam-cli/issues/8167
func TestAVariableInGlobalsReachesTheFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(stacktest.Root(t), "template.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		const variable = "          TABLE_NAME: !Ref IrisTable\n"
		moved := strings.ReplaceAll(string(text), variable, "")
		moved = strings.Replace(moved, "        Variables:\n", "        Variables:\n          UNUSED: x\n", -1)
		moved = strings.Replace(moved, "    Environment:\n      Variables:\n", "    Environment:\n      Variables:\n"+variable[2:], 1)
		if got := statusLater(t, edited(t, string(text), moved)); got != "CLASSIFIED" {
			t.Errorf("the item is %v, want CLASSIFIED", got)
		}
	})
}

func TestAGreedyPathReachesItsFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := edited(t, "Path: /v0/iris/{id}", "Path: /v0/iris/{id+}")
		if got := statusLater(t, api); got != "CLASSIFIED" {
			t.Errorf("the item is %v, want CLASSIFIED", got)
		}
		if got := stacktest.Call(t, api, http.MethodGet, "http://api/v0/iris/a/b", ""); got.Status != http.StatusNotFound && got.Status != http.StatusBadRequest {
			t.Errorf("a/b: %d %v, want an answer of the reader", got.Status, got.Body)
		}
	})
}
