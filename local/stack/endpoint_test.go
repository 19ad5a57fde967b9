package stack_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"simple-sam-demo/local/stack"
)

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
func TestEveryAnswerHasARequestIDOfItsOwn(t *testing.T) {
	endpoint, seen := stack.InMemory().Handler, map[string]bool{}
	for _, target := range []string{
		"AmazonSQS.ListQueues", "AmazonSQS.None", "DynamoDB_20120810.DescribeTable", "DynamoDB_20120810.None", "", "AmazonSQS.ListQueues",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
		r.Header.Set("X-Amz-Target", target)
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, r)
		id := w.Result().Header.Get("x-amzn-RequestId")
		if _, err := uuid.Parse(id); err != nil || seen[id] {
			t.Errorf("%q is answered with the request id %q: %v, seen before: %v", target, id, err, seen[id])
		}
		seen[id] = true
	}
}
