package writer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/writer"
)

// logged invokes a writer that is warm, and returns all that it logged.
func logged(t *testing.T, s *stacktest.Stack, level slog.Level, request events.APIGatewayProxyRequest) string {
	t.Helper()
	var out bytes.Buffer
	env := map[string]string{"TABLE_NAME": s.Ref(s.Names.Table), "QUEUE_URL": s.Ref("EnrichQueue"), "METRICS_NAMESPACE": "demo"}
	log := slog.New(stacktest.RequestIDs{Handler: stacktest.FunctionLog(&out, level).Handler()})
	h, err := writer.New(func(name string) string { return env[name] }, s.Config.FunctionAWS("WriterFunction"), log)
	if err != nil {
		t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"})
	for _, r := range []events.APIGatewayProxyRequest{{HTTPMethod: "GET"}, request} { // the first is a cold start
		out.Reset()
		if _, err := h.Handle(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(out.String()) {
		if _, err := cloudwatch.Parse([]byte(line)); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
	return out.String()
}

// metadata is the member _aws of a line at the start of a synctest bubble.
func metadata(metrics ...string) string {
	return fmt.Sprintf(`"_aws":{"Timestamp":946684800000,"CloudWatchMetrics":[{"Namespace":"demo","Dimensions":[[]],"Metrics":[{"Name":"%s"}]}]}`,
		strings.Join(metrics, `"},{"Name":"`))
}

func TestAPostIsOneLineThatSaysWhatBecameOfIt(t *testing.T) {
	post := func(body string) events.APIGatewayProxyRequest {
		return events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: names.Items(), Body: body}
	}
	postBatch := func(body string) events.APIGatewayProxyRequest {
		return events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: names.Batch(), Body: body}
	}
	for name, test := range map[string]struct {
		request events.APIGatewayProxyRequest
		known   bool
		want    string
	}{
		"created":  {post(example), false, `"id":"` + exampleID + `","ms":0,"ItemsCreated":1,` + metadata("ItemsCreated")},
		"existing": {post(example), true, `"id":"` + exampleID + `","ms":0,"ItemsExisting":1,` + metadata("ItemsExisting")},
		"rejected": {post(`{"a key of the client's":1}`), false, `"status":400,"ms":0,"ItemsRejected":1,` + metadata("ItemsRejected")},
		"too large": {post(with(`"` + strings.Repeat("1", 64<<10) + `"`)), false,
			`"status":413,"ms":0,"ItemsRejected":1,` + metadata("ItemsRejected")},
		"a batch": {postBatch(objects(100)), false, `"ms":0,"ItemsCreated":100,` + metadata("ItemsCreated")},
		"a batch of each kind": {postBatch(batch(example, "5", example, sample.Object(sample.Nth(1)))), true,
			`"ms":0,"ItemsCreated":1,"ItemsExisting":2,"ItemsRejected":1,` + metadata("ItemsCreated", "ItemsExisting", "ItemsRejected")},
		"an invalid batch": {postBatch(example), false, `"status":400,"ms":0,"ItemsRejected":1,` + metadata("ItemsRejected")},
		"a batch too large": {postBatch(batch(example) + strings.Repeat(" ", 1<<20)), false,
			`"status":413,"ms":0,"ItemsRejected":1,` + metadata("ItemsRejected")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, nil, t.Output())
				if test.known {
					s.Request(t, "POST", names.Items(), example)
				}
				got := logged(t, s, slog.LevelInfo, test.request)
				if diff := cmp.Diff(`{"level":"INFO","requestId":"r",`+test.want+"}\n", got); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAFailureOfOursIsAnErrorBesideTheLine(t *testing.T) {
	for level, want := range map[slog.Level]string{slog.LevelInfo: "INFO", slog.LevelError: "ERROR"} {
		synctest.Test(t, func(t *testing.T) {
			var down atomic.Bool
			down.Store(true)
			s := stacktest.Build(t, nil, failing("SQS.SendMessage", 400, &down), t.Output())
			lines := strings.Split(logged(t, s, level, events.APIGatewayProxyRequest{HTTPMethod: "POST", Body: example}), "\n")
			own := `"level":"` + want + `","requestId":"r","id":"` + exampleID + `","status":503,"ms":0,"ItemsUnavailable":1,` + metadata("ItemsUnavailable") + `}`
			if len(lines) != 3 || !strings.Contains(lines[0], `"level":"ERROR","message":"item not accepted"`) || !strings.HasSuffix(lines[1], own) {
				t.Errorf("at %s it logged %q, want an error and %s", level, lines, own)
			}
		})
	}
}

// The runbook counts these lines by their causes, and finds those of an item or of an invocation.
func TestEachElementThatIsNotAcceptedIsAnErrorOfItsOwn(t *testing.T) {
	for name, test := range map[string]struct {
		*disturbance
		cause string
	}{
		"as its key is refused":         {&disturbance{operation: "SQS.SendMessageBatch", do: refuses}, "InternalError"},
		"as its statement is throttled": {&disturbance{operation: "DynamoDB.BatchExecuteStatement", do: answers("ThrottlingError")}, "ThrottlingError"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.items = []item.Measurements{sample.Nth(1), sample.Nth(3), sample.Nth(12), sample.Nth(34)}
				s := stacktest.Build(t, nil, test.fault, t.Output())
				var got, want []string
				for _, m := range test.items {
					want = append(want, m.ID())
				}
				request := events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: names.Batch(), Body: objects(35)}
				for line := range strings.Lines(logged(t, s, slog.LevelInfo, request)) {
					var fields struct{ Level, Message, ID, RequestID, Cause, Error string }
					if err := json.Unmarshal([]byte(line), &fields); err != nil {
						t.Fatal(err)
					}
					if fields.Message == "item not accepted" && fields.Level == "ERROR" {
						got = append(got, fields.ID)
						if fields.RequestID != "r" || fields.Cause != test.cause || !strings.Contains(fields.Error, fields.ID) {
							t.Errorf("want the invocation r, the cause %s and the whole error: %s", test.cause, line)
						}
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("errors of items (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// The runbook has a query for this warning. Once is enough: DynamoDB would refuse all batches.
func TestABatchThatDynamoDBRefusesIsAWarningBesideTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disturbance{operation: "DynamoDB.BatchExecuteStatement", do: answers("ValidationError"), items: []item.Measurements{sample.Nth(20), sample.Nth(21), sample.Nth(22)}}
		s := stacktest.Build(t, nil, d.fault, t.Output())
		lines := strings.Split(logged(t, s, slog.LevelInfo, events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: names.Batch(), Body: objects(35)}), "\n")
		warning := `"level":"WARN","message":"items are written one by one, as DynamoDB refuses them in batches","error":`
		own := `"ms":0,"ItemsCreated":35,"ItemsRefusedInBatch":3,` + metadata("ItemsCreated") + `}`
		if len(lines) != 3 || !strings.Contains(lines[0], warning) || !strings.Contains(lines[0], "ValidationError") || !strings.HasSuffix(lines[1], own) {
			t.Errorf("it logged %q, want a warning and %s", lines, own)
		}
	})
}
