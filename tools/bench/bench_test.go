package main

import (
	"context"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The test's own binary is also the endpoint, and a function that polls once.
func TestMain(m *testing.M) {
	switch api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); {
	case os.Getenv(endpointVariable) != "":
		serveEndpoint(os.Stdin, os.Stdout)
	case api != "":
		if response, err := http.Get("http://" + api + "/2018-06-01/runtime/invocation/next"); err == nil {
			response.Body.Close()
		}
	default:
		os.Exit(m.Run())
	}
}

func TestAStartLastsUntilTheFirstPoll(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	programs := []program{{Name: "self", path: self}}
	if err := measureStarts(t.Context(), programs, 2); err != nil || programs[0].Start <= 0 {
		t.Errorf("it took %v, error %v", programs[0].Start, err)
	}
}

func TestABatchTakesTwoRoundTripsAtLeast(t *testing.T) {
	const delay = 2 * time.Millisecond
	url, stop, err := startEndpoint(t.Context(), delay)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	b, err := measureBatch(t.Context(), url, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []speed{b.Enricher, b.Bare} {
		if s.Batch < 2*delay || s.Allocations < 1 {
			t.Errorf("%+v", s)
		}
	}
}

func TestTheCallsOfARunAreCounted(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	synctest.Test(t, func(t *testing.T) {
		c, err := count(t.Context(), map[string]string{"BatchSize": "100", "BatchWindow": "1"}, 200, perBatch)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{
			"POST": c.posts, "writer": c.invocations["WriterFunction"], "items read": c.reads,
			"SendMessageBatch": c.calls["SQS.SendMessageBatch"], "PutItem": c.calls["DynamoDB.PutItem"], "UpdateItem": c.calls["DynamoDB.UpdateItem"],
			"milliseconds of the writer": int(c.lasted["WriterFunction"].Milliseconds()),
		}
		want := map[string]int{
			"POST": 2, "writer": 2, "items read": 200, "SendMessageBatch": 20, "PutItem": 200, "UpdateItem": 200, "milliseconds of the writer": 20,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("counted (-want +got):\n%s", diff)
		}
	})
}

func TestABillIsForAMillionItems(t *testing.T) {
	c := newCounts()
	c.posts, c.reads, c.logged = 10, 20, 4000
	c.calls = map[string]int{"SQS.SendMessage": 10, "SQS.ReceiveMessage": 5, "DynamoDB.PutItem": 10, "DynamoDB.UpdateItem": 10, "DynamoDB.BatchGetItem": 2}
	c.invocations["WriterFunction"], c.lasted["WriterFunction"] = 10, 4*time.Second
	got := bill("", c, 10).Total()
	want := 3.50 + 0.20 + 0.1e6*0.0000133334 + 1.5*0.40 + 2*0.625 + 2*0.125 + 0.8*0.50
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("it comes to %v, want %v", got, want)
	}
}

func TestAMillisecondThatHasBegunIsBilled(t *testing.T) {
	for lasted, want := range map[time.Duration]time.Duration{
		time.Millisecond: time.Millisecond, time.Millisecond + 1: 2 * time.Millisecond, 0: 0,
	} {
		if got := billed(lasted); got != want {
			t.Errorf("%v is billed as %v, want %v", lasted, got, want)
		}
	}
}

func TestTheReportSaysWhatHoldsAndWhatDoesNot(t *testing.T) {
	s := speed{time.Millisecond, time.Microsecond, 1}
	r := results{
		Programs: []program{{Start: 1}, {Start: 100}, {Name: "writer", Start: 114, Most: 1.15}, {Name: "enricher", Start: 136, Most: 1.35}},
		Batches:  []batchSpeed{{100, 5 * time.Millisecond, s, s}},
		Cost:     []costOf{{Calls: map[string]float64{"SQS.SendMessage": 1}}, {Calls: map[string]float64{"SQS.SendMessageBatch": 0.1}}},
	}
	folder := t.TempDir()
	if err := writeReport(r, filepath.Join(folder, "report.md")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"| start of the writer, by that with the SDK's clients | 1.14× | 1.15× | holds |",
		"| start of the enricher, by that with the SDK's clients | 1.36× | 1.35× | **does not hold** |",
		"| `SQS.SendMessage` | 1.000 | 0.000 |",
		"| `SQS.SendMessageBatch` | 0.000 | 0.100 |",
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
	if err := plotBatches(r.Batches, filepath.Join(folder, "plot.svg")); err != nil {
		t.Error(err)
	}
}

func TestOutsideTheRepositoryNothingIsMeasured(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := run(context.Background(), nil, os.Stdout, os.Stderr); err == nil || !strings.Contains(err.Error(), "top folder") {
		t.Errorf("error %v", err)
	}
}

func TestNumbersHaveCommas(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 2_003_150.4: "2,003,150"} {
		if got := thousand(n); got != want {
			t.Errorf("%v is written %s, want %s", n, got, want)
		}
	}
}

func TestTheShellsSettingsForAWSDoNotReachTheMeasuredFunction(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} {
		t.Setenv(name, "restored after the test")
	}
	t.Setenv("AWS_MAX_ATTEMPTS", "some")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://elsewhere.test")
	cfg, err := functionAWS("http://127.0.0.1:1")
	if err != nil || *cfg.BaseEndpoint != "http://127.0.0.1:1" || cfg.Region != "us-east-1" {
		t.Errorf("%v, %v", cfg, err)
	}
}
