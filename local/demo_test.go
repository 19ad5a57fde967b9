package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
)

func TestAnInterruptedDemoSaysSoInOneLine(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, append(onFreePorts(t), "-demo"), &stdout, &stderr)
	if status != 130 || stdout.Len() > 0 || stderr.String() != "local: interrupted\n" {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout.String(), stderr.String())
	}
}

func TestTheDemoUsesTheStackThatRuns(t *testing.T) {
	t.Parallel()
	s := start(t, "-api-key", "secret")
	address := strings.TrimPrefix(s.api, "http://")
	use := []string{"-demo", "-api", address, "-api-key", "secret"}
	for _, want := range []string{"POST to CLASSIFIED: p50 ", "the stack had classified these items before, so no latency was measured"} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), use, &stdout, &stderr)
		for _, want := range []string{"the stack that runs at http://" + address + " is used\n", want, asModel(t, len(dataset.Rows()))} {
			if status != 0 || stderr.Len() > 0 || !strings.Contains(stdout.String(), want) {
				t.Errorf("status %d, stderr %q, no %q in %s", status, stderr.String(), want, stdout.String())
			}
		}
	}
	scanned, err := dynamodb.NewFromConfig(awsclient.AtEndpoint(s.aws)).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(names.Table()), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: sample.Example().ID()}},
	})
	if err != nil || scanned.Item == nil {
		t.Errorf("the stack that runs has not got the first item: %v", err)
	}
}

func TestTheDemoStartsNoStackOfItsOwnBesideABrokenOne(t *testing.T) {
	t.Parallel()
	s := start(t)
	if _, err := dynamodb.NewFromConfig(awsclient.AtEndpoint(s.aws)).DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String(names.Table())}); err != nil {
		t.Fatal(err)
	}
	wantOneLine(t, []string{"-demo", "-api", strings.TrimPrefix(s.api, "http://")}, "the stack that runs at "+s.api+" is broken, it answers 503 ")
}

func TestTheDemoDoesNotUseWhatIsNotTheStackThatWasAskedFor(t *testing.T) {
	t.Parallel()
	s := start(t, "-api-key", "secret")
	address := strings.TrimPrefix(s.api, "http://")
	fastify := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"Route GET:/ not found","error":"Not Found","statusCode":404}`)
	}))
	defer fastify.Close()
	withoutTheRoute := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Requestid", "a")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message":"Missing Authentication Token"}`)
	}))
	defer withoutTheRoute.Close()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"another API":           {[]string{"-demo", "-api", fastify.Listener.Addr().String()}, "choose another address with -api host:port"},
		"without the route":     {[]string{"-demo", "-api", withoutTheRoute.Listener.Addr().String()}, "choose another address with -api host:port"},
		"with another -aws":     {[]string{"-demo", "-api", address, "-api-key", "secret", "-aws", "4600"}, "-aws has no effect on the stack that runs at http://" + address},
		"without its key":       {[]string{"-demo", "-api", address}, `answers "Forbidden": give its key with -api-key`},
		"with other parameters": {[]string{"-demo", "-api", address, "-api-key", "secret", "-parameter", "BatchSize=5"}, "choose another address with -api host:port"},
		"not a stack":           {[]string{"-demo", "-api", other(t)}, "choose another address with -api host:port"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), test.args, &stdout, &stderr)
		if status != 1 || !strings.Contains(stderr.String(), test.want) || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, stdout.String(), stderr.String())
		}
	}
}

func TestADemoOfItsOwnTakesFreePortsUnlessAddressesWereGiven(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args     []string
		api, aws string
	}{
		"no address": {nil, "127.0.0.1:0", "127.0.0.1:0"},
		"one":        {[]string{"-api", "3444"}, "127.0.0.1:3444", "127.0.0.1:0"},
		"both":       {[]string{"-api", "3444", "-aws", "[::1]:5"}, "127.0.0.1:3444", "[::1]:5"},
	} {
		var o options
		var stderr bytes.Buffer
		if _, ok := o.program().Parse(test.args, io.Discard, &stderr); !ok {
			t.Fatal(stderr.String())
		}
		if o.useFreePorts(); o.api != test.api || o.aws != test.aws {
			t.Errorf("%s: %s and %s, want %s and %s", name, o.api, o.aws, test.api, test.aws)
		}
	}
}

