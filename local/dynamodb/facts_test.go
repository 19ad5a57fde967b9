package dynamodb_test

import (
	"strconv"
	"strings"
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// The facts use two tables. Ttt has the partition key pk (S) and an index with the key st (S). Rrr
// has the partition key pk (S) and the sort key sk (N).
const (
	tableT = `{"TableName":"Ttt","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
		"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"st","AttributeType":"S"}],
		"GlobalSecondaryIndexes":[{"IndexName":"ByStatus","KeySchema":[{"AttributeName":"st","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}`
	tableR = `{"TableName":"Rrr","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
		"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}]}`
)

// fact is a request on the item a, and the answer of DynamoDB. Users of other emulators reported
// these answers, or tests recorded them on AWS.
type fact struct {
	has       string // JSON of the attributes of the item a of Ttt, without pk; "none" means that there is no item
	operation string
	body      string // without the table's name
	want      string // a part of the answer
	then      string // a part of the item a afterwards; "" means that it has not changed
}

const exact = `"n":{"N":"1234567890123456789"}`

var facts = map[string]fact{
	"a long number is exact":                  {exact, "GetItem", `"Key":{"pk":{"S":"a"}},"ProjectionExpression":"n"`, `{"Item":{"n":{"N":"1234567890123456789"}}}`, ""},
	"a long number is compared exactly":       {exact, "PutItem", `"Item":{"pk":{"S":"a"}},"ConditionExpression":"n = :v","ExpressionAttributeValues":{":v":{"N":"1234567890123456788"}}`, "#ConditionalCheckFailedException", ""},
	"an update leaves other numbers alone":    {exact, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET x = :v","ExpressionAttributeValues":{":v":{"N":"1"}}`, `{}`, exact},
	"a stale optimistic lock loses":           {`"version":{"N":"9007199254740993"}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET x = :v","ConditionExpression":"version = :w","ExpressionAttributeValues":{":v":{"N":"1"},":w":{"N":"9007199254740992"}}`, "#ConditionalCheckFailedException", ""},
	"39 digits are too many":                  {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"N":"123456789012345678901234567890123456789"}}`, "Attempting to store more than 38 significant digits in a Number", "none"},
	"38 digits and zeros are not":             {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"N":"12345678901234567890123456789012345678000"}}`, `{}`, "12345678901234567890123456789012345678000"},
	"1E126 is too large":                      {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"N":"1E126"}}`, "Number overflow", "none"},
	"1E-131 is too small":                     {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"N":"1E-131"}}`, "Number underflow", "none"},
	"5.10 is 5.1":                             {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"N":"5.10"}}`, `{}`, `"n":{"N":"5.1"}`},
	"1.5E2 is 150":                            {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"N":"1.5E2"}}`, `{}`, `"n":{"N":"150"}`},
	"-0 is 0":                                 {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"N":"-0"}}`, `{}`, `"n":{"N":"0"}`},
	"1 and 1.0 are twice in a set":            {"none", "PutItem", `"Item":{"pk":{"S":"a"},"n":{"NS":["1","1.0"]}}`, "Input collection contains duplicates", "none"},
	"a sum is exact":                          {exact, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET n = n + :v","ExpressionAttributeValues":{":v":{"N":"0.1"}},"ReturnValues":"UPDATED_NEW"`, `"1234567890123456789.1"`, "1234567890123456789.1"},
	"a sum of too many digits is refused":     {`"n":{"N":"1E50"}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD n :v","ExpressionAttributeValues":{":v":{"N":"1"}}`, "Number overflow", ""},
	"ADD reaches into a map":                  {`"m":{"M":{"hits":{"N":"1"}}}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD m.hits :v","ExpressionAttributeValues":{":v":{"N":"1"}}`, `{}`, `"hits":{"N":"2"}`},
	"ADD makes what is missing":               {"none", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD n :v, tags :t","ExpressionAttributeValues":{":v":{"N":"3"},":t":{"SS":["x"]}}`, `{}`, `"n":{"N":"3"},"pk":{"S":"a"},"tags":{"SS":["x"]}`},
	"ADD to a text is refused":                {`"n":{"S":"1"}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD n :v","ExpressionAttributeValues":{":v":{"N":"3"}}`, "An operand in the update expression has an incorrect data type", ""},
	"operands are those before the update":    {`"cur":{"S":"old"}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET cur = :v, prev = cur","ExpressionAttributeValues":{":v":{"S":"new"}}`, `{}`, `"prev":{"S":"old"}`},
	"an operand that is missing is refused":   {"", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET x = nope"`, "The provided expression refers to an attribute that does not exist in the item", ""},
	"a value that is not defined is refused":  {"", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET b = :typo"`, "An expression attribute value used in expression is not defined; attribute value: :typo", ""},
	"a name that is not defined is refused":   {"", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE #typo"`, "An expression attribute name used in the document path is not defined; attribute name: #typo", ""},
	"a value that is not used is refused":     {"", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE x","ExpressionAttributeValues":{":v":{"S":"1"}}`, "unused in expressions: keys: {:v}", ""},
	"a refused update changes nothing":        {`"st":{"S":"new"}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET x = :x, st = :n","ExpressionAttributeValues":{":n":{"N":"1"},":x":{"S":"x"}}`, "Type mismatch for Index Key st Expected: S Actual: N IndexName: ByStatus", ""},
	"an index key cannot become empty":        {`"st":{"S":"new"}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET st = :n","ExpressionAttributeValues":{":n":{"S":""}}`, "cannot contain an empty string value", ""},
	"a key cannot change":                     {"", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET pk = :n","ExpressionAttributeValues":{":n":{"S":"b"}}`, "Cannot update attribute pk. This attribute is part of the key", ""},
	"ALL_OLD of a new item is nothing":        {"none", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET x = :x","ExpressionAttributeValues":{":x":{"S":"x"}},"ReturnValues":"ALL_OLD"`, `{}`, `"x"`},
	"UPDATED_NEW has what stays equal":        {`"x":{"S":"x"}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET x = :x","ExpressionAttributeValues":{":x":{"S":"x"}},"ReturnValues":"UPDATED_NEW"`, `{"Attributes":{"x":{"S":"x"}}}`, ""},
	"UPDATED_NEW of a path is that alone":     {`"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET m.x = :x","ExpressionAttributeValues":{":x":{"N":"5"}},"ReturnValues":"UPDATED_NEW"`, `{"Attributes":{"m":{"M":{"x":{"N":"5"}}}}}`, `"x":{"N":"5"},"y":{"N":"2"}`},
	"UPDATED_OLD of a path is that alone":     {`"l":{"L":[{"N":"1"},{"N":"2"}]}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET l[1] = :x","ExpressionAttributeValues":{":x":{"N":"5"}},"ReturnValues":"UPDATED_OLD"`, `{"Attributes":{"l":{"L":[{"N":"2"}]}}}`, `{"L":[{"N":"1"},{"N":"5"}]}`},
	"removed elements keep their indexes":     {`"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"}]}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE l[0], l[2] SET l[9] = :x","ExpressionAttributeValues":{":x":{"N":"9"}}`, `{}`, `"l":{"L":[{"N":"1"},{"N":"3"},{"N":"9"}]}`},
	"so beside a part of a map":               {`"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"N":"1"}}}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE l[0], m.x, l[1]"`, `{}`, `"l":{"L":[{"N":"2"}]},"m":{"M":{}}`},
	"new elements have the order of indexes":  {`"l":{"L":[]},"m":{"M":{}}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET l[1] = :b, m.x = :x, l[0] = :a","ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"b"},":x":{"S":"x"}}`, `{}`, `"l":{"L":[{"S":"a"},{"S":"b"}]}`},
	"a set that becomes empty shifts none":    {`"l":{"L":[{"SS":["x"]},{"N":"1"}]}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"DELETE l[0] :x SET l[1] = :n","ExpressionAttributeValues":{":x":{"SS":["x"]},":n":{"N":"2"}}`, `{}`, `"l":{"L":[{"N":"2"}]}`},
	"a new element is not removed":            {`"l":{"L":[{"N":"0"}]}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE l[1] SET l[2] = :n","ExpressionAttributeValues":{":n":{"N":"2"}}`, `{}`, `"l":{"L":[{"N":"0"},{"N":"2"}]}`},
	"a removal makes no item":                 {"none", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE x"`, `{}`, "none"},
	"a projected element stands alone":        {`"l":{"L":[{"N":"1"},{"N":"2"}]}`, "GetItem", `"Key":{"pk":{"S":"a"}},"ProjectionExpression":"l[1]"`, `{"Item":{"l":{"L":[{"N":"2"}]}}}`, ""},
	"what is missing is projected to nothing": {"", "GetItem", `"Key":{"pk":{"S":"a"}},"ProjectionExpression":"nope, x.y, l[7]"`, `{"Item":{}}`, ""},
	"a projection skips items of other types": {`"m":{"S":"text"}`, "Scan", `"ProjectionExpression":"m.x"`, `{"Items":[{}],"Count":1`, ""},
	"what is missing compares as false":       {"", "DeleteItem", `"Key":{"pk":{"S":"a"}},"ConditionExpression":"x < :v","ExpressionAttributeValues":{":v":{"N":"1"}}`, "#ConditionalCheckFailedException", ""},
	"another type compares as false":          {`"x":{"S":"0"}`, "DeleteItem", `"Key":{"pk":{"S":"a"}},"ConditionExpression":"x < :v","ExpressionAttributeValues":{":v":{"N":"1"}}`, "#ConditionalCheckFailedException", ""},
	"what is missing is not equal":            {"", "DeleteItem", `"Key":{"pk":{"S":"a"}},"ConditionExpression":"x <> :v","ExpressionAttributeValues":{":v":{"N":"1"}}`, `{}`, "none"},
	"the size of what has none is no match":   {`"m":{"NULL":true}`, "Scan", `"FilterExpression":"size(m) >= :z OR size(nope) >= :z","ExpressionAttributeValues":{":z":{"N":"0"}}`, `"Count":0,"ScannedCount":1`, ""},
	"what is missing contains nothing":        {"", "Scan", `"FilterExpression":"contains(nope, :s)","ExpressionAttributeValues":{":s":{"S":"a"}}`, `"Count":0,"ScannedCount":1`, ""},
	"a number begins with no text":            {`"n":{"N":"12"}`, "Scan", `"FilterExpression":"begins_with(n, :s)","ExpressionAttributeValues":{":s":{"S":"1"}}`, `"Count":0,"ScannedCount":1`, ""},
	"DELETE from no item makes none":          {"none", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"DELETE s :v","ExpressionAttributeValues":{":v":{"SS":["x"]}}`, `{}`, "none"},
	"DELETE from what is missing is nothing":  {"", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"DELETE s :v","ExpressionAttributeValues":{":v":{"SS":["x"]}}`, `{}`, ""},
	"DELETE of all removes the attribute":     {`"s":{"SS":["x"]}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"DELETE s :v","ExpressionAttributeValues":{":v":{"SS":["x","y"]}}`, `{}`, `{"Item":{"pk":{"S":"a"}}}`},
	"a reserved word in a path needs #":       {`"m":{"M":{"views":{"N":"1"}}}`, "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD m.views :v","ExpressionAttributeValues":{":v":{"N":"1"}}`, "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: views", ""},
	"a reserved word needs #":                 {"", "GetItem", `"Key":{"pk":{"S":"a"}},"ProjectionExpression":"Status"`, "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: Status", ""},
	"parentheses are not doubled":             {"", "Scan", `"FilterExpression":"((attribute_exists(pk)))"`, "Invalid FilterExpression: The expression has redundant parentheses;", ""},
	"paths cannot overlap":                    {"", "UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE m.a, m"`, "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, a], path two: [m]", ""},
}

func TestAnItemIsTreatedAsByDynamoDB(t *testing.T) {
	for name, f := range facts {
		t.Run(name, func(t *testing.T) {
			server := dynamodbserver.New("us-east-1", "000000000000")
			post(t, server, "CreateTable", tableT)
			if f.has != "none" {
				item := strings.TrimSuffix(`{"pk":{"S":"a"},`+f.has, ",") + "}"
				if got := post(t, server, "PutItem", `{"TableName":"Ttt","Item":`+item+`}`).Body.String(); got != "{}" {
					t.Fatal(got)
				}
			}
			shown := func() string {
				return post(t, server, "GetItem", `{"TableName":"Ttt","Key":{"pk":{"S":"a"}}}`).Body.String()
			}
			before := shown()
			if got := post(t, server, f.operation, `{"TableName":"Ttt",`+f.body+`}`).Body.String(); !strings.Contains(got, f.want) {
				t.Errorf("%s %s: answered %s, want %s", f.operation, f.body, got, f.want)
			}
			want := map[string]string{"": before, "none": "{}"}[f.then]
			switch after := shown(); {
			case want != "" && after != want, !strings.Contains(after, strings.TrimPrefix(f.then, "none")):
				t.Errorf("afterwards the item is %s, want %s", after, f.then)
			}
		})
	}
}

// Recorded by https://github.com/scylladb/scylladb (test/alternator), https://github.com/paritysuite/dynamodb-conformance
// (error-messages/queryKeyConditionOperands) and others.
func TestAQueryWithAnInvalidKeyConditionIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableR)
	for condition, want := range map[string]string{
		"pk = :p OR sk = :s":                   "Invalid operator used in KeyConditionExpression: OR",
		"pk = :p AND sk <> :s":                 "Invalid operator used in KeyConditionExpression: ",
		"NOT pk = :p AND sk = :s":              "Invalid operator used in KeyConditionExpression: NOT",
		"pk = :p AND sk IN (:s)":               "Invalid operator used in KeyConditionExpression: IN",
		"pk = :p AND attribute_exists(sk)":     "Invalid operator used in KeyConditionExpression: attribute_exists",
		"pk > :p AND sk = :s":                  "Query key condition not supported",
		"sk = :s AND :p = sk":                  `"Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"`,
		"pk = :p AND another = :s":             "Query condition missed key schema element: sk",
		"pk = :p AND sk > :s AND another = :s": "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
		"pk = :p AND sk = :p":                  "Condition parameter type does not match schema type",
		"pk = :p AND begins_with(sk, :s)":      "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
		"pk = :p AND sk BETWEEN :s AND :small": "The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
	} {
		values := ""
		for name, v := range map[string]string{":p": `{"S":"a"}`, ":s": `{"N":"5"}`, ":small": `{"N":"4"}`} {
			if strings.Contains(condition+" ", name+" ") || strings.Contains(condition, name+")") {
				values += `,"` + name + `":` + v
			}
		}
		body := `{"TableName":"Rrr","KeyConditionExpression":"` + condition + `","ExpressionAttributeValues":{` + values[1:] + `}}`
		if got := post(t, server, "Query", body).Body.String(); !strings.Contains(got, "#ValidationException") || !strings.Contains(got, want) {
			t.Errorf("%s: answered %s, want %s", condition, got, want)
		}
	}
}

func TestKeysAreComparedByValue(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", strings.Replace(tableR, `"AttributeName":"sk","AttributeType":"N"`, `"AttributeName":"sk","AttributeType":"S"`, 1))
	post(t, server, "CreateTable", strings.Replace(tableR, "Rrr", "Numbers", 1))
	for _, item := range []string{`{"pk":{"S":"a.b"},"sk":{"S":"c"}}`, `{"pk":{"S":"a"},"sk":{"S":"b.c"}}`, `{"pk":{"S":"a\u0000"},"sk":{"S":"b"}}`, `{"pk":{"S":"a"},"sk":{"S":"\u0000b"}}`} {
		post(t, server, "PutItem", `{"TableName":"Rrr","Item":`+item+`}`)
	}
	for _, n := range []string{"10", "1e1", "10.0", "-1", "9", "100", "0.5", "-0.5", "-100", "0"} {
		post(t, server, "PutItem", `{"TableName":"Numbers","Item":{"pk":{"S":"a"},"sk":{"N":"`+n+`"}}}`)
	}
	if got := post(t, server, "Scan", `{"TableName":"Rrr","Select":"COUNT"}`).Body.String(); !strings.Contains(got, `"Count":4`) {
		t.Errorf("pairs of texts: %s, want 4", got)
	}
	got := post(t, server, "Query", `{"TableName":"Numbers","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"ProjectionExpression":"sk"}`).Body.String()
	want := ""
	for _, n := range []string{"-100", "-1", "-0.5", "0", "0.5", "9", "10", "100"} {
		want += `,{"sk":{"N":"` + n + `"}}`
	}
	if !strings.Contains(got, "["+want[1:]+"]") {
		t.Errorf("numbers: %s, want %s", got, want[1:])
	}
}

// paritysuite/dynamodb-conformance recorded the messages and the limits on AWS.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func TestATransactionHasLimitsAndAToken(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	puts := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, `{"Put":{"TableName":"Ttt","Item":{"pk":{"S":"`+strconv.Itoa(i)+`"}}}}`)
		}
		return strings.Join(all, ",")
	}
	add := `{"Update":{"TableName":"Ttt","Key":{"pk":{"S":"n"}},"UpdateExpression":"ADD n :one","ExpressionAttributeValues":{":one":{"N":"1"}}}}`
	for _, step := range []struct{ name, items, more, want string }{
		{"101 writes", puts(101), "", "Member must have length less than or equal to 100"},
		{"100 writes", puts(100), "", "{}"},
		{"one item twice", puts(1) + "," + puts(1), "", "Transaction request cannot include multiple operations on one item"},
		{"with a token", add, `,"ClientRequestToken":"token"`, "{}"},
		{"with the token again", add, `,"ClientRequestToken":"token"`, "{}"},
		{"other writes with the token", puts(1), `,"ClientRequestToken":"token"`, "#IdempotentParameterMismatchException"},
		{"another expression with the token", strings.Replace(add, "ADD n", "ADD m", 1), `,"ClientRequestToken":"token"`, "#IdempotentParameterMismatchException"},
	} {
		if got := post(t, server, "TransactWriteItems", `{"TransactItems":[`+step.items+`]`+step.more+`}`).Body.String(); !strings.Contains(got, step.want) {
			t.Errorf("%s: answered %.300s, want %s", step.name, got, step.want)
		}
	}
	if got := post(t, server, "GetItem", `{"TableName":"Ttt","Key":{"pk":{"S":"n"}}}`).Body.String(); !strings.Contains(got, `"n":{"N":"1"}`) {
		t.Errorf("after two transactions with a token: %s, want n to be 1", got)
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
func TestAnInvalidTableIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	const key = `"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"`
	for want, body := range map[string]string{
		"Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3":                  `"TableName":"ab","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],` + key,
		"Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions":               `"TableName":"abc","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"x","AttributeType":"S"}],` + key,
		"Some index key attributes are not defined in AttributeDefinitions. Keys: [id], AttributeDefinitions: [x]":                    `"TableName":"abc","AttributeDefinitions":[{"AttributeName":"x","AttributeType":"S"}],` + key,
		"Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set": `"TableName":"abc","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"X"}],` + key,
		"ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED":                             `"TableName":"abc","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]`,
	} {
		if got := post(t, server, "CreateTable", "{"+body+"}").Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: answered %s", want, got)
		}
	}
}

// An invalid request is refused before the service looks for its table.
func TestAnInvalidRequestIsRefusedEvenIfItsTableDoesNotExist(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	for operation, body := range map[string]string{
		"GetItem":    `"Key":{"id":{"N":"x"}}`,
		"PutItem":    `"Item":{"id":{"S":"1"}},"ConditionExpression":"a ="`,
		"UpdateItem": `"Key":{"id":{"S":"1"}},"UpdateExpression":"SET a = :v"`,
		"DeleteItem": `"Key":{"id":{"S":"1"}},"ReturnValues":"ALL_NEW"`,
		"Query":      `"KeyConditionExpression":"a = :v"`,
		"Scan":       `"Limit":0`,
	} {
		if got := post(t, server, operation, `{"TableName":"None",`+body+`}`).Body.String(); !strings.Contains(got, "#ValidationException") {
			t.Errorf("%s: answered %s", operation, got)
		}
	}
}

// https://github.com/paritysuite/dynamodb-conformance recorded it for TransactWriteItems (validation-ordering/transactions).
func TestNoTableIsLookedForBeforeAllPartsOfARequestAreValid(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	for operation, body := range map[string]string{
		"TransactWriteItems": `"TransactItems":[{"Put":{"TableName":"None","Item":{"id":{"S":"1"}}}},` +
			`{"ConditionCheck":{"TableName":"None","Key":{"id":{"S":"2"}},"ConditionExpression":"attribute_not_exists("}}]`,
		"TransactGetItems": `"TransactItems":[{"Get":{"TableName":"None","Key":{"id":{"S":"1"}}}},` +
			`{"Get":{"TableName":"None","Key":{"id":{"S":"2"}},"ProjectionExpression":"a,"}}]`,
		"BatchWriteItem": `"RequestItems":{"None":[{"PutRequest":{"Item":{"id":{"S":"1"}}}},{"PutRequest":{"Item":{"id":{"N":"x"}}}}]}`,
		"BatchGetItem":   `"RequestItems":{"None":{"Keys":[{"id":{"S":"1"}}]},"Other":{"Keys":[{"id":{"S":"1"}}],"ProjectionExpression":"a,"}}`,
	} {
		if got := post(t, server, operation, `{`+body+`}`).Body.String(); !strings.Contains(got, "#ValidationException") {
			t.Errorf("%s: answered %s", operation, got)
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
func TestATransactionReadsAtMostFourMegabytes(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	large := strings.Repeat("x", 380<<10)
	var gets, selects []string
	for i := range 11 {
		key := `{"pk":{"S":"` + strconv.Itoa(i) + `"}`
		post(t, server, "PutItem", `{"TableName":"Ttt","Item":`+key+`,"text":{"S":"`+large+`"}}}`)
		gets = append(gets, `{"Get":{"TableName":"Ttt","Key":`+key+`},"ProjectionExpression":"pk"}}`)
		selects = append(selects, `{"Statement":"SELECT pk FROM Ttt WHERE pk = '`+strconv.Itoa(i)+`'"}`)
	}
	for _, n := range []int{10, 11} { // items with 3.7 and 4.1 MiB, of which little is shown
		for operation, body := range map[string]string{
			"TransactGetItems":   `{"TransactItems":[` + strings.Join(gets[:n], ",") + `]}`,
			"ExecuteTransaction": `{"TransactStatements":[` + strings.Join(selects[:n], ",") + `]}`,
		} {
			got := post(t, server, operation, body).Body.String()
			if refused := strings.Contains(got, "Transaction size cannot exceed 4194304 bytes"); refused != (n == 11) {
				t.Errorf("%s of %d items answered %.200s", operation, n, got)
			}
		}
	}
}
