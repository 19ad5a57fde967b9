package writer_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
)

// The paths of an API are its owner's, but for the last segment of the batch route.
func TestTheBatchRouteIsFoundByItsLastSegment(t *testing.T) {
	if !strings.HasSuffix(names.Batch(), "/batch") {
		t.Errorf("the template's batch route is %s: expected a path that ends with /batch, by which the writer knows it", names.Batch())
	}
	if strings.HasSuffix(names.Items(), "/batch") {
		t.Errorf("the template's route of one item is %s, which the writer takes for the batch route", names.Items())
	}
	s := stacktest.Build(t, nil, nil, t.Output())
	h := newHandler(t, s)
	for resource, isBatch := range map[string]bool{
		"/v0/things/batch": true, "/batch": true, "/a/b/c/d/batch": true, "/things/{id}/batch": true,
		"/v0/things": false, "/": false, "": false, "/v0/minibatch": false, "/batch/things": false, "/v0/BATCH": false, "/v0/batches": false,
	} {
		for body, statuses := range map[string]map[bool]int{example: {true: 400, false: 201}, batch(example): {true: 200, false: 400}} {
			answer, err := h.Handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: resource, Body: body})
			want := statuses[isBatch]
			if err != nil || answer.StatusCode != want && !(want == 201 && answer.StatusCode == 200) { // 200 if it is known
				t.Errorf("POST of %.20s to %q: answered %d, %v; want %d", body, resource, answer.StatusCode, err, want)
			}
		}
	}
}
