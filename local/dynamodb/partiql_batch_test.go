package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// The answers that the tests of this file want were recorded on AWS by the authors of
// https://github.com/paritysuite/dynamodb-conformance (tests/tier2/partiql and
// tests/tier3/error-messages) and https://github.com/nubo-db/dynoxide (tests/partiql.rs,
// tests/partiql_index_consumed_capacity.rs, tests/batch_statement_member_fields.rs), or are in
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html.

// The pipeline writes a batch with these statements.
const (
	classify = `UPDATE "Records" SET pred_target=? SET model_version=? WHERE id=? AND model_version IS MISSING AND failure_code IS MISSING`
	create   = `INSERT INTO "Records" VALUE {'id': ?, 'created_at': ?, 'upper_length': ?}`
)

// newRecords returns a client of a table that has the items "pending" and "classified".
func newRecords(t *testing.T) *dynamodb.Client {
	client := newClient()
	createTable(t, client, "Records", "id")
	put(t, client, "Records", item{"id": text("pending")})
	put(t, client, "Records", item{"id": text("classified"), "model_version": text("1")})
	return client
}

func with(statement string, parameters ...types.AttributeValue) types.BatchStatementRequest {
	return types.BatchStatementRequest{
		Statement: &statement, Parameters: parameters,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// batch runs statements and returns the answer to each as a text.
func batch(t *testing.T, client *dynamodb.Client, statements ...types.BatchStatementRequest) (answers []string, err error) {
	t.Helper()
	out, err := client.BatchExecuteStatement(t.Context(), &dynamodb.BatchExecuteStatementInput{Statements: statements})
	if err != nil {
		return nil, err
	}
	for _, r := range out.Responses {
		var parts []string
		if r.TableName != nil {
			parts = append(parts, *r.TableName)
		}
		if r.Item != nil {
			parts = append(parts, "item "+shown(r.Item))
		}
		if r.Error != nil {
			parts = append(parts, string(r.Error.Code)+": "+*r.Error.Message)
			if r.Error.Item != nil {
				parts = append(parts, "of "+shown(r.Error.Item))
			}
		}
		answers = append(answers, strings.Join(parts, ", "))
	}
	return answers, nil
}

// shown writes an item of texts and numbers as a text, such as map[id:a n:1].
func shown(i item) string {
	texts := map[string]string{}
	for name, v := range i {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			texts[name] = v.Value
		case *types.AttributeValueMemberN:
			texts[name] = v.Value
		default:
			texts[name] = fmt.Sprintf("%T", v)
		}
	}
	return fmt.Sprint(texts)
}

const failed = "Records, ConditionalCheckFailed: The conditional request failed"

const malformed = "ValidationError: Statement wasn't well formed, can't be processed: "

// tooDeep is a value of 41 levels. DynamoDB allows 32.
var tooDeep = func() types.AttributeValue {
	v := types.AttributeValue(text("leaf"))
	for range 40 {
		v = &types.AttributeValueMemberM{Value: item{"n": v}}
	}
	return v
}()

// statementBatches are batches of statements and the answer to each statement.
var statementBatches = map[string]struct {
	statements []types.BatchStatementRequest
	want       []string
	then       string // the items that a scan shows afterwards, without the unchanged ones
}{
	"conditional updates": {
		[]types.BatchStatementRequest{
			with(classify, text("classA"), text("2"), text("classified")),
			with(classify, text("classA"), text("2"), text("pending")),
			with(classify, text("classA"), text("2"), text("nobody")),
		},
		[]string{failed + ", of map[id:classified model_version:1]", "Records", failed},
		"map[id:pending model_version:2 pred_target:classA]",
	},
	"without the old item": {
		[]types.BatchStatementRequest{{Statement: new(`UPDATE Records SET x=1 WHERE id='classified' AND model_version IS MISSING`)}},
		[]string{failed}, "",
	},
	"inserts": {
		[]types.BatchStatementRequest{
			with(create, text("new"), text("now"), number("5.10")),
			with(create, text("pending"), text("now"), number("5.1")),
		},
		[]string{"Records", "Records, DuplicateItem: Duplicate primary key exists in table, of map[id:pending]"},
		"map[created_at:now id:new upper_length:5.1]",
	},
	"other conditions": {
		[]types.BatchStatementRequest{
			with(`UPDATE Records SET x=1 , y=2 WHERE attribute_not_exists(model_version) AND id='pending'`),
			with(`UPDATE Records SET x=1 WHERE id='classified' AND ATTRIBUTE_NOT_EXISTS(model_version)`),
		},
		[]string{"Records", failed + ", of map[id:classified model_version:1]"}, "map[id:pending x:1 y:2]",
	},
	"FROM before SET": {
		[]types.BatchStatementRequest{
			with(`FROM "Records" WHERE id = ? SET x = ? REMOVE y`, text("pending"), number("7")),
			with(`FROM Records WHERE id = 'classified' AND model_version = '2' SET x = 1`),
			with(`FROM Records SET x = 1 WHERE id = 'z'`),
			with(`FROM Records SET x = 1`),
		},
		[]string{
			"Records", failed + ", of map[id:classified model_version:1]", malformed + "Unexpected token after expression",
			"ValidationError: Where clause does not contain a mandatory equality on all key attributes",
		},
		"map[id:pending x:7]",
	},
	"invalid statements": {
		[]types.BatchStatementRequest{
			with("NOT SQL"),
			with(`SELECT * FROM Records WHERE`),
			with(`UPDATE Records SET x=? WHERE id='pending'`, number("1"), number("2")),
			with(`UPDATE Records SET x=? WHERE id='pending'`),
			with(`UPDATE Records SET x=? WHERE id='pending'`, number("abc")),
			with(`UPDATE Records SET x=? WHERE id='pending'`, tooDeep),
			with(`UPDATE Records SET x=1 WHERE y=1`),
			with(`UPDATE Records SET id='b' WHERE id='c'`),
			with(`UPDATE Records SET x=y WHERE id='classified'`),
			with(`UPDATE Nobody SET x=1 WHERE id='pending'`),
			with(create, text("fine"), text("now"), number("1")),
		},
		[]string{
			malformed + "Expected data manipulation",
			malformed + "Unexpected term",
			"ValidationError: Number of parameters in request and statement don't match.",
			"ValidationError: Number of parameters in request and statement don't match.",
			"ValidationError: The parameter cannot be converted to a numeric value: abc",
			"ValidationError: Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
			"ValidationError: Where clause does not contain a mandatory equality on all key attributes",
			"ValidationError: One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key",
			"ValidationError: The provided expression refers to an attribute that does not exist in the item",
			"Nobody, ResourceNotFound: Requested resource not found",
			"Records",
		},
		"map[created_at:now id:fine upper_length:1]",
	},
	"reads": {
		[]types.BatchStatementRequest{
			with(`SELECT model_version FROM Records WHERE id=?`, text("classified")),
			with(`SELECT * FROM Records WHERE id='nobody'`),
			with(`SELECT * FROM Records WHERE id='pending' AND attribute_exists(x)`),
			with(`SELECT * FROM Nobody WHERE id='a'`),
			with(`SELECT * FROM Nobody WHERE x='a'`),
			with(`SELECT COUNT(*) FROM Records`),
		},
		[]string{
			"Records, item map[model_version:1]", "Records",
			"ValidationError: Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
			"Nobody, ResourceNotFound: Requested resource not found",
			"Nobody, ResourceNotFound: Requested resource not found",
			"ValidationError: Unexpected path component at 1:8:5",
		},
		"",
	},
	"what writes return": {
		[]types.BatchStatementRequest{
			with(`UPDATE Records SET x=1 WHERE id='pending' RETURNING MODIFIED NEW *`),
			with(`DELETE FROM Records WHERE id='classified' RETURNING ALL OLD *`),
			with(`DELETE FROM Records WHERE id='nobody' RETURNING ALL OLD *`),
		},
		[]string{"Records, item map[x:1]", "Records, item map[id:classified model_version:1]", "Records"},
		"map[id:pending x:1]",
	},
}

func TestEachStatementOfABatchHasItsOwnFate(t *testing.T) {
	for name, test := range statementBatches {
		t.Run(name, func(t *testing.T) {
			client := newRecords(t)
			got, err := batch(t, client, test.statements...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: new("Records")})
			if err != nil {
				t.Fatal(err)
			}
			var then []string
			for _, i := range out.Items {
				if s := shown(i); s != "map[id:pending]" && s != "map[id:classified model_version:1]" {
					then = append(then, s)
				}
			}
			if got := strings.Join(then, " "); got != test.then {
				t.Errorf("afterwards there is %s, want %s", got, test.then)
			}
		})
	}
}

