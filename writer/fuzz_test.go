package writer_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/writer"
)

// FuzzBody posts any body, plain and in base64, and twice each: what the contract
// admits is stored once and enqueued each time, all else leaves nothing behind.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		setosa, with("0.2"), with("1e-130"), with("1e-131"), with("100"), with(`"100.00001"`), with(`"-0"`), with(`".2"`), with(`"2."`),
		with("1e400"), with(`"nan"`), with(`"Inf"`), with(`"0x1p-2"`), with(`"1_0"`), with(`" 1"`), with("null"), with("[]"), with("{}"), with("true"),
		with(`1,"pred_target":"setosa"`), with(`1,"petal_width":2`), with(`1,"petal\u005fwidth":2`), with(`1,"Petal_Width":2`), with(`1,"<\ud800":2`),
		"", " ", "{", "{}", "5", "null", "[1,2]", setosa + setosa, "\xff\xfe{", "\ufeff" + setosa, base64.StdEncoding.EncodeToString([]byte(setosa)),
		strings.Repeat(" ", 64<<10) + setosa,
	} {
		f.Add([]byte(body))
	}
	w := newFuzzed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		text, encoded := string(body), base64.StdEncoding.EncodeToString(body)
		w.check(t, text, false, body)
		w.check(t, encoded, true, body)
		if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			w.check(t, text, true, decoded)
		} else {
			w.check(t, text, true, []byte("not in base64"))
		}
		w.wantNothing(t)
	})
}

// fuzzed is a writer whose table and queue are empty before and after each input.
type fuzzed struct {
	*stacktest.Stack
	handler *writer.Handler
}

func newFuzzed(f *testing.F) *fuzzed {
	s := stacktest.Build(f, nil, nil, io.Discard)
	env := map[string]string{"TABLE_NAME": s.Ref("IrisTable"), "QUEUE_URL": s.Ref("EnrichQueue")}
	handler, err := writer.New(func(name string) string { return env[name] }, s.Config.FunctionAWS("WriterFunction"), s.Config.Log)
	if err != nil {
		f.Fatal(err)
	}
	return &fuzzed{s, handler}
}

// check posts an event's body, and again when it is admitted. body is what the client
// sent.
func (w *fuzzed) check(t *testing.T, text string, isBase64 bool, body []byte) {
	t.Helper()
	event := events.APIGatewayProxyRequest{HTTPMethod: "POST", Path: "/v0/iris", Body: text, IsBase64Encoded: isBase64}
	m, admitted := contract(body)
	if !admitted {
		wantRefusal(t, w.post(t, event), body)
		return
	}
	wantAcceptance(t, w.post(t, event), 201, m)
	wantAcceptance(t, w.post(t, event), 200, m)
	w.wantStored(t, m)
	w.takeQueued(t, m.ID(), 2)
	w.remove(t, m.ID())
}

func (w *fuzzed) post(t *testing.T, event events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	t.Helper()
	answer, err := w.handler.Handle(t.Context(), event)
	if err != nil {
		t.Fatalf("the handler failed: %v", err)
	}
	return answer
}

var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// contract is docs/api.md in other words than the writer's.
func contract(body []byte) (m item.Measurements, admitted bool) {
	var fields map[string]any
	if len(body) > 64<<10 || json.Unmarshal(body, &fields) != nil || len(fields) != len(m) || keys(body) != len(m) {
		return m, false
	}
	for i, feature := range item.Features {
		switch value := fields[feature].(type) {
		case float64:
			m[i] = value
		case string:
			if !decimal.MatchString(value) {
				return m, false
			}
			m[i], _ = strconv.ParseFloat(value, 64) // infinite when it is too large
		}
		if !(m[i] >= 1e-130 && m[i] <= 100) {
			return m, false
		}
	}
	return m, true
}

// keys counts an object's keys, those that are repeated too.
func keys(object []byte) (n int) {
	depth := 0
	for _, b := range outsideStrings.FindAll(object, -1) {
		switch b[0] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ':':
			if depth == 1 {
				n++
			}
		}
	}
	return n
}

