package writer_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	_ "simple-sam-demo/internal/testgc"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/writer"
)

// The rows of docs/api.md that are refused, over HTTP.
func TestBadInputIsAnswered4xxAndLeavesNothing(t *testing.T) {
	const notObject = "Invalid body: expected a JSON object."
	unparsable := "Invalid body: can't parse " + last.Name + " to float."
	outOfRange := "Invalid body: " + last.Fault()
	faulty, faults := sample.Faulty()
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for name, test := range map[string]struct {
			body string
			want int
			text string
		}{
			"empty":             {"", 400, "Invalid body: body is empty."},
			"not JSON":          {"{", 400, "Invalid body: can't decode body."},
			"not UTF-8":         {"\xff\xfe{", 400, "Invalid body: can't decode body."},
			"key missing":       {without(), 400, "Invalid body: missing key " + last.Name + " in body."},
			"word":              {with(`"abc"`), 400, unparsable},
			"null":              {with(`null`), 400, unparsable},
			"true":              {with(`true`), 400, unparsable},
			"underscore":        {with(`"1_0"`), 400, unparsable},
			"hexadecimal":       {with(`"0x1p-2"`), 400, unparsable},
			"array":             {with(`[]`), 400, unparsable},
			"object":            {with(`{}`), 400, unparsable},
			"nan":               {with(`"nan"`), 400, unparsable},
			"inf":               {with(`"inf"`), 400, unparsable},
			"too small":         {with(number(sample.Below(last))), 400, outOfRange},
			"too large":         {with(number(sample.Above(last))), 400, outOfRange},
			"body 5":            {"5", 400, notObject},
			"body null":         {"null", 400, notObject},
			"body array":        {"[1,2]", 400, notObject},
			"unknown key":       {plus(`"note":"x"`), 400, "Invalid body: unknown key note in body."},
			"forged prediction": {plus(`"pred_target":"x"`), 400, "Invalid body: unknown key pred_target in body."},
			"several faults":    {faulty, 400, "Invalid body: " + faults.Error()},
			"a long body":       {with(`"` + strings.Repeat("1", 64<<10) + `"`), 413, "Invalid body: larger than 65536 bytes."},
		} {
			got := s.Request(t, "POST", s.Names.Items, test.body)
			if got.Status != test.want || got.Body["message"] != test.text {
				t.Errorf("%s: answered %d %v, want %d %q", name, got.Status, got.Body, test.want, test.text)
			}
		}
		if n := s.Calls("WriterFunction", "SQS.SendMessage") + s.Calls("WriterFunction", "DynamoDB.PutItem"); n != 0 {
			t.Errorf("bad input led to %d AWS calls, want none", n)
		}
	})
}

// API Gateway decodes a body that is not text, if somebody sets up binary media types.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
func TestABodyInBase64IsDecoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		for _, test := range []struct {
			resource, body string
			want           int
		}{
			{s.Names.Items, base64.StdEncoding.EncodeToString([]byte(example)), 201},
			{s.Names.Items, example, 400},
			{s.Names.Batch, base64.StdEncoding.EncodeToString([]byte(batch(example))), 200},
			{s.Names.Batch, batch(example), 400},
		} {
			got, err := newHandler(t, s).Handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: test.resource, Body: test.body, IsBase64Encoded: true})
			if err != nil || got.StatusCode != test.want || test.want == 400 && got.Body != `{"message":"Invalid body: can't decode body."}` {
				t.Errorf("%s to %s: answered %d %s, want %d; %v", test.body, test.resource, got.StatusCode, got.Body, test.want, err)
			}
		}
	})
}

// API Gateway answers other methods itself; a function URL or a test in the AWS console does not.
func TestAnotherMethodIs405(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		got, err := newHandler(t, s).Handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: "PUT", Resource: s.Names.Items, Body: example})
		if err != nil || got.StatusCode != 405 || got.Headers["Allow"] != "POST" || got.Body != `{"message":"Method not allowed. Use POST."}` {
			t.Errorf("answered %d %v %s; %v", got.StatusCode, got.Headers, got.Body, err)
		}
	})
}

// An item that JSON cannot show is no reason to end the process: Lambda would count an error, and the client get a 502.
func TestAPanicIs503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const exists = `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Item":{"model_version":{"S":"2026-11-23.01"},"pred_target":{"S":"a"},"pred_probability":{"N":"Infinity"}}}`
		s := stacktest.Start(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation != "DynamoDB.PutItem" {
				return next.RoundTrip(r)
			}
			return &http.Response{StatusCode: 400, Header: http.Header{"X-Amzn-Requestid": {"r"}}, Body: io.NopCloser(strings.NewReader(exists)), Request: r}, nil
		})
		got := s.Request(t, "POST", s.Names.Items, example)
		if got.Status != 503 || got.Body["message"] != "Temporarily unavailable. Try again." || got.Header.Get("Retry-After") != "1" {
			t.Errorf("answered %d %v", got.Status, got.Body)
		}
		if sums := s.Sums("WriterFunction"); sums["ItemsUnavailable"] != 1 || sums["status"] != 503 {
			t.Errorf("the line has %v, want 1 item unavailable and the status 503", sums)
		}
	})
}

