package dynamodb

import (
	"slices"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"simple-sam-demo/local/dynamodb/value"
)

// index is items in the order of some of their attributes: a table by its key, or a
// secondary index of it. A secondary index has only the items that have its attributes.
type index struct {
	name       string // "" is a table
	global     bool
	keys       []string // the names of the partition key and, if there is one, the sort key
	kinds      []value.Kind
	projection projection
	throughput *throughput
	warm       *warmThroughput // that was asked for
	table      *index          // whose items a secondary index has

	items btree.Map[string, value.Stored]
	bytes int // that the items count for
}

// entry returns an item's place in the index, unless it has none. It ends with the place in
// the table. Bytes sort as the attributes do.
func (x *index) entry(item value.Item) (string, bool) {
	key := make([]byte, 0, 64)
	for i, name := range x.keys {
		v := item[name]
		if v.Kind != x.kinds[i] || v.Text == "" || v.Kind != value.N && len(v.Text) > maxKey[min(i, 1)] {
			return "", false
		}
		key = appendKey(key, v, x.table == nil && i == len(x.keys)-1)
	}
	if x.table == nil {
		return string(key), true
	}
	primary, ok := x.table.entry(item)
	return string(append(key, primary...)), ok
}

// maxKey is how many bytes a partition key and a sort key can have.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys
var maxKey = [2]int{2048, 1024}

// appendKey appends a key attribute so that it ends before whatever follows, unless it is
// the last: texts and bytes end with two zero bytes, and each of theirs is followed by 0xff.
func appendKey(dst []byte, v value.Value, last bool) []byte {
	if v.Kind == value.N || last {
		return append(dst, v.Text...)
	}
	return append(append(dst, strings.ReplaceAll(v.Text, "\x00", "\x00\xff")...), 0, 0)
}

// definition is the type of an attribute that is part of a key.
type definition struct{ AttributeName, AttributeType string }

// table is a table and its indexes.
type table struct {
	index
	name        string
	id          string
	created     time.Time
	definitions []definition
	billing     string
	onDemand    time.Time // since when it is PAY_PER_REQUEST
	secondary   []*index  // in the order of their names
	expiry      *index    // by the attribute with the time to live, if it is enabled
	tags        map[string]string
	more        object // what is only shown
}

// kind returns the type of an attribute that is part of a key.
func (t *table) kind(attribute string) value.Kind {
	for _, d := range t.definitions {
		if d.AttributeName == attribute {
			return value.KindOf(d.AttributeType)
		}
	}
	return value.None
}

func (t *table) kindsOf(attributes []string) (kinds []value.Kind) {
	for _, name := range attributes {
		kinds = append(kinds, t.kind(name))
	}
	return kinds
}

// find returns the table, or an index of it.
func (t *table) find(name *string) (*index, error) {
	if name == nil {
		return &t.index, nil
	}
	for _, x := range t.secondary {
		if x.name == *name {
			return x, nil
		}
	}
	return nil, invalid("The table does not have the specified index: %s", *name)
}

// get returns an item, or nil.
func (t *table) get(key string) value.Item {
	stored, ok := t.items.Get(key)
	if !ok {
		return nil
	}
	return stored.Item()
}

// replace puts an item in the place of another; nil is none.
func (t *table) replace(key string, old, item value.Item) {
	var stored value.Stored
	if item != nil {
		stored = item.Store()
	}
	t.index.replace(key, key, old, item, stored)
	for _, x := range t.maintained() {
		before, was := x.entry(old)
		after, is := x.entry(item)
		if !was {
			before = ""
		}
		if !is {
			after = ""
		}
		x.replace(before, after, old, item, stored)
	}
}

func (t *table) maintained() []*index {
	if t.expiry == nil {
		return t.secondary
	}
	return append(slices.Clip(t.secondary), t.expiry)
}

// replace does so in one index, in which an item without a place is not.
func (x *index) replace(before, after string, old, item value.Item, stored value.Stored) {
	if old != nil && before != "" {
		x.items.Delete(before)
		x.bytes -= old.Size()
	}
	if item != nil && after != "" {
		x.items.Set(after, stored)
		x.bytes += item.Size()
	}
}

