package writer_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// disturbance is what happens to the writer's calls of an operation, or of a service, that
// name one of the items, until it is over.
type disturbance struct {
	operation string // or the beginning of its name
	items     []item.Measurements
	do        func(d *disturbance, r *http.Request, next http.RoundTripper) (*http.Response, error)
	over      atomic.Bool
}

func (d *disturbance) fault(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if function != "WriterFunction" || !strings.HasPrefix(operation, d.operation) || d.over.Load() {
		return next.RoundTrip(r)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	if !d.names(string(text)) {
		return next.RoundTrip(r)
	}
	return d.do(d, r, next)
}

func (d *disturbance) names(text string) bool {
	return slices.ContainsFunc(d.items, func(m item.Measurements) bool { return strings.Contains(text, m.ID()) })
}

// fails answers that AWS has broken down.
func fails(_ *disturbance, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
	return answer(r, 500, `{"__type":"SecretInternalFailure","message":"arn:aws:secret"}`), nil
}

// hangs never answers.
func hangs(_ *disturbance, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// panics ends the writer's goroutine.
func panics(*disturbance, *http.Request, http.RoundTripper) (*http.Response, error) {
	panic("disturbed")
}

// saysNothing answers without a word on the messages.
func saysNothing(_ *disturbance, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
	return answer(r, 200, `{}`), nil
}

// nobodyAnswers is an empty success without a request id, of a proxy say.
func nobodyAnswers(_ *disturbance, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
	return answer(r, 200, ""), nil
}

// refuses lets SQS refuse the messages that name one of the items, and take the
// others of the batch.
func refuses(d *disturbance, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessage") {
		return fails(d, r, next)
	}
	var in sqs.SendMessageBatchInput
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	var taken, refused []any
	for _, entry := range in.Entries {
		if d.names(*entry.MessageBody) {
			refused = append(refused, map[string]any{"Id": entry.Id, "Code": "InternalError", "Message": "secret", "SenderFault": false})
		} else {
			taken = append(taken, map[string]any{"Id": entry.Id, "MessageBody": entry.MessageBody})
		}
	}
	result := map[string]any{}
	if len(taken) > 0 {
		text, _ := json.Marshal(map[string]any{"QueueUrl": in.QueueUrl, "Entries": taken})
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(text))
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
			return nil, err
		}
	}
	result["Failed"] = refused
	text, _ := json.Marshal(result)
	return answer(r, 200, string(text)), nil
}

// answers lets DynamoDB answer the statements that name one of the items with an error, and
// run the others.
func answers(code string) func(*disturbance, *http.Request, http.RoundTripper) (*http.Response, error) {
	return func(d *disturbance, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		return stacktest.Statements(r, next, func(statement string) string {
			if d.names(statement) {
				return code
			}
			return ""
		})
	}
}

// refusesToStore fails alone and in a batch.
func refusesToStore(d *disturbance, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutItem") {
		return fails(d, r, next)
	}
	return answers("ThrottlingError")(d, r, next)
}

// answersAll gives one answer in the place of DynamoDB.
func answersAll(status int, body string) func(*disturbance, *http.Request, http.RoundTripper) (*http.Response, error) {
	return func(_ *disturbance, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
		response := answer(r, status, body)
		response.Header.Set("X-Amzn-Requestid", "r")
		return response, nil
	}
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}
