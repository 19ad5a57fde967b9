package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// tableC has the partition key pk and the sort key sk, the global index Gsi by g, and the local index Lsi by pk and l.
// Both indexes have only the attribute in more.
const tableC = `{"TableName":"Ccc","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"S"}],
	"GlobalSecondaryIndexes":[{"IndexName":"Gsi","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["in"]}}],
	"LocalSecondaryIndexes":[{"IndexName":"Lsi","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["in"]}}]}`

// newKeys returns a server with the items o/1 to o/3 and p/1 to p/3. The attribute x is o1, o2, and so on, and g is y.
func newKeys(t *testing.T) *dynamodbserver.Server {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableC)
	for _, pk := range []string{"o", "p"} {
		for sk := 1; sk <= 3; sk++ {
			post(t, server, "PutItem", fmt.Sprintf(`{"TableName":"Ccc","Item":{"pk":{"S":"%s"},"sk":{"S":"%d"},"x":{"S":"%[1]s%[2]d"},"g":{"S":"y"},"in":{"S":"i"}}}`, pk, sk))
		}
	}
	return server
}

// selected runs a statement until there is no NextToken. It returns the pk and the sk of the items, with | between two pages,
// or the message of an error.
func selected(t *testing.T, server *dynamodbserver.Server, statement, parameters string) string {
	t.Helper()
	var all []string
	for token := ""; ; {
		body := `{"Statement":` + quoted(statement) + parameters
		if token != "" {
			body += `,"NextToken":"` + token + `"`
		}
		var out struct {
			Items     []map[string]struct{ S string }
			NextToken string
			Message   string
		}
		answer := post(t, server, "ExecuteStatement", body+"}").Body.Bytes()
		if err := json.Unmarshal(answer, &out); err != nil {
			t.Fatalf("%s: %v", answer, err)
		}
		if out.Message != "" {
			return out.Message
		}
		var items []string
		for _, i := range out.Items {
			items = append(items, i["pk"].S+i["sk"].S)
		}
		all = append(all, strings.Join(items, " "))
		if token = out.NextToken; token == "" {
			return strings.Join(all, "|")
		}
	}
}

const (
	overlapping = "Overlapping conditions with range keys are not supported in where clause"
	wrongKind   = "Key attribute's data type should match its data type in table's schema: Key "
	decomposed  = "Too many decomposed read operations for a given query."
)

func many(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("'v%02d'", i)
	}
	return "[" + strings.Join(all, ",") + "]"
}

