package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The most items of a call.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
const (
	mostGet   = 100
	mostWrite = 25
)

// stored is an item in the table.
type stored map[string]types.AttributeValue

func (s stored) text(name string) string {
	value, _ := s[name].(*types.AttributeValueMemberS)
	if value == nil {
		return ""
	}
	return value.Value
}

// prediction returns what the enricher has stored. ok is false while the item waits, or when it has failed.
func (s stored) prediction() (p prediction, ok bool) {
	value, _ := s["pred_probability"].(*types.AttributeValueMemberN)
	if value == nil || s.text("failure_code") != "" {
		return p, false
	}
	probability, err := strconv.ParseFloat(value.Value, 64)
	return prediction{s.text("pred_target"), probability, s.text("model_version")}, err == nil
}

// clean deletes the items that are older than the time they are kept, as DynamoDB's time to live does it, so that
// the table keeps its size. Each item is looked at before: it must be classified as the model has it that it names.
func (s *soak) clean(ctx context.Context) error {
	for group := range slices.Chunk(s.ledger.old(time.Now().Add(-s.plan.keep)), mostGet) {
		done, waiting, err := s.inspect(ctx, group)
		s.ledger.putBack(waiting)
		if err != nil {
			s.ledger.putBack(done)
			return err
		}
		for some := range slices.Chunk(done, mostWrite) {
			if err := s.delete(ctx, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// inspect looks at up to [mostGet] items. It returns those that are classified, rightly or not, and those that wait.
func (s *soak) inspect(ctx context.Context, group []entry) (done, waiting []entry, err error) {
	found, err := s.get(ctx, group)
	if err != nil {
		return nil, group, err
	}
	for _, e := range group {
		item := found[e.id()]
		p, ok := item.prediction()
		switch {
		case item == nil:
			s.fault(ctx, "an item", fmt.Errorf("item %s was acknowledged at %s and is not stored", e.id(), e.at.Format(time.TimeOnly)))
		case !ok:
			waiting = append(waiting, e)
		default:
			s.fault(ctx, "an item", s.models.check(e, p))
			done = append(done, e)
		}
	}
	return done, waiting, nil
}

func (s *soak) get(ctx context.Context, group []entry) (map[string]stored, error) {
	found := map[string]stored{}
	var keys []map[string]types.AttributeValue
	for _, e := range group {
		keys = append(keys, map[string]types.AttributeValue{"id": stringValue(e.id())})
	}
	for ask := (map[string]types.KeysAndAttributes{s.target.Table: {Keys: keys, ConsistentRead: aws.Bool(true)}}); len(ask) > 0; {
		out, err := s.table.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
		if err != nil {
			return nil, fmt.Errorf("get items: %w", err)
		}
		for _, item := range out.Responses[s.target.Table] {
			found[stored(item).text("id")] = item
		}
		ask = out.UnprocessedKeys
	}
	return found, nil
}

func (s *soak) delete(ctx context.Context, some []entry) error {
	var writes []types.WriteRequest
	for _, e := range some {
		writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: map[string]types.AttributeValue{"id": stringValue(e.id())}}})
	}
	for ask := (map[string][]types.WriteRequest{s.target.Table: writes}); len(ask) > 0; {
		out, err := s.table.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: ask})
		if err != nil {
			return fmt.Errorf("delete items: %w", err)
		}
		ask = out.UnprocessedItems
	}
	s.ledger.forget(len(some))
	return nil
}

// scan returns all items of the table.
func (s *soak) scan(ctx context.Context) (map[string]stored, error) {
	found := map[string]stored{}
	pages := dynamodb.NewScanPaginator(s.table, &dynamodb.ScanInput{TableName: &s.target.Table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("scan the table: %w", err)
		}
		for _, item := range page.Items {
			found[stored(item).text("id")] = item
		}
	}
	return found, nil
}
