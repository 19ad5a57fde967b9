package stacktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// StatementFault is what happens to a statement of BatchExecuteStatement in the place of what
// should. The HTTP status is 200 all the same.
type StatementFault struct {
	Code    string // of the error that DynamoDB answers, or ""
	Ran     bool   // all the same
	LeftOut bool   // DynamoDB does not answer the statement
}

// RunStatements returns the body of a call of BatchExecuteStatement with those statements only that
// DynamoDB runs, or nil if there is none. struck has the faults by the statements' indexes.
func RunStatements(body []byte, struck map[int]StatementFault) []byte {
	var in struct{ Statements []json.RawMessage }
	decode(body, &in)
	var run []json.RawMessage
	for i, statement := range in.Statements {
		if fault, isStruck := struck[i]; !isStruck || fault.Ran {
			run = append(run, statement)
		}
	}
	if len(run) == 0 {
		return nil
	}
	in.Statements = run
	return encode(in)
}

// AnswerStatements makes of DynamoDB's answer to [RunStatements] what became of all n statements,
// and what the caller is told. Both are bodies.
func AnswerStatements(answer []byte, n int, struck map[int]StatementFault) (truth, told []byte) {
	var out struct{ Responses []json.RawMessage }
	decode(answer, &out)
	all, some := []any{}, []any{}
	for i := range n {
		fault, isStruck := struck[i]
		var became any = map[string]any{"Error": map[string]any{"Code": fault.Code, "Message": "arn:aws:secret"}}
		said := became
		if !isStruck || fault.Ran {
			became, out.Responses = out.Responses[0], out.Responses[1:]
		}
		if !isStruck {
			said = became
		}
		all = append(all, became)
		if !fault.LeftOut {
			some = append(some, said)
		}
	}
	return encode(map[string]any{"Responses": all}), encode(map[string]any{"Responses": some})
}

// decode and encode panic when they fail, which is a programming error: the SDK and the local
// DynamoDB send JSON.
func decode(text []byte, v any) {
	if err := json.Unmarshal(text, v); err != nil {
		panic(err)
	}
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// Ignored stands for a statement that is neither run nor answered.
const Ignored = "ignored"

// Statements makes a call of BatchExecuteStatement in which DynamoDB does not run some of
// the statements: those for whose text, with the parameters, code returns the code of an
// error, or [Ignored].
func Statements(r *http.Request, next http.RoundTripper, code func(statement string) string) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var in struct{ Statements []json.RawMessage }
	decode(body, &in)
	struck := map[int]StatementFault{}
	for i, statement := range in.Statements {
		switch code := code(string(statement)); code {
		case "":
		case Ignored:
			struck[i] = StatementFault{LeftOut: true}
		default:
			struck[i] = StatementFault{Code: code}
		}
	}
	answer := []byte(`{"Responses":[]}`)
	if body := RunStatements(body, struck); body != nil {
		response, err := next.RoundTrip(withBody(r, body))
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if answer, err = io.ReadAll(response.Body); err != nil {
			return nil, err
		}
	}
	_, told := AnswerStatements(answer, len(in.Statements), struck)
	header := http.Header{"X-Amzn-Requestid": {"r"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(told)), Request: r}, nil
}

// withBody returns the request with another body.
func withBody(r *http.Request, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}
