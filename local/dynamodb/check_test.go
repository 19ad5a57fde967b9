package dynamodb_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// post sends a request that no SDK would send.
func post(t testing.TB, server http.Handler, operation, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header = http.Header{"X-Amz-Target": {"DynamoDB_20120810." + operation}}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

// wantRefusal fails the test unless the answer to the request is this error.
func wantRefusal(t *testing.T, server http.Handler, operation, body, code, message string) {
	t.Helper()
	w := post(t, server, operation, body)
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s: the answer %q is not JSON: %v", operation, w.Body, err)
	}
	want := map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": message}
	if diff := cmp.Diff(want, got); diff != "" || w.Code != http.StatusBadRequest {
		t.Errorf("%s %.200s: answered %d (-want +got):\n%s", operation, body, w.Code, diff)
	}
}

func TestABodyThatIsNotOneJSONValueIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	for _, body := range []string{"", "{", `{"TableName":"F"} {}`} {
		if w := post(t, server, "DescribeTable", body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "#SerializationException") {
			t.Errorf("%q: answered %d %s", body, w.Code, w.Body)
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
func TestAnExpressionHasAtMost4KB(t *testing.T) {
	client := newClient()
	createTable(t, client, "Records", "id")
	put(t, client, "Records", old)
	expression := func(bytes int) *string {
		return aws.String("SET width = :w" + strings.Repeat(" ", bytes-len("SET width = :w")))
	}
	values := item{":w": number("1")}
	update := func(bytes int) error {
		_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: expression(bytes), ExpressionAttributeValues: values,
		})
		return err
	}
	transact := func(bytes int) error {
		_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Update: &types.Update{
			TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: expression(bytes), ExpressionAttributeValues: values,
		}}}})
		return err
	}
	for name, call := range map[string]func(bytes int) error{"UpdateItem": update, "TransactWriteItems": transact} {
		if err := call(4096); err != nil {
			t.Errorf("%s with 4096 bytes: %v", name, err)
		}
		var refusal smithy.APIError
		if err := call(4097); !errors.As(err, &refusal) || refusal.ErrorCode() != "ValidationException" || !strings.Contains(refusal.ErrorMessage(), "expression size: 4097") {
			t.Errorf("%s with 4097 bytes: %v", name, err)
		}
	}
}

// The messages about one placeholder were recorded by ExtendDB's tests, those about 2 MB are AWS's DynamoDB Local's.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
func TestPlaceholdersHaveLimits(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	filter := func(name, attribute, ref, text string) string {
		return fmt.Sprintf(`{"TableName":"Records","FilterExpression":"%s = %s","ExpressionAttributeNames":{%q:%q},"ExpressionAttributeValues":{%q:{"S":%q}}}`,
			name, ref, name, attribute, ref, text)
	}
	const most = 2 << 20
	x := strings.Repeat("x", most)
	for body, want := range map[string]string{
		filter("#"+x[:254], "a", ":"+x[:254], ""): "",
		filter("#"+x[:255], "a", ":v", ""):        "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; size of key: 256",
		filter("#n", "a", ":"+x[:255], ""):        "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too long;",
		filter("#"+x[:254]+"-x", "a", ":v", ""):   "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; size of key: 257",
		filter("#n", "", ":v", ""):                "ExpressionAttributeNames contains invalid value: Empty attribute name for key #n",
		filter("#n", "a", ":v", x[:most-5]):       "",
		filter("#n", "a", ":v", x[:most-4]):       "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size",
		filter("#n", "a", ":v", x):                "ExpressionAttributeValues exceeds max size",
	} {
		if want == "" {
			if w := post(t, server, "Scan", body); w.Code != http.StatusOK {
				t.Errorf("%.200s: answered %d %s", body, w.Code, w.Body)
			}
			continue
		}
		wantRefusal(t, server, "Scan", body, "ValidationException", want)
	}
	names := make([]string, 33)
	for i := range names {
		names[i] = fmt.Sprintf(`"#n%d":%q`, i, x[:65535])
	}
	wantRefusal(t, server, "Scan", `{"TableName":"Records","FilterExpression":"attribute_exists(#n0)","ExpressionAttributeNames":{`+strings.Join(names, ",")+`}}`,
		"ValidationException", "ExpressionAttributeNames exceeds max size")
}

func TestAnErrorMessageNamesNoTypeOfGo(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"1"}}}`)
	wantRefusal(t, server, "GetItem", `{"TableName":1}`, "SerializationException", "TableName cannot be a JSON number")
	wantRefusal(t, server, "Scan", `{"Limit":"x"}`, "SerializationException", "Limit cannot be a JSON string")
	wantRefusal(t, server, "Scan", `{"TableName":"Records","FilterExpression":"id = :v","ExpressionAttributeValues":{":v":{}}}`,
		"ValidationException", "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :v")
	wantRefusal(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"1"}},"ConditionExpression":"id = :v","ExpressionAttributeValues":{":v":null}}`,
		"ValidationException", "ExpressionAttributeValues must not be empty")
}
