package dynamodb

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// statementRequest is a statement of PartiQL, alone or in a batch or a transaction.
type statementRequest struct {
	Statement                           *string
	Parameters                          []value.Value
	ConsistentRead                      bool
	ReturnValuesOnConditionCheckFailure string
}

// parse refuses what is wrong with a statement in itself.
func (in *statementRequest) parse() (*expression.Statement, error) {
	const most = 8192
	var v violations
	switch {
	case in.Statement == nil:
		v.add(nil, "statement", "Member must not be null")
	case len(*in.Statement) == 0:
		v.add("", "statement", "Member must have length greater than or equal to 1")
	case len(*in.Statement) > most:
		v.add(*in.Statement, "statement", "Member must have length less than or equal to %d", most)
	}
	if in.Parameters != nil && len(in.Parameters) == 0 {
		v.add("[]", "parameters", "Member must have length greater than or equal to 1")
	}
	v.enum(in.ReturnValuesOnConditionCheckFailure, "returnValuesOnConditionCheckFailure", "ALL_OLD", "NONE")
	if err := v.err(); err != nil {
		return nil, err
	}
	return expression.ParseStatement(*in.Statement, in.Parameters)
}

// isRead tells whether a statement changes nothing.
func isRead(st *expression.Statement) bool { return st.Verb == "SELECT" }

