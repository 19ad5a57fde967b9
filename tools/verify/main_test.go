package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/internal/verify"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
)

// runVerify runs the program.
func runVerify(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// serve serves a local stack, which demands a key if there is one, and returns the flags that name it.
func serve(t *testing.T, key string) (flags []string) {
	t.Helper()
	embedded := stack.InMemory()
	server := httptest.NewServer(embedded.Handler)
	t.Cleanup(server.Close)
	embedded.URL = server.URL
	tmpl, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{"BatchWindow": "0"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.Start(t.Context(), stack.Config{Template: tmpl, AWS: embedded, APIKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	api := httptest.NewServer(s.API)
	t.Cleanup(api.Close)
	return []string{"-endpoint", server.URL, "-api", api.URL + "/"}
}

func TestTheTableSaysWhatHolds(t *testing.T) {
	flags := serve(t, "")
	status, stdout, stderr := runVerify(t, append(flags, "-only", "latency,alarms")...)
	want := regexp.MustCompile(`^local stack at http://127\.0\.0\.1:\d+, API http://127\.0\.0\.1:\d+

alarms       left out            only on AWS: a local stack has no CloudWatch
created      holds       \d\.\d\d s  201, and the table and GET have the item
classified   holds       \d\.\d\d s  2 items as model [-.0-9]+ has them: .+
latency      holds       \d\.\d\d s  \S+s to \S+s for 2 items; the objective is 1m0s

3 hold, 1 left out, after \d\.\d s\. Nothing is left behind\.
$`)
	if status != 0 || stderr != "" || !want.MatchString(stdout) {
		t.Errorf("status %d, stderr %q, stdout:\n%s", status, stderr, stdout)
	}
}

func TestWhatIsNotThereIsOneLine(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	status, stdout, stderr := runVerify(t, "-endpoint", gone.URL, "-api", gone.URL)
	if status != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "verify: look up queue EnrichQueue") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

func TestAStackThatDemandsAKeyIsNotCheckedWithoutIt(t *testing.T) {
	flags := serve(t, "secret")
	for name, flags := range map[string][]string{"no key": flags, "a wrong key": append(flags, "-api-key", "wrong")} {
		status, stdout, stderr := runVerify(t, flags...)
		if status != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, `answers "Forbidden": give its key with -api-key`) {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, stdout, stderr)
		}
	}
	if status, stdout, stderr := runVerify(t, append(flags, "-api-key", "secret", "-only", "known")...); status != 0 {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

func TestAnEndpointThatNeverAnswersEndsByTheTimeoutWithATable(t *testing.T) {
	hung := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client has gone
		<-r.Context().Done()
	}))
	defer hung.Close()
	status, stdout, _ := runVerify(t, "-endpoint", hung.URL, "-api", hung.URL, "-timeout", "200ms")
	if status != 1 || !strings.Contains(stdout, "stack        FAILS") || strings.Count(stdout, "the -timeout ended") != len(verify.Names()) {
		t.Errorf("status %d, stdout:\n%s", status, stdout)
	}
}

func TestWrongUsageIsOneLine(t *testing.T) {
	local := []string{"-endpoint", "http://127.0.0.1:1", "-api", "http://127.0.0.1:2"}
	broken := filepath.Join(t.TempDir(), "model.json")
	if err := os.WriteFile(broken, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nothing":             {nil, "which stack? Give -stack NAME"},
		"an endpoint alone":   {local[:2], "-endpoint needs -api"},
		"an unknown flag":     {[]string{"-x"}, "flag provided but not defined: -x"},
		"an argument":         {append(local, "now"), `unexpected argument "now"`},
		"an unknown check":    {append(local, "-only", "created,all"), "-only all: there is no check of that name, but alarms, roles,"},
		"a negative timeout":  {append(local, "-timeout", "-1s"), "-timeout -1s is less than 0"},
		"no such model":       {append(local, "-model", "absent.json"), "-model: open absent.json"},
		"a model that is bad": {append(local, "-model", broken), "-model " + broken + ": "},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := runVerify(t, test.args...)
			if status != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, test.want) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, stdout, stderr, test.want)
			}
		})
	}
}

func TestHelpListsTheFlagsAndTheChecks(t *testing.T) {
	status, stdout, stderr := runVerify(t, "-help")
	if status != 0 || stderr != "" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	for _, part := range append(verify.Names(), "Usage: go run ./tools/verify -stack NAME | -endpoint URL -api URL", "-timeout", "-only", "-json") {
		if !strings.Contains(stdout, part) {
			t.Errorf("the usage has no %q", part)
		}
	}
}
