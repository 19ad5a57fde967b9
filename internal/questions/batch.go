package questions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// statement returns a PartiQL statement on the run's table, whose name replaces TABLE. It asks for the
// item if the condition is false.
func (p *Place) statement(words string, parameters ...types.AttributeValue) types.BatchStatementRequest {
	return types.BatchStatementRequest{
		Statement: aws.String(strings.ReplaceAll(words, "TABLE", `"`+p.table+`"`)), Parameters: parameters,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

func (p *Place) batch(ctx context.Context, statements ...types.BatchStatementRequest) ([]types.BatchStatementResponse, error) {
	out, err := p.dynamodb.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: statements})
	if err != nil {
		return nil, err
	}
	if len(out.Responses) != len(statements) {
		return nil, fmt.Errorf("%d statements got %d answers", len(statements), len(out.Responses))
	}
	return out.Responses, nil
}

func batchWithFalseConditions(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.put(ctx, item{"id": text("classified"), "version": text("1")}); err != nil {
		return nil, err
	}
	for _, id := range []string{"pending", "created"} {
		if err := p.put(ctx, item{"id": text(id)}); err != nil {
			return nil, err
		}
	}
	const update = `UPDATE TABLE SET version=? WHERE id=? AND version IS MISSING`
	asked := []string{"UPDATE, the condition is true", "UPDATE, the condition is false", "UPDATE of no item", "INSERT of an item that exists"}
	responses, err := p.batch(ctx,
		p.statement(update, text("2"), text("pending")),
		p.statement(update, text("2"), text("classified")),
		p.statement(update, text("2"), text("absent")),
		p.statement(`INSERT INTO TABLE VALUE {'id': ?}`, text("created")),
	)
	if err != nil {
		return nil, err
	}
	var lines transcript
	for i, r := range responses {
		if r.Error == nil {
			lines.add(asked[i], "success")
			continue
		}
		lines.add(asked[i], fmt.Sprintf("%s, Error.Item is there: %v", r.Error.Code, len(r.Error.Item) > 0))
	}
	for i, r := range responses {
		if r.Error != nil {
			lines.add(asked[i]+": the message", aws.ToString(r.Error.Message))
			lines.add(asked[i]+": Item and TableName beside Error", fmt.Sprintf("%v and %v", len(r.Item) > 0, r.TableName != nil))
		}
	}
	return lines, nil
}

func batchBeyondLimits(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.put(ctx, item{"id": text("x")}); err != nil {
		return nil, err
	}
	update := func(id string) types.BatchStatementRequest {
		return p.statement(`UPDATE TABLE SET a=1 WHERE id=?`, text(id))
	}
	var many []types.BatchStatementRequest
	for i := range 26 {
		many = append(many, update(fmt.Sprint(i)))
	}
	long := p.statement(`UPDATE TABLE SET a=1 WHERE id=? ` + strings.Repeat(" ", 8192))
	long.Parameters = []types.AttributeValue{text("x")}
	none := update("x")
	none.Parameters = []types.AttributeValue{}
	value := update("x")
	value.ReturnValuesOnConditionCheckFailure = "ALL_NEW"
	masks := []mask{{p.table, "TABLE"}, {strings.Repeat(" ", 8192), "…"}}
	var lines transcript
	for _, wrong := range []struct {
		asked      string
		statements []types.BatchStatementRequest
	}{
		{"26 statements", many},
		{"a statement of more than 8192 characters", []types.BatchStatementRequest{long}},
		{"an empty statement", []types.BatchStatementRequest{{Statement: aws.String("")}}},
		{"an empty list of parameters", []types.BatchStatementRequest{none}},
		{"ALL_NEW for a false condition", []types.BatchStatementRequest{value}},
		{"a statement that does not parse beside another", []types.BatchStatementRequest{p.statement(`UPDATE TABLE SET`), update("x")}},
	} {
		responses, err := p.batch(ctx, wrong.statements...)
		if err := lines.outcome(wrong.asked, described(responses), err, masks...); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// described says what came of each statement.
func described(responses []types.BatchStatementResponse) string {
	var each []string
	for _, r := range responses {
		if r.Error == nil {
			each = append(each, "success")
		} else {
			each = append(each, fmt.Sprintf("%s: %s", r.Error.Code, aws.ToString(r.Error.Message)))
		}
	}
	return strings.Join(each, "; ")
}

// timeBatches measures the middle one of five tries, after one that opens the connections.
func timeBatches(ctx context.Context, p *Place) ([]Line, error) {
	const tries, many = 5, 25
	if _, err := p.tableName(ctx); err != nil {
		return nil, err
	}
	var lines transcript
	for _, way := range []struct {
		asked string
		do    func() error
	}{
		{"one UpdateItem", func() error { return p.updateAtOnce(ctx, 1) }},
		{"25 UpdateItems at once", func() error { return p.updateAtOnce(ctx, many) }},
		{"one batch of 25 statements", func() error { return p.updateInABatch(ctx, many) }},
	} {
		var times []time.Duration
		for try := range tries + 1 {
			start := time.Now()
			if err := way.do(); err != nil {
				return nil, err
			}
			if try > 0 {
				times = append(times, time.Since(start))
			}
		}
		slices.Sort(times)
		lines.add(way.asked, times[tries/2].Round(100*time.Microsecond).String())
	}
	return lines, nil
}

func (p *Place) updateAtOnce(ctx context.Context, n int) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			_, errs[i] = p.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: &p.table, Key: item{"id": text(fmt.Sprintf("timed %d", i))}, UpdateExpression: aws.String("SET a = :a"),
				ExpressionAttributeValues: values(":a", number("1")),
			})
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Place) updateInABatch(ctx context.Context, n int) error {
	var statements []types.BatchStatementRequest
	for i := range n {
		statements = append(statements, p.statement(`UPDATE TABLE SET a=? WHERE id=?`, number("1"), text(fmt.Sprintf("timed %d", i))))
	}
	responses, err := p.batch(ctx, statements...)
	for _, r := range responses {
		if r.Error != nil {
			return fmt.Errorf("a statement was answered %s: %s", r.Error.Code, aws.ToString(r.Error.Message))
		}
	}
	return err
}
