package dynamodb_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

const attributes = `"upper_length":{"N":"5.1"},"upper_width":{"N":"3.5"},"lower_length":{"N":"1.4"},"lower_width":{"N":"0.2"},"created_at":{"S":"2026-11-24T00:35:14.184Z"}`

// calls are the requests that the pipeline makes for an item. i is the number of the item.
var calls = map[string]func(i int) string{
	"PutItem": func(i int) string {
		return fmt.Sprintf(`{"TableName":"Records","Item":{"id":{"S":"%d"},%s},"ConditionExpression":"attribute_not_exists(id)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, i, attributes)
	},
	"UpdateItem": func(i int) string {
		return fmt.Sprintf(`{"TableName":"Records","Key":{"id":{"S":"%d"}},"ConditionExpression":"attribute_exists(id)",
			"UpdateExpression":"SET pred_target = :t, pred_probability = :p REMOVE failure_code, failure_reason, failed_at",
			"ExpressionAttributeValues":{":t":{"S":"classA"},":p":{"N":"0.9731068160435402"}}}`, i%100)
	},
	"GetItem": func(i int) string {
		return fmt.Sprintf(`{"TableName":"Records","Key":{"id":{"S":"%d"}},"ConsistentRead":true}`, i%100)
	},
	"BatchGetItem": func(int) string {
		keys := make([]string, 10)
		for i := range keys {
			keys[i] = fmt.Sprintf(`{"id":{"S":"%d"}}`, i)
		}
		return `{"RequestItems":{"Records":{"Keys":[` + strings.Join(keys, ",") + `],"ConsistentRead":true}}}`
	},
}

// statementsOf returns a BatchExecuteStatement of 25 statements, one for each item from the i-th on.
func statementsOf(statement string, parameters func(item int) string) func(i int) string {
	statement = quoted(statement)
	return func(i int) string {
		entries := make([]string, 25)
		for j := range entries {
			entries[j] = fmt.Sprintf(`{"Statement":%s,"Parameters":[%s],"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, statement, parameters(25*i+j))
		}
		return `{"Statements":[` + strings.Join(entries, ",") + `]}`
	}
}

func init() {
	calls["BatchExecuteStatement INSERT"] = statementsOf(
		`INSERT INTO "Records" VALUE {'id': ?, 'created_at': ?, 'upper_length': ?, 'upper_width': ?, 'lower_length': ?, 'lower_width': ?}`,
		func(item int) string {
			return fmt.Sprintf(`{"S":"%d"},{"S":"2026-11-24T00:35:14.184Z"},{"N":"5.1"},{"N":"3.5"},{"N":"1.4"},{"N":"0.2"}`, item)
		})
	calls["BatchExecuteStatement UPDATE"] = statementsOf( // sets a new version each time, so that its condition holds again
		`UPDATE "Records" SET pred_target=? SET pred_probability=? SET version=? SET classified_at=? WHERE id=? AND model_version IS MISSING AND failure_code IS MISSING`,
		func(item int) string {
			return fmt.Sprintf(`{"S":"classA"},{"N":"0.9731068160435402"},{"S":"2026-11-24-3"},{"S":"2026-11-24T00:35:15.184Z"},{"S":"%d"}`, item%100)
		})
}

// BenchmarkCalls measures the calls without an SDK.
func BenchmarkCalls(b *testing.B) {
	for name, body := range calls {
		b.Run(name, func(b *testing.B) {
			server := dynamodbserver.New("us-east-1", "000000000000")
			post(b, server, "CreateTable", table)
			operation, _, _ := strings.Cut(name, " ")
			for i := range 100 {
				post(b, server, "PutItem", calls["PutItem"](i))
			}
			b.ReportAllocs()
			for i := 100; b.Loop(); i++ {
				if w := post(b, server, operation, body(i)); w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