// https://github.com/floci-io/floci (DynamoDbPartiQLEdgeCaseIntegrationTest, DynamoDbPartiQLDocumentedSyntaxIntegrationTest)
// and https://github.com/paritysuite/dynamodb-conformance (whereOverlap.test.ts, partiqlGrammar.test.ts) recorded these
// answers on AWS, except for the two that name a page of AWS or DynamoDB Local.
func TestASelectReadsByItsKeys(t *testing.T) {
	server := newKeys(t)
	for where, want := range map[string]string{
		"pk='o' AND (sk='1' OR sk='2')":                       "o1 o2",
		"pk='o' AND sk IN ['3','1']":                          "o1 o3",
		"pk='o' AND (sk < '2' OR sk > '2' OR sk='2')":         "o1 o2 o3",
		"pk='o' AND attribute_exists(pk)":                     "o1 o2 o3",
		"pk='o' AND NOT sk='1'":                               "o2 o3",
		"pk='o' AND sk > '1' AND sk <> '2'":                   "o3",
		"pk='o' AND sk='1' AND sk > '0'":                      "o1",
		"pk='o' AND sk >= '1' AND sk < '3' AND pk='o'":        "o1 o2",
		"pk IN ['p','o'] AND begins_with(sk, '2')":            "o2 p2",
		"pk='o' OR pk='p' AND sk BETWEEN '2' AND '3'":         "o1 o2 o3 p2 p3",
		"pk='o' OR sk='1'":                                    "o1 o2 o3 p1",
		"pk='o' AND pk='p'":                                   "",
		"pk > 'o'":                                            "p1 p2 p3",
		"pk > 1":                                              "",
		"pk IN " + many(50):                                   "",
		"pk IN " + many(51) + " OR x='o1'":                    "o1",
		"pk IN " + many(40) + " OR sk IN " + many(40):         "",
		"pk IN " + many(50) + " AND x IN " + many(100):        "",
		"pk IN " + many(51):                                   decomposed, // also https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
		"pk='o' AND sk IN " + many(51):                        decomposed,
		"pk IN " + many(26) + " AND sk IN ['1','2']":          decomposed,
		"pk='o' AND x IN " + many(101):                        "The IN operator is provided with too many operands; number of operands: 101",
		"pk IN ['o','o']":                                     overlapping,
		"pk='o' OR pk='o'":                                    overlapping,
		"pk='o' OR pk='o' AND sk='1'":                         overlapping,
		"pk='o' AND (sk > '0' OR sk < '5')":                   overlapping,
		"pk='o' AND (sk='1' OR x='o2')":                       overlapping,
		"(pk='o' AND x='o1') OR (pk='o' AND x='o2')":          overlapping,
		"pk='o' AND x <> '1' OR pk='o' AND sk='2'":            overlapping,
		"pk='o' AND NOT sk='1' OR pk='o' AND sk='2'":          "o2 o3",
		"pk='o' AND sk <> '1' OR pk='o' AND sk='2'":           "o2 o3",
		"pk='o' AND NOT sk IN ['1','3'] OR pk='o' AND sk='2'": "o2",
		"pk='o' OR pk='o' AND NOT sk='1'":                     "o1 o2 o3",
		"pk=1":                                                wrongKind + "pk",
		"pk=1 OR pk='o'":                                      wrongKind + "pk",
		"pk IN ['o',1]":                                       wrongKind + "pk",
		"pk='o' AND sk IN ['1',2]":                            wrongKind + "sk",
		"pk='o' AND 1 < sk":                                   wrongKind + "sk",
		"pk=true":                                             "Key value must be of type S, N, or B. Key name: pk, Key type: BOOL", // DynamoDB Local

		"pk='o' ORDER BY sk":                          "o1 o2 o3",
		"pk='o' ORDER BY sk DESC":                     "o3 o2 o1",
		"pk='o' ORDER BY pk ASC":                      "o3 o2 o1",
		"pk IN ['o','p'] ORDER BY pk DESC":            "p3 p2 p1 o3 o2 o1",
		"pk IN ['o','p'] ORDER BY pk DESC, sk ASC":    "p1 p2 p3 o1 o2 o3",
		"pk IN ['p','o'] ORDER BY sk ASC, pk":         "o1 o2 o3 p1 p2 p3",
		"pk='o' AND sk IN ['1','3'] ORDER BY sk DESC": "o3 o1",
		"pk='o' ORDER BY x DESC":                      "Attribute x in ORDER BY clause must be part of the primary key",
		"pk > 'a' ORDER BY sk":                        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
		"pk IN ['o','p'] ORDER BY sk DESC":            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
		"pk='o' ORDER BY sk DESC ASC":                 "Statement wasn't well formed, can't be processed: Unexpected token after expression",
	} {
		if got := selected(t, server, "SELECT * FROM Ccc WHERE "+where, ""); got != want {
			t.Errorf("%s: answered %q, want %q", where, got, want)
		}
	}
	const none = "Must have WHERE clause in the statement when using ORDER BY clause."
	if got := selected(t, server, "SELECT * FROM Ccc ORDER BY pk", ""); got != none {
		t.Errorf("without WHERE: answered %q, want %q", got, none)
	}
}

