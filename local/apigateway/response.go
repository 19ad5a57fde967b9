package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// proxyResponse is what a function answers. A status is a number or a string with one, and
// 200 when it is missing; a header is a string or a boolean; no other key is allowed. All
// of that was recorded on AWS:
// https://github.com/localstack/localstack tests/aws/services/apigateway/test_apigateway_lambda.py
// (test_aws_proxy_response_payload_format_validation, test_lambda_aws_proxy_response_format).
// The body is sent as it is: IsBase64Encoded counts only for an API with
// BinaryMediaTypes (test_aws_proxy_binary_response there).
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
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&response); err != nil {
		return nil, err
	}
	switch {
	case response == nil: // null
		return nil, errors.New("no response")
	case response.StatusCode < 200 || response.StatusCode > 599: // 1xx is no answer
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	return response, nil
}

// answer writes a function's proxy response, or 502 when it is not valid.
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

// headers merges the headers of one value with those of several.
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
