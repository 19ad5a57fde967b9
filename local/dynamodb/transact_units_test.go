package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// padded returns an item of Ccc with the key z/1, other attributes, and n bytes in the attribute in, which both indexes have.
func padded(n int, attributes string) string {
	return fmt.Sprintf(`{"TableName":"Ccc","Item":{"pk":{"S":"z"},"sk":{"S":"1"},"in":{"S":"%s"}%s}}`, strings.Repeat("x", n), attributes)
}

// The key of that item in a request, and an update of its attribute g.
const (
	padKey = `{"TableName":"Ccc","Key":{"pk":{"S":"z"},"sk":{"S":"1"}}`
	move   = padKey + `,"UpdateExpression":"SET g = :v","ExpressionAttributeValues":{":v":{"S":"g2"}}}`
	check  = padKey + `,"ConditionExpression":"attribute_exists(pk)"}`
)

// took shows capacity as DynamoDB's answers do.
func took(kind string, sum, table int, indexes string) string {
	return fmt.Sprintf(`"ConsumedCapacity":[{"TableName":"Ccc","CapacityUnits":%d,"%s":%[1]d,"Table":{"CapacityUnits":%[3]d,"%[2]s":%[3]d}%[4]s}]`, sum, kind, table, indexes)
}

func inIndex(kind, index string, n int) string {
	return fmt.Sprintf(`,"%sSecondaryIndexes":{"%s":{"CapacityUnits":%d,"WriteCapacityUnits":%[3]d}}`, kind, index, n)
}

// https://github.com/nubo-db/dynoxide (tests/transactional_index_consumed_capacity.rs) and
// https://github.com/paritysuite/dynamodb-conformance (transactWrite.test.ts) recorded on AWS which units a transaction
// takes, and which it takes if it comes again with its token.
func TestATransactionTakesUnits(t *testing.T) {
	const write, read = "WriteCapacityUnits", "ReadCapacityUnits"
	gsi := func(n int) string { return inIndex("Global", "Gsi", n) }
	lsi := func(n int) string { return inIndex("Local", "Lsi", n) }
	const g, l = `,"g":{"S":"g1"}`, `,"l":{"S":"l1"}`
	for name, test := range map[string]struct{ before, operation, entry, first, again string }{
		"a put of 1.5 KB":        {"", "Put", padded(1536, ""), took(write, 4, 4, ""), took(read, 2, 2, "")},
		"a put in an index":      {"", "Put", padded(1, g), took(write, 3, 2, gsi(1)), took(read, 2, 2, "")},
		"a put in both":          {"", "Put", padded(1, g+l), took(write, 4, 2, gsi(1)+lsi(1)), took(read, 2, 2, "")},
		"an equal put":           {padded(3000, g), "Put", padded(3000, g), took(write, 6, 6, ""), took(read, 2, 2, "")},
		"a key of an index":      {padded(1500, g), "Update", move, took(write, 8, 4, gsi(4)), took(read, 2, 2, "")},
		"a put that shrinks":     {padded(9000, ""), "Put", padded(1, ""), took(write, 18, 18, ""), took(read, 6, 6, "")},
		"a put that grows":       {padded(1, ""), "Put", padded(9000, ""), took(write, 18, 18, ""), took(read, 6, 6, "")},
		"a deletion":             {padded(3000, g), "Delete", padKey + "}", took(write, 9, 6, gsi(3)), took(read, 2, 2, "")},
		"a deletion of 9 KB":     {padded(9000, ""), "Delete", padKey + "}", took(write, 18, 18, ""), took(read, 6, 6, "")},
		"a deletion of nothing":  {"", "Delete", padKey + "}", took(write, 2, 2, ""), took(read, 2, 2, "")},
		"a check of a condition": {padded(9000, g), "ConditionCheck", check, took(write, 18, 18, ""), took(read, 6, 6, "")},
	} {
		server := newKeys(t)
		if test.before != "" {
			post(t, server, "PutItem", test.before)
		}
		body := `{"ClientRequestToken":"t","ReturnConsumedCapacity":"INDEXES","TransactItems":[{"` + test.operation + `":` + test.entry + `}]}`
		for _, want := range []string{test.first, test.again, test.again} {
			if got := post(t, server, "TransactWriteItems", body).Body.String(); !strings.Contains(got, want) {
				t.Errorf("%s: took\n%s, want\n%s", name, got, want)
			}
		}
	}
}

