package writer_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
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

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/writer"
)

// FuzzBody posts any body, plain and in base64, and twice each: what the contract
// admits is stored once and enqueued each time, all else leaves nothing behind.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		example, with(number(last.Min)), with(number(last.Max)), with(number(sample.Below(last))), with(`"` + number(sample.Above(last)) + `"`),
		with("1e-130"), with("1e-131"), with("-1e-131"), with("0"), with(`"-0"`), with(`".2"`), with(`"2."`),
		with("1e400"), with(`"nan"`), with(`"Inf"`), with(`"0x1p-2"`), with(`"1_0"`), with(`" 1"`), with("null"), with("[]"), with("{}"), with("true"),
		plus(`"pred_target":"x"`), plus(`"` + last.Name + `":2`), plus(`"` + escaped(last.Name) + `":2`), plus(`"` + strings.ToUpper(last.Name) + `":2`), plus(`"<\ud800":2`),
		"", " ", "{", "{}", "5", "null", "[1,2]", example + example, "\xff\xfe{", "\ufeff" + example, base64.StdEncoding.EncodeToString([]byte(example)),
		strings.Repeat(" ", 64<<10) + example,
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
	return &fuzzed{s, newHandler(f, s)}
}

// check posts an event's body, and again when it is admitted. body is what the client
// sent.
func (w *fuzzed) check(t *testing.T, text string, isBase64 bool, body []byte) {
	t.Helper()
	event := events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: names.Items(), Body: text, IsBase64Encoded: isBase64}
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
		switch value := fields[feature.Name].(type) {
		case float64:
			m[i] = value
		case string:
			if !decimal.MatchString(value) {
				return m, false
			}
			m[i], _ = strconv.ParseFloat(value, 64) // infinite when it is too large
		default:
			return m, false
		}
		if math.Abs(m[i]) < 1e-130 {
			m[i] = 0
		}
		if m[i] < feature.Min || m[i] == feature.Min && feature.OverMin || m[i] > feature.Max {
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
var refusal = regexp.MustCompile(strings.ReplaceAll(strings.ReplaceAll(`(?s)^Invalid body: (body is empty\.|can't decode body\.|expected a JSON object\.|`+
	`((missing key F in body\.|duplicate key F in body\.|\d+ more unknown keys in body\.|can't parse F to float\.|RANGES|unknown key .* in body\.)( |$))+)$`,
	"F", "("+alternatives(func(f item.Feature) string { return f.Name })+")"), "RANGES", alternatives(item.Feature.Fault)))

// alternatives is the part of a regular expression that matches one text of each feature.
func alternatives(text func(item.Feature) string) string {
	var texts []string
	for _, feature := range item.Features {
		texts = append(texts, regexp.QuoteMeta(text(feature)))
	}
	return strings.Join(texts, "|")
}

// escaped writes the first letter of a name as JSON may write it, too.
func escaped(name string) string { return fmt.Sprintf(`\u%04x%s`, name[0], name[1:]) }

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
			want[feature.Name] = m[i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer %d (-want +got):\n%s", status, diff)
	}
	if location := answer.Headers["Location"]; status == 201 && location != names.Items()+"/"+m.ID() {
		t.Errorf("Location %q", location)
	}
}

// wantStored fails the test unless the table holds one item, with these measurements.
func (w *fuzzed) wantStored(t *testing.T, m item.Measurements) {
	t.Helper()
	if n := w.stored(t); n != 1 {
		t.Fatalf("%d items are stored, want 1", n)
	}
	got, err := w.Table.Get(t.Context(), m.ID())
	if err != nil || got.ID != m.ID() || got.Measurements != m || got.Measurements.Validate() != nil {
		t.Errorf("stored: %v, %v; want %v", got, err, m)
	}
}

func (w *fuzzed) stored(t *testing.T) int {
	t.Helper()
	out, err := w.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(w.Ref(w.Names.Table))})
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
		TableName: aws.String(w.Ref(w.Names.Table)), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
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
