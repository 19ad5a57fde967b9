package dynamodb_test

import (
	"encoding/json"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// begin creates the table. Every seed begins with it.
const begin = `CreateTable {"TableName":"F","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}
PutItem {"TableName":"F","Item":{"id":{"S":"1"},"n":{"N":"2"},"l":{"L":[{"N":"1"}]},"m":{"M":{"a":{"S":"x"}}},"s":{"SS":["a"]}}}
`

// seeds holds scripts, with an empty line between two scripts.
const seeds = `DescribeTable {"TableName":"F"}
GetItem {"TableName":"F","Key":{"id":{"S":"1"}},"ProjectionExpression":"m.a,l[0]"}
DeleteTable {"TableName":"F"}

PutItem {"TableName":"F","Item":{"id":{"S":"1"}},"ConditionExpression":"attribute_not_exists(id)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}

DeleteItem {"TableName":"F","Key":{"id":{"S":"1"}},"ConditionExpression":"attribute_exists(id) AND (n > :n OR contains(s, :s))","ExpressionAttributeValues":{":n":{"N":"9"},":s":{"S":"b"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}

UpdateItem {"TableName":"F","Key":{"id":{"S":"1"}},"ReturnValues":"ALL_NEW","UpdateExpression":"SET n = n + :one REMOVE l[0], #m ADD s :s","ExpressionAttributeNames":{"#m":"m"},"ExpressionAttributeValues":{":one":{"N":"1"},":s":{"SS":["b"]}}}

UpdateItem {"TableName":"F","Key":{"id":{"S":"1"}},"UpdateExpression":"REMOVE l[0] SET l = list_append(l, l)"}

UpdateItem {"TableName":"F","Key":{"id":{"S":"1"}},"UpdateExpression":"SET a.b = if_not_exists(c, :v) DELETE s :v","ExpressionAttributeValues":{":v":{"S":""}}}

BatchGetItem {"RequestItems":{"F":{"Keys":[{"id":{"S":"1"}},{"id":{"S":"2"}},{"id":{"S":"3"}}]}}}
BatchWriteItem {"RequestItems":{"F":[{"DeleteRequest":{"Key":{"id":{"S":"1"}}}},{"PutRequest":{"Item":{"id":{"S":"2"}}}}]}}

Query {"TableName":"F","KeyConditionExpression":"id = :i","ExpressionAttributeValues":{":i":{"S":"1"}}}
Scan {"TableName":"F","FilterExpression":"n BETWEEN :a AND :b","ExpressionAttributeValues":{":a":{"N":"1"},":b":{"N":"3"}},"Limit":1}
Scan {"TableName":"F","Segment":1,"TotalSegments":2,"ExclusiveStartKey":{"id":{"S":"1"}},"ReturnConsumedCapacity":"TOTAL"}
Scan {"TableName":"F","Segment":0,"TotalSegments":1,"ExclusiveStartKey":{"id":null},"Limit":-1}

TransactWriteItems {"TransactItems":[{"Put":{"TableName":"F","Item":{"id":{"S":"3"}}}},{"ConditionCheck":{"TableName":"F","Key":{"id":{"S":"1"}},"ConditionExpression":"attribute_not_exists(id)"}}]}
TransactGetItems {"TransactItems":[{"Get":{"TableName":"F","Key":{"id":{"S":"1"}}}}]}

UpdateTable {"TableName":"F","AttributeDefinitions":[{"AttributeName":"n","AttributeType":"N"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"N","KeySchema":[{"AttributeName":"n","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]}
Query {"TableName":"F","IndexName":"N","KeyConditionExpression":"n = :n","ExpressionAttributeValues":{":n":{"N":"2"}}}

ExecuteStatement {"Statement":"SELECT m.a, l[0] FROM F WHERE id = ? AND (n BETWEEN 1 AND 2 OR NOT s IS MISSING) ORDER BY id DESC","Parameters":[{"S":"1"}],"Limit":1}
BatchExecuteStatement {"Statements":[{"Statement":"INSERT INTO F VALUE {'id': '2', 'l': [1, <<'a'>>, {'k': -.5e1}]}"},{"Statement":"UPDATE \"F\" SET n = n + 1 REMOVE m.a WHERE id = '1' RETURNING ALL OLD *"}]}
ExecuteTransaction {"TransactStatements":[{"Statement":"DELETE FROM F WHERE id = '1' AND size(l) > 0"}],"ClientRequestToken":"t"}

Query {"TableName":"F","KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"1"}]}},"QueryFilter":{"n":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"2"}]}},"AttributesToGet":["n"]}
UpdateItem {"TableName":"F","Key":{"id":{"S":"1"}},"AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"1"}}},"Expected":{"n":{"Value":{"N":"2"}}}}
UpdateTimeToLive {"TableName":"F","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"n"}}
Scan {"TableName":"F","ProjectionExpression":"m.a, l[0], #s","ExpressionAttributeNames":{"#s":"s"},"ReturnConsumedCapacity":"INDEXES"}

Nothing
PutItem
GetItem null
GetItem {}
UpdateTable []
CreateTable {}
DescribeTable {"TableName":"F"} {}
BatchGetItem {"RequestItems":{"F":{}}}
PutItem {"TableName":"F","Item":{"id":{"N":"1"}}}`

// FuzzOperations plays a random script on a new server. Each line is a request: the operation, a
// space and the body. Every answer must be one of the protocol.
func FuzzOperations(f *testing.F) {
	for script := range strings.SplitSeq(seeds, "\n\n") {
		f.Add(begin + script)
	}
	f.Add(begin + `Scan {"TableName":"F","FilterExpression":"` + strings.Repeat("(", 5000) + `"}`)
	f.Fuzz(func(t *testing.T, script string) {
		alarm := time.AfterFunc(time.Minute, func() { panic("this takes too long") })
		defer alarm.Stop()
		server := dynamodbserver.New("us-east-1", "000000000000")
		for line := range strings.Lines(script) {
			operation, body, _ := strings.Cut(line, " ")
			wantAnswer(t, server, strings.TrimSpace(operation), body)
		}
	})
}

// wantAnswer fails the test unless the answer to the request is one of the protocol.
func wantAnswer(t *testing.T, server http.Handler, operation, body string) {
	t.Helper()
	w := post(t, server, operation, body)
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s %s: the answer %q is not JSON: %v", operation, body, w.Body, err)
	}
	kind, isError := answer["__type"].(string)
	switch {
	case w.Code == http.StatusBadRequest && isError && !strings.Contains(kind, "Internal"):
	case w.Code == http.StatusOK && !isError && json.Valid([]byte(body)):
	default:
		t.Errorf("%s %s: answered %d %s", operation, body, w.Code, w.Body)
	}
	if got, want := w.Header().Get("X-Amz-Crc32"), strconv.FormatUint(uint64(crc32.ChecksumIEEE(w.Body.Bytes())), 10); got != want {
		t.Errorf("%s %s: checksum %s, want %s", operation, body, got, want)
	}
}
