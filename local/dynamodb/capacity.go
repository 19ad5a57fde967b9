package dynamodb

import (
	"maps"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// returning holds the parameters that ask for capacity and collection metrics in the answer.
type returning struct{ ReturnConsumedCapacity, ReturnItemCollectionMetrics string }

func (r returning) violations() (v violations) {
	v.enum(r.ReturnConsumedCapacity, "returnConsumedCapacity", "INDEXES", "TOTAL", "NONE")
	v.enum(r.ReturnItemCollectionMetrics, "returnItemCollectionMetrics", "SIZE", "NONE")
	return v
}

// tally counts the capacity units that a request takes, by table, and within a table by the name of the
// index. The name "" stands for the table itself. A tally is nil if the request does not ask for capacity.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
type tally map[*table]map[string]float64

func (r returning) tally() tally {
	if r.ReturnConsumedCapacity == "TOTAL" || r.ReturnConsumedCapacity == "INDEXES" {
		return tally{}
	}
	return nil
}

func (t tally) add(table *table, index string, units float64) {
	if t == nil {
		return
	}
	if t[table] == nil {
		t[table] = map[string]float64{}
	}
	t[table][index] += units
}

// failedStatements is a key in a tally, in the place of the name of an index. Its units count only
// in the sum of the table.
const failedStatements = "failed statements"

// waste adds the units of failed statements. It adds them only to tables in which another statement
// of the batch succeeded, as
// https://github.com/nubo-db/dynoxide recorded (tests/partiql_index_consumed_capacity.rs).
func (t tally) waste(wasted tally) {
	for table, units := range wasted {
		if t[table] != nil {
			t.add(table, failedStatements, units[failedStatements])
		}
	}
}

// readUnits returns one unit for each 4 KB, rounded up, and half of that for an eventually consistent read.
func readUnits(bytes int, consistent bool) float64 {
	n := float64(max(1, (bytes+4095)/4096))
	if !consistent {
		n /= 2
	}
	return n
}

func writeUnits(bytes int) float64 { return float64(max(1, (bytes+1023)/1024)) }

// size is the size of the larger of the old and the new item.
func (w *write) size() int { return max(w.old.Size(), w.item.Size()) }

// write adds the units of a write. The table takes units for the larger of the old and the new item, times a factor:
// 2 in a transaction. Each index that the write changes takes units of its own, and no more of them in a transaction, as
// https://github.com/nubo-db/dynoxide recorded (tests/transactional_index_consumed_capacity.rs).
func (t tally) write(w *write, factor float64) {
	if t == nil {
		return
	}
	t.add(w.table, "", factor*writeUnits(w.size()))
	if w.operation == "ConditionCheck" {
		return
	}
	for _, x := range w.table.secondary {
		before, was := x.entry(w.old)
		after, is := x.entry(w.item)
		old, item := x.project(w.old), x.project(w.item)
		switch {
		case was && is && before == after: // the item keeps its place in the index
			if !value.Equal(value.Value{Kind: value.M, Map: old}, value.Value{Kind: value.M, Map: item}) {
				t.add(w.table, x.name, writeUnits(max(old.Size(), item.Size())))
			}
			continue
		case was:
			t.add(w.table, x.name, writeUnits(old.Size()))
		}
		if is {
			t.add(w.table, x.name, writeUnits(item.Size()))
		}
	}
}

// capacityKind says which units a transaction took. Its answer shows them beside the sum. Other operations show only
// the sum.
// https://github.com/paritysuite/dynamodb-conformance (transactWrite.test.ts, transactGet.test.ts) recorded this.
type capacityKind int

const (
	anyCapacity capacityKind = iota
	readCapacity
	writeCapacity
)

type capacity struct {
	CapacityUnits                         float64
	ReadCapacityUnits, WriteCapacityUnits float64 `json:",omitempty"`
}

func (k capacityKind) of(units float64) capacity {
	c := capacity{CapacityUnits: units}
	switch k {
	case readCapacity:
		c.ReadCapacityUnits = units
	case writeCapacity:
		c.WriteCapacityUnits = units
	}
	return c
}

// consumedCapacity is the capacity that a table took.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
type consumedCapacity struct {
	TableName string
	capacity
	Table                                         *capacity           `json:",omitempty"`
	GlobalSecondaryIndexes, LocalSecondaryIndexes map[string]capacity `json:",omitempty"`
}

// capacity shows the units that a table took: only the sum, or also by index. It names the table as the request
// does: by its name or its ARN.
func (r returning) capacity(k capacityKind, t *table, units map[string]float64) consumedCapacity {
	sum, global, local := 0.0, map[string]capacity{}, map[string]capacity{}
	for name, n := range units {
		sum += n
		switch {
		case name == "" || name == failedStatements:
		case t.find(&name).global:
			global[name] = k.of(n)
		default:
			local[name] = k.of(n)
		}
	}
	shown := consumedCapacity{TableName: t.given, capacity: k.of(sum)}
	if r.ReturnConsumedCapacity == "INDEXES" {
		shown.Table = new(k.of(units[""]))
		shown.GlobalSecondaryIndexes, shown.LocalSecondaryIndexes = global, local
	}
	return shown
}

// consumed shows the units that each table took, in the order of the tables' names.
func (r returning) consumed(t tally) any { return r.consumedAs(anyCapacity, t) }

func (r returning) consumedAs(k capacityKind, t tally) any {
	if len(t) == 0 {
		return nil
	}
	var all []consumedCapacity
	for _, table := range slices.SortedFunc(maps.Keys(t), byName) {
		all = append(all, r.capacity(k, table, t[table]))
	}
	return all
}

func (r returning) consumedByOne(t tally) any {
	for table, units := range t {
		return r.capacity(anyCapacity, table, units)
	}
	return nil
}

// collection returns the metrics of an item collection: of all items with the partition key of the
// write. Only a table with a local index has them.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ItemCollectionMetrics.html
func (r returning) collection(w *write) any {
	local := func(x *index) bool { return !x.global }
	if r.ReturnItemCollectionMetrics != "SIZE" || !slices.ContainsFunc(w.table.secondary, local) {
		return nil
	}
	return object{"ItemCollectionKey": w.key.Pick(w.table.keys[:1]), "SizeEstimateRangeGB": [2]int{0, 1}}
}

// collections returns the metrics by table. A check of a condition modifies no item collection.
func (r returning) collections(writes []*write) any {
	metrics := map[string][]any{}
	for _, w := range writes {
		if m := r.collection(w); m != nil && w.operation != "ConditionCheck" {
			metrics[w.table.given] = append(metrics[w.table.given], m)
		}
	}
	if len(metrics) == 0 {
		return nil
	}
	return metrics
}
