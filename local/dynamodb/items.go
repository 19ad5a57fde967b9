package dynamodb

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	minidyn "github.com/truora/minidyn/server"
)

type attributes struct {
	Attributes map[string]*value `json:",omitempty"`
}

type itemFound struct {
	Item map[string]*value `json:",omitempty"`
}

func (s *Server) getItem(in *minidyn.GetItemInput) (itemFound, error) {
	if err := cmp.Or(legacyAttributesToGet(in.AttributesToGet), s.checkKey(in.TableName, in.Key)); err != nil {
		return itemFound{}, err
	}
	out, err := s.minidyn.GetItem(context.Background(), in)
	if err != nil {
		return itemFound{}, err
	}
	return itemFound{shown(out.Item)}, nil
}

// putItem returns the old item when the request asks for it; minidyn returns the new one.
func (s *Server) putItem(in *minidyn.PutItemInput) (attributes, error) {
	if err := cmp.Or(legacyExpected(len(in.Expected)), checkReturnValues(in.ReturnValues), s.checkItem(in.TableName, in.Item)); err != nil {
		return attributes{}, err
	}
	var old map[string]*value
	if in.ReturnValues == ddbtypes.ReturnValueAllOld {
		old = s.item(in.TableName, s.keyOf(in.TableName, in.Item))
	}
	if _, err := s.minidyn.PutItem(context.Background(), in); err != nil {
		return attributes{}, s.withOld(err, in.TableName, s.keyOf(in.TableName, in.Item), in.ReturnValuesOnConditionCheckFailure)
	}
	return attributes{old}, nil
}

// checkReturnValues is of those of PutItem and DeleteItem.
func checkReturnValues(asked ddbtypes.ReturnValue) error {
	if asked != "" && asked != ddbtypes.ReturnValueNone && asked != ddbtypes.ReturnValueAllOld {
		return invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	return nil
}

func (s *Server) deleteItem(in *minidyn.DeleteItemInput) (attributes, error) {
	if err := cmp.Or(legacyExpected(len(in.Expected)), checkReturnValues(in.ReturnValues), s.checkKey(in.TableName, in.Key)); err != nil {
		return attributes{}, err
	}
	out, err := s.minidyn.DeleteItem(context.Background(), in)
	if err != nil {
		return attributes{}, s.withOld(err, in.TableName, in.Key, in.ReturnValuesOnConditionCheckFailure)
	}
	return attributes{shown(out.Attributes)}, nil
}

// updateItem without an expression makes an item of the key, if there is none.
func (s *Server) updateItem(in *minidyn.UpdateItemInput) (attributes, error) {
	if err := cmp.Or(
		legacyExpected(len(in.Expected)),
		legacy(len(in.AttributeUpdates), "AttributeUpdates", "UpdateExpression"),
		s.checkKey(in.TableName, in.Key), checkValues(in.ExpressionAttributeValues),
	); err != nil {
		return attributes{}, err
	}
	expression := in.UpdateExpression
	if expression == nil { // which minidyn refuses; its REMOVE removes nothing, see remove
		in.UpdateExpression = aws.String("REMOVE nothing")
	}
	out, err := s.minidyn.UpdateItem(context.Background(), in)
	if err != nil {
		return attributes{}, s.withOld(err, in.TableName, in.Key, in.ReturnValuesOnConditionCheckFailure)
	}
	removed := s.remove(in.TableName, in.Key, expression, in.ExpressionAttributeNames)
	if in.ReturnValues == ddbtypes.ReturnValueAllNew || in.ReturnValues == ddbtypes.ReturnValueUpdatedNew {
		for _, name := range removed {
			delete(out.Attributes, name)
		}
	}
	return attributes{shown(out.Attributes)}, nil
}

// withOld adds the old item to a failed condition when the request asks for it, as
// DynamoDB does; minidyn does so for UpdateItem only.
func (s *Server) withOld(err error, table *string, key item, show ddbtypes.ReturnValuesOnConditionCheckFailure) error {
	failed, ok := errors.AsType[*ddbtypes.ConditionalCheckFailedException](err)
	if !ok || show != ddbtypes.ReturnValuesOnConditionCheckFailureAllOld {
		return err
	}
	r := &refusal{code: failed.ErrorCode(), message: failed.ErrorMessage()}
	if old := s.item(table, key); old != nil {
		r.more = object{"Item": old}
	}
	return r
}

// keyOf returns the key attributes of an item.
func (s *Server) keyOf(tableName *string, i item) item {
	key := item{}
	if table := s.tables[aws.ToString(tableName)]; table != nil {
		for _, name := range keyNames(table) {
			key[name] = i[name]
		}
	}
	return key
}

// item returns what is stored under a key, or nil.
func (s *Server) item(table *string, key item) map[string]*value {
	out, err := s.minidyn.GetItem(context.Background(), &minidyn.GetItemInput{TableName: table, Key: key})
	if err != nil {
		return nil
	}
	return shown(out.Item)
}
