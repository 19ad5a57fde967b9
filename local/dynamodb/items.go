package dynamodb

import (
	"slices"
	"time"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// maxItem is the largest size of an item in bytes. The JSON of such an item is larger.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
const maxItem = 400 << 10

// write is a put, an update or a deletion of an item, or a check of a condition on it. Every
// operation that writes goes through these steps: newWrite checks the request, find finds its table, locate finds the
// item's place, evaluate computes the new item, and commit stores it.
type write struct {
	tableName *string
	table     *table
	operation string
	key       value.Item
	place     string // see [index.entry]
	condition *expression.Node
	put       value.Item
	update    expression.Update

	showOld   bool // if the condition is false, the error shows the old item
	duplicate bool // if the condition is false, the error is DuplicateItemException

	old, item value.Item // the item before and after the write, set by evaluate; nil means no item
}

// newWrite checks a request to write an item.
func (s *Server) newWrite(operation string, r *request) *write {
	r.check(operation)
	forbid(r.Item.Size() > maxItem, tooLargeToPut)
	c := s.compile(operation, r)
	w := &write{
		tableName: r.TableName, operation: operation, key: r.Key, condition: c.condition, update: c.update,
		showOld: r.ReturnValuesOnConditionCheckFailure == "ALL_OLD",
	}
	if operation == "PutItem" {
		w.put = r.Item
	}
	return w
}

// find finds the table. A batch or a transaction finds its tables when all of its writes are checked.
func (w *write) find(s *Server) {
	w.table = s.table(w.tableName)
	if w.put != nil {
		w.key = w.put.Pick(w.table.keys)
		forbid(w.table.tooLarge(w.put), tooLargeToPut)
	}
	w.checkEmpty()
}

const tooLargeToPut = "Item size has exceeded the maximum allowed size"

// tooLarge reports whether an item and its entries in the local secondary indexes have more bytes than an item may have.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
func (t *table) tooLarge(item value.Item) bool {
	size := item.Size()
	for _, x := range t.secondary {
		if x.global {
			continue
		}
		if _, held := x.entry(item); held {
			size += x.project(item).Size()
		}
	}
	return size > maxItem
}

func (w *write) checkEmpty() {
	w.table.emptyKey(w.key)
	if w.put != nil {
		w.table.emptyIndexKey(w.put, false)
		return
	}
	set := value.Item{}
	for _, a := range w.update {
		if a.Verb == expression.Set && len(a.Path) == 1 && a.Operand.Op == "value" {
			set[a.Path[0].Name] = a.Operand.Value
		}
	}
	w.table.emptyIndexKey(set, true)
}

// locate finds the item's place. It refuses key attributes of the table or of an index that have the
// wrong type.
func (w *write) locate() {
	if w.operation == "PutItem" {
		w.place = w.table.placeOf(w.put)
		w.table.indexTypes(w.put)
		return
	}
	w.place = w.table.keyOf(w.key)
	changed := w.update.Paths()
	for _, path := range changed {
		if slices.Contains(w.table.keys, path[0].Name) {
			panic(invalid(wrongValue+"Cannot update attribute %s. This attribute is part of the key", path[0].Name))
		}
	}
	w.table.nestedKeys(changed)
	w.table.nestedKeys(w.condition.Paths())
}

// nestedKeys refuses a path that leads into an attribute that is part of a key.
func (t *table) nestedKeys(paths []expression.Path) {
	for _, path := range paths {
		if len(path) > 1 && t.kind(path[0].Name) != value.None {
			what := "IndexKey"
			if slices.Contains(t.keys, path[0].Name) {
				what = "Key"
			}
			panic(invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s",
				what, path[0].Name))
		}
	}
}

// evaluate computes the new item. It does not change the table.
func (w *write) evaluate() {
	w.old = w.table.get(w.place, 0)
	if !w.condition.Holds(w.old) {
		panic(w.failed())
	}
	switch w.operation {
	case "PutItem":
		w.item = w.put
	case "ConditionCheck":
		w.item = w.old
	case "UpdateItem":
		w.item = must(w.update.Apply(w.old, w.key))
		forbid(w.table.tooLarge(w.item), "Item size to update has exceeded the maximum allowed size")
		checkItem(w.item)
		w.table.emptyIndexKey(w.item, true)
		w.table.indexTypes(w.item)
	}
}

func (w *write) failed() *awsjson.Error {
	e := refusal("ConditionalCheckFailedException", "The conditional request failed")
	if w.duplicate {
		e = refusal("DuplicateItemException", "Duplicate primary key exists in table")
	}
	if w.showOld && w.old != nil {
		e.More = object{"Item": w.old}
	}
	return e
}

// commit stores the item that evaluate computed.
func (w *write) commit() {
	if w.operation != "ConditionCheck" {
		w.table.replace(w.old, w.item)
	}
}

func (w *write) do() {
	w.locate()
	w.evaluate()
	w.commit()
}

func (w *write) returned(what string) value.Item {
	switch what {
	case "ALL_OLD":
		return w.old
	case "ALL_NEW":
		return w.item
	case "UPDATED_OLD":
		return expression.Project(w.old, w.update.Paths())
	case "UPDATED_NEW":
		return expression.Project(w.item, w.update.Paths())
	}
	return nil
}

func writeItem(operation string) func(*Server, *request) any {
	return func(s *Server, r *request) any {
		w, taken := s.newWrite(operation, r), r.tally()
		w.find(s)
		w.do()
		taken.write(w, 1)
		return answer{
			Attributes: w.returned(r.ReturnValues), ConsumedCapacity: r.consumedByOne(taken), ItemCollectionMetrics: r.collection(w),
		}
	}
}

// read is a request for one item.
type read struct {
	tableName  *string
	table      *table
	place      string
	lag        time.Duration
	projection []expression.Path           // the paths that a request names
	show       func(value.Item) value.Item // picks the attributes that the request asks for; nil means all
}

// newRead checks a request to read an item.
func (s *Server) newRead(r *request) *read {
	r.check("GetItem")
	c := s.compile("GetItem", r)
	g := &read{tableName: r.TableName, lag: s.lag(r.ConsistentRead), projection: c.projection}
	if c.projection != nil {
		g.show = func(item value.Item) value.Item { return expression.Project(item, c.projection) }
	}
	return g
}

// find finds the table. A batch or a transaction finds its tables when all of its reads are checked.
func (g *read) find(s *Server) {
	g.table = s.table(g.tableName)
	g.table.nestedKeys(g.projection)
}

// do returns the attributes of the item that the request asks for, or nil if there is no item, and
// the size of the whole item in bytes.
func (g *read) do() (item value.Item, bytes int) {
	item = g.table.get(g.place, g.lag)
	bytes = item.Size()
	if item != nil && g.show != nil {
		item = g.show(item)
	}
	return item, bytes
}

func (s *Server) getItem(r *request) any {
	g, taken := s.newRead(r), r.tally()
	g.find(s)
	g.place = g.table.keyOf(r.Key)
	item, bytes := g.do()
	taken.add(g.table, "", readUnits(bytes, r.ConsistentRead))
	return answer{Item: shownItem(item), ConsumedCapacity: r.consumedByOne(taken)}
}
