package dynamodb_test

import (
	"strings"
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// statements are statements on a table Ttt and their answers. The table has the item a, which has
// n 1. Another table, Lll, has an item with a map and a list. https://github.com/paritysuite/dynamodb-conformance recorded the answers on AWS
// (tests/tier2/partiql and tests/tier3/error-messages/partiql), and so did https://github.com/floci-io/floci
// (DynamoDbPartiQLEdgeCaseIntegrationTest and DynamoDbPartiQLDocumentedSyntaxIntegrationTest). The words about MISSING and
// about a name that is there twice, and a parameter in a set, are those of AWS's own DynamoDB Local.
var statements = map[string]struct {
	statement, parameters string
	want                  string // a part of the answer
	then                  string // a part of what a scan shows afterwards, or ""
}{
	"an item by its key":              {`SELECT * FROM Ttt WHERE pk = 'a'`, "", `{"Items":[{"n":{"N":"1"},"pk":{"S":"a"}}]}`, ""},
	"an item by a parameter":          {`SELECT n FROM "Ttt" WHERE pk = ?`, `{"S":"a"}`, `{"Items":[{"n":{"N":"1"}}]}`, ""},
	"items by another attribute":      {`SELECT pk FROM Ttt WHERE n >= 1 AND NOT (n IN [2, 3] OR pk IS MISSING)`, "", `{"Items":[{"pk":{"S":"a"}}]}`, ""},
	"a comment":                       {"SELECT * FROM Ttt -- all\nWHERE /* of it */ pk = 'b'", "", `{"Items":[]}`, ""},
	"an insert":                       {`INSERT INTO Ttt VALUE {'pk': 'b', 'l': [1, 'x', true, null], 'm': {'k': <<'v'>>}}`, "", `{"Items":[]}`, `{"l":{"L":[{"N":"1"},{"S":"x"},{"BOOL":true},{"NULL":true}]},"m":{"M":{"k":{"SS":["v"]}}},"pk":{"S":"b"}}`},
	"an insert of an existing item":   {`INSERT INTO Ttt VALUE {'pk': 'a'}`, "", `#DuplicateItemException","message":"Duplicate primary key exists in table"`, `"n":{"N":"1"}`},
	"an update":                       {`UPDATE Ttt SET n = n + 1 SET x = 'y' WHERE pk = 'a' AND n = 1 RETURNING ALL NEW *`, "", `{"Items":[{"n":{"N":"2"},"pk":{"S":"a"},"x":{"S":"y"}}]}`, `"n":{"N":"2"}`},
	"an update that removes":          {`UPDATE Ttt REMOVE n WHERE pk = 'a' RETURNING MODIFIED OLD *`, "", `{"Items":[{"n":{"N":"1"}}]}`, `"Items":[{"pk":{"S":"a"}}]`},
	"an update on a condition":        {`UPDATE Ttt SET n = 5 WHERE pk = 'a' AND attribute_not_exists(n)`, "", "#ConditionalCheckFailedException", `"n":{"N":"1"}`},
	"an update of a missing item":     {`UPDATE Ttt SET n = 5 WHERE pk = 'b'`, "", "#ConditionalCheckFailedException", `"Count":1`},
	"a set added to":                  {`UPDATE Ttt SET s = set_add(s, <<'x'>>) WHERE pk = 'a'`, "", `{"Items":[]}`, `"s":{"SS":["x"]}`},
	"a deletion":                      {`DELETE FROM Ttt WHERE pk = 'a' RETURNING ALL OLD *`, "", `{"Items":[{"n":{"N":"1"},"pk":{"S":"a"}}]}`, `"Count":0`},
	"a deletion on a condition":       {`DELETE FROM Ttt WHERE pk = 'a' AND n > 1`, "", "#ConditionalCheckFailedException", `"Count":1`},
	"a deletion of a missing item":    {`DELETE FROM Ttt WHERE pk = 'b' AND n > 1`, "", `{"Items":[]}`, `"Count":1`},
	"a write without the key":         {`DELETE FROM Ttt WHERE n = 1`, "", "Where clause does not contain a mandatory equality on all key attributes", `"Count":1`},
	"what a deletion cannot show":     {`DELETE FROM Ttt WHERE pk = 'a' RETURNING ALL NEW *`, "", "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.", `"Count":1`},
	"a token too many":                {`DELETE FROM Ttt WHERE pk = 'a' foo`, "", "Statement wasn't well formed, can't be processed: Unexpected token after expression", `"Count":1`},
	"an alias":                        {`SELECT * FROM Ttt t WHERE pk = 'a'`, "", "Aliasing is not supported", ""},
	"a number too large":              {`SELECT * FROM Ttt WHERE n = 1e126`, "", "magnitude larger than supported range under root", ""},
	"a table that is not there":       {`SELECT * FROM Nnn WHERE pk = 'a'`, "", "#ResourceNotFoundException", ""},
	"an index that is not there":      {`SELECT * FROM Ttt.Nnn WHERE pk = 'a'`, "", `"The table does not have the specified index"`, ""},
	"an unordered operand":            {`SELECT * FROM Ttt WHERE n < ?`, `{"BOOL":true}`, "Incorrect operand type for operator or function; operator or function: \\u003c, operand type: BOOL", ""},
	"a negated IN":                    {`SELECT pk FROM Ttt WHERE pk = 'a' AND n NOT IN [2] AND NOT n BETWEEN 2 AND 3`, "", `{"Items":[{"pk":{"S":"a"}}]}`, ""},
	"an update that begins with FROM": {`from Ttt where pk = 'a' AND n = 1 set n = 2 remove x RETURNING ALL NEW *`, "", `{"Items":[{"n":{"N":"2"},"pk":{"S":"a"}}]}`, `"n":{"N":"2"}`},
	"WHERE after SET after FROM":      {`FROM Ttt SET n = 2 WHERE pk = 'a'`, "", "can't be processed: Unexpected token after expression", `"n":{"N":"1"}`},
	"FROM without the key":            {`FROM Ttt SET n = 2`, "", "Where clause does not contain a mandatory equality on all key attributes", `"n":{"N":"1"}`},
	"FROM of no item":                 {`FROM Ttt WHERE pk = 'b' SET n = 2`, "", "#ConditionalCheckFailedException", `"Count":1`},
	"parameters of an insert":         {`INSERT INTO Ttt VALUE {'pk': ?, 'n': ?, 'l': [1]}`, `{"S":"b"},{"BOOL":true}`, `{"Items":[]}`, `{"l":{"L":[{"N":"1"}]},"n":{"BOOL":true},"pk":{"S":"b"}}`},
	"a parameter in a list":           {`UPDATE Ttt SET n = [1, ?] WHERE pk = 'a'`, `{"S":"b"}`, `"Unsupported data type: Parameter under key root[1] at 1:24:1"`, `"n":{"N":"1"}`},
	"a parameter in a map":            {`INSERT INTO Ttt VALUE {'pk': 'b', 'm': {'k': ?}}`, `{"S":"b"}`, `"Unsupported data type: Parameter under key root.k at 1:46:1"`, `"Count":1`},
	"a parameter in a set":            {`UPDATE Ttt SET s = <<'x', ?>> WHERE pk = 'a'`, `{"S":"b"}`, `"Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"`, `"n":{"N":"1"}`},
	"a parameter among operands":      {`SELECT pk FROM Ttt WHERE pk = 'a' AND n IN [?, 2]`, `{"N":"1"}`, `{"Items":[{"pk":{"S":"a"}}]}`, ""},
	"a set of two types":              {`INSERT INTO Ttt VALUE {'pk': 'b', 's': <<1, 'y'>>}`, "", `"Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"`, `"Count":1`},
	"EXISTS alone":                    {`EXISTS(SELECT * FROM Ttt WHERE pk = 'a' AND n = 1)`, "", `"EXISTS can only be used in ExecuteTransaction write requests."`, ""},
	"a set of lists":                  {`INSERT INTO Ttt VALUE {'pk': 'b', 's': <<[1]>>}`, "", `"Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"`, `"Count":1`},
	"an element twice in a set":       {`INSERT INTO Ttt VALUE {'pk': 'b', 's': <<'x', 'x'>>}`, "", `"One or more parameter values were invalid: Input collection [x, x] contains duplicates."`, `"Count":1`},
	"a parameter that is too deep":    {`SELECT * FROM Ttt WHERE n = ?`, strings.Repeat(`{"M":{"k":`, 33) + `{"S":"x"}` + strings.Repeat(`}}`, 33), `"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"`, ""},
	"a set that is a parameter":       {`UPDATE Ttt SET s = set_add(s, ?) WHERE pk = 'a'`, `{"SS":["x"]}`, `{"Items":[]}`, `"s":{"SS":["x"]}`},
	"no set to add":                   {`UPDATE Ttt SET s = set_add(s, ?) WHERE pk = 'a'`, `{"S":"x"}`, "The second argument to SET_ADD must be a value with type SET", `"n":{"N":"1"}`},
	"a condition that is missing":     {`UPDATE Ttt SET n = 2 WHERE`, "", "can't be processed: Unexpected term", ""},
	"a condition after AND":           {`UPDATE Ttt SET n = 2 WHERE pk = 'a' AND`, "", "can't be processed: Missing right-hand side expression of infix operator", ""},
	"a condition before ORDER":        {`SELECT * FROM Ttt WHERE ORDER BY pk`, "", "can't be processed: Unexpected keyword", ""},
	"a type that is not there":        {`SELECT * FROM Ttt WHERE pk = 'a' AND n IS FOO`, "", "can't be processed: Expected type name", ""},
	"a deletion from nothing":         {`DELETE FROM WHERE pk = 'a'`, "", "can't be processed: Expected identifier for simple path", ""},
	"a selection from nothing":        {`SELECT * FROM`, "", "can't be processed: Unexpected term", ""},
	"what functions say, compared":    {`UPDATE Ttt SET n = 2 WHERE pk = 'a' AND ATTRIBUTE_EXISTS(n) = true AND (attribute_exists(x) OR begins_with(pk, 'a') <> false)`, "", `{"Items":[]}`, `"n":{"N":"2"}`},
	"and false":                       {`UPDATE Ttt SET n = 2 WHERE pk = 'a' AND attribute_exists(n) = false`, "", "#ConditionalCheckFailedException", `"n":{"N":"1"}`},
	"types":                           {`SELECT pk FROM Ttt WHERE pk IS STRING AND n IS NOT NULL AND n IS NUMBER AND size(pk) = 1 AND attribute_type(n, 'N')`, "", `{"Items":[{"pk":{"S":"a"}}]}`, ""},
	"an update of an index":           {`UPDATE Ttt.ByStatus SET n = 2 WHERE pk = 'a'`, "", "FROM clause may only contain a single table name in data manipulation statements", `"n":{"N":"1"}`},
	"an insert into an index":         {`INSERT INTO "Ttt"."ByStatus" VALUE {'pk': 'b'}`, "", "FROM clause may only contain a single table name in data manipulation statements", `"Count":1`},
	"what only SET can call":          {`SELECT * FROM Ttt WHERE set_add(s, <<'x'>>) = s`, "", "Unrecognized function: set_add at 1:25:7", ""},
	"a function that is shown":        {`SELECT attribute_exists(n) FROM Ttt WHERE pk = 'a'`, "", "Unexpected path component at 1:8:16", ""},
	"MISSING without IS":              {`SELECT * FROM Ttt WHERE pk = 'a' AND n <> MISSING`, "", `"MISSING must be compared using IS operator"`, ""},
	"a set to MISSING":                {`UPDATE Ttt SET n = missing WHERE pk = 'a'`, "", `"MISSING must be compared using IS operator"`, `"n":{"N":"1"}`},
	"an attribute that is so named":   {`SELECT pk FROM Ttt WHERE "MISSING" IS MISSING`, "", `{"Items":[{"pk":{"S":"a"}}]}`, ""},
	"a name twice in an insert":       {`INSERT INTO Ttt VALUE {'pk': 'b', 'x': 1, 'x': 2}`, "", `"Duplicate keys in tuple. Key: x under root"`, `"Count":1`},
	"a name twice in a map":           {`INSERT INTO Ttt VALUE {'pk': 'b', 'm': [1, {'x': 1, 'x': 2}], 'x': 3}`, "", `"Duplicate keys in tuple. Key: x under root[1]"`, `"Count":1`},
	"a large number in a map":         {`INSERT INTO Ttt VALUE {'pk': 'b', 'm': {'x': 1e126}}`, "", `magnitude larger than supported range under root.x"`, `"Count":1`},
	"a large number in a list":        {`INSERT INTO Ttt VALUE {'pk': 'b', 'l': [1, 1e126]}`, "", `magnitude larger than supported range under root[1]"`, `"Count":1`},
	"a name twice in a map of SET":    {`UPDATE Ttt SET n = {'m': {'x': 1, 'x': 2}} WHERE pk = 'a'`, "", `"Duplicate keys in tuple. Key: x under root.m"`, `"n":{"N":"1"}`},
	"a large number that is inserted": {`INSERT INTO Ttt VALUE {'pk': 'b', 'n': 1e126}`, "", `magnitude larger than supported range under root"`, `"Count":1`},
	"an attribute shown twice":        {`SELECT pk, n, "n" FROM Ttt`, "", `"Duplicate identifiers in select clause: n"`, ""},
	"two values with one last name":   {`SELECT m.n, n FROM Ttt`, "", `"Duplicate identifiers in select clause: n"`, ""},
	"an element of a list":            {`SELECT m.k[0], l[1] FROM Lll`, "", `{"Items":[{"k[0]":{"S":"c"},"l[1]":{"N":"2"}}]}`, ""},
	"an element shown twice":          {`SELECT l[0], m.l[0] FROM Ttt`, "", `"Duplicate identifiers in select clause: l[0]"`, ""},
	"a function that is not there":    {`SELECT * FROM Ttt WHERE exists(n)`, "", "Unrecognized function: exists at 1:25:6", ""},
}

func TestAStatementOfPartiQLIsRunOrRefused(t *testing.T) {
	for name, test := range statements {
		t.Run(name, func(t *testing.T) {
			server := newStatements(t)
			body := `{"Statement":` + quoted(test.statement)
			if test.parameters != "" {
				body += `,"Parameters":[` + test.parameters + `]`
			}
			if got := post(t, server, "ExecuteStatement", body+"}").Body.String(); !strings.Contains(got, test.want) {
				t.Errorf("%s: answered %s, want %s", test.statement, got, test.want)
			}
			if after := post(t, server, "Scan", `{"TableName":"Ttt"}`).Body.String(); !strings.Contains(after, test.then) {
				t.Errorf("%s: afterwards there is %s, want %s", test.statement, after, test.then)
			}
		})
	}
}

func newStatements(t *testing.T) *dynamodbserver.Server {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	post(t, server, "PutItem", `{"TableName":"Ttt","Item":{"pk":{"S":"a"},"n":{"N":"1"}}}`)
	post(t, server, "CreateTable", strings.Replace(tableR, "Rrr", "Lll", 1))
	post(t, server, "PutItem", `{"TableName":"Lll","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"m":{"M":{"k":{"L":[{"S":"c"}]}}},"l":{"L":[{"N":"1"},{"N":"2"}]}}}`)
	return server
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// entries returns the JSON list of the statements of a batch.
func entries(statements ...string) string {
	for i, s := range statements {
		statements[i] = `{"Statement":` + quoted(s) + `,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`
	}
	return "[" + strings.Join(statements, ",") + "]"
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
func TestABatchAnswersItsStatementsInTheirOrder(t *testing.T) {
	for name, test := range map[string]struct{ statements, want string }{
		"writes, of which some fail": {
			entries(`UPDATE Ttt SET n = 2 WHERE pk = 'a' AND n = 7`, `UPDATE Ttt SET n = 2 WHERE pk = 'b'`, `INSERT INTO Ttt VALUE {'pk': 'c'}`, `UPDATE nonsense`),
			`{"Responses":[{"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"n":{"N":"1"},"pk":{"S":"a"}}},"TableName":"Ttt"},` +
				`{"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},"TableName":"Ttt"},{"TableName":"Ttt"},` +
				`{"Error":{"Code":"ValidationError","Message":"Statement wasn't well formed, can't be processed: Unexpected end of statement"}}]}`,
		},
		"an insert of an existing item": {entries(`INSERT INTO Ttt VALUE {'pk': 'a'}`), `"Code":"DuplicateItem"`},
		"reads":                         {entries(`SELECT n FROM Ttt WHERE pk = 'a'`, `SELECT * FROM Ttt WHERE pk = 'b'`), `{"Responses":[{"Item":{"n":{"N":"1"}},"TableName":"Ttt"},{"TableName":"Ttt"}]}`},
		"a read without the key":        {entries(`SELECT * FROM Ttt WHERE n = 1`), "Select statements within BatchExecuteStatement must specify the primary key in the where clause."},
		"reads and writes":              {entries(`SELECT * FROM Ttt WHERE pk = 'a'`, `DELETE FROM Ttt WHERE pk = 'b'`), "Read and write requests together in the same batch is not supported."},
		"one item twice":                {entries(`UPDATE Ttt SET n = 2 WHERE pk = 'a'`, `UPDATE Ttt SET n = 3 WHERE pk = 'a'`), `#ValidationException","message":"Provided list of item keys contains duplicates"`},
		"none":                          {"[]", "Member must have length greater than or equal to 1"},
		"26":                            {entries(strings.Split(strings.Repeat("DELETE FROM Ttt WHERE pk = 'x'\n", 26), "\n")[:26]...), "Member must have length less than or equal to 25"},
	} {
		if got := post(t, newStatements(t), "BatchExecuteStatement", `{"Statements":`+test.statements+`}`).Body.String(); !strings.Contains(got, test.want) {
			t.Errorf("%s: answered\n%s, want\n%s", name, got, test.want)
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
func TestATransactionRunsAllStatementsOrNone(t *testing.T) {
	for name, test := range map[string]struct{ statements, want, then string }{
		"writes": {entries(`UPDATE Ttt SET n = 2 WHERE pk = 'a'`, `INSERT INTO Ttt VALUE {'pk': 'b'}`), `{"Responses":[]}`, `"Count":2`},
		"a write that fails": {
			entries(`INSERT INTO Ttt VALUE {'pk': 'b'}`, `INSERT INTO Ttt VALUE {'pk': 'a'}`), "specific reasons [None, DuplicateItem]", `"Count":1`,
		},
		"on a condition that holds":    {entries(`EXISTS(SELECT * FROM Ttt WHERE pk = 'a' AND n = 1)`, `INSERT INTO Ttt VALUE {'pk': 'b'}`), `{"Responses":[]}`, `"Count":2`},
		"on a condition that does not": {entries(`EXISTS(SELECT * FROM Ttt WHERE pk = 'a' AND n = 2)`, `INSERT INTO Ttt VALUE {'pk': 'b'}`), "specific reasons [ConditionalCheckFailed, None]", `"Count":1`},
		"on the item alone":            {entries(`EXISTS(SELECT * FROM Ttt WHERE pk = 'a')`, `INSERT INTO Ttt VALUE {'pk': 'b'}`), "Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional condition", `"Count":1`},
		"reads":                        {entries(`SELECT * FROM Ttt WHERE pk = 'a'`, `SELECT * FROM Ttt WHERE pk = 'b'`), `{"Responses":[{"Item":{"n":{"N":"1"},"pk":{"S":"a"}}},{}]}`, ""},
		"a write that returns":         {entries(`UPDATE Ttt SET n = 2 WHERE pk = 'a' RETURNING ALL NEW *`), "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction.", `"n":{"N":"1"}`},
		"reads and writes":             {entries(`SELECT * FROM Ttt WHERE pk = 'a'`, `DELETE FROM Ttt WHERE pk = 'b'`), "does not support both read and write operations in the same request", ""},
	} {
		server := newStatements(t)
		if got := post(t, server, "ExecuteTransaction", `{"TransactStatements":`+test.statements+`}`).Body.String(); !strings.Contains(got, test.want) {
			t.Errorf("%s: answered %s, want %s", name, got, test.want)
		}
		if after := post(t, server, "Scan", `{"TableName":"Ttt"}`).Body.String(); !strings.Contains(after, test.then) {
			t.Errorf("%s: afterwards there is %s, want %s", name, after, test.then)
		}
	}
}
