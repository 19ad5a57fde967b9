package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The units of a failed statement count only if another statement on the same table succeeds. They
// count in the sum of the table, and not for the table alone or an index. Recorded on AWS by
// https://github.com/nubo-db/dynoxide (tests/partiql_index_consumed_capacity.rs).
func TestABatchTakesTheUnitsOfItsStatements(t *testing.T) {
	large := text(strings.Repeat("x", 3000))
	for name, test := range map[string]struct {
		statements []types.BatchStatementRequest
		want       string
	}{
		"writes":            {[]types.BatchStatementRequest{with(classify, text("x"), text("2"), text("pending")), with(create, text("a"), large, number("1"))}, "Records 4 4"},
		"one fails":         {[]types.BatchStatementRequest{with(classify, text("x"), text("2"), text("pending")), with(classify, text("x"), text("2"), text("classified"))}, "Records 2 1"},
		"a large one fails": {[]types.BatchStatementRequest{with(classify, text("x"), text("2"), text("pending")), with(create, text("classified"), large, number("1"))}, "Records 4 1"},
		"all fail":          {[]types.BatchStatementRequest{with(classify, text("x"), text("2"), text("classified"))}, ""},
		"reads":             {[]types.BatchStatementRequest{with(`SELECT * FROM Records WHERE id='pending'`), {Statement: new(`SELECT * FROM Records WHERE id='a'`), ConsistentRead: new(true)}}, "Records 1.5 1.5"},
		"another table's":   {[]types.BatchStatementRequest{with(`INSERT INTO Others VALUE {'id': 'a'}`), with(classify, text("x"), text("2"), text("classified"))}, "Others 1 1"},
	} {
		t.Run(name, func(t *testing.T) {
			client := newRecords(t)
			createTable(t, client, "Others", "id")
			out, err := client.BatchExecuteStatement(t.Context(), &dynamodb.BatchExecuteStatementInput{
				Statements: test.statements, ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes,
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range out.ConsumedCapacity {
				got = append(got, fmt.Sprint(*c.TableName, " ", *c.CapacityUnits, " ", *c.Table.CapacityUnits))
			}
			if got := strings.Join(got, ", "); got != test.want {
				t.Errorf("took %s, want %s", got, test.want)
			}
		})
	}
}