func TestTheDemoReportsNoLatencyOfWhatDidNotHappen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "template.yaml")
	text, err := os.ReadFile(filepath.Join(stacktest.Root(t), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("Path: "+names.Items()+"\n"), []byte("Path: /other\n"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-template", path, "-demo", "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0"}, &stdout, &stderr)
	if status != 1 || strings.Contains(stdout.String(), "p50") || !strings.Contains(stdout.String(), asModel(t, 0)) || !strings.Contains(stderr.String(), "403") {
		t.Errorf("status %d, stderr %s, stdout %s", status, stderr.String(), stdout.String())
	}
}

// later is the version of a model that is newer than any.
const later = "9999-12-24.01"

func embedded(t *testing.T) *classifier.Model {
	t.Helper()
	m, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asModel says that so many items of the data set are classified as the embedded model has them.
func asModel(t *testing.T, n int) string {
	return fmt.Sprintf("%d of %d are classified as model %s has them", n, len(dataset.Rows()), embedded(t).Version())
}

// otherModel writes the built-in model to a file, with other classes and a later version.
func otherModel(t *testing.T) (path string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stacktest.Root(t), "enricher", "classifier", "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "model.json")
	built := embedded(t)
	other := strings.NewReplacer(built.Version(), later, `"`+built.Classes()[0]+`"`, `"other"`).Replace(string(text))
	if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheDemoComparesWithTheModelOfTheStackThatItStarts(t *testing.T) {
	t.Parallel()
	stacktest.NeedsParameter(t, "ModelUri")
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), append(onFreePorts(t), "-demo", "-parameter", "ModelUri="+otherModel(t)), &stdout, &stderr)
	for _, want := range []string{"       other  ", fmt.Sprintf("%d of %d are classified as model %s has them\n", len(dataset.Rows()), len(dataset.Rows()), later)} {
		if status != 0 || !strings.Contains(stdout.String(), want) {
			t.Errorf("status %d, stderr %q, no %q in %s", status, stderr.String(), want, stdout.String())
		}
	}
}

func TestTheDemoFailsWhenAnotherModelClassifies(t *testing.T) {
	t.Parallel()
	stacktest.NeedsParameter(t, "ModelUri")
	s := start(t, "-parameter", "ModelUri="+otherModel(t))
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-demo", "-api", strings.TrimPrefix(s.api, "http://")}, &stdout, &stderr)
	want := fmt.Sprintf("is classified by model %s, not %s (on a stack that runs, -demo compares with the built-in model)\n", later, embedded(t).Version())
	faults := len(dataset.Rows()) // and those that the reference model has in the renamed class
	for _, row := range dataset.Rows() {
		if row.PredTarget == embedded(t).Classes()[0] {
			faults++
		}
	}
	if status != 1 || !strings.Contains(stderr.String(), want) || !strings.HasSuffix(stderr.String(), fmt.Sprintf("\nand %d more\n", faults-5)) || !strings.Contains(stdout.String(), "\n"+asModel(t, 0)) {
		t.Errorf("status %d, stderr %s, stdout %s", status, stderr.String(), stdout.String())
	}
}

func TestTheDemoRunsWithAWorkerInThePlaceOfTheFunction(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), append(onFreePorts(t), "-demo", "-worker"), &stdout, &stderr)
	logged := slices.Collect(strings.Lines(stderr.String()))
	early := func(line string) bool { return strings.Contains(line, ` cause="item not found" `) } // the writer sends before it stores
	if want := asModel(t, len(dataset.Rows())); status != 0 || len(slices.DeleteFunc(logged, early)) > 0 || !strings.Contains(stdout.String(), want) {
		t.Errorf("status %d, stderr %q, no %q in %s", status, stderr.String(), want, stdout.String())
	}
}
