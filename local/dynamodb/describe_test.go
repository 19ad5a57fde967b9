package dynamodb_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// answerOf sends a request and returns one member of the answer.
func answerOf(t *testing.T, server http.Handler, operation, body, member string) typed {
	t.Helper()
	var answer map[string]typed
	if err := json.Unmarshal(post(t, server, operation, body).Body.Bytes(), &answer); err != nil || answer[member] == nil {
		t.Fatalf("%s %s: no %s in %v, %v", operation, body, member, answer, err)
	}
	return answer[member]
}

func warm(read, write float64) typed {
	return typed{"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": "ACTIVE"}
}

const oneKey = `"TableName":"Warm","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],`

// LocalStack's test_gsi_with_billing_mode and test_table_warm_throughput recorded this on AWS:
// https://github.com/localstack/localstack/blob/main/tests/aws/services/dynamodb/test_dynamodb.snapshot.json
func TestATableShowsItsWarmThroughput(t *testing.T) {
	const index = `"GlobalSecondaryIndexes":[{"IndexName":"byId","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}`
	const units = `"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6}`
	for name, test := range map[string]struct {
		settings       string
		created, later typed
		ofIndex        typed
	}{
		"on demand":   {`"BillingMode":"PAY_PER_REQUEST",` + index + `}]`, nil, warm(12000, 4000), warm(12000, 4000)},
		"provisioned": {units + "," + index + `,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}}]`, nil, warm(5, 6), warm(1, 2)},
		"asked for":   {units + `,"WarmThroughput":{"ReadUnitsPerSecond":1000,"WriteUnitsPerSecond":1200},` + index + `,` + units + `,"WarmThroughput":{"ReadUnitsPerSecond":7,"WriteUnitsPerSecond":8}}]`, warm(1000, 1200), warm(1000, 1200), warm(7, 8)},
	} {
		t.Run(name, func(t *testing.T) {
			server := dynamodbserver.New("us-east-1", "000000000000")
			created := answerOf(t, server, "CreateTable", "{"+oneKey+test.settings+"}", "TableDescription")
			later := answerOf(t, server, "DescribeTable", `{"TableName":"Warm"}`, "Table")
			got, _ := created["WarmThroughput"].(typed)
			if diff := cmp.Diff([]typed{test.created, test.later}, []typed{got, later["WarmThroughput"].(typed)}); diff != "" {
				t.Errorf("warm throughput (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.ofIndex, later["GlobalSecondaryIndexes"].([]any)[0].(typed)["WarmThroughput"]); diff != "" {
				t.Errorf("of the index (-want +got):\n%s", diff)
			}
			mode, _ := created["BillingModeSummary"].(typed)
			if _, shown := mode["LastUpdateToPayPerRequestDateTime"]; shown {
				t.Errorf("CreateTable shows %v", mode)
			}
		})
	}
}

// LocalStack's test_dynamodb_create_table_with_partial_sse_specification recorded this on AWS. Here
// a change takes effect at once.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSEDescription.html
func TestAnEncryptedTableShowsItsKey(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	const arn = "arn:aws:kms:us-east-1:000000000000:key/"
	answerOf(t, server, "CreateTable", "{"+oneKey+`"BillingMode":"PAY_PER_REQUEST","SSESpecification":{"Enabled":true}}`, "TableDescription")
	shown := func(operation, body, member string) string {
		description, _ := answerOf(t, server, operation, `{"TableName":"Warm"`+body+`}`, member)["SSEDescription"].(typed)
		rest := maps.Clone(description)
		delete(rest, "KMSMasterKeyArn")
		if diff := cmp.Diff(typed{"Status": "ENABLED", "SSEType": "KMS"}, rest); description != nil && diff != "" {
			t.Errorf("%s%s (-want +got):\n%s", operation, body, diff)
		}
		key, _ := description["KMSMasterKeyArn"].(string)
		return key
	}
	if key := shown("DescribeTable", "", "Table"); len(key) != len(arn)+36 || key[:len(arn)] != arn {
		t.Errorf("AWS's own key: %q", key)
	}
	for given, want := range map[string]string{"k": arn + "k", arn + "other": arn + "other"} {
		if key := shown("UpdateTable", `,"SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"`+given+`"}`, "TableDescription"); key != want {
			t.Errorf("key %s: %q", given, key)
		}
	}
	if key := shown("UpdateTable", `,"SSESpecification":{"Enabled":false}`, "TableDescription"); key != "" {
		t.Errorf("no longer encrypted with a key, but shows %q", key)
	}
}

// The messages are recorded in https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks, DDB-TABLE-442.
func TestAnEncryptionThatIsNotAllowedIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	const start, arn = oneKey + `"BillingMode":"PAY_PER_REQUEST","SSESpecification":`, "arn:aws:kms:us-east-1:000000000000:key/k"
	for specification, message := range map[string]string{
		`{"Enabled":false,"SSEType":"KMS"}`:     "SSEType can not be specified if Enabled is false",
		`{"KMSMasterKeyId":"k"}`:                "KMSMasterKeyId can not be specified if Enabled is false",
		`{"Enabled":true,"SSEType":"AES256"}`:   "SSEType AES256 is not supported",
		`{"Enabled":true,"KMSMasterKeyId":"k"}`: "SSEType KMS is required if KMSMasterKeyId is specified",
	} {
		wantRefusal(t, server, "CreateTable", "{"+start+specification+"}", "ValidationException", invalidValue+message)
	}
	answerOf(t, server, "CreateTable", "{"+start+`{"Enabled":false}}`, "TableDescription")
	update := func(specification string) string {
		return `{"TableName":"Warm","SSESpecification":` + specification + `}`
	}
	wantRefusal(t, server, "UpdateTable", update(`{"Enabled":false}`), "ValidationException", invalidValue+"Table is already encrypted by default")
	again := update(`{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"` + arn + `"}`)
	answerOf(t, server, "UpdateTable", again, "TableDescription")
	wantRefusal(t, server, "UpdateTable", again, "ValidationException", invalidValue+"Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key")
	answerOf(t, server, "UpdateTable", update(`{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"k"}`), "TableDescription") // the same key: DDB-TABLE-082
}

// In an error that has other members, the message's name is Message and not message. LocalStack's
// test_return_values_on_conditions_check_failure recorded this on AWS.
func TestAnErrorThatShowsTheItemSpellsMessageWithACapitalLetter(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"1"}}}`)
	for name, test := range map[string]struct{ more, want string }{
		"without the item": {"", `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`},
		"with the item":    {`,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`, `{"Item":{"id":{"S":"1"}},"Message":"The conditional request failed","__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}`},
	} {
		got := post(t, server, "DeleteItem", `{"TableName":"Records","Key":{"id":{"S":"1"}},"ConditionExpression":"attribute_exists(a)"`+test.more+`}`).Body.String()
		if got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
