package awsjson_test

import (
	"context"
	"errors"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"simple-sam-demo/local/awsjson"
)

type input struct{ Name string }

func newService() *awsjson.Service {
	malformed := func(err error) *awsjson.Error { return &awsjson.Error{Type: "x#Malformed", Message: "it is malformed"} }
	return &awsjson.Service{
		Target: "Greeter_1", MaxRequest: 100, Checksum: true, Malformed: malformed,
		Unknown: func(service, operation string) *awsjson.Error {
			return &awsjson.Error{Type: "x#Unknown", Message: service + " " + operation}
		},
		Unexpected: func(err error) *awsjson.Error {
			return &awsjson.Error{Status: 500, Type: "x#Internal", Message: err.Error()}
		},
		Operations: map[string]awsjson.Operation{
			"Greet": awsjson.Decoding(malformed, func(_ context.Context, in *input) (map[string]string, error) {
				switch in.Name {
				case "nobody":
					return nil, &awsjson.Error{Status: 404, Type: "x#Nobody", Message: "nobody", Query: "Old.Nobody", More: map[string]any{"Item": 1}}
				case "trouble":
					return nil, errors.New("trouble")
				}
				return map[string]string{"Hello": in.Name}, nil
			}),
			"Leave": awsjson.Decoding(malformed, func(context.Context, *input) (any, error) { return nil, nil }),
		},
	}
}

// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
func TestARequestIsAnsweredInTheProtocol(t *testing.T) {
	const malformed = `{"__type":"x#Malformed","message":"it is malformed"}`
	for name, test := range map[string]struct {
		target, body string
		status       int
		want         string
	}{
		"a pair of surrogates":         {"Greeter_1.Greet", `{"Name":"\ud83c\udf38\u0041"}`, 200, `{"Hello":"🌸A"}`},
		"a text about a surrogate":     {"Greeter_1.Greet", `{"Name":"\\ud83c"}`, 200, `{"Hello":"\\ud83c"}`},
		"half a pair":                  {"Greeter_1.Greet", `{"Name":"\ud83c"}`, 400, malformed},
		"the other half":               {"Greeter_1.Greet", `{"Name":"a\\\uDF38"}`, 400, malformed},
		"two first halves":             {"Greeter_1.Greet", `{"Name":"\ud83c\ud83c\udf38"}`, 400, malformed},
		"half a pair and a letter":     {"Greeter_1.Greet", `{"Name":"\ud83c\u0041"}`, 400, malformed},
		"half a pair in a name":        {"Greeter_1.Greet", `{"\ud83c":1}`, 400, malformed},
		"half a pair at the end":       {"Greeter_1.Greet", `{"Name":"\ud83c`, 400, malformed},
		"an escape that is cut off":    {"Greeter_1.Greet", `{"Name":"\u`, 400, malformed},
		"Latin-1":                      {"Greeter_1.Greet", "{\"Name\":\"\xe9\"}", 400, malformed},
		"an operation":                 {"Greeter_1.Greet", `{"Name":"Ada"}`, 200, `{"Hello":"Ada"}`},
		"a name in another case":       {"Greeter_1.Greet", `{"name":"Ada"}`, 200, `{"Hello":""}`},
		"one without output":           {"Greeter_1.Leave", `{}`, 200, ""},
		"an error with more":           {"Greeter_1.Greet", `{"Name":"nobody"}`, 404, `{"Item":1,"Message":"nobody","__type":"x#Nobody"}`},
		"an error that is no answer":   {"Greeter_1.Greet", `{"Name":"trouble"}`, 500, `{"__type":"x#Internal","message":"trouble"}`},
		"a body that is no JSON":       {"Greeter_1.Greet", `{`, 400, malformed},
		"a body that is too large":     {"Greeter_1.Greet", strings.Repeat(" ", 101), 400, malformed},
		"an operation that is not one": {"Greeter_1.Sing", `{}`, 400, `{"__type":"x#Unknown","message":"Greeter_1 Sing"}`},
		"another service":              {"Other.Greet", `{}`, 400, `{"__type":"x#Unknown","message":"Other Greet"}`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(test.body))
		r.Header.Set("X-Amz-Target", test.target)
		w := httptest.NewRecorder()
		newService().ServeHTTP(w, r)
		if w.Code != test.status || w.Body.String() != test.want {
			t.Errorf("%s: answered %d %s, want %d %s", name, w.Code, w.Body, test.status, test.want)
		}
		if got, want := w.Header().Get("X-Amz-Crc32"), strconv.FormatUint(uint64(crc32.ChecksumIEEE(w.Body.Bytes())), 10); got != want {
			t.Errorf("%s: checksum %s, want %s", name, got, want)
		}
		if got, want := w.Header().Get("X-Amzn-Query-Error"), map[int]string{404: "Old.Nobody;Sender"}[w.Code]; got != want {
			t.Errorf("%s: query error %q, want %q", name, got, want)
		}
		if w.Header().Get("X-Amzn-Requestid") == "" { // boto3 demands one
			t.Errorf("%s: no id", name)
		}
	}
}

// The calls of other services are no POSTs, often. The method is not what is wrong with them.
func TestACallOfAnotherServiceIsToldSoWhateverItsMethodIs(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2015-03-31/functions/", nil)
	w := httptest.NewRecorder()
	newService().ServeHTTP(w, r)
	if want := `{"__type":"x#Unknown","message":" "}`; w.Code != http.StatusNotFound || w.Body.String() != want {
		t.Errorf("answered %d %s, want 404 %s", w.Code, w.Body, want)
	}
}

func TestTheMethodMustBePOST(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(`{"Name":"Ada"}`))
		r.Header.Set("X-Amz-Target", "Greeter_1.Greet")
		w := httptest.NewRecorder()
		newService().ServeHTTP(w, r)
		if want := `{"__type":"x#Unknown","message":"the method must be POST, and not ` + method + `"}`; w.Code != http.StatusNotFound || w.Body.String() != want {
			t.Errorf("%s: answered %d %s, want 404 %s", method, w.Code, w.Body, want)
		}
	}
}
