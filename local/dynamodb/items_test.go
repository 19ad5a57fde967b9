package dynamodb_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html#DDB-PutItem-request-ReturnValues
func TestAPutReturnsTheOldItemWhenAsked(t *testing.T) {
	for name, test := range map[string]struct {
		id   string
		ask  types.ReturnValue
		want item
	}{
		"all of it":                 {"1", types.ReturnValueAllOld, abc},
		"no item if there was none": {"2", types.ReturnValueAllOld, nil},
		"not with NONE":             {"1", types.ReturnValueNone, nil},
		"not without the parameter": {"1", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := newTable(t, abc)
			out, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
				TableName: aws.String("Records"), Item: item{"id": text(test.id), "a": text("new")}, ReturnValues: test.ask,
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.Attributes, equalItems); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	for operation, body := range map[string]string{
		"PutItem":    `{"TableName":"Records","Item":{"id":{"S":"1"}},"ReturnValues":"ALL_NEW"}`,
		"DeleteItem": `{"TableName":"Records","Key":{"id":{"S":"1"}},"ReturnValues":"UPDATED_OLD"}`,
	} {
		wantRefusal(t, server, operation, body, "ValidationException", "ReturnValues can only be ALL_OLD or NONE")
	}
}
