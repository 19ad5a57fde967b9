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

// write is a put, an update or a deletion of an item, or a check of its condition.
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
func (s *Server) writing(operation string, r *request) (*write, error) {
	if err := r.check(operation); err != nil {
		return nil, err
	}
	if operation == "PutItem" && r.Item.Size() > maxItem {
		return nil, errItemSize
	}
	c, err := s.compile(operation, r)
	if err != nil {
		return nil, err
	}
	t, err := s.table(r.TableName)
	if err != nil {
		return nil, err
	}
	w := &write{
		table: t, operation: operation, key: r.Key, condition: c.condition, put: r.Item, update: c.update,
		showOld: r.ReturnValuesOnConditionCheckFailure == "ALL_OLD",
	}
	if w.put != nil && operation == "PutItem" {
		w.key = w.put.Pick(t.keys)
	}
	return w, w.checkEmpty()
}

// checkEmpty refuses key attributes that are empty.
func (w *write) checkEmpty() error {
	if err := w.table.emptyKey(w.key); err != nil {
		return err
	}
	if w.put != nil {
		return w.table.emptyIndexKey(w.put, false)
	}
	set := value.Item{}
	for _, a := range w.update {
		if a.Verb == expression.Set && len(a.Path) == 1 && a.Operand.Op == "value" {
			set[a.Path[0].Name] = a.Operand.Value
		}
	}
	return w.table.emptyIndexKey(set, true)
}

// locate finds the item's place, unless its key or the keys of indexes are of other types.
func (w *write) locate() (err error) {
	if w.operation == "PutItem" {
		if w.place, err = w.table.placeOf(w.put); err != nil {
			return err
		}
		return w.table.indexTypes(w.put)
	}
	if w.place, err = w.table.keyOf(w.key); err != nil {
		return err
	}
	for _, path := range w.update.Paths() {
		if slices.Contains(w.table.keys, path[0].Name) {
			return invalidValue("Cannot update attribute %s. This attribute is part of the key", path[0].Name)
		}
	}
	if err := w.table.nestedKeys(w.update.Paths()); err != nil {
		return err
	}
	return w.table.nestedKeys(w.condition.Paths())
}

// nestedKeys refuses paths into attributes that are part of a key.
func (t *table) nestedKeys(paths []expression.Path) error {
	for _, path := range paths {
		if len(path) > 1 && t.kind(path[0].Name) != value.None {
			what := "IndexKey"
			if slices.Contains(t.keys, path[0].Name) {
				what = "Key"
			}
			return invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s", what, path[0].Name)
		}
	}
	return nil
}

// evaluate finds what the write makes of the item. It changes nothing.
func (w *write) evaluate() (err error) {
	w.old = w.table.get(w.place)
	if !w.condition.Holds(w.old) {
		return w.failed()
	}
	switch w.operation {
	case "PutItem":
		w.item = w.put
	case "ConditionCheck":
		w.item = w.old
	case "UpdateItem":
		if w.item, err = w.update.Apply(w.old, w.key); err != nil {
			return err
		}
		if w.item.Size() > maxItem {
			return invalid("Item size to update has exceeded the maximum allowed size")
		}
		if err := checkItem(w.item); err != nil {
			return err
		}
		if err := w.table.emptyIndexKey(w.item, true); err != nil {
			return err
		}
		return w.table.indexTypes(w.item)
	}
	return nil
}

var errItemSize = invalid("Item size has exceeded the maximum allowed size")

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
		w.table.replace(w.place, w.old, w.item)
	}
}

// do does the whole write.
func (w *write) do() error {
	if err := w.locate(); err != nil {
		return err
	}
	if err := w.evaluate(); err != nil {
		return err
	}
	w.commit()
	return nil
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

type written struct {
	Attributes            value.Item        `json:",omitempty"`
	ConsumedCapacity      *capacity         `json:",omitempty"`
	ItemCollectionMetrics *collectionMetric `json:",omitempty"`
}

// writeItem is PutItem, UpdateItem or DeleteItem.
func writeItem(operation string) func(*Server, *request) (written, error) {
	return func(s *Server, r *request) (written, error) {
		w, err := s.writing(operation, r)
		if err != nil {
			return written{}, err
		}
		if err := w.do(); err != nil {
			return written{}, err
		}
		return written{
			Attributes:            w.returned(r.ReturnValues),
			ConsumedCapacity:      w.capacity(r.ReturnConsumedCapacity),
			ItemCollectionMetrics: w.collectionMetric(r.ReturnItemCollectionMetrics),
		}, nil
	}
}

// read is a request for one item.
type read struct {
	table      *table
	place      string
	projection []expression.Path
}

func (s *Server) reading(r *request) (*read, error) {
	if err := r.check("GetItem"); err != nil {
		return nil, err
	}
	c, err := s.compile("GetItem", r)
	if err != nil {
		return nil, err
	}
	t, err := s.table(r.TableName)
	if err != nil {
		return nil, err
	}
	return &read{table: t, projection: c.projection}, t.nestedKeys(c.projection)
}

// do returns what the item has at the paths that were asked for, and how many bytes the
// whole of it counts for. The first is nil if there is none.
func (g *read) do() (value.Item, int) {
	item := g.table.get(g.place)
	if item == nil || g.projection == nil {
		return item, item.Size()
	}
	return expression.Project(item, g.projection), item.Size()
}

type got struct {
	Item             *value.Item `json:",omitempty"`
	ConsumedCapacity *capacity   `json:",omitempty"`
}

func shownItem(item value.Item) *value.Item {
	if item == nil {
		return nil
	}
	return &item
}

func (s *Server) getItem(r *request) (out got, err error) {
	g, err := s.reading(r)
	if err != nil {
		return out, err
	}
	if g.place, err = g.table.keyOf(r.Key); err != nil {
		return out, err
	}
	item, bytes := g.do()
	return got{shownItem(item), shownCapacity(r.ReturnConsumedCapacity, g.table, units{"": readUnits(bytes, r.ConsistentRead)})}, nil
}
