// Package apigateway is the REST API of the local stack: it turns HTTP requests into
// Lambda proxy events and responses back, and answers as API Gateway does where no
// function is to be asked.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
package apigateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/template"
)

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const (
	maxBody            = 10 << 20 // of a request
	integrationTimeout = 29 * time.Second
)

// api answers the template's routes.
type api struct {
	routes    []template.Route
	functions map[string]*lambda.Function // by logical id
	key       string
}

// New returns the API. With a key, every request must carry it in x-api-key; a request of a
// route that is Signed needs a signature besides.
func New(routes []template.Route, functions map[string]*lambda.Function, key string) http.Handler {
	return &api{routes: routes, functions: functions, key: key}
}

// ServeHTTP answers one request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", requestID)
	route, parameters, ok := match(a.routes, r)
	if !ok { // also for an unknown method of a known path
		refuse(w, http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "", "Request Too Long")
		return
	}
	if refused := a.forbids(route, r, body); refused != nil {
		refuse(w, http.StatusForbidden, refused.kind, refused.message)
		return
	}
	event := proxyEvent(r, requestID, route, parameters, body)
	payload, err := json.Marshal(event)
	if err != nil { // a programming error: it is a plain struct
		panic(err)
	}
	response, err := invoke(a.functions[route.Function], event.Headers[traceHeader], payload)
	switch {
	case errors.Is(err, errIntegrationTimeout):
		refuse(w, http.StatusGatewayTimeout, internalError, "Endpoint request timed out")
	case err != nil: // the function's own timeout is an error like others
		refuse(w, http.StatusBadGateway, internalError, "Internal server error")
	default:
		answer(w, response, event.Headers[traceHeader])
	}
}

// forbids returns why a request may not go on to the function, or nil. Who calls is looked at
// before the API key, which an authorizer may give:
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

// invoke waits for a function as long as API Gateway does. The function may run on.
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

// refuse answers without the function. The kind, if known, tells clients and their logs
// which of several reasons a status has.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	if kind != "" {
		w.Header().Set("X-Amzn-Errortype", kind)
	}
	w.WriteHeader(status)
	text, _ := json.Marshal(map[string]string{"message": message})
	_, _ = w.Write(text) // the client may have gone
}
