package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	kjson "sigs.k8s.io/json"
)

// proxyResponse is the response of a function. The status is a number or a string with a number; if
// it is missing, it is 200. A header is a string or a boolean. No other key is allowed. All of this
// was recorded on AWS:
// https://github.com/localstack/localstack tests/aws/services/apigateway/test_apigateway_lambda.py
// (test_aws_proxy_response_payload_format_validation, test_lambda_aws_proxy_response_format).
// The body is sent unchanged: IsBase64Encoded matters only for an API with BinaryMediaTypes
// (test_aws_proxy_binary_response there).
type proxyResponse struct {
	StatusCode        status                   `json:"statusCode"`
	Headers           map[string]headerValue   `json:"headers"`
	MultiValueHeaders map[string][]headerValue `json:"multiValueHeaders"`
	Body              string                   `json:"body"`
	IsBase64Encoded   bool                     `json:"isBase64Encoded"`
}

type status int

func (s *status) UnmarshalJSON(text []byte) error {
	n, err := strconv.Atoi(string(bytes.Trim(text, `"`)))
	*s = status(n)
	return err
}

type headerValue string

func (v *headerValue) UnmarshalJSON(text []byte) error {
	if string(text) == "true" || string(text) == "false" {
		*v = headerValue(text)
		return nil
	}
	return json.Unmarshal(text, (*string)(v))
}

func parseResponse(payload []byte) (*proxyResponse, error) {
	response := &proxyResponse{StatusCode: http.StatusOK}
	unknown, err := kjson.UnmarshalStrict(payload, &response, kjson.DisallowUnknownFields)
	if err := errors.Join(append(unknown, err)...); err != nil {
		return nil, err
	}
	switch {
	case response == nil: // the payload is null
		return nil, errors.New("no response")
	case response.StatusCode < 200 || response.StatusCode > 599: // a status 1xx does not end a request
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	return response, nil
}

// answer sends the response of a function to the client, or a 502 if the response is not valid.
func answer(w http.ResponseWriter, payload []byte, trace string) {
	response, err := parseResponse(payload)
	if err != nil {
		refuse(w, http.StatusBadGateway, internalError, "Internal server error")
		return
	}
	for name, values := range response.headers() {
		w.Header()[name] = values
	}
	w.Header().Set(traceHeader, trace)
	w.WriteHeader(int(response.StatusCode))
	_, _ = w.Write([]byte(response.Body)) // the client may have gone
}

// headers merges the headers that have one value with the headers that have several values.
func (r *proxyResponse) headers() http.Header {
	all := http.Header{}
	for name, values := range r.MultiValueHeaders {
		for _, value := range values {
			all.Add(name, string(value))
		}
	}
	for name, value := range r.Headers {
		if !slices.Contains(all.Values(name), string(value)) {
			all.Add(name, string(value))
		}
	}
	if all.Get("Content-Type") == "" {
		all.Set("Content-Type", "application/json")
	}
	restrict(all)
	return all
}