// fill adds the table's items to a new index.
func (t *table) fill(x *index) {
	t.items.Scan(func(_ string, stored value.Stored) bool {
		item := stored.Item()
		if place, ok := x.entry(item); ok {
			x.replace("", place, nil, item, stored)
		}
		return true
	})
}

// expire deletes the items whose time has come. Those that are five years late are kept, as
// they may have been written with another unit of time.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
func (t *table) expire(now time.Time) {
	if t.expiry == nil {
		return
	}
	var due []value.Item
	oldest, newest := value.Whole(int(now.AddDate(-5, 0, 0).Unix())), value.Whole(int(now.Unix())+1)
	t.expiry.items.Ascend(oldest.Text, func(place string, stored value.Stored) bool {
		if place >= newest.Text {
			return false
		}
		due = append(due, stored.Item())
		return true
	})
	for _, item := range due {
		key, _ := t.entry(item)
		t.replace(key, item, nil)
	}
}

// keyOf returns the place of the item with a key, which has to have the key attributes and
// no others.
func (t *table) keyOf(key value.Item) (string, error) {
	if len(key) != len(t.keys) {
		return "", errSchema
	}
	for i, name := range t.keys {
		if key[name].Kind != t.kinds[i] {
			return "", errSchema
		}
	}
	return t.placeOf(key)
}

var errSchema = refusal("ValidationException", "The provided key element does not match the schema")

// placeOf returns the place of an item, unless its key attributes are not as they must be.
func (t *table) placeOf(item value.Item) (string, error) {
	for i, name := range t.keys {
		switch v, ok := item[name]; {
		case !ok:
			return "", invalidValue("Missing the key %s in the item", name)
		case v.Kind != t.kinds[i]:
			return "", invalidValue("Type mismatch for key %s expected: %s actual: %s", name, t.kinds[i], v.Kind)
		case v.Kind != value.N && i == 0 && len(v.Text) > maxKey[0]:
			return "", invalidValue("Size of hashkey has exceeded the maximum size limit of2048 bytes")
		case v.Kind != value.N && i == 1 && len(v.Text) > maxKey[1]:
			return "", invalidValue("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
		}
	}
	if err := t.emptyKey(item); err != nil {
		return "", err
	}
	place, _ := t.entry(item)
	return place, nil
}

// emptyKey refuses an item with a key attribute that is empty.
func (t *table) emptyKey(item value.Item) error {
	for i, name := range t.keys {
		if v := item[name]; v.Kind == t.kinds[i] && v.Text == "" {
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", longNames[v.Kind], name)
		}
	}
	return nil
}

var longNames = map[value.Kind]string{value.S: "string", value.B: "binary"}

// emptyIndexKey refuses an item with an empty attribute that is the key of an index.
func (t *table) emptyIndexKey(item value.Item, updated bool) error {
	for _, x := range t.secondary {
		for _, name := range x.keys {
			v, ok := item[name]
			if !ok || v.Text != "" || longNames[v.Kind] == "" || v.Kind != t.kind(name) {
				continue
			}
			const tail = "The AttributeValue for a key attribute cannot contain an empty %s value."
			if updated {
				return invalid("One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. "+tail, longNames[v.Kind])
			}
			return invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "+tail+" IndexName: %s, IndexKey: %s", longNames[v.Kind], x.name, name)
		}
	}
	return nil
}

// indexTypes refuses an item with an attribute of another type than the index by it has.
func (t *table) indexTypes(item value.Item) error {
	for _, x := range t.secondary {
		for i, name := range x.keys {
			v, ok := item[name]
			switch {
			case !ok:
			case v.Kind != x.kinds[i]:
				return invalidValue("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", name, x.kinds[i], v.Kind, x.name)
			case v.Kind != value.N && len(v.Text) > maxKey[min(i, 1)]:
				return invalidValue("Size of %s has exceeded the maximum size limit of %d bytes. IndexName: %s, IndexKey: %s", [2]string{"hashkey", "rangekey"}[min(i, 1)], maxKey[min(i, 1)], x.name, name)
			}
		}
	}
	return nil
}
