package dynamodb

import (
	"encoding/base64"
	"encoding/json"
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
	return must(s.cache.Statement(*in.Statement, in.Parameters))
}

func isRead(st *expression.Statement) bool { return st.Verb == "SELECT" }

// keyed divides a WHERE clause into the key of one item, and the other conditions on the item.
func (t *table) keyed(where *expression.Node) (key value.Item, rest *expression.Node) {
	key = value.Item{}
	for _, n := range where.Conjuncts() {
		name, v, ok := n.Equality()
		if ok && slices.Contains(t.keys, name) && key[name].Kind == value.None {
			key[name] = v
		} else {
			rest = expression.All(rest, n)
		}
	}
	if len(key) < len(t.keys) {
		return nil, where
	}
	return key, rest
}

// statementWrite translates a statement to a write.
func (s *Server) statementWrite(st *expression.Statement, in *statementRequest) *write {
	w := &write{table: s.table(&st.Table), showOld: in.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	exists := expression.Apply("attribute_exists", expression.Attribute(w.table.keys[0]))
	w.key, w.condition = w.table.keyed(st.Where)
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
	}
	forbid(w.key == nil, "Where clause does not contain a mandatory equality on all key attributes")
	w.checkEmpty()
	return w
}

// statementRead translates a SELECT of a batch or a transaction to a read of one item.
func (s *Server) statementRead(st *expression.Statement, api string) (g *read, key value.Item) {
	t := s.table(&st.Table)
	key, rest := t.keyed(st.Where)
	forbid(key == nil || rest != nil || st.Index != nil,
		"Select statements within %s must specify the primary key in the where clause.", api)
	return &read{table: t, show: selected(st)}, key
}

// statementSearch translates a SELECT to a Query or a Scan.
func (s *Server) statementSearch(st *expression.Statement, in *statementRequest) *search {
	t := s.table(&st.Table)
	x := &t.index
	if st.Index != nil {
		x = t.secondaryIndex(*st.Index)
	}
	forbid(x == nil, "The table does not have the specified index")
	forbid(x.global && in.ConsistentRead, "Strongly consistent read is not supported on Global Secondary Indexes")
	q := &search{table: t, index: x, filter: st.Where, segment: [2]uint32{0, 1}, backward: st.Descending, consistent: in.ConsistentRead, lag: s.lag(in.ConsistentRead)}
	q.divide(st.Where)
	for _, path := range st.Where.Paths() {
		forbid(!x.has(path[0].Name),
			wrongValue+"Secondary index %s does not project one or more filter attributes: [%s]", x.name, path[0].Name)
	}
	q.checkProjection(st.Projection)
	if st.OrderBy != "" {
		forbid(q.keys == nil, "Must have WHERE clause in the statement when using ORDER BY clause.")
		forbid(!slices.Contains(x.keys, st.OrderBy),
			"Variable reference %s in ORDER BY clause must be part of the primary key", st.OrderBy)
	}
	return q
}

// divide divides a WHERE clause into conditions on the key and a filter.
func (q *search) divide(where *expression.Node) {
	keys, rest := map[string]expression.KeyCondition{}, (*expression.Node)(nil)
	for _, n := range where.Conjuncts() {
		name, c, ok := n.KeyCondition()
		i := slices.Index(q.index.keys, name)
		_, twice := keys[name]
		if ok && i >= 0 && !twice && (i > 0 || c.Op == "=") && c.Values[0].Kind == q.index.kinds[i] {
			keys[name] = c
		} else {
			rest = expression.All(rest, n)
		}
	}
	if _, ok := keys[q.index.keys[0]]; ok {
		q.keys, q.filter = keys, rest
	}
}

// selected returns a function that picks the values that a SELECT shows of an item.
func selected(st *expression.Statement) func(value.Item) value.Item {
	return func(item value.Item) value.Item {
		if st.Projection == nil {
			return item
		}
		out := value.Item{}
		for _, path := range st.Projection {
			if v, ok := path.In(item); ok {
				out[path.Label()] = v
			}
		}
		return out
	}
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
	forbid(st.Verb == "EXISTS", "EXISTS() is only supported in ExecuteTransaction")
	out, taken := answer{Items: []value.Item{}}, in.tally()
	if isRead(st) {
		q := s.statementSearch(st, &in.statementRequest)
		q.limit = in.Limit
		q.resume(in.NextToken)
		p := q.run(taken)
		show := selected(st)
		for _, item := range p.items {
			out.Items = append(out.Items, show(item))
		}
		if out.LastEvaluatedKey = p.last; p.last != nil {
			out.NextToken = base64.StdEncoding.EncodeToString(p.last.AppendJSON(nil))
		}
	} else {
		w := s.statementWrite(st, &in.statementRequest)
		w.do()
		taken.write(w, 1)
		if item := w.returned(st.Returning); len(item) > 0 {
			out.Items = append(out.Items, item)
		}
	}
	out.ConsumedCapacity = in.consumedByOne(taken)
	return out
}

// resume starts the search where the previous page ended.
func (q *search) resume(token *string) {
	if token == nil {
		return
	}
	var key value.Item
	text, err := base64.StdEncoding.DecodeString(*token)
	if err == nil {
		err = json.Unmarshal(text, &key)
	}
	place, ok := q.index.entry(key)
	forbid(err != nil || !ok, "Invalid NextToken")
	q.start = place
}
