package awsjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	dynamodbserver "simple-sam-demo/local/dynamodb"
	sqsserver "simple-sam-demo/local/sqs"
)

// ignored lists members that AWS has and a server ignores, with the reason.
var ignored = map[string]string{
	"AmazonSQS.ReceiveMessage.ReceiveRequestAttemptId": "has an effect on FIFO queues only, and AWS takes it for a standard queue too: " +
		"https://github.com/awspring/spring-cloud-aws/issues/529",
}

// The decoder ignores a member that its struct does not have. So the structs must have each member that AWS
// has: one that the server decodes, or one that it refuses. The SDK knows the members: the test takes the
// requests that it makes of full inputs. Then the test sends each member alone, with a value of a wrong
// type. A server that has the member in a struct refuses that.
func TestEveryMemberThatAWSHasIsDecodedOrRefused(t *testing.T) {
	for name, test := range map[string]struct {
		client     func(aws.Config) any
		server     http.Handler
		operations int // that the server supports
	}{
		"DynamoDB": {func(c aws.Config) any { return dynamodb.NewFromConfig(c) }, dynamodbserver.New("us-east-1", "000000000000"), 23},
		"SQS":      {func(c aws.Config) any { return sqs.NewFromConfig(c) }, sqsserver.New("us-east-1", "000000000000"), 23},
	} {
		supported := 0
		for _, request := range fullRequests(t, test.client) {
			if strings.Contains(answerTo(t, test.server, request.target, map[string]any{}), refused) {
				continue
			}
			supported++
			for path, body := range alone(request.body) {
				answer := answerTo(t, test.server, request.target, body)
				known := strings.Contains(answer, "#SerializationException") || strings.Contains(answer, refused)
				if reason := ignored[request.target+path]; known != (reason == "") {
					t.Errorf("%s%s: known to the server: %t, reason to ignore it: %q. The server answered %v with %s",
						request.target, path, known, reason, body, answer)
				}
			}
		}
		if supported != test.operations {
			t.Errorf("%s: %d operations are supported, want %d", name, supported, test.operations)
		}
	}
}

// refused is in the answer to an operation or a member that is not supported.
const refused = " is not supported here"

type request struct {
	target string
	body   map[string]any
}

type doer func(*http.Request) (*http.Response, error)

func (do doer) Do(r *http.Request) (*http.Response, error) { return do(r) }

// fullRequests returns a request for each operation of a client, with all members that the SDK knows. It
// sends none of them.
func fullRequests(t *testing.T, newClient func(aws.Config) any) (all []request) {
	notSent := errors.New("the request is not sent")
	client := reflect.ValueOf(newClient(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://localhost"), Credentials: aws.AnonymousCredentials{},
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
			made := request{target: r.Header.Get("X-Amz-Target")}
			err := json.NewDecoder(r.Body).Decode(&made.body)
			all = append(all, made)
			return nil, errors.Join(notSent, err)
		}),
	}))
	for i := range client.NumMethod() {
		name, call := client.Type().Method(i).Name, client.Method(i)
		if call.Type().NumIn() != 3 || !strings.HasSuffix(call.Type().In(1).String(), "."+name+"Input") {
			continue
		}
		in := reflect.New(call.Type().In(1).Elem())
		fill(in.Elem())
		out := call.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
		if err, _ := out[1].Interface().(error); !errors.Is(err, notSent) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return all
}

// fill gives a value to each member of an input. Lists and maps get one element.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill(element)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), element)
	case reflect.Interface:
		v.Set(reflect.ValueOf(&types.AttributeValueMemberS{Value: "x"}))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Uint8:
		v.SetUint(1)
	default:
		v.SetInt(1)
	}
}

// alone returns bodies that have one member each, by the path of the member. The member has a value of a
// wrong type. An element of a list has no name in the path.
func alone(full any) map[string]any {
	bodies := map[string]any{}
	switch full := full.(type) {
	case map[string]any:
		for name, v := range full {
			bodies["."+name] = map[string]any{name: wrong(v)}
			for path, inner := range alone(v) {
				bodies["."+name+path] = map[string]any{name: inner}
			}
		}
	case []any:
		for path, inner := range alone(full[0]) {
			bodies[path] = []any{inner}
		}
	}
	return bodies
}

func wrong(v any) any {
	if _, isText := v.(string); isText {
		return 1
	}
	return "wrong"
}

func answerTo(t *testing.T, server http.Handler, target string, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(text))
	r.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w.Body.String()
}
