// Package apigateway is the REST API of the local stack: it turns HTTP requests into
// Lambda proxy events and responses back, and answers as API Gateway does where no
// function is to be asked.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/template"
)

// maxBody is API Gateway's limit for a request's body.
const maxBody = 10 << 20

// API answers the template's routes.
type API struct {
	routes    []template.Route
	functions map[string]*lambda.Function // by logical id
	key       string
}

// New returns the API. With a key, every request must carry it in x-api-key.
func New(routes []template.Route, functions map[string]*lambda.Function, key string) *API {
	return &API{routes: routes, functions: functions, key: key}
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, parameters, ok := match(a.routes, r)
	if !ok { // also for an unknown method of a known path
		refuse(w, http.StatusForbidden, "Missing Authentication Token")
		return
	}
	if a.key != "" && r.Header.Get("X-Api-Key") != a.key {
		refuse(w, http.StatusForbidden, "Forbidden")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "Request Too Long")
		return
	}
	event := proxyEvent(r, route, parameters, body)
	payload, err := json.Marshal(event)
	if err != nil { // a programming error: it is a plain struct
		panic(err)
	}
	response, err := a.functions[route.Function].Invoke(event.Headers[traceHeader], payload)
	var failure *lambda.Error
	switch {
	case errors.As(err, &failure) && failure.Kind == lambda.TimedOut:
		refuse(w, http.StatusGatewayTimeout, "Endpoint request timed out")
	case err != nil:
		refuse(w, http.StatusBadGateway, "Internal server error")
	default:
		answer(w, response)
	}
}

// answer writes a function's proxy response, or 502 when it is none.
func answer(w http.ResponseWriter, payload []byte) {
	var response events.APIGatewayProxyResponse
	err := json.Unmarshal(payload, &response)
	body := []byte(response.Body)
	if err == nil && response.IsBase64Encoded {
		body, err = base64.StdEncoding.DecodeString(response.Body)
	}
	if err != nil || response.StatusCode < 100 || response.StatusCode > 599 {
		refuse(w, http.StatusBadGateway, "Internal server error")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range response.Headers {
		w.Header().Set(name, value)
	}
	for name, values := range response.MultiValueHeaders {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(body) // the client may have gone
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	text, _ := json.Marshal(map[string]string{"message": message})
	_, _ = w.Write(text) // the client may have gone
}
