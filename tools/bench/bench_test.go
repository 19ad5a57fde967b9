package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/google/go-cmp/cmp"
)

// The test's own binary is also each process that is AWS, and a function.
func TestMain(m *testing.M) {
	switch {
	case isHelper(context.Background()):
	case os.Getenv("AWS_LAMBDA_RUNTIME_API") != "":
		lambda.Start(testFunction)
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

// measured is how long a writer and an enricher take, with batches as functions of 256 MB.
var measured = results{Shares: []shareOf{
	{kind: kind{Function: writerFunction, Items: 1}, Memory: 256, Later: 12 * time.Millisecond, Logged: 500},
	{kind: kind{Function: writerFunction, Items: 100}, Memory: 256, Later: 50 * time.Millisecond, Logged: 6},
	{kind: kind{Function: enricherFunction, Items: 100}, Memory: 256, Later: 111 * time.Millisecond, Logged: 10},
	{kind: kind{Function: enricherFunction, Items: 1}, Memory: 256, Later: 12 * time.Millisecond, Logged: 900},
	{kind: kind{Function: enricherFunction, Items: 1}, Memory: 512, Later: time.Hour},
	{kind: kind{Function: enricherFunction, Items: 1}, Memory: 256, Build: 1, Later: time.Hour},
}}

func TestAnInvocationLastsAsThoseThatWereMeasured(t *testing.T) {
	of := measured.invocationsWith(256)
	for items, want := range map[int]time.Duration{1: 12, 2: 13, 51: 62, 100: 111, 1000: 111} {
		if lasts, _ := of.between(enricherFunction, items); lasts != want*time.Millisecond {
			t.Errorf("with %d items it lasts %v, want %d ms", items, lasts, want)
		}
	}
	if _, logs := of.between(enricherFunction, 100); logs != 1000 {
		t.Errorf("with 100 items it logs %v bytes, want 1000", logs)
	}
}

func TestTheItemsOfAnEventAreCounted(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	one, err := postEvent(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	many, err := postEvent(0, 30)
	if err != nil {
		t.Fatal(err)
	}
	for event, want := range map[string]int{string(one): 1, string(many): 30, `{"Records":[{"body":"a"},{"body":"b"}]}`: 2} {
		if got := itemsOf([]byte(event)); got != want {
			t.Errorf("%d items in %.100s, want %d", got, event, want)
		}
	}
}

func TestTheCallsOfARunAreCounted(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for name, test := range map[string]struct {
		load
		want map[string]int
	}{
		"one by one": {load{"", 20, 1, time.Second}, map[string]int{
			"POST": 20, "writer, ms": 20 * 12, "enricher": 20, "enricher, ms": 20 * 12, "items read": 20, "items written": 40,
			"SendMessage": 20, "bytes logged": 20*500 + 20*900, "CLASSIFIED after, ms": 1000 + 5 + 12,
		}},
		"by batch": {load{"", 100, 10, time.Second}, map[string]int{
			"POST": 10, "writer, ms": 10 * 16, "enricher": 10, "enricher, ms": 10 * 21, "items read": 100, "items written": 200,
			"SendMessageBatch": 10, "bytes logged": 14_181, "CLASSIFIED after, ms": 5 + 21,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := counted(t, measured.invocationsWith(256), nil, test.load)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{
				"POST": c.posts, "writer, ms": int(c.lasted[writerFunction].Milliseconds()),
				"enricher": c.invocations[enricherFunction], "enricher, ms": int(c.lasted[enricherFunction].Milliseconds()),
				"items read": c.reads, "items written": c.writes, "bytes logged": int(c.logged),
				"CLASSIFIED after, ms": int(percentile(c.latencies, 50).Milliseconds()),
			}
			for _, operation := range []string{"SendMessage", "SendMessageBatch"} {
				if n := c.calls["SQS."+operation]; n > 0 {
					got[operation] = n
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABillIsForAMillionItems(t *testing.T) {
	c := newCounts()
	c.posts, c.reads, c.writes, c.logged = 10, 20, 20, 4000
	c.calls = map[string]int{"SQS.SendMessage": 10, "SQS.ReceiveMessage": 5, "DynamoDB.PutItem": 10, "DynamoDB.BatchExecuteStatement": 1}
	c.invocations[writerFunction], c.lasted[writerFunction] = 10, 4*time.Second
	got := bill("", c, 10, 256)
	want := 3.50 + 0.20 + 0.1e6*0.0000133334 + 1.5*0.40 + 2*0.625 + 2*0.125 + 0.4*0.50
	if math.Abs(got.Total()-want) > 1e-9 || math.Abs(got.Of(queueRequests)-1.5*0.40) > 1e-9 {
		t.Errorf("it comes to %v and %v for the queue, want %v", got.Total(), got.Of(queueRequests), want)
	}
}

func TestSimpleSamDemosDesignIsCountedWithOurLogLines(t *testing.T) {
	c := streamDesign(measured.invocationsWith(256), 24, 2)
	if c.invocations[enricherFunction] != 2 || c.writes != 48 || math.Abs(c.logged-(24*500+2*(900+11.0/99*100))) > 1e-9 || c.lasted[enricherFunction] != 24*callTime {
		t.Errorf("%d batches, %d writes, %v bytes, %v", c.invocations[enricherFunction], c.writes, c.logged, c.lasted)
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

func reported(t *testing.T, r results) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.md")
	if err := writeReport(r, path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReportSaysWhatHoldsAndWhatDoesNot(t *testing.T) {
	s := speed{time.Millisecond, time.Microsecond, 1}
	r := results{
		Programs: []program{{Start: 1}, {Start: 100}, {Name: "writer", Start: 114, Most: 1.15}, {Name: "enricher", Start: 136, Most: 1.35}},
		Batches:  []batchSpeed{{100, 5 * time.Millisecond, s, s}},
		Shares:   []shareOf{{kind: kinds[3], Memory: 128, First: 80 * time.Millisecond, Later: 30 * time.Millisecond, NotDone: 3, OfItems: 500}},
		Memory:   256,
		Cost: []costOf{
			{Calls: map[string]float64{"SQS.SendMessage": 1}, Lines: []costLine{{queueRequests, 2e6, sqsRequests}, {"API requests", 1e6, apiRequests}}},
			{Calls: map[string]float64{"SQS.SendMessageBatch": 0.1}},
			{Lines: []costLine{{"API requests", 1e6, apiRequests}}},
			{},
		},
	}
	text := reported(t, r)
	for _, line := range []string{
		"| writer's start ÷ start of a program that only makes the SDK's clients | 1.14× | 1.15× | holds |",
		"| enricher's start ÷ start of a program that only makes the SDK's clients | 1.36× | 1.35× | **does not hold** |",
		"| messages that the enricher gives back of its first batches, with 128 MB | 3 | 0 | **does not hold** |",
		"| dollars one by one ÷ dollars of simple_sam_demo's design and our queue's requests | 1.00× | 1× | holds |",
		"| enricher, 100 messages | 128 | 0.0 | 80.0 | 30.0 | 0.00 | 3 of 500 | 0 |",
		"| `SQS.SendMessage` | 1.000 | 0.000 |",
		"| `SQS.SendMessageBatch` | 0.000 | 0.100 |",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
	r.ShareLeftOut = "only root may make control groups"
	text = reported(t, r)
	if !strings.Contains(text, "**This part is left out here**: only root may make control groups. The durations") || strings.Contains(text, "| 3 of 500 |") {
		t.Errorf("it does not say that a part is left out, and why:\n%s", text)
	}
}

func TestOutsideTheRepositoryNothingIsMeasured(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := run(t.Context(), t, nil, os.Stdout, os.Stderr); err == nil || !strings.Contains(err.Error(), "top folder") {
		t.Errorf("error %v", err)
	}
}

func TestHelpIsNoError(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), t, []string{"-help"}, &out, os.Stderr); err != nil || !strings.Contains(out.String(), "-against commit") {
		t.Errorf("error %v, and %s", err, out.String())
	}
}

func TestAFlagThatIsNotThereIsNamed(t *testing.T) {
	for _, args := range [][]string{{"-only", "shar"}, {"-agains", "main"}, {"main"}} {
		err := run(t.Context(), t, args, os.Stdout, os.Stderr)
		if err == nil || !strings.Contains(err.Error(), args[0]) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v", args, err)
		}
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
