package dynamodb

import (
	"strings"
	"time"

	"github.com/tidwall/btree"

	"simple-sam-demo/local/dynamodb/value"
)

// index holds items in the order of some key attributes. A table is an index by its own key. A
// secondary index holds only the items that have its key attributes.
type index struct {
	name       string // "" for the index of the table itself
	global     bool
	keys       []string // the names of the partition key and, if there is one, the sort key
	kinds      []value.Kind
	projection projection
	throughput *throughput     // nil on demand
	changes    changes         // of the throughput
	warm       *warmThroughput // as the client set it, or nil
	table      *index          // of a secondary index: the index of the table itself

	items btree.Map[string, value.Stored]
	bytes int // the sum of the sizes of the items

	past     time.Duration // that the index remembers
	versions []version     // what it held, the oldest first
}

// entry returns the place of an item in the index, and false if the index does not hold the item.
// A place is a string of the key attributes. Places sort in the same order as the key attributes.
// The place in a secondary index ends with the place in the table.
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

// maxKey is the largest number of bytes of a partition key and of a sort key.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys
var maxKey = [2]int{2048, 1024}

// appendKey appends a key attribute to a place. After a text or bytes it writes two zero bytes, so
// that a short key sorts before a longer one; a zero byte within them becomes 0 and 0xff. The last
// attribute needs no such mark.
func appendKey(dst []byte, v value.Value, last bool) []byte {
	if v.Kind == value.N || last {
		return append(dst, v.Text...)
	}
	return append(append(dst, escape(v.Text)...), 0, 0)
}

// escape marks the zero bytes of a part of a key, as two of them end it.
func escape(part string) string { return strings.ReplaceAll(part, "\x00", "\x00\xff") }

// definition gives the type of an attribute that is part of a key.
type definition struct{ AttributeName, AttributeType string }

// table is a table and its indexes.
type table struct {
	index
	name          string
	given         string // the name or ARN by which the current operation on items finds it
	id            string
	created       time.Time
	definitions   []definition
	billing       string
	onDemand      time.Time // when the table became PAY_PER_REQUEST, or zero
	secondary     []*index  // in the order of their names
	expiry        *index    // by the attribute with the time to live; nil if that is not enabled
	expiryChanged time.Time // when the time to live was enabled or disabled
	tags          map[string]string
	more          object // members that DescribeTable shows and that have no effect
}

// kind returns the type of an attribute that is part of a key, else None.
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

// find returns the index with the name, or the table's own index if the name is nil.
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

func (t *table) secondaryIndex(name string) *index {
	for _, x := range t.secondary {
		if x.name == name {
			return x
		}
	}
	return nil
}

func (t *table) get(key string, lag time.Duration) value.Item {
	stored, ok := t.seen(lag).Get(key)
	if !ok {
		return nil
	}
	return stored.Item()
}

// replace removes the old item and adds the new one, in the table and its indexes. Either may be nil.
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

// replace does the same in one index. It skips an item that the index does not hold.
func (x *index) replace(old, item value.Item, stored value.Stored) {
	x.remember()
	before, was := x.entry(old)
	after, is := x.entry(item)
	if was {
		x.bytes -= x.project(old).Size()
	}
	if was && before != after {
		x.items.Delete(before)
	}
	if is {
		x.items.Set(after, stored)
		x.bytes += x.project(item).Size()
	}
}

func (t *table) fill(x *index) {
	t.items.Scan(func(_ string, stored value.Stored) bool {
		x.replace(nil, stored.Item(), stored)
		return true
	})
}

// expire deletes the items whose time to live has ended. It keeps an item whose time ended more than
// five years ago, as that number may be in another unit of time.
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

// keyOf returns the place of the item with the key. The key must have the key attributes and no others.
func (t *table) keyOf(key value.Item) string {
	forbid(len(key) != len(t.keys), wrongSchema)
	for i, name := range t.keys {
		forbid(key[name].Kind != t.kinds[i], wrongSchema)
	}
	return t.placeOf(key)
}

// placeOf returns the place of an item. It refuses an item with missing or wrong key attributes.
func (t *table) placeOf(item value.Item) string {
	for i, name := range t.keys {
		switch v, ok := item[name]; {
		case !ok:
			panic(invalid(wrongValue+"Missing the key %s in the item", name))
		case v.Kind != t.kinds[i]:
			panic(invalid(wrongValue+"Type mismatch for key %s expected: %s actual: %s", name, t.kinds[i], v.Kind))
		}
		checkKeyLength(item[name], i)
	}
	t.emptyKey(item)
	place, _ := t.entry(item)
	return place
}

// checkKeyLength refuses a value of a partition key (i is 0) or of a sort key that is too long.
func checkKeyLength(v value.Value, i int) {
	if v.Kind != value.N && len(v.Text) > maxKey[i] {
		panic(invalid(wrongValue+"%s", [2]string{
			"Size of hashkey has exceeded the maximum size limit of2048 bytes",
			"Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
		}[i]))
	}
}

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

// emptyIndexKey refuses an item in which a key attribute of a secondary index is empty.
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

// indexTypes refuses an item in which a key attribute of a secondary index has the wrong type.
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
