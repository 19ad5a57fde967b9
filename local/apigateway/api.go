// Package apigateway is the REST API of the local stack. It turns an HTTP request into a Lambda
// proxy event, calls the function of the route, and turns the function's response into an HTTP
// response. Without a route, or without the API key, it answers as API Gateway does.
//
// It is not a whole API Gateway: it has no usage plans, authorizers, stages or CORS.
//
// Begin to read with ServeHTTP in this file. event.go finds the route and makes the event,
// response.go reads the function's response, headers.go has the rules for headers, and limits.go has the sizes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/lambda"
)

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const integrationTimeout = 29 * time.Second

// api serves the routes of the template.
type api struct {
	routes    []template.Route
	functions map[string]*lambda.Function // by their logical ids
	key       string
}

// New returns the API. If key is not "", every request must have it in the header x-api-key. A request
// to a route with Signed must also have a signature.
func New(routes []template.Route, functions map[string]*lambda.Function, key string) http.Handler {
	return &api{routes: routes, functions: functions, key: key}
}

// ServeHTTP answers one request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuseBody(w)
		return
	}
	id := newRequestIDs()
	w.Header().Set("X-Amzn-Requestid", id.request)
	w.Header().Set("X-Amz-Apigw-Id", id.extended)
	route, parameters, ok := match(a.routes, r)
	if !ok { // also if the path exists but not with this method
		refused := refuseRoute(r)
		refuse(w, http.StatusForbidden, refused.kind, refused.message)
		return
	}
	if refused := a.forbids(route, r, body); refused != nil {
		refuse(w, http.StatusForbidden, refused.kind, refused.message)
		return
	}
	event := proxyEvent(r, id, route, parameters, body)
	event.RequestContext.Identity.APIKey = a.key // null on AWS if none is demanded: api-gateway-mapping-template-reference.html
	payload := encodeEvent(event)
	if len(payload) > maxEvent {
		refuse(w, http.StatusRequestEntityTooLarge, "BadRequestException", "Request Too Long")
		return
	}
	response, err := invoke(a.functions[route.Function], event.Headers[traceHeader], payload)
	switch {
	case errors.Is(err, errIntegrationTimeout):
		refuse(w, http.StatusGatewayTimeout, internalError, "Endpoint request timed out")
	case err != nil: // the function's own timeout is an error too
		refuse(w, http.StatusBadGateway, internalError, "Internal server error")
	default:
		answer(w, response, event.Headers[traceHeader])
	}
}

// requestIDs are the two ids of a request. The function and the client get both.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-access-logging.html
type requestIDs struct{ request, extended string }

func newRequestIDs() requestIDs {
	id := uuid.New()
	return requestIDs{uuid.NewString(), base64.URLEncoding.EncodeToString(id[:11])}
}

// forbids returns why a request may not call the function, or nil if it may. The signature is checked
// before the API key, because on AWS an authorizer can supply the key:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
func (a *api) forbids(route template.Route, r *http.Request, body []byte) *refusal {
	if route.Signed {
		if refused := checkSignature(r, body); refused != nil {
			return refused
		}
	}
	if a.key != "" && r.Header.Get("X-Api-Key") != a.key {
		return &refusal{"ForbiddenException", "Forbidden"}
	}
	return nil
}

var errIntegrationTimeout = errors.New("integration timeout")

// invoke calls a function and waits for it as long as API Gateway does. The function may run longer.
func invoke(f *lambda.Function, trace string, payload []byte) ([]byte, error) {
	type result struct {
		response []byte
		err      error
	}
	ended := make(chan result, 1)
	go func() {
		response, err := f.Invoke(trace, payload)
		ended <- result{response, err}
	}()
	select {
	case r := <-ended:
		return r.response, r.err
	case <-time.After(integrationTimeout):
		return nil, errIntegrationTimeout
	}
}

const internalError = "InternalServerErrorException"

// refuse answers a request without calling the function. kind is the type of error that API Gateway
// sends in a header: several reasons can have the same status.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	text, _ := json.Marshal(map[string]string{"message": message})
	_, _ = w.Write(text) // the client may have gone
}