func TestAnInvalidBatchIsRefusedAsAWholeAndDoesNothing(t *testing.T) {
	insert := func(id string) types.BatchStatementRequest { return with(create, text(id), text("now"), number("1")) }
	var many []types.BatchStatementRequest
	for i := range 26 {
		many = append(many, insert(fmt.Sprint(i)))
	}
	empty := insert("a")
	empty.Parameters = []types.AttributeValue{}
	long := with(`UPDATE Records SET x=1 WHERE id='b' --` + strings.Repeat("-", 8192))
	unknown := insert("a")
	unknown.ReturnValuesOnConditionCheckFailure = "ALL_NEW"
	for name, test := range map[string]struct {
		statements []types.BatchStatementRequest
		want       string
	}{
		"none":                   {[]types.BatchStatementRequest{}, "Value '[]' at 'statements' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"26":                     {many, "at 'statements' failed to satisfy constraint: Member must have length less than or equal to 25"},
		"reads beside writes":    {[]types.BatchStatementRequest{insert("a"), with("NOT SQL"), with(`SELECT * FROM Records WHERE id='b'`)}, "Read and write requests together in the same batch is not supported."},
		"one item twice":         {[]types.BatchStatementRequest{insert("a"), with("NOT SQL"), insert("a")}, "Provided list of item keys contains duplicates"},
		"one item read twice":    {[]types.BatchStatementRequest{with(`SELECT x FROM Records WHERE id='a'`), with(`SELECT * FROM Records WHERE id='a'`)}, "Provided list of item keys contains duplicates"},
		"updated and inserted":   {[]types.BatchStatementRequest{insert("a"), with(classify, text("x"), text("2"), text("a"))}, "Provided list of item keys contains duplicates"},
		"no parameter in a list": {[]types.BatchStatementRequest{insert("b"), empty}, "Value '[]' at 'statements.2.member.parameters' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"8,193 characters":       {[]types.BatchStatementRequest{insert("b"), long}, "at 'statements.2.member.statement' failed to satisfy constraint: Member must have length less than or equal to 8192"},
		"no characters":          {[]types.BatchStatementRequest{insert("b"), with("")}, "Value '' at 'statements.2.member.statement' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"what cannot be shown":   {[]types.BatchStatementRequest{insert("b"), unknown}, "Value 'ALL_NEW' at 'statements.2.member.returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]"},
	} {
		t.Run(name, func(t *testing.T) {
			client := newRecords(t)
			answers, err := batch(t, client, test.statements...)
			if err == nil || !strings.Contains(err.Error(), "ValidationException: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("answered %v %v, want %s", answers, err, test.want)
			}
			out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: new("Records")})
			if err != nil || len(out.Items) != 2 {
				t.Errorf("afterwards there are %d items, %v; want the 2 of before", len(out.Items), err)
			}
		})
	}
}
