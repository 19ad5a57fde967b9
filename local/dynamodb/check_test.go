package dynamodb_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// post sends a request as no SDK would.
func post(t testing.TB, server http.Handler, operation, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header = http.Header{"X-Amz-Target": {"DynamoDB_20120810." + operation}}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
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
	createTable(t, client, "Flowers", "id")
	put(t, client, "Flowers", old)
	expression := func(bytes int) *string {
		return aws.String("SET width = :w" + strings.Repeat(" ", bytes-len("SET width = :w")))
	}
	values := item{":w": number("1")}
	update := func(bytes int) error {
		_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String("Flowers"), Key: item{"id": text("1")}, UpdateExpression: expression(bytes), ExpressionAttributeValues: values,
		})
		return err
	}
	transact := func(bytes int) error {
		_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Update: &types.Update{
			TableName: aws.String("Flowers"), Key: item{"id": text("1")}, UpdateExpression: expression(bytes), ExpressionAttributeValues: values,
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
