package sqs_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A trace header in the message's system attributes comes before the one in the HTTP headers.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
func TestAMessageGetsTheTraceHeaderOfItsRequest(t *testing.T) {
	const own = `,"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=own"}}`
	for name, test := range map[string]struct {
		header          string
		operation, body string
		want            []any
	}{
		"of SendMessage":      {trace, "SendMessage", `"MessageBody":"a"`, []any{trace}},
		"of SendMessageBatch": {trace, "SendMessageBatch", `"Entries":[{"Id":"a","MessageBody":"a"},{"Id":"b","MessageBody":"b"}]`, []any{trace, trace}},
		"not if the message has its own": {
			trace, "SendMessageBatch", `"Entries":[{"Id":"a","MessageBody":"a"` + own + `},{"Id":"b","MessageBody":"b"}]`, []any{"Root=own", trace},
		},
		"nothing if the request has none": {"", "SendMessage", `"MessageBody":"a"`, []any{nil}},
	} {
		t.Run(name, func(t *testing.T) {
			server := newServer()
			call(t, server, target("CreateQueue"), `{"QueueName":"Orders"}`)
			header := target(test.operation)
			if test.header != "" {
				header.Set("X-Amzn-Trace-Id", test.header)
			}
			call(t, server, header, `{"QueueUrl":"Orders",`+test.body+`}`)
			received := call(t, server, target("ReceiveMessage"), `{"QueueUrl":"Orders","MaxNumberOfMessages":10,"AttributeNames":["All"]}`)
			var got []any
			for _, m := range received["Messages"].([]any) {
				got = append(got, m.(map[string]any)["Attributes"].(map[string]any)["AWSTraceHeader"])
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("trace headers (-want +got):\n%s", diff)
			}
		})
	}
}

// call makes a request that must succeed, and returns the answer.
func call(t *testing.T, server http.Handler, header http.Header, body string) map[string]any {
	t.Helper()
	response, answer := post(t, server, header, body)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %v", header.Get("X-Amz-Target"), body, answer)
	}
	return answer
}
