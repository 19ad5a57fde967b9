// Package table keeps items in the DynamoDB table. Each write has a condition, and so decides what
// may be written over. When an item is to be written is for its callers to say.
//
// table.go has the calls for one item, batch.go those for several, and group.go deals several items out
// to calls. An item's status is not stored: see [item.Item.Status].
package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// MaxBatchKeys is how many keys one BatchGetItem may ask for.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const MaxBatchKeys = 100

// LastVersion is the last possible model version. Text that sorts behind it is not a version.
const LastVersion = "9999-12-31.99"

var (
	// ErrNotFound means that no item has the id.
	ErrNotFound = errors.New("item not found")
	// ErrExists means that an item with the id is stored already.
	ErrExists = errors.New("item exists")
	// ErrSuperseded means that the item carries the model version, or a newer one,
	// already: there is nothing to write.
	ErrSuperseded = errors.New("item has this model version or a newer one")
)

// SupersededError is an [ErrSuperseded] that has the item. A version that is newer still may have marked it as failed.
type SupersededError struct{ Item item.Item }

func (e *SupersededError) Error() string { return ErrSuperseded.Error() }

// Is tells errors.Is that a SupersededError is an [ErrSuperseded].
func (e *SupersededError) Is(target error) bool { return target == ErrSuperseded }

// Table is a DynamoDB table of items with the partition key id.
type Table struct {
	client *dynamodb.Client
	name   string
}

// New returns the table with the name.
func New(cfg aws.Config, name string) *Table {
	return &Table{client: dynamodb.NewFromConfig(cfg), name: name}
}

// ExistsError is an [ErrExists] that has the item that was stored before.
type ExistsError struct{ Item item.Item }

func (e *ExistsError) Error() string { return ErrExists.Error() }

// Is tells errors.Is that an ExistsError is an [ErrExists].
func (e *ExistsError) Is(target error) bool { return target == ErrExists }

// Create stores a new item. When one with its id is stored already, it writes nothing, and the error
// is an [*ExistsError].
func (t *Table) Create(ctx context.Context, created item.Item) error {
	out, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           &t.name,
		Item:                                encode(created),
		ConditionExpression:                 aws.String("attribute_not_exists(id)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if exists, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok && exists.Item != nil {
		return &ExistsError{decode(exists.Item)}
	}
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata)
	}
	if err != nil {
		return fmt.Errorf("store item %s: %w", created.ID, err)
	}
	return nil
}

// Get reads one item, strongly consistent. The error is [ErrNotFound] when there
// is none.
func (t *Table) Get(ctx context.Context, id string) (item.Item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &t.name,
		Key:            key(id),
		ConsistentRead: aws.Bool(true),
	})
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata)
	}
	if err != nil {
		return item.Item{}, fmt.Errorf("read item %s: %w", id, err)
	}
	if out.Item == nil {
		return item.Item{}, ErrNotFound
	}
	return decode(out.Item), nil
}

// GetBatch reads up to [MaxBatchKeys] items, strongly consistent. The ids must
// differ. It returns what was found, and the ids that DynamoDB left unprocessed;
// an id in neither has no item.
func (t *Table) GetBatch(ctx context.Context, ids []string) (found map[string]item.Item, unprocessed []string, err error) {
	keys := make([]map[string]types.AttributeValue, len(ids))
	for i, id := range ids {
		keys[i] = key(id)
	}
	out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{
			t.name: {Keys: keys, ConsistentRead: aws.Bool(true)},
		},
	})
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata) // an empty answer of a proxy would say that no item is there
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %d items: %w", len(ids), err)
	}
	found = make(map[string]item.Item, len(ids))
	for _, attributes := range out.Responses[t.name] {
		stored := decode(attributes)
		found[stored.ID] = stored
	}
	for _, key := range out.UnprocessedKeys[t.name].Keys {
		unprocessed = append(unprocessed, text(key, "id"))
	}
	return found, unprocessed, nil
}

// WritePrediction writes an item's prediction and removes its failure. The error is
// [*SupersededError] or [ErrNotFound] when there was nothing to write.
func (t *Table) WritePrediction(ctx context.Context, id string, p item.Prediction) error {
	err := t.update(ctx, id, p.ModelVersion,
		"SET pred_target = :target, pred_probability = :probability, model_version = :version, classified_at = :at "+
			"REMOVE failure_code, failure_reason, failed_at",
		map[string]types.AttributeValue{
			":target":      &types.AttributeValueMemberS{Value: p.Target},
			":probability": number(p.Probability),
			":at":          &types.AttributeValueMemberS{Value: p.ClassifiedAt},
		})
	if err != nil {
		return fmt.Errorf("write prediction of item %s: %w", id, err)
	}
	return nil
}

// MarkFailed writes why the item could not be classified with the model version,
// unless that is written there already. The error is [*SupersededError] or
// [ErrNotFound] when there is no item of an older version to mark.
func (t *Table) MarkFailed(ctx context.Context, id, modelVersion string, f item.Failure) error {
	err := t.update(ctx, id, modelVersion,
		"SET failure_code = :code, failure_reason = :reason, failed_at = :at",
		map[string]types.AttributeValue{
			":code":   &types.AttributeValueMemberS{Value: f.Code},
			":reason": &types.AttributeValueMemberS{Value: f.Reason},
			":at":     &types.AttributeValueMemberS{Value: f.FailedAt},
		})
	if err != nil {
		return fmt.Errorf("mark item %s as failed: %w", id, err)
	}
	return nil
}

// update changes an existing item, unless it carries a prediction of the model version or of a newer
// one. So two consumers of one message, or an old enricher beside a new one, write once. Its condition
// and decode agree on what a prediction is.
func (t *Table) update(ctx context.Context, id, modelVersion, expression string, values map[string]types.AttributeValue) error {
	values[":version"] = &types.AttributeValueMemberS{Value: modelVersion}
	values[":last"] = &types.AttributeValueMemberS{Value: LastVersion}
	values[":text"] = &types.AttributeValueMemberS{Value: "S"}
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &t.name,
		Key:                       key(id),
		UpdateExpression:          &expression,
		ExpressionAttributeValues: values,
		ConditionExpression: aws.String("attribute_exists(id) AND NOT " +
			"(model_version BETWEEN :version AND :last AND attribute_type(pred_target, :text))"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var lost *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return awsclient.Answered(out.ResultMetadata)
	case !errors.As(err, &lost):
		return err
	case len(lost.Item) == 0:
		return ErrNotFound
	default:
		return &SupersededError{decode(lost.Item)}
	}
}
