package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/truora/minidyn/core"
	minidyn "github.com/truora/minidyn/server"
	"github.com/truora/minidyn/types"
)

// batchGetItem refuses a key that is asked for twice, as DynamoDB does.
func (s *Server) batchGetItem(in *minidyn.BatchGetItemInput) (object, error) {
	for name, table := range in.RequestItems {
		if err := legacyAttributesToGet(table.AttributesToGet); err != nil {
			return nil, err
		}
		for _, key := range table.Keys {
			if err := s.checkKey(&name, key); err != nil {
				return nil, err
			}
		}
		if repeats(table.Keys) {
			return nil, errRepeated
		}
	}
	out, err := s.minidyn.BatchGetItem(context.Background(), in)
	if err != nil {
		return nil, err
	}
	responses := object{}
	for table, items := range out.Responses {
		responses[table] = shownItems(items)
	}
	return object{"Responses": responses, "UnprocessedKeys": object{}}, nil
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

// batchWriteItem checks all before minidyn does the first, and a key that is there twice
// is refused, as DynamoDB does.
func (s *Server) batchWriteItem(in *minidyn.BatchWriteItemInput) (object, error) {
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
				return nil, err
			}
		}
		if repeats(keys) {
			return nil, errRepeated
		}
	}
	_, err := s.minidyn.BatchWriteItem(context.Background(), in)
	return object{"UnprocessedItems": object{}}, err
}

func (s *Server) transactGetItems(in *minidyn.TransactGetItemsInput) (object, error) {
	for _, read := range in.TransactItems {
		if read.Get != nil { // minidyn refuses it if not
			if err := s.checkKey(read.Get.TableName, read.Get.Key); err != nil {
				return nil, err
			}
		}
	}
	out, err := s.minidyn.TransactGetItems(context.Background(), in)
	if err != nil {
		return nil, err
	}
	responses := []itemFound{}
	for _, response := range out.Responses {
		responses = append(responses, itemFound{shown(response.Item)})
	}
	return object{"Responses": responses}, nil
}

func (s *Server) transactWriteItems(in *minidyn.TransactWriteItemsInput) (object, error) {
	for _, write := range in.TransactItems {
		if err := s.checkWrite(write); err != nil {
			return nil, err
		}
	}
	before := s.copies(in.TransactItems)
	_, err := s.minidyn.TransactWriteItems(context.Background(), in)
	if err != nil {
		for table, items := range before {
			table.Data = items
		}
	}
	if cancelled, ok := errors.AsType[*ddbtypes.TransactionCanceledException](err); ok {
		return nil, s.cancelled(cancelled, in.TransactItems)
	}
	if err != nil {
		return nil, err
	}
	for _, write := range in.TransactItems {
		if u := write.Update; u != nil {
			s.remove(u.TableName, u.Key, u.UpdateExpression, u.ExpressionAttributeNames)
		}
	}
	return object{}, nil
}

// copies returns what is in the tables of a transaction. minidyn's own copies, to which it
// goes back where the transaction fails, lose the types of empty values.
func (s *Server) copies(writes []minidyn.TransactWriteItem) map[*core.Table]map[string]map[string]*types.Item {
	all := map[*core.Table]map[string]map[string]*types.Item{}
	for _, write := range writes {
		table := s.tables[aws.ToString(s.parts(write).TableName)]
		if all[table] != nil {
			continue
		}
		all[table] = make(map[string]map[string]*types.Item, len(table.Data))
		for key, i := range table.Data {
			all[table][key] = maps.Clone(i) // updates replace values, and do not change them
		}
	}
	return all
}

func (s *Server) checkWrite(write minidyn.TransactWriteItem) error {
	if write.Put != nil {
		return s.checkItem(write.Put.TableName, write.Put.Item)
	}
	w := s.parts(write)
	return cmp.Or(s.checkKey(w.TableName, w.Key), checkValues(w.ExpressionAttributeValues))
}

// parts returns what the four kinds of writes in a transaction have in common.
func (s *Server) parts(write minidyn.TransactWriteItem) minidyn.Delete {
	switch {
	case write.Put != nil:
		p := write.Put
		return minidyn.Delete{TableName: p.TableName, Key: s.keyOf(p.TableName, p.Item), ReturnValuesOnConditionCheckFailure: p.ReturnValuesOnConditionCheckFailure}
	case write.Update != nil:
		u := write.Update
		return minidyn.Delete{TableName: u.TableName, Key: u.Key, ExpressionAttributeValues: u.ExpressionAttributeValues, ReturnValuesOnConditionCheckFailure: u.ReturnValuesOnConditionCheckFailure}
	case write.ConditionCheck != nil:
		c := write.ConditionCheck
		return minidyn.Delete{TableName: c.TableName, Key: c.Key, ReturnValuesOnConditionCheckFailure: c.ReturnValuesOnConditionCheckFailure}
	case write.Delete != nil:
		return *write.Delete
	}
	return minidyn.Delete{}
}

// cancelled says of each write of a transaction whether its condition failed, and shows the
// item where the write asks for it.
func (s *Server) cancelled(failed *ddbtypes.TransactionCanceledException, writes []minidyn.TransactWriteItem) error {
	codes, reasons := []string{}, []object{}
	for i, r := range failed.CancellationReasons {
		reason := object{"Code": r.Code, "Message": r.Message}
		if w := s.parts(writes[i]); r.Message != nil && w.ReturnValuesOnConditionCheckFailure == ddbtypes.ReturnValuesOnConditionCheckFailureAllOld {
			reason["Item"] = s.item(w.TableName, w.Key)
		}
		codes, reasons = append(codes, aws.ToString(r.Code)), append(reasons, reason)
	}
	return &refusal{
		code:    failed.ErrorCode(),
		message: "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		more:    object{"CancellationReasons": reasons},
	}
}
