package sqs_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A trace header in the message's system attributes comes before the one in the HTTP headers.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
func TestAMessageGetsTheTraceHeaderOfItsRequest(t *testing.T) {
	const own = `,"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1-abc-def"}}`
	for name, test := range map[string]struct {
		header          string
		operation, body string
		want            []any
	}{
		"of SendMessage":      {trace, "SendMessage", `"MessageBody":"a"`, []any{trace}},
		"of SendMessageBatch": {trace, "SendMessageBatch", `"Entries":[{"Id":"a","MessageBody":"a"},{"Id":"b","MessageBody":"b"}]`, []any{trace, trace}},
		"not if the message has its own": {
			trace, "SendMessageBatch", `"Entries":[{"Id":"a","MessageBody":"a"` + own + `},{"Id":"b","MessageBody":"b"}]`, []any{"Root=1-abc-def", trace},
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

// A program of AWS's own SDK for X-Ray and one in a Lambda container sent such headers, and SQS on AWS refused them:
// github.com/aws/aws-xray-sdk-python, issue 213, and github.com/boto/boto3, issue 3372.
func TestARequestWithAnInvalidTraceHeaderIsRefused(t *testing.T) {
	server := newServer()
	for value, status := range map[string]int{
		trace: http.StatusOK, trace + ";": http.StatusOK, trace + ";Lineage=1:2a3b4c5d:0": http.StatusOK, "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678": http.StatusOK,
		"Root=dummy;Parent=53995c3f42cd8ad8;Sampled=0":        http.StatusBadRequest,
		"Root%3D1-62e56f5b-2105bde31e64e9a03fa9407c%3BParent": http.StatusBadRequest,
	} {
		header := target("CreateQueue")
		header.Set("X-Amzn-Trace-Id", value)
		response, answer := post(t, server, header, `{"QueueName":"Orders"}`)
		want := "The request has a 'X-Amzn-Trace-Id' HTTP header which is reserved for AWS X-Ray trace header and has an invalid value '" + value + "'"
		if response.StatusCode != status || status != http.StatusOK && answer["message"] != want {
			t.Errorf("%s: answered %d %v", value, response.StatusCode, answer)
		}
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
