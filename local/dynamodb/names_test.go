package dynamodb_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// A member with another name is unknown, and DynamoDB ignores it. So it does with a name in another case. No SDK
// sends one.
func TestNamesOfMembersHaveACase(t *testing.T) {
	const missing = "1 validation error detected: Value null at '"
	for name, test := range map[string]struct{ operation, body, message string }{
		"a table":           {"PutItem", `{"tablename":"Records","Item":{"id":{"S":"1"}}}`, missing + "tableName' failed to satisfy constraint: Member must not be null"},
		"an item":           {"PutItem", `{"TableName":"Records","item":{"id":{"S":"1"}}}`, missing + "item' failed to satisfy constraint: Member must not be null"},
		"the statements":    {"BatchExecuteStatement", `{"statements":[{"Statement":"x"}]}`, missing + "statements' failed to satisfy constraint: Member must not be null"},
		"one statement":     {"ExecuteStatement", `{"statement":"x"}`, missing + "statement' failed to satisfy constraint: Member must not be null"},
		"one of a batch":    {"BatchExecuteStatement", `{"Statements":[{"statement":"x"}]}`, missing + "statements.1.member.statement' failed to satisfy constraint: Member must not be null"},
		"one of many":       {"ExecuteTransaction", `{"TransactStatements":[{"statement":"x"}]}`, missing + "transactStatements.1.member.statement' failed to satisfy constraint: Member must not be null"},
		"an action":         {"TransactWriteItems", `{"TransactItems":[{"put":{"TableName":"Records","Item":{"id":{"S":"1"}}}}]}`, ""},
		"an old operator":   {"Scan", `{"TableName":"Records","ScanFilter":{"id":{"comparisonoperator":"NULL"}}}`, missing + "scanFilter.id.member.comparisonOperator' failed to satisfy constraint: Member must not be null"},
		"a type of a table": {"CreateTable", `{"TableName":"Others","billingmode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}`, ""},
		"a key's attribute": {"CreateTable", `{"TableName":"Others","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"attributename":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}`, ""},
		"a time to live":    {"UpdateTimeToLive", `{"TableName":"Records","TimeToLiveSpecification":{"enabled":true,"AttributeName":"t"}}`, ""},
	} {
		server := dynamodbserver.New("us-east-1", "000000000000")
		post(t, server, "CreateTable", table)
		w := post(t, server, test.operation, test.body)
		var answer struct{ Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusBadRequest || test.message != "" && answer.Message != test.message {
			t.Errorf("%s in another case: answered %d %s, want 400 %s", name, w.Code, w.Body, test.message)
		}
		if got := post(t, server, "Scan", `{"TableName":"Records"}`).Body.String(); got != `{"Items":[],"Count":0,"ScannedCount":0}` {
			t.Errorf("%s in another case: the table has %s", name, got)
		}
	}
}

// The names in the second column are no members of the API.
func TestAnUnknownMemberIsIgnored(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	for _, id := range []string{"1", "2"} {
		post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"`+id+`"},"n":{"N":"1"}}}`)
	}
	scan, get := `{"TableName":"Records"}`, `{"TableName":"Records","Key":{"id":{"S":"1"}}}`
	for _, test := range []struct{ operation, body, member string }{
		{"Scan", scan, `"limit":1`},
		{"Scan", scan, `"select":"COUNT"`},
		{"Scan", scan, `"returnconsumedcapacity":"TOTAL"`},
		{"Scan", scan, `"Colour":"red"`},
		{"Scan", scan, `"a\":1,\"Limit":1`}, // one name with quotes in it
		{"Scan", scan, `"Expressions":{"FilterExpression":"attribute_exists(x)"}`},
		{"Scan", scan, `"Conditions":{"ScanFilter":{"id":{"ComparisonOperator":"NULL"}}}`},
		{"Scan", scan, `"OtherExpression":1`},
		{"Scan", scan, `"otherFilter":1`},
		{"GetItem", get, `"attributestoget":["n"]`},
		{"GetItem", get, `"expressionattributenames":{"#n":"n"}`},
	} {
		want := post(t, server, test.operation, test.body).Body.String()
		got := post(t, server, test.operation, `{`+test.member+`,`+test.body[1:]).Body.String()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s with %s (-without +with):\n%s", test.operation, test.member, diff)
		}
	}
}
