package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	minidyn "github.com/truora/minidyn/server"
)

type found struct {
	Responses       map[string][]map[string]*value
	UnprocessedKeys struct{}
}

// batchGetItem refuses a key that is asked for twice, as DynamoDB does.
func (s *Server) batchGetItem(in *minidyn.BatchGetItemInput) (found, error) {
	for name, table := range in.RequestItems {
		if err := legacyAttributesToGet(table.AttributesToGet); err != nil {
			return found{}, err
		}
		for _, key := range table.Keys {
			if err := s.checkKey(&name, key); err != nil {
				return found{}, err
			}
		}
		if repeats(table.Keys) {
			return found{}, errRepeated
		}
	}
	out, err := s.minidyn.BatchGetItem(context.Background(), in)
	if err != nil {
		return found{}, err
	}
	answer := found{Responses: map[string][]map[string]*value{}}
	for table, items := range out.Responses {
		answer.Responses[table] = shownItems(items)
	}
	return answer, nil
}

var errRepeated = invalid("Provided list of item keys contains duplicates")

// repeats tells whether a key is there twice.
func repeats(keys []item) bool {
	seen := make(map[string]bool, len(keys))
	for _, key := range keys {
		text := string(mustJSON(key))
		if seen[text] {
			return true
		}
		seen[text] = true
	}
	return false
}

type written struct{ UnprocessedItems struct{} }

// batchWriteItem checks all before minidyn does the first, and a key that is there twice
// is refused, as DynamoDB does.
func (s *Server) batchWriteItem(in *minidyn.BatchWriteItemInput) (written, error) {
	for table, writes := range in.RequestItems {
		var keys []item
		for _, write := range writes {
			var err error
			switch {
			case write.PutRequest != nil:
				keys, err = append(keys, s.keyOf(&table, write.PutRequest.Item)), s.checkItem(&table, write.PutRequest.Item)
			case write.DeleteRequest != nil:
				keys, err = append(keys, write.DeleteRequest.Key), s.checkKey(&table, write.DeleteRequest.Key)
			}
			if err != nil {
				return written{}, err
			}
		}
		if repeats(keys) {
			return written{}, errRepeated
		}
	}
	_, err := s.minidyn.BatchWriteItem(context.Background(), in)
	return written{}, err
}

type responses struct{ Responses []itemFound }

func (s *Server) transactGetItems(in *minidyn.TransactGetItemsInput) (responses, error) {
	for _, read := range in.TransactItems {
		if read.Get == nil {
			continue // minidyn refuses it
		}
		if err := s.checkKey(read.Get.TableName, read.Get.Key); err != nil {
			return responses{}, err
		}
	}
	out, err := s.minidyn.TransactGetItems(context.Background(), in)
	if err != nil {
		return responses{}, err
	}
	answer := responses{make([]itemFound, len(out.Responses))}
	for i, response := range out.Responses {
		answer.Responses[i].Item = shown(response.Item)
	}
	return answer, nil
}

func (s *Server) transactWriteItems(in *minidyn.TransactWriteItemsInput) (struct{}, error) {
	for _, write := range in.TransactItems {
		if err := s.checkWrite(write); err != nil {
			return struct{}{}, err
		}
	}
	_, err := s.minidyn.TransactWriteItems(context.Background(), in)
	if cancelled, ok := errors.AsType[*ddbtypes.TransactionCanceledException](err); ok {
		return struct{}{}, s.cancelled(cancelled, in.TransactItems)
	}
	if err != nil {
		return struct{}{}, err
	}
	for _, write := range in.TransactItems {
		if u := write.Update; u != nil {
			s.remove(u.TableName, u.Key, u.UpdateExpression, u.ExpressionAttributeNames)
		}
	}
	return struct{}{}, nil
}

func (s *Server) checkWrite(write minidyn.TransactWriteItem) error {
	switch {
	case write.Put != nil:
		return s.checkItem(write.Put.TableName, write.Put.Item)
	case write.Update != nil:
		return cmp.Or(s.checkKey(write.Update.TableName, write.Update.Key), checkValues(write.Update.ExpressionAttributeValues))
	case write.Delete != nil:
		return s.checkKey(write.Delete.TableName, write.Delete.Key)
	case write.ConditionCheck != nil:
		return s.checkKey(write.ConditionCheck.TableName, write.ConditionCheck.Key)
	}
	return nil // minidyn refuses it
}

// cancelled says of each write of a transaction whether its condition failed, and shows the
// item where the write asks for it.
func (s *Server) cancelled(failed *ddbtypes.TransactionCanceledException, writes []minidyn.TransactWriteItem) error {
	var codes []string
	var reasons []map[string]any
	for i, r := range failed.CancellationReasons {
		reason := map[string]any{"Code": aws.ToString(r.Code)}
		if r.Message != nil {
			reason["Message"] = *r.Message
			if table, key, show := s.target(writes[i]); show == ddbtypes.ReturnValuesOnConditionCheckFailureAllOld {
				if old := s.item(table, key); old != nil {
					reason["Item"] = old
				}
			}
		}
		codes, reasons = append(codes, aws.ToString(r.Code)), append(reasons, reason)
	}
	return &refusal{
		code:    failed.ErrorCode(),
		message: "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		more:    map[string]any{"CancellationReasons": reasons},
	}
}

// target returns what a write of a transaction is of, and whether it wants to see that.
func (s *Server) target(write minidyn.TransactWriteItem) (table *string, key item, show ddbtypes.ReturnValuesOnConditionCheckFailure) {
	switch {
	case write.Put != nil:
		return write.Put.TableName, s.keyOf(write.Put.TableName, write.Put.Item), write.Put.ReturnValuesOnConditionCheckFailure
	case write.Update != nil:
		return write.Update.TableName, write.Update.Key, write.Update.ReturnValuesOnConditionCheckFailure
	case write.Delete != nil:
		return write.Delete.TableName, write.Delete.Key, write.Delete.ReturnValuesOnConditionCheckFailure
	default:
		return write.ConditionCheck.TableName, write.ConditionCheck.Key, write.ConditionCheck.ReturnValuesOnConditionCheckFailure
	}
}
