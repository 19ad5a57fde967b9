package apigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// A body may be longer than the function's event, so that there are two answers to a body that is too long. Both
// were recorded on an edge-optimized API: https://github.com/koki-develop/lgtm-generator/issues/10
//
// Lambda says of its limit: "Request must be smaller than 6291456 bytes for the InvokeFunction operation".
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxBody  = 10 << 20 // bytes of a request's body
	maxEvent = 6 << 20  // bytes of the function's event, as JSON
)

// refuseBody answers a request with a body over maxBody. The answer is no JSON, and has no request id: what gives it
// on AWS does not look for the route yet.
func refuseBody(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text; charset=utf-8")
	w.WriteHeader(http.StatusRequestEntityTooLarge)
	_, _ = fmt.Fprintf(w, "HTTP content length exceeded %d bytes.", maxBody) // the client may have gone
}

// encodeEvent returns an event as JSON. json.Marshal would write six bytes for each < of the body.
func encodeEvent(event events.APIGatewayProxyRequest) []byte {
	var payload bytes.Buffer
	encoder := json.NewEncoder(&payload)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(event); err != nil { // cannot happen: the event is a plain struct
		panic(err)
	}
	return bytes.TrimSuffix(payload.Bytes(), []byte("\n"))
}
