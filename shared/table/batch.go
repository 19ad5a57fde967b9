package table

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// MaxStatements is how many statements one BatchExecuteStatement may hold.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
const MaxStatements = 25

var (
	// ErrUndecided means that a batch has not written the item, and that it is to be written alone.
	// For example, [Table.WritePrediction] writes over a failure, and a batch does not.
	ErrUndecided = errors.New("to be written alone")
	// ErrRefused is an [ErrUndecided] that nobody expects: DynamoDB does not take such a batch, or
	// such a statement.
	ErrRefused = fmt.Errorf("batch refused: %w", ErrUndecided)
)

// CreateBatch stores up to [MaxStatements] new items in one call. The ids must differ.
// DynamoDB stores or refuses each item by itself: of each, in their order, the error is nil
// when it was stored, [ErrExists] when one with its id was stored before, or [ErrUndecided].
// It stores a single item as [Table.Create] does.
func (t *Table) CreateBatch(ctx context.Context, items []item.Item) []error {
	if len(items) == 1 {
		return []error{t.Create(ctx, items[0])}
	}
	statements := make([]types.BatchStatementRequest, len(items))
	for i, created := range items {
		statements[i] = t.insert(created)
	}
	errs := t.execute(ctx, statements)
	for i, err := range errs {
		switch failed, ok := errors.AsType[*statementError](err); {
		case err == nil:
		case ok && failed.Code == types.BatchStatementErrorCodeEnumDuplicateItem:
			errs[i] = ErrExists
		default:
			errs[i] = fmt.Errorf("store item %s: %w", items[i].ID, err)
		}
	}
	return errs
}

// WritePredictions writes the predictions of up to [MaxStatements] items in one call, for items that
// had neither a prediction nor a failure. The ids must differ. DynamoDB writes or refuses each
// by itself: of each, in their order, the error is nil when it was written,
// [*SupersededError] when the item has this model version or a newer one, or [ErrUndecided].
// It writes a single one as [Table.WritePrediction] does.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BestPractices_ConditionalBatchUpdate.html
func (t *Table) WritePredictions(ctx context.Context, items []item.Item) []error {
	if len(items) == 1 {
		return []error{t.WritePrediction(ctx, items[0].ID, *items[0].Prediction)}
	}
	statements := make([]types.BatchStatementRequest, len(items))
	for i, classified := range items {
		statements[i] = t.updateNew(classified.ID, *classified.Prediction)
	}
	errs := t.execute(ctx, statements)
	for i, err := range errs {
		switch failed, ok := errors.AsType[*statementError](err); {
		case err == nil:
		case ok && failed.isSuperseded(items[i].Prediction.ModelVersion):
			errs[i] = &SupersededError{decode(failed.Item)}
		case ok && failed.Code == types.BatchStatementErrorCodeEnumConditionalCheckFailed:
			errs[i] = ErrUndecided
		default:
			errs[i] = fmt.Errorf("write prediction of item %s: %w", items[i].ID, err)
		}
	}
	return errs
}

// insert stores an item, unless there is one with its key. That the statement names every feature limits how
// many there can be: some 400, see the tests. An item itself could have far more; it may take 400 KB.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
func (t *Table) insert(created item.Item) types.BatchStatementRequest {
	names := []string{"id", "created_at"}
	for _, feature := range item.Features {
		names = append(names, feature.Name)
	}
	attributes, parameters := encode(created), make([]types.AttributeValue, len(names))
	for i, name := range names {
		parameters[i] = attributes[name]
	}
	return types.BatchStatementRequest{
		Statement:  aws.String(`INSERT INTO "` + t.name + `" VALUE {'` + strings.Join(names, `': ?, '`) + `': ?}`),
		Parameters: parameters,
	}
}

// updateNew writes a prediction, unless there is one or a failure, or there is no such item.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
func (t *Table) updateNew(id string, p item.Prediction) types.BatchStatementRequest {
	return types.BatchStatementRequest{
		Statement: aws.String(`UPDATE "` + t.name + `" SET pred_target = ? SET pred_probability = ? SET model_version = ? SET classified_at = ? ` +
			`WHERE id = ? AND model_version IS MISSING AND failure_code IS MISSING`),
		Parameters: []types.AttributeValue{
			&types.AttributeValueMemberS{Value: p.Target},
			number(p.Probability),
			&types.AttributeValueMemberS{Value: p.ModelVersion},
			&types.AttributeValueMemberS{Value: p.ClassifiedAt},
			&types.AttributeValueMemberS{Value: id},
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// execute runs statements in one call, and returns the error of each. It repeats those that were
// throttled, because the SDK does not look for them in an answer. Any other error of a statement is an
// [ErrRefused], for whoever does not expect it.
func (t *Table) execute(ctx context.Context, statements []types.BatchStatementRequest) []error {
	errs := make([]error, len(statements))
	left := make([]int, len(statements)) // the places of the statements that are to run
	for i := range left {
		left[i] = i
	}
	awsclient.Again(ctx, t.client.Options().Retryer, left, func(some []int) (again []int, why error) {
		return t.executeOnce(ctx, statements, some, errs)
	})
	return errs
}

// executeOnce runs the statements in some places by one call, and notes the error of each. It returns the
// places of those that are to be repeated, and why the first of them is.
func (t *Table) executeOnce(ctx context.Context, statements []types.BatchStatementRequest, places []int, errs []error) (again []int, why error) {
	batch := make([]types.BatchStatementRequest, len(places))
	for i, place := range places {
		batch[i] = statements[place]
	}
	out, err := t.client.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: batch})
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata)
	}
	if err == nil && len(out.Responses) != len(batch) { // nobody can say which ones are missing
		err = fmt.Errorf("%w: %d answers to %d statements", ErrRefused, len(out.Responses), len(batch))
	}
	if _, ok := errors.AsType[smithy.APIError](err); ok && !t.client.Options().Retryer.IsErrorRetryable(err) {
		err = fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil && ctx.Err() != nil && errs[places[0]] != nil {
		return nil, nil // the time is over, and the last answer says of each statement why it failed
	}
	for i, place := range places {
		errs[place] = err
		if err != nil || out.Responses[i].Error == nil {
			continue
		}
		if failed := (&statementError{*out.Responses[i].Error}); failed.isTransient() {
			errs[place] = failed
			again, why = append(again, place), cmp.Or[error](why, failed)
		} else {
			errs[place] = fmt.Errorf("%w: %w", ErrRefused, failed)
		}
	}
	return again, why
}