var outsideStrings = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[][{}:]`)

// refusal is all that the writer may say of bad input. A key is the client's own.
var refusal = regexp.MustCompile(strings.ReplaceAll(`(?s)^Invalid body: (body is empty\.|can't decode body\.|expected a JSON object\.|`+
	`((missing key F in body\.|duplicate key F in body\.|\d+ more unknown keys in body\.|can't parse F to float\.|F must be over 0 and at most 100 cm\.|unknown key .* in body\.)( |$))+)$`,
	"F", "("+strings.Join(item.Features[:], "|")+")"))

func wantRefusal(t *testing.T, answer events.APIGatewayProxyResponse, body []byte) {
	t.Helper()
	var got map[string]string
	if err := json.Unmarshal([]byte(answer.Body), &got); err != nil || len(got) != 1 {
		t.Fatalf("the answer %s is not just a message (%v)", answer.Body, err)
	}
	tooLarge := len(body) > 64<<10
	if tooLarge && (answer.StatusCode != 413 || got["message"] != "Invalid body: larger than 65536 bytes.") ||
		!tooLarge && (answer.StatusCode != 400 || !refusal.MatchString(got["message"])) {
		t.Errorf("answered %d %q", answer.StatusCode, got["message"])
	}
}

func wantAcceptance(t *testing.T, answer events.APIGatewayProxyResponse, status int, m item.Measurements) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(answer.Body), &got); err != nil || answer.StatusCode != status {
		t.Fatalf("answered %d %s, want %d and a JSON object", answer.StatusCode, answer.Body, status)
	}
	want := map[string]any{"id": m.ID(), "status": "PENDING"}
	if status == 201 {
		want["message"] = "Item created."
	} else {
		want["created_at"] = got["created_at"]
		for i, feature := range item.Features {
			want[feature] = m[i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer %d (-want +got):\n%s", status, diff)
	}
	if location := answer.Headers["Location"]; status == 201 && location != "/v0/iris/"+m.ID() {
		t.Errorf("Location %q", location)
	}
}

// wantStored fails the test unless the table holds one item, with these lengths.
func (w *fuzzed) wantStored(t *testing.T, m item.Measurements) {
	t.Helper()
	if n := w.stored(t); n != 1 {
		t.Fatalf("%d items are stored, want 1", n)
	}
	item, err := w.Table.Get(t.Context(), m.ID())
	if err != nil || item.ID != m.ID() || item.Measurements != m || item.Measurements.Validate() != nil {
		t.Errorf("stored: %v, %v; want %v", item, err, m)
	}
}

func (w *fuzzed) stored(t *testing.T) int {
	t.Helper()
	out, err := w.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(w.Ref("IrisTable"))})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Items)
}

// takeQueued empties the queue, and fails the test unless it held the key n times, and
// nothing else.
func (w *fuzzed) takeQueued(t *testing.T, id string, n int) {
	t.Helper()
	out, err := w.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(w.Ref("EnrichQueue")), MaxNumberOfMessages: 10})
	if err != nil || len(out.Messages) != n {
		t.Fatalf("queued: %v, %v; want %d messages", out.Messages, err, n)
	}
	for _, message := range out.Messages {
		if want := `{"id":"` + id + `"}`; *message.Body != want {
			t.Errorf("queued: %s, want %s", *message.Body, want)
		}
	}
	w.Delete(t, "EnrichQueue", out.Messages)
}

func (w *fuzzed) remove(t *testing.T, id string) {
	t.Helper()
	_, err := w.DynamoDB.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String(w.Ref("IrisTable")), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *fuzzed) wantNothing(t *testing.T) {
	t.Helper()
	if n := w.stored(t); n != 0 {
		t.Errorf("%d items are stored, want none", n)
	}
	w.WantEmpty(t, "EnrichQueue")
}
