package dynamodb_test

import (
	"strings"
	"testing"
)

// https://github.com/floci-io/floci (DynamoDbPartiQLEdgeCaseIntegrationTest) recorded these answers on AWS.
func TestAWriteNamesOneItem(t *testing.T) {
	const multiple = `"Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"`
	const incomplete = `"Where clause does not contain a mandatory equality on all key attributes"`
	for statement, want := range map[string]string{
		"UPDATE Ccc SET x='n' WHERE pk='o' AND sk='1' AND pk='o'":       `{"Items":[]}`,
		"UPDATE Ccc SET x='n' WHERE (pk='o' AND sk='1') AND x='o1'":     `{"Items":[]}`,
		"UPDATE Ccc SET x='n' WHERE pk='o' AND sk='1' AND pk='p'":       multiple,
		"DELETE FROM Ccc WHERE pk='o' AND sk='1' AND pk='p'":            multiple,
		"UPDATE Ccc SET x='n' WHERE pk IN ['o'] AND sk='1'":             incomplete,
		"UPDATE Ccc SET x='n' WHERE pk='o'":                             incomplete,
		"UPDATE Ccc SET x='n' WHERE pk='o' AND (sk='1' OR sk='2')":      incomplete,
		"DELETE FROM Ccc WHERE pk='o' AND sk='1' AND x IN " + many(101): "number of operands: 101",
	} {
		if got := post(t, newKeys(t), "ExecuteStatement", `{"Statement":`+quoted(statement)+`}`).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: answered %s, want %s", statement, got, want)
		}
	}
}

// https://github.com/floci-io/floci (DynamoDbPartiQLEdgeCaseIntegrationTest) and, for the statement without a condition,
// https://github.com/paritysuite/dynamodb-conformance (partiqlGrammar.test.ts) recorded these answers on AWS.
func TestATransactionIsCancelledOrRefusedForItsStatements(t *testing.T) {
	const update, missing, mismatch = "UPDATE Ccc SET b=1 WHERE ", "UPDATE Nnn SET b=1 WHERE pk='x' AND sk='1'", "The provided key element does not match the schema"
	const read = "SELECT * FROM Ccc WHERE pk='o' AND sk='1'"
	for name, test := range map[string]struct {
		statements []string
		want       string
	}{
		"keys that are not those of one item": {
			[]string{update + "pk='o'", update + "pk IN ['o'] AND sk='1'", update + "pk='o' AND sk='1' AND pk='p'", update + "pk='o' AND sk=1", update + "pk='o' AND sk='1'"},
			"[ValidationError, ValidationError, ValidationError, ValidationError, None]",
		},
		"why":                    {[]string{update + "pk='o'"}, `{"Code":"ValidationError","Message":"` + mismatch + `"}`},
		"an insert and a delete": {[]string{"INSERT INTO Ccc VALUE {'pk':'z'}", "DELETE FROM Ccc WHERE sk='1'"}, `{"Code":"ValidationError","Message":"One or more parameter values were invalid: Missing the key sk in the item"},{"Code":"ValidationError","Message":"` + mismatch + `"}`},
		"a read":                 {[]string{"SELECT * FROM Ccc WHERE pk='o' AND sk=1"}, `[{"Code":"ValidationError","Message":"` + mismatch + `"}]`},
		"two equal reads too":    {[]string{read, read, "SELECT * FROM Ccc WHERE pk=1 AND sk='1'"}, "[None, None, ValidationError]"},
		"two equal reads":        {[]string{read, "SELECT x FROM Ccc WHERE sk='1' AND pk='o'"}, "Transaction request cannot include multiple operations on one item"},
		"EXISTS of two keys": {
			[]string{"EXISTS(" + read + " AND pk='p' AND x='o1')", update + "pk='p' AND sk='1'"}, "[ConditionalCheckFailed, None]",
		},
		"EXISTS with IN":           {[]string{"EXISTS(SELECT * FROM Ccc WHERE pk IN ['o'] AND sk='1' AND x='o1')"}, `"Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional condition"`},
		"no table":                 {[]string{missing + " RETURNING ALL NEW *", "DELETE FROM Nnn WHERE pk='x'"}, `[{"Code":"ResourceNotFound","Message":"Requested resource not found"},{"Code":"ResourceNotFound","Message":"Requested resource not found"}]`},
		"no table with an index":   {[]string{read, "SELECT * FROM Nnn.Gsi WHERE pk='x'"}, "[None, ResourceNotFound]"},
		"no table, and RETURNING":  {[]string{missing, update + "pk='o' AND sk='1' RETURNING ALL NEW *"}, `"Validation failed in TransactStatements[1]: RETURNING clause is not supported in ExecuteTransaction."`},
		"no table, and an index":   {[]string{"SELECT * FROM Nnn WHERE pk='x'", "SELECT * FROM Ccc.Gsi WHERE g='y'"}, `"Validation failed in TransactStatements[1]: Reads on indices are not supported within transactions."`},
		"no condition after WHERE": {[]string{"SELECT * FROM Ccc WHERE"}, `"Validation failed in TransactStatements[0]: Statement wasn't well formed, can't be processed: Unexpected term"`},
		"101 operands":             {[]string{"SELECT * FROM Ccc WHERE pk IN " + many(101) + " AND sk='1'"}, `"Validation failed in TransactStatements[0]: The IN operator is provided with too many operands; number of operands: 101"`},
	} {
		server := newKeys(t)
		if got := post(t, server, "ExecuteTransaction", `{"TransactStatements":`+entries(test.statements...)+`}`).Body.String(); !strings.Contains(got, test.want) {
			t.Errorf("%s: answered %s, want %s", name, got, test.want)
		}
		if after := post(t, server, "Scan", `{"TableName":"Ccc"}`).Body.String(); !strings.Contains(after, `"Count":6`) || strings.Contains(after, `"b"`) {
			t.Errorf("%s: afterwards there is %s", name, after)
		}
	}
	const parameter = `{"TransactStatements":[{"Statement":"UPDATE Ccc SET x = ? WHERE pk='o' AND sk='1'","Parameters":[{"SS":["a","a"]}]}]}`
	const duplicates = `"message":"One or more parameter values were invalid: Input collection [a, a] contains duplicates."`
	if got := post(t, newKeys(t), "ExecuteTransaction", parameter).Body.String(); !strings.Contains(got, duplicates) {
		t.Errorf("answered %s, want %s", got, duplicates)
	}
}
