package dynamodb

import (
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
		if v.Kind != x.kinds[i] || v.Text == "" || v.Kind != value.N && len(v.Text) > maxKey[i] {
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
func (t *table) find(name *string) *index {
	if name == nil {
		return &t.index
	}
	x := t.secondaryIndex(*name)
	if x == nil {
		panic(invalid("The table does not have the specified index: %s", *name))
	}
	return x
}

// secondaryIndex returns an index of the table, or nil.
func (t *table) secondaryIndex(name string) *index {
	for _, x := range t.secondary {
		if x.name == name {
			return x
		}
	}
	return nil
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
func (t *table) replace(old, item value.Item) {
	var stored value.Stored
	if item != nil {
		stored = item.Store()
	}
	t.index.replace(old, item, stored)
	for _, x := range t.secondary {
		x.replace(old, item, stored)
	}
	if t.expiry != nil {
		t.expiry.replace(old, item, stored)
	}
}

// replace does so in one index, in which an item without a place is not.
func (x *index) replace(old, item value.Item, stored value.Stored) {
	before, was := x.entry(old)
	after, is := x.entry(item)
	if was {
		x.bytes -= old.Size()
	}
	if was && before != after {
		x.items.Delete(before)
	}
	if is {
		x.items.Set(after, stored)
		x.bytes += item.Size()
	}
}

// fill adds the table's items to a new index.
func (t *table) fill(x *index) {
	t.items.Scan(func(_ string, stored value.Stored) bool {
		x.replace(nil, stored.Item(), stored)
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
		t.replace(item, nil)
	}
}

const wrongSchema = "The provided key element does not match the schema"

// keyOf returns the place of the item with a key, which has to have the key attributes and
// no others.
func (t *table) keyOf(key value.Item) string {
	forbid(len(key) != len(t.keys), wrongSchema)
	for i, name := range t.keys {
		forbid(key[name].Kind != t.kinds[i], wrongSchema)
	}
	return t.placeOf(key)
}

// placeOf returns the place of an item, unless its key attributes are not as they must be.
func (t *table) placeOf(item value.Item) string {
	for i, name := range t.keys {
		switch v, ok := item[name]; {
		case !ok:
			panic(invalid(wrongValue+"Missing the key %s in the item", name))
		case v.Kind != t.kinds[i]:
			panic(invalid(wrongValue+"Type mismatch for key %s expected: %s actual: %s", name, t.kinds[i], v.Kind))
		case v.Kind != value.N && len(v.Text) > maxKey[i]:
			panic(invalid(wrongValue+"%s", [2]string{
				"Size of hashkey has exceeded the maximum size limit of2048 bytes",
				"Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
			}[i]))
		}
	}
	t.emptyKey(item)
	place, _ := t.entry(item)
	return place
}

// emptyKey refuses an item with a key attribute that is empty.
func (t *table) emptyKey(item value.Item) {
	for i, name := range t.keys {
		if v := item[name]; v.Kind == t.kinds[i] {
			checkFilled(v, name)
		}
	}
}

func checkFilled(v value.Value, key string) {
	if isEmpty(v) {
		panic(invalid(notValid+emptyValue+" Key: %s", longNames[v.Kind], key))
	}
}

const emptyValue = "The AttributeValue for a key attribute cannot contain an empty %s value."

var longNames = map[value.Kind]string{value.S: "string", value.B: "binary"}

func isEmpty(v value.Value) bool { return v.Text == "" && (v.Kind == value.S || v.Kind == value.B) }

// emptyIndexKey refuses an item with an empty attribute that is the key of an index.
func (t *table) emptyIndexKey(item value.Item, updated bool) {
	for _, x := range t.secondary {
		for i, name := range x.keys {
			v := item[name]
			if !isEmpty(v) || v.Kind != x.kinds[i] {
				continue
			}
			forbid(updated, notValid+"The update expression attempted to update a secondary index key to a value that is not supported. "+
				emptyValue, longNames[v.Kind])
			panic(invalid(notValid+"A value specified for a secondary index key is not supported. "+emptyValue+
				" IndexName: %s, IndexKey: %s", longNames[v.Kind], x.name, name))
		}
	}
}

// indexTypes refuses an item with an attribute of another type than the index by it has.
func (t *table) indexTypes(item value.Item) {
	for _, x := range t.secondary {
		for i, name := range x.keys {
			v, ok := item[name]
			switch {
			case !ok:
			case v.Kind != x.kinds[i]:
				panic(invalid(wrongValue+"Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
					name, x.kinds[i], v.Kind, x.name))
			case v.Kind != value.N && len(v.Text) > maxKey[i]:
				panic(invalid(wrongValue+"Size of %s has exceeded the maximum size limit of %d bytes. IndexName: %s, IndexKey: %s",
					[2]string{"hashkey", "rangekey"}[i], maxKey[i], x.name, name))
			}
		}
	}
}
