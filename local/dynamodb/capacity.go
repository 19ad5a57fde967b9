package dynamodb

import (
	"maps"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// returning is what an answer may say beside its result.
type returning struct{ ReturnConsumedCapacity, ReturnItemCollectionMetrics string }

func (r returning) violations() (v violations) {
	v.enum(r.ReturnConsumedCapacity, "returnConsumedCapacity", "INDEXES", "TOTAL", "NONE")
	v.enum(r.ReturnItemCollectionMetrics, "returnItemCollectionMetrics", "SIZE", "NONE")
	return v
}

// tally counts the capacity units that a request takes, by table, and there by index; "" is
// the table itself. It is nil if nobody asks for it.
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

// failedStatements stands for an index in a tally. It counts in the sum alone.
const failedStatements = "failed statements"

// waste adds what failed statements took to the tables of which others were done, as
// https://github.com/nubo-db/dynoxide recorded (tests/partiql_index_consumed_capacity.rs).
func (t tally) waste(wasted tally) {
	for table, units := range wasted {
		if t[table] != nil {
			t.add(table, failedStatements, units[failedStatements])
		}
	}
}

// readUnits is 1 for each 4 KB, begun, and half of it when the read may be eventually
// consistent.
func readUnits(bytes int, consistent bool) float64 {
	n := float64(max(1, (bytes+4095)/4096))
	if !consistent {
		n /= 2
	}
	return n
}

// writeUnits is 1 for each KB, begun.
func writeUnits(bytes int) float64 { return float64(max(1, (bytes+1023)/1024)) }

// write adds what a write takes, times a factor: for the larger item, and for each index
// that it changes.
func (t tally) write(w *write, factor float64) {
	if t == nil {
		return
	}
	t.add(w.table, "", factor*writeUnits(max(w.old.Size(), w.item.Size())))
	if w.operation == "ConditionCheck" {
		return
	}
	for _, x := range w.table.secondary {
		before, was := x.entry(w.old)
		after, is := x.entry(w.item)
		old, item := x.project(w.old), x.project(w.item)
		switch {
		case was && is && before == after: // it stays where it is
			if !value.Equal(value.Value{Kind: value.M, Map: old}, value.Value{Kind: value.M, Map: item}) {
				t.add(w.table, x.name, factor*writeUnits(max(old.Size(), item.Size())))
			}
			continue
		case was:
			t.add(w.table, x.name, factor*writeUnits(old.Size()))
		}
		if is {
			t.add(w.table, x.name, factor*writeUnits(item.Size()))
		}
	}
}

// capacity shows what a table took, in all or by index.
func (r returning) capacity(t *table, units map[string]float64) object {
	type index struct{ CapacityUnits float64 }
	sum, byIndex := 0.0, map[bool]map[string]index{true: {}, false: {}}
	for name, n := range units {
		sum += n
		if name != "" && name != failedStatements {
			byIndex[t.find(&name).global][name] = index{n}
		}
	}
	shown := object{"TableName": t.name, "CapacityUnits": sum}
	if r.ReturnConsumedCapacity == "INDEXES" {
		shown["Table"] = index{units[""]}
		for global, name := range map[bool]string{true: "GlobalSecondaryIndexes", false: "LocalSecondaryIndexes"} {
			if len(byIndex[global]) > 0 {
				shown[name] = byIndex[global]
			}
		}
	}
	return shown
}

// consumed shows the capacity of each table, in the order of their names.
func (r returning) consumed(t tally) any {
	if len(t) == 0 {
		return nil
	}
	var all []object
	for _, table := range slices.SortedFunc(maps.Keys(t), byName) {
		all = append(all, r.capacity(table, t[table]))
	}
	return all
}

// consumedByOne shows the capacity of an operation on one table.
func (r returning) consumedByOne(t tally) any {
	for table, units := range t {
		return r.capacity(table, units)
	}
	return nil
}

// collection is about the items with one partition key, in a table with a local index.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ItemCollectionMetrics.html
func (r returning) collection(w *write) any {
	local := func(x *index) bool { return !x.global }
	if r.ReturnItemCollectionMetrics != "SIZE" || !slices.ContainsFunc(w.table.secondary, local) {
		return nil
	}
	return object{"ItemCollectionKey": w.key.Pick(w.table.keys[:1]), "SizeEstimateRangeGB": [2]int{0, 1}}
}

// collections are those of several writes, by table.
func (r returning) collections(writes []*write) any {
	metrics := map[string][]any{}
	for _, w := range writes {
		if m := r.collection(w); m != nil {
			metrics[w.table.name] = append(metrics[w.table.name], m)
		}
	}
	if len(metrics) == 0 {
		return nil
	}
	return metrics
}