func TestEveryTransactionSaysWhetherItReadOrWrote(t *testing.T) {
	const written, wasRead = `"ConsumedCapacity":[{"TableName":"Ccc","CapacityUnits":4,"WriteCapacityUnits":4}]`, `"ConsumedCapacity":[{"TableName":"Ccc","CapacityUnits":2,"ReadCapacityUnits":2}]`
	const set = `{"TransactStatements":[{"Statement":"UPDATE Ccc SET x = ? WHERE pk='o' AND sk='1'","Parameters":[{"S":"%s"}]}],"ClientRequestToken":"t"`
	server := newKeys(t)
	for _, call := range []struct{ operation, body, want string }{
		{"ExecuteTransaction", fmt.Sprintf(set, strings.Repeat("x", 1536)), written},
		{"ExecuteTransaction", fmt.Sprintf(set, strings.Repeat("x", 1536)), wasRead},
		{"ExecuteTransaction", `{"TransactStatements":` + entries("SELECT * FROM Ccc WHERE pk='o' AND sk='1'"), wasRead},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"Ccc","Key":{"pk":{"S":"o"},"sk":{"S":"1"}}}}]`, wasRead},
		{"GetItem", `{"TableName":"Ccc","ConsistentRead":true,"Key":{"pk":{"S":"o"},"sk":{"S":"1"}}`, `"ConsumedCapacity":{"TableName":"Ccc","CapacityUnits":1}`},
	} {
		if got := post(t, server, call.operation, call.body+`,"ReturnConsumedCapacity":"TOTAL"}`).Body.String(); !strings.Contains(got, call.want) {
			t.Errorf("%s %.80s: took %s, want %s", call.operation, call.body, got, call.want)
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html: a token "is valid for 10
// minutes after the first request that uses it is completed".
func TestATokenIsValidForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newKeys(t)
		for _, call := range []struct {
			after time.Duration
			want  string
		}{{0, "Write"}, {6 * time.Minute, "Read"}, {3 * time.Minute, "Read"}, {time.Minute, "Write"}} {
			time.Sleep(call.after) // takes no time, as the clock is not real
			got := post(t, server, "TransactWriteItems", `{"ClientRequestToken":"t","ReturnConsumedCapacity":"TOTAL","TransactItems":[{"Update":`+move+`}]}`).Body.String()
			if !strings.Contains(got, `"`+call.want+`CapacityUnits"`) {
				t.Errorf("after %v more: took %s, want units of a %s", call.after, got, call.want)
			}
		}
	})
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
func TestATokenHas1To36Characters(t *testing.T) {
	const message = "1 validation error detected: Value '%s' at 'clientRequestToken' failed to satisfy constraint: Member must have length "
	for operation, items := range map[string]string{
		"TransactWriteItems": `"TransactItems":[{"Update":` + move + `}]`,
		"ExecuteTransaction": `"TransactStatements":` + entries("UPDATE Ccc SET g='g' WHERE pk='o' AND sk='1'"),
	} {
		server := newKeys(t)
		for n, want := range map[int]string{0: "greater than or equal to 1", 37: "less than or equal to 36", 1: "", 36: ""} {
			token := strings.Repeat("t", n)
			body := `{"ClientRequestToken":"` + token + `",` + items + `}`
			if want != "" {
				wantRefusal(t, server, operation, body, "ValidationException", fmt.Sprintf(message, token)+want)
			} else if w := post(t, server, operation, body); w.Code != 200 {
				t.Errorf("%s with %d characters: answered %s", operation, n, w.Body)
			}
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html: "item collections that were
// modified by individual UpdateItem, PutItem, or DeleteItem operations"
func TestACheckOfAConditionHasNoCollectionMetrics(t *testing.T) {
	server := newKeys(t)
	post(t, server, "PutItem", padded(1, ""))
	body := `{"ReturnItemCollectionMetrics":"SIZE","TransactItems":[{"ConditionCheck":` + check + `}`
	if got := post(t, server, "TransactWriteItems", body+"]}").Body.String(); got != "{}" {
		t.Errorf("a check alone: answered %s, want {}", got)
	}
	const want = `{"ItemCollectionMetrics":{"Ccc":[{"ItemCollectionKey":{"pk":{"S":"o"}},"SizeEstimateRangeGB":[0,1]}]}}`
	body += `,{"Delete":{"TableName":"Ccc","Key":{"pk":{"S":"o"},"sk":{"S":"1"}}}}]}`
	if got := post(t, server, "TransactWriteItems", body).Body.String(); got != want {
		t.Errorf("a check and a deletion: answered %s, want %s", got, want)
	}
}
