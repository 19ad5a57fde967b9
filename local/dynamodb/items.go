package dynamodb

import (
	"slices"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// maxItem is how large an item can be, in bytes; its JSON is larger.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
const maxItem = 400 << 10

// write is a put, an update or a deletion of an item, or a check of its condition. All
// operations that write do it in these steps: what is wrong with it in itself is refused
// when it is made; locate, evaluate, commit.
type write struct {
	table     *table
	operation string
	key       value.Item
	place     string
	condition *expression.Node
	put       value.Item
	update    expression.Update

	showOld   bool // where the condition does not hold
	duplicate bool // is what it means that the condition does not hold

	old, item value.Item // what evaluate found and what it makes of it; nil is no item
}

// writing refuses what is wrong with a write in itself, and then finds its table.
func (s *Server) writing(operation string, r *request) *write {
	r.check(operation)
	checkSize(r.Item)
	c := s.compile(operation, r)
	w := &write{
		table: s.table(r.TableName), operation: operation, key: r.Key, condition: c.condition, update: c.update,
		showOld: r.ReturnValuesOnConditionCheckFailure == "ALL_OLD",
	}
	if operation == "PutItem" {
		w.put, w.key = r.Item, r.Item.Pick(w.table.keys)
	}
	w.checkEmpty()
	return w
}

func checkSize(item value.Item) {
	forbid(item.Size() > maxItem, "Item size has exceeded the maximum allowed size")
}

// checkEmpty refuses key attributes that are empty.
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

// locate finds the item's place, unless its key or the keys of indexes are of other types.
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

// nestedKeys refuses paths into attributes that are part of a key.
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

// evaluate finds what the write makes of the item. It changes nothing.
func (w *write) evaluate() {
	w.old = w.table.get(w.place)
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
		forbid(w.item.Size() > maxItem, "Item size to update has exceeded the maximum allowed size")
		checkItem(w.item)
		w.table.emptyIndexKey(w.item, true)
		w.table.indexTypes(w.item)
	}
}

// failed is the error of a condition that does not hold.
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

// commit does what evaluate found.
func (w *write) commit() {
	if w.operation != "ConditionCheck" {
		w.table.replace(w.old, w.item)
	}
}

// do does the whole write.
func (w *write) do() {
	w.locate()
	w.evaluate()
	w.commit()
}

// returned is what ReturnValues asks for.
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

// writeItem is PutItem, UpdateItem or DeleteItem.
func writeItem(operation string) func(*Server, *request) any {
	return func(s *Server, r *request) any {
		w, taken := s.writing(operation, r), r.tally()
		w.do()
		taken.write(w, 1)
		return answer{
			Attributes: w.returned(r.ReturnValues), ConsumedCapacity: r.consumedByOne(taken), ItemCollectionMetrics: r.collection(w),
		}
	}
}

// read is a request for one item.
type read struct {
	table *table
	place string
	show  func(value.Item) value.Item // what was asked for of an item; nil is all
}

// reading refuses what is wrong with a read in itself, and then finds its table.
func (s *Server) reading(r *request) *read {
	r.check("GetItem")
	c := s.compile("GetItem", r)
	g := &read{table: s.table(r.TableName)}
	g.table.nestedKeys(c.projection)
	if c.projection != nil {
		g.show = func(item value.Item) value.Item { return expression.Project(item, c.projection) }
	}
	return g
}

// do returns what was asked for of the item, or nil if there is none, and how many bytes the
// whole of it counts for.
func (g *read) do() (item value.Item, bytes int) {
	item = g.table.get(g.place)
	bytes = item.Size()
	if item != nil && g.show != nil {
		item = g.show(item)
	}
	return item, bytes
}

func (s *Server) getItem(r *request) any {
	g, taken := s.reading(r), r.tally()
	g.place = g.table.keyOf(r.Key)
	item, bytes := g.do()
	taken.add(g.table, "", readUnits(bytes, r.ConsistentRead))
	return answer{Item: shownItem(item), ConsumedCapacity: r.consumedByOne(taken)}
}
