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
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

func TestAnInterruptedDemoSaysSoInOneLine(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout bytes.Buffer
	err := demo(ctx, "http://"+closed(t), "", false, &stdout, io.Discard)
	if err == nil || err.Error() != "demo interrupted" || stdout.Len() > 0 {
		t.Errorf("error %v, stdout %q", err, stdout.String())
	}
}

func TestTheDemoUsesTheStackThatRuns(t *testing.T) {
	t.Parallel()
	s := start(t, "-api-key", "secret")
	address := strings.TrimPrefix(s.api, "http://")
	use := []string{"-demo", "-api", address, "-api-key", "secret"}
	for _, want := range []string{"POST to CLASSIFIED: p50 ", "the stack had classified these flowers before, so no latency was measured"} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), use, &stdout, &stderr)
		for _, want := range []string{"the stack that runs at http://" + address + " is used\n", want, "150 of 150 are predicted as by the reference model"} {
			if status != 0 || stderr.Len() > 0 || !strings.Contains(stdout.String(), want) {
				t.Errorf("status %d, stderr %q, no %q in %s", status, stderr.String(), want, stdout.String())
			}
		}
	}
	setosa := item.Measurements(dataset.Flowers()[0].Measurements)
	scanned, err := dynamodb.NewFromConfig(awsclient.AtEndpoint(s.aws)).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String("IrisTable"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: setosa.ID()}},
	})
	if err != nil || scanned.Item == nil {
		t.Errorf("the stack that runs has not got the first flower: %v", err)
	}
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
	if err := os.WriteFile(path, bytes.Replace(text, []byte("Path: /v0/iris\n"), []byte("Path: /v1/iris\n"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-template", path, "-demo", "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0"}, &stdout, &stderr)
	if status != 1 || strings.Contains(stdout.String(), "p50") || !strings.Contains(stdout.String(), "0 of 150") || !strings.Contains(stderr.String(), "403") {
		t.Errorf("status %d, stderr %s, stdout %s", status, stderr.String(), stdout.String())
	}
}

func TestTheDemoFailsWhenAFlowerIsNotAsTheReferenceModelHasIt(t *testing.T) {
	t.Parallel()
	var outcomes []outcome
	for _, flower := range dataset.Flowers() {
		outcomes = append(outcomes, outcome{flower: flower, target: flower.PredTarget})
	}
	if err := report(io.Discard, outcomes); err != nil {
		t.Errorf("all as in the reference model: %v", err)
	}
	outcomes[0].target = "virginica"
	var stdout bytes.Buffer
	err := report(&stdout, outcomes)
	if err == nil || !strings.Contains(err.Error(), "is classified as virginica; the reference model says setosa") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(stdout.String(), "149 of 150 are predicted as by the reference model") {
		t.Errorf("report %s", stdout.String())
	}
	for i := range outcomes {
		outcomes[i].target = ""
	}
	if err := report(io.Discard, outcomes); err == nil || strings.Count(err.Error(), "\n") != 5 || !strings.HasSuffix(err.Error(), "and 145 more") {
		t.Errorf("error %v", err)
	}
}
