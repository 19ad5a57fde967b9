package response_test

import (
	"math"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/response"
)

// docs/api.md lists these answers.
func TestAnAnswerIsJSONWithItsHeaders(t *testing.T) {
	type answer = events.APIGatewayProxyResponse
	json := func(more ...string) map[string]string {
		headers := map[string]string{"Content-Type": "application/json"}
		for i := 0; i < len(more); i += 2 {
			headers[more[i]] = more[i+1]
		}
		return headers
	}
	for name, test := range map[string]struct{ got, want answer }{
		"an object":      {response.JSON(201, map[string]int{"a": 1}), answer{StatusCode: 201, Headers: json(), Body: `{"a":1}`}},
		"a message":      {response.Message(400, "what"), answer{StatusCode: 400, Headers: json(), Body: `{"message":"what"}`}},
		"unavailable":    {response.Unavailable(), answer{StatusCode: 503, Headers: json("Retry-After", "1"), Body: `{"message":"Temporarily unavailable. Try again."}`}},
		"another method": {response.MethodNotAllowed("GET"), answer{StatusCode: 405, Headers: json("Allow", "GET"), Body: `{"message":"Method not allowed. Use GET."}`}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The functions answer 503 then. A body that is empty, or the half of one, would be worse.
func TestWhatJSONCannotShowIsAPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it answered")
		}
	}()
	response.JSON(200, math.NaN())
}
