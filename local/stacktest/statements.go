package stacktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// Statements makes a call of BatchExecuteStatement in which DynamoDB does not run some of
// the statements: those for whose text, with the parameters, code returns the code of an
// error, or Ignored for one that the answer leaves out.
func Statements(r *http.Request, next http.RoundTripper, code func(statement string) string) (*http.Response, error) {
	var in struct{ Statements []json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	codes := make([]string, len(in.Statements))
	var run []json.RawMessage
	for i, statement := range in.Statements {
		if codes[i] = code(string(statement)); codes[i] == "" {
			run = append(run, statement)
		}
	}
	header := http.Header{"X-Amzn-Requestid": {"r"}}
	var out struct{ Responses []json.RawMessage }
	if len(run) > 0 {
		response, err := next.RoundTrip(withBody(r, map[string]any{"Statements": run}))
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
			return nil, err
		}
	}
	responses := []any{}
	for _, code := range codes {
		switch code {
		case "":
			responses = append(responses, out.Responses[0])
			out.Responses = out.Responses[1:]
		case Ignored:
		default:
			responses = append(responses, map[string]any{"Error": map[string]any{"Code": code, "Message": "arn:aws:secret"}})
		}
	}
	text, err := json.Marshal(map[string]any{"Responses": responses})
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(text)), Request: r}, err
}

// Ignored stands for a statement that is not answered.
const Ignored = "ignored"

// withBody returns the request with another body.
func withBody(r *http.Request, body any) *http.Request {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // it is made of what was decoded
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return r
}