// https://github.com/floci-io/floci (DynamoDbPartiQLEdgeCaseIntegrationTest) and
// https://github.com/paritysuite/dynamodb-conformance (executeStatementIndex.test.ts) recorded these answers on AWS.
func TestASelectFromAnIndexKnowsOnlyWhatTheIndexHas(t *testing.T) {
	const refused = "One or more parameter values were invalid: Secondary index Gsi does not project one or more filter attributes: "
	server := newKeys(t)
	for statement, want := range map[string]string{
		"SELECT pk, sk FROM Ccc.Gsi WHERE g='y' AND x='o1'":                             refused + "[x]",
		"SELECT pk, sk FROM Ccc.Gsi WHERE (g='y' OR g='z') AND x='o1'":                  refused + "[x]",
		"SELECT pk, sk FROM Ccc.Gsi WHERE (g='q' AND u='1') OR (g='b' AND v='1')":       refused + "[u]",
		"SELECT pk, sk FROM Ccc.Gsi WHERE g='y' AND (zz='1' OR aa='2' OR mm='3')":       refused + "[zz, aa, mm]",
		"SELECT pk, sk FROM Ccc.Gsi WHERE (g='y' AND in='i') OR (g='z' AND x='1')":      "o1 o2 o3 p1 p2 p3",
		"SELECT pk, sk FROM Ccc.Gsi WHERE g > 'a' AND x='o1'":                           "",
		"SELECT pk, sk FROM Ccc.Gsi WHERE g='y' AND (g='z' OR x='o1')":                  "",
		"SELECT pk, sk FROM Ccc.Gsi WHERE NOT x='o1' AND pk='o'":                        "o1 o2 o3",
		"SELECT pk, x, u, x.u FROM Ccc.Gsi WHERE g='y'":                                 "Duplicate identifiers in select clause: u",
		"SELECT pk, x, u FROM Ccc.Gsi WHERE g='y'":                                      "One or more parameter values were invalid: Global secondary index Gsi does not project [x, u]",
		"SELECT pk, sk FROM Ccc.Gsi WHERE g=1":                                          wrongKind + "g",
		"SELECT pk, sk FROM Ccc.Lsi WHERE x='o1'":                                       "",
		"SELECT pk, sk FROM Ccc.Gsi WHERE (g='y' AND in='i') OR (g='y' AND in='j')":     overlapping,
		"SELECT pk, sk FROM Ccc.Gsi WHERE g='y' ORDER BY pk":                            "Attribute pk in ORDER BY clause must be part of the primary key",
		"SELECT pk, sk FROM Ccc.Lsi WHERE pk IN ['o'] AND l IN ['1','2'] AND sk IN [1]": "",
	} {
		statement = strings.Replace(statement, "in=", `"in"=`, 2)
		if got := selected(t, server, statement, ""); got != want {
			t.Errorf("%s: answered %q, want %q", statement, got, want)
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html: "Results are returned in pages of up
// to 10 items". https://github.com/floci-io/floci recorded the pages with ORDER BY on AWS.
func TestASelectOfSeveralKeysHasPagesOfTenItems(t *testing.T) {
	server := newKeys(t)
	post(t, server, "CreateTable", tableT)
	for i := range 25 {
		post(t, server, "PutItem", fmt.Sprintf(`{"TableName":"Ttt","Item":{"pk":{"S":"v%02d"}}}`, i))
		post(t, server, "PutItem", fmt.Sprintf(`{"TableName":"Ccc","Item":{"pk":{"S":"%c"},"sk":{"S":"%02d"}}}`, 'a'+i%2, i))
	}
	const first, second = "v00 v01 v02 v03 v04 v05 v06 v07 v08 v09", "v10 v11 v12 v13 v14 v15 v16 v17 v18 v19"
	for _, test := range []struct{ statement, more, want string }{
		{"SELECT * FROM Ttt WHERE pk IN " + many(25), "", first + "|" + second + "|v20 v21 v22 v23 v24"},
		{"SELECT * FROM Ttt WHERE pk IN " + many(20), "", first + "|" + second},
		{"SELECT * FROM Ttt WHERE pk IN " + many(50) + " AND attribute_exists(x)", "", "||"},
		{"SELECT * FROM Ttt WHERE pk IN ['v03', 'no', 'v01', 'v02']", `,"Limit":2`, "v01 v02|v03"},
		{"SELECT * FROM Ttt WHERE pk IN ['v03']", `,"Limit":1`, "v03"},
		{"SELECT sk FROM Ccc WHERE pk IN ['b', 'a']", "", "00 02 04 06 08 10 12 14 16 18|20 22 24 01 03 05 07 09 11 13|15 17 19 21 23"},
		{"SELECT * FROM Ccc WHERE pk IN ['o', 'p'] ORDER BY pk DESC", `,"Limit":2`, "p3 p2|p1 o3|o2 o1|"},
		{"SELECT * FROM Ccc WHERE pk = ?", `,"Limit":2,"Parameters":[{"S":"o"}]`, "o1 o2|o3"},
	} {
		if got := selected(t, server, test.statement, test.more); got != test.want {
			t.Errorf("%s: answered %s, want %s", test.statement, got, test.want)
		}
	}
}

// https://github.com/floci-io/floci (DynamoDbPartiQLHandler) and https://github.com/nubo-db/dynoxide recorded on AWS which
// requests may have the token of another.
func TestANextTokenIsOfTheSameStatement(t *testing.T) {
	server := newKeys(t)
	const statement = `"Statement":"SELECT * FROM Ccc WHERE pk = ?","Parameters":[{"S":"o"}]`
	var page struct{ NextToken string }
	if err := json.Unmarshal(post(t, server, "ExecuteStatement", `{"Limit":1,`+statement+`}`).Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	const other = `"NextToken does not match request"`
	for request, want := range map[string]string{
		statement: `"sk":{"S":"2"}`,
		statement + `,"Limit":1,"ConsistentRead":true`:                             `"sk":{"S":"2"}`,
		strings.Replace(statement, `"o"`, `"p"`, 1):                                other,
		strings.Replace(statement, "Ccc", "Ccc.Lsi", 1):                            other,
		strings.Replace(statement, "pk = ?", "? = pk", 1):                          other,
		`"Statement":"SELECT * FROM Ccc"`:                                          other,
		strings.Replace(statement, "SELECT", "select", 1) + `,"NextToken":"e30="`:  other,
		strings.Replace(statement, "SELECT", "select", 1) + `,"NextToken":"what?"`: `"Invalid NextToken"`,
	} {
		if !strings.Contains(request, "NextToken") {
			request += `,"NextToken":"` + page.NextToken + `"`
		}
		if got := post(t, server, "ExecuteStatement", `{`+request+`}`).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: answered %s, want %s", request, got, want)
		}
	}
}

// https://github.com/floci-io/floci (DynamoDbPartiQLEdgeCaseIntegrationTest) recorded these answers on AWS.
func TestABatchAndATransactionReadByTheKeyAlone(t *testing.T) {
	server := newKeys(t)
	const whole = "must specify the primary key in the where clause."
	for where, want := range map[string]string{
		"pk IN ['o'] AND sk IN ['1']":         `"x":{"S":"o1"}`,
		"(pk IN ['o']) AND pk='o' AND sk='2'": `"x":{"S":"o2"}`,
		"(sk='1') AND pk='o' AND pk='o'":      `"x":{"S":"o1"}`,
		"pk IN ['p'] AND pk='o' AND sk='1'":   whole,
		"pk='o' AND sk='1' AND pk='p'":        whole,
		"pk='o' AND sk='1' AND x='o1'":        whole,
		"pk='o'":                              whole,
		"pk='o' AND sk IN ['1','2']":          whole,
		"pk='o' AND sk >= '1'":                whole,
		"pk IN ['o','o'] AND sk='1'":          overlapping,
		"pk IN " + many(51) + " AND sk='1'":   decomposed,
	} {
		statement := entries("SELECT * FROM Ccc WHERE " + where)
		got := post(t, server, "BatchExecuteStatement", `{"Statements":`+statement+`}`).Body.String()
		inTransaction := post(t, server, "ExecuteTransaction", `{"TransactStatements":`+statement+`}`).Body.String()
		if !strings.Contains(got, want) || !strings.Contains(inTransaction, want) {
			t.Errorf("%s: answered %s and %s, want %s", where, got, inTransaction, want)
		}
		if refused := strings.Contains(inTransaction, `"Validation failed in TransactStatements[0]: `); refused != !strings.HasPrefix(want, `"x"`) {
			t.Errorf("%s: a transaction answered %s", where, inTransaction)
		}
	}
}