// keyed takes the key of one item out of a WHERE clause. The rest is a condition on the item.
func (t *table) keyed(where *expression.Node) (key value.Item, rest *expression.Node) {
	key = value.Item{}
	for _, n := range where.Conjuncts() {
		if name, v, ok := n.Equality(); ok && slices.Contains(t.keys, name) && key[name].Kind == value.None {
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

// statementWrite is the write that a statement asks for.
func (s *Server) statementWrite(st *expression.Statement, in *statementRequest) (*write, error) {
	t, err := s.table(&st.Table)
	if err != nil {
		return nil, err
	}
	w := &write{table: t, showOld: in.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	exists := expression.Apply("attribute_exists", expression.Attribute(t.keys[0]))
	w.key, w.condition = t.keyed(st.Where)
	switch st.Verb {
	case "INSERT":
		w.operation, w.put, w.key, w.duplicate = "PutItem", st.Item, st.Item.Pick(t.keys), true
		w.condition = expression.Apply("NOT", exists)
		if err := checkItem(w.put); err != nil {
			return nil, err
		}
		if w.put.Size() > maxItem {
			return nil, errItemSize
		}
	case "UPDATE": // of an item that is there
		w.operation, w.update = "UpdateItem", st.Update
		w.condition = expression.All(exists, w.condition)
	case "DELETE": // which does nothing where there is no item
		w.operation = "DeleteItem"
		if w.condition != nil {
			w.condition = expression.Apply("OR", expression.Apply("NOT", exists), w.condition)
		}
	case "EXISTS":
		if w.operation = "ConditionCheck"; w.key == nil || w.condition == nil {
			return nil, invalid("EXISTS() must contain a single item read with additional condition")
		}
		w.condition = expression.All(exists, w.condition)
	}
	if w.key == nil {
		return nil, invalid("Where clause does not contain a mandatory equality on all key attributes")
	}
	return w, w.checkEmpty()
}

// statementSearch is the Query or the Scan that a SELECT asks for.
func (s *Server) statementSearch(st *expression.Statement, in *statementRequest) (*search, error) {
	t, err := s.table(&st.Table)
	if err != nil {
		return nil, err
	}
	x, err := t.find(st.Index)
	if err != nil {
		return nil, invalid("The table does not have the specified index")
	}
	if x.global && in.ConsistentRead {
		return nil, invalid("Strongly consistent read is not supported on Global Secondary Indexes")
	}
	q := &search{table: t, index: x, filter: st.Where, segment: [2]uint32{0, 1}, backward: st.Descending, consistent: in.ConsistentRead}
	q.divide(st.Where)
	for _, path := range st.Where.Paths() {
		if !x.has(path[0].Name) {
			return nil, invalidValue("Secondary index %s does not project one or more filter attributes: [%s]", x.name, path[0].Name)
		}
	}
	for _, path := range st.Projection {
		if !x.has(path[0].Name) {
			if x.global {
				return nil, invalidValue("Global secondary index %s does not project [%s]", x.name, path[0].Name)
			}
			q.whole = true
		}
	}
	switch {
	case st.OrderBy != "" && q.keys == nil:
		return nil, invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
	case st.OrderBy != "" && !slices.Contains(x.keys, st.OrderBy):
		return nil, invalid("Variable reference %s in ORDER BY clause must be part of the primary key", st.OrderBy)
	}
	return q, nil
}

// divide takes the conditions on the key out of a WHERE clause; the rest is a filter.
func (q *search) divide(where *expression.Node) {
	keys, rest := map[string]expression.KeyCondition{}, (*expression.Node)(nil)
	for _, n := range where.Conjuncts() {
		name, c, ok := n.KeyCondition()
		i := slices.Index(q.index.keys, name)
		_, twice := keys[name]
		fits := ok && i >= 0 && !twice && (i > 0 || c.Op == "=") && !slices.ContainsFunc(c.Values, func(v value.Value) bool { return v.Kind != q.index.kinds[i] })
		if fits {
			keys[name] = c
		} else {
			rest = expression.All(rest, n)
		}
	}
	if _, ok := keys[q.index.keys[0]]; ok {
		q.keys, q.filter = keys, rest
	}
}

// shown is what a SELECT shows of an item: the values at paths, each under its last name.
func shown(st *expression.Statement, item value.Item) value.Item {
	if st.Projection == nil || item == nil {
		return item
	}
	out := value.Item{}
	for i, path := range st.Projection {
		if v, ok := path.In(item); ok {
			name := path[len(path)-1].Name
			if name == "" {
				name = fmt.Sprintf("_%d", i+1)
			}
			out[name] = v
		}
	}
	return out
}

type executeRequest struct {
	statementRequest
	Limit     *int
	NextToken *string
	returning
}

type executed struct {
	Items            []value.Item
	NextToken        string     `json:",omitempty"`
	LastEvaluatedKey value.Item `json:",omitempty"`
	ConsumedCapacity *capacity  `json:",omitempty"`
}

// executeStatement does one statement.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
func (s *Server) executeStatement(in *executeRequest) (out executed, err error) {
	v := in.returning.violations()
	if v.atLeast(in.Limit, "limit", 1); len(v) > 0 {
		return out, v.err()
	}
	st, err := in.parse()
	if err != nil {
		return out, err
	}
	out.Items = []value.Item{}
	if st.Verb == "EXISTS" {
		return out, invalid("EXISTS() is only supported in ExecuteTransaction")
	}
	if !isRead(st) {
		w, err := s.statementWrite(st, &in.statementRequest)
		if err != nil {
			return out, err
		}
		if err := w.do(); err != nil {
			return out, err
		}
		if item := w.returned(st.Returning); len(item) > 0 {
			out.Items = append(out.Items, item)
		}
		out.ConsumedCapacity = w.capacity(in.ReturnConsumedCapacity)
		return out, nil
	}
	q, err := s.statementSearch(st, &in.statementRequest)
	if err != nil {
		return out, err
	}
	if in.Limit != nil {
		q.limit = *in.Limit
	}
	if err := q.resume(in.NextToken); err != nil {
		return out, err
	}
	p := q.run()
	for _, item := range p.items {
		out.Items = append(out.Items, shown(st, item))
	}
	if out.LastEvaluatedKey = p.last; p.last != nil {
		out.NextToken = base64.StdEncoding.EncodeToString(p.last.AppendJSON(nil))
	}
	out.ConsumedCapacity = shownCapacity(in.ReturnConsumedCapacity, q.table, units{q.index.name: readUnits(p.bytes, q.consistent)})
	return out, nil
}

// resume goes on where a page ended.
func (q *search) resume(token *string) error {
	if token == nil {
		return nil
	}
	var key value.Item
	text, err := base64.StdEncoding.DecodeString(*token)
	if err == nil {
		err = json.Unmarshal(text, &key)
	}
	place, ok := q.index.entry(key)
	if err != nil || !ok {
		return invalid("Invalid NextToken")
	}
	q.start = &place
	return nil
}
