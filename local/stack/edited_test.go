package stack_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// edited runs the repository's template with a text in it replaced, until the test ends.
func edited(t *testing.T, old, replacement string) *http.Client {
	t.Helper()
	return stacktest.StartEdited(t, old, replacement, nil).Client
}

// statusLater posts an item, and returns its status some time later.
func statusLater(t *testing.T, api *http.Client) any {
	t.Helper()
	posted := stacktest.Call(t, api, http.MethodPost, "http://api"+names.Items(), sample.Object(sample.Example()))
	stacktest.Wait(time.Minute)
	return stacktest.Call(t, api, http.MethodGet, "http://api"+names.Item(posted.Body["id"].(string)), "").Body["status"]
}

func TestAnEventSourceThatIsNotEnabledDoesNotPoll(t *testing.T) {
	for setting, want := range map[string]string{
		"Enabled: false": "PENDING",
		"Enabled: true":  "CLASSIFIED",
		"Enabled: !If [HasWriterConcurrency, true, false]": "PENDING",
	} {
		t.Run(setting, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := edited(t, "Enabled: !Ref EnricherEnabled", setting)
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
		variable := "          TABLE_NAME: !Ref " + names.Table() + "\n"
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
		api := edited(t, "Path: "+names.Item("{id}"), "Path: "+names.Item("{id+}"))
		if got := statusLater(t, api); got != "CLASSIFIED" {
			t.Errorf("the item is %v, want CLASSIFIED", got)
		}
		if got := stacktest.Call(t, api, http.MethodGet, "http://api"+names.Item("a/b"), ""); got.Status != http.StatusNotFound && got.Status != http.StatusBadRequest {
			t.Errorf("a/b: %d %v, want an answer of the reader", got.Status, got.Body)
		}
	})
}
