package dynamodb

import (
	"math"
	"slices"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// A statement of PartiQL is translated to a write, a read or a search. The code that runs these does
// not know PartiQL.

// statementRequest is one statement: alone, or in a batch or a transaction.
type statementRequest struct {
	Statement                           *string
	Parameters                          []value.Value
	ConsistentRead                      bool
	ReturnValuesOnConditionCheckFailure string
}

// decode reads a statement. It reads the common members itself, as encoding/json is much slower.
func (in *statementRequest) decode(raw string) error {
	type plain statementRequest
	return value.Members(raw, func(name, raw string) (err error) {
		switch {
		case raw == "null":
		case name == "Statement":
			in.Statement = new("")
			err = decodeMember(name, raw, in.Statement)
		case name == "Parameters":
			in.Parameters, err = value.Values(raw)
		case name == "ReturnValuesOnConditionCheckFailure":
			err = decodeMember(name, raw, &in.ReturnValuesOnConditionCheckFailure)
		default:
			err = decodeOther(name, raw, (*plain)(in))
		}
		return err
	})
}

// violations returns the constraints that the statement violates. path is the beginning of its
// members' names.
func (in *statementRequest) violations(path string) (v violations) {
	v.need(in.Statement != nil, path+"statement")
	if in.Statement != nil {
		v.length(*in.Statement, len(*in.Statement), path+"statement", 1, 8192)
	}
	if in.Parameters != nil {
		v.count(len(in.Parameters), true, path+"parameters", math.MaxInt)
	}
	v.enum(in.ReturnValuesOnConditionCheckFailure, path+"returnValuesOnConditionCheckFailure", "ALL_OLD", "NONE")
	return v
}

func (s *Server) parse(in *statementRequest) *expression.Statement {
	in.checkParameters()
	return must(s.cache.Statement(*in.Statement, in.Parameters))
}

func (in *statementRequest) checkParameters() {
	for _, v := range in.Parameters {
		refuse(v.Check())
		checkDepth(v)
	}
}

func isRead(st *expression.Statement) bool { return st.Verb == "SELECT" }

// keyed divides a WHERE clause into the key of one item, and the other conditions on the item. The key is nil if the
// clause does not have it. twice is a key attribute for which the clause has two values, or "".
func (t *table) keyed(where *expression.Node) (key value.Item, rest *expression.Node, twice string) {
	key = value.Item{}
	for _, n := range where.Conjuncts() {
		name, v, ok := n.Equality()
		isKey := ok && slices.Contains(t.keys, name)
		switch {
		case isKey && key[name].Kind == value.None:
			key[name] = v
			continue
		case isKey && value.Equal(key[name], v):
			continue
		case isKey:
			twice = name
		}
		rest = expression.All(rest, n)
	}
	if len(key) < len(t.keys) {
		return nil, where, twice
	}
	return key, rest, twice
}

// statementWrite translates a statement to a write. In a transaction, a key that is not that of one item is no fault of
// the statement: [write.locate] refuses it.
func (s *Server) statementWrite(st *expression.Statement, in *statementRequest, inTransaction bool) *write {
	w := &write{table: s.table(&st.Table), showOld: in.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	exists := expression.Apply("attribute_exists", expression.Attribute(w.table.keys[0]))
	var twice string
	w.key, w.condition, twice = w.table.keyed(st.Where)
	switch st.Verb {
	case "INSERT":
		w.operation, w.put, w.key, w.duplicate = "PutItem", st.Item, st.Item.Pick(w.table.keys), true
		w.condition = expression.Apply("NOT", exists)
		checkItem(w.put)
		forbid(w.table.tooLarge(w.put), tooLargeToPut)
	case "UPDATE": // the item must exist
		w.operation, w.update = "UpdateItem", st.Update
		w.condition = expression.All(exists, w.condition)
	case "DELETE": // does nothing if there is no item
		w.operation = "DeleteItem"
		if w.condition != nil {
			w.condition = expression.Apply("OR", expression.Apply("NOT", exists), w.condition)
		}
	case "EXISTS":
		w.operation = "ConditionCheck"
		forbid(w.key == nil || w.condition == nil, "EXISTS() must contain a single item read with additional condition")
		w.condition = expression.All(exists, w.condition)
		twice = "" // the second value is a condition that is false
	}
	if !inTransaction {
		forbid(twice != "", "Multiple conditions on same key %s. Only single item Update/Insert/Delete are supported", twice)
		forbid(w.key == nil, "Where clause does not contain a mandatory equality on all key attributes")
	} else if twice != "" {
		w.key = nil
	}
	w.checkEmpty()
	return w
}

type executeRequest struct {
	statementRequest
	Limit     *int
	NextToken *string
	returning
}

// executeStatement runs one statement.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
func (s *Server) executeStatement(in *executeRequest) any {
	v := in.returning.violations()
	number(&v, in.Limit, "limit", 1, math.MaxInt)
	v = append(v, in.statementRequest.violations("")...)
	v.end()
	st := s.parse(&in.statementRequest)
	forbid(st.Verb == "EXISTS", "EXISTS can only be used in ExecuteTransaction write requests.")
	out, taken := answer{Items: []value.Item{}}, in.tally()
	if isRead(st) {
		p, next := s.selection(st, in).run(in.Limit, taken)
		show := selected(st)
		for _, item := range p.items {
			out.Items = append(out.Items, show(item))
		}
		out.LastEvaluatedKey, out.NextToken = p.last, next
	} else {
		w := s.statementWrite(st, &in.statementRequest, false)
		w.do()
		taken.write(w, 1)
		if item := w.returned(st.Returning); len(item) > 0 {
			out.Items = append(out.Items, item)
		}
	}
	out.ConsumedCapacity = in.consumedByOne(taken)
	return out
}