func TestAWriterWithoutItsSettingsDoesNotStart(t *testing.T) {
	_, err := writer.New(func(string) string { return "" }, aws.Config{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "TABLE_NAME") || !strings.Contains(err.Error(), "QUEUE_URL") {
		t.Errorf("%v, want an error that names both", err)
	}
}

// It is the time at which the client was there, and not that of the write, which waits for the queue.
func TestAnItemIsStoredWithTheTimeOfItsPost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if strings.HasPrefix(operation, "SQS.SendMessage") {
				<-time.After(300 * time.Millisecond)
			}
			return next.RoundTrip(r)
		}, t.Output())
		stacktest.Wait(1500 * time.Millisecond)
		s.Request(t, "POST", s.Names.Items, example)
		s.Request(t, "POST", s.Names.Batch, objects(2))
		for id, want := range map[string]string{ // a test's time begins with the year 2000
			exampleID: "2000-01-01T00:00:01.500Z", sample.Nth(0).ID(): "2000-01-01T00:00:01.800Z", sample.Nth(1).ID(): "2000-01-01T00:00:01.800Z",
		} {
			if got := s.Request(t, "GET", s.Names.Items+"/"+id, "").Body["created_at"]; got != want {
				t.Errorf("created at %v, want %s", got, want)
			}
		}
	})
}

func TestANewItemIsAnswered201AndAKnownOne200(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		got := s.Request(t, "POST", s.Names.Items, example)
		want := map[string]any{"message": "Item created.", "id": exampleID, "status": "PENDING"}
		if got.Status != 201 || !cmp.Equal(want, got.Body) || got.Header.Get("Location") != s.Names.Items+"/"+exampleID {
			t.Errorf("first POST: answered %d %v, Location %s", got.Status, got.Body, got.Header.Get("Location"))
		}
		stacktest.Wait(time.Second)
		again := s.Request(t, "POST", s.Names.Items, sample.Otherwise(sample.Example()))
		stored := s.Request(t, "GET", s.Names.Items+"/"+exampleID, "")
		if again.Status != 200 || again.Body["status"] != "CLASSIFIED" || !cmp.Equal(stored.Body, again.Body) {
			t.Errorf("second POST: answered %d %v, want 200 and the item as stored: %v", again.Status, again.Body, stored.Body)
		}
	})
}

// panicking is no status: the call panics.
const panicking = 0

// failing answers an operation's calls with a status, as long as it is on.
func failing(operation string, status int, on *atomic.Bool) stacktest.Fault {
	return func(function, called string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if function == "WriterFunction" && called == operation && on.Load() {
			if status == panicking {
				panic("arn:aws:secret")
			}
			body := `{"__type":"SecretInternalFailure","message":"arn:aws:secret"}`
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(body)), Request: r}, nil
		}
		return next.RoundTrip(r)
	}
}

func TestAFailureOfOursIs503AndSafeToRetry(t *testing.T) {
	for _, status := range []int{500, panicking} {
		for _, operation := range []string{"SQS.SendMessage", "DynamoDB.PutItem"} {
			t.Run(fmt.Sprint(operation, " ", status), func(t *testing.T) { wantSafeToRetry(t, operation, status) })
		}
	}
}

func wantSafeToRetry(t *testing.T, operation string, status int) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		s := stacktest.Start(t, nil, failing(operation, status, &down))
		defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
		got := s.Request(t, "POST", s.Names.Items, example)
		want := map[string]any{"message": "Temporarily unavailable. Try again."}
		if got.Status != 503 || got.Header.Get("Retry-After") == "" || !cmp.Equal(want, got.Body) {
			t.Errorf("answered %d %v", got.Status, got.Body)
		}
		if got := s.Request(t, "GET", s.Names.Items+"/"+exampleID, ""); got.Status != 404 {
			t.Errorf("the refused item is there: %v", got.Body)
		}
		down.Store(false)
		if got := s.Request(t, "POST", s.Names.Items, example); got.Status != 201 {
			t.Errorf("the retry is answered %d %v, want 201", got.Status, got.Body)
		}
		stacktest.Wait(time.Second)
		if got := s.Request(t, "GET", s.Names.Items+"/"+exampleID, ""); got.Body["status"] != "CLASSIFIED" {
			t.Errorf("after the retry the item is %v", got.Body)
		}
	})
}

// An empty answer is not AWS's, though the SDK takes it for a success.
func TestAnAnswerThatSaysNothingIsNoAcceptance(t *testing.T) {
	for operation, puts := range map[string]int{"SQS.SendMessage": 0, "DynamoDB.PutItem": 1} {
		t.Run(operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, func(_, called string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if called == operation {
						return answer(r, 200, ""), nil
					}
					return next.RoundTrip(r)
				})
				if got := s.Request(t, "POST", s.Names.Items, example); got.Status != 503 {
					t.Errorf("answered %d %v, want 503", got.Status, got.Body)
				}
				if n := s.Calls("WriterFunction", "DynamoDB.PutItem"); n != puts {
					t.Errorf("%d puts, want %d: an item without a message would be lost", n, puts)
				}
			})
		})
	}
}

func TestAWriterKilledBetweenEnqueueAndStoreLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "DynamoDB.PutItem" {
				lambda.Kill(r.Context())
			}
			return next.RoundTrip(r)
		})
		if got := s.Request(t, "POST", s.Names.Items, example); got.Status != 502 {
			t.Errorf("answered %d, want 502 as for any crash", got.Status)
		}
		if s.Backlog(t, "EnrichQueue").Total() == 0 {
			t.Fatal("the message was not sent before the item was to be stored")
		}
		stacktest.Wait(5 * time.Minute)
		if got := s.Request(t, "GET", s.Names.Items+"/"+exampleID, ""); got.Status != 404 {
			t.Errorf("the item is %v, want none", got.Body)
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

func TestAnotherMethodIsAnsweredByTheGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		got := s.Request(t, "DELETE", s.Names.Items, "")
		if got.Status != 403 || got.Body["message"] != "Missing Authentication Token" {
			t.Errorf("answered %d %v", got.Status, got.Body)
		}
	})
}
