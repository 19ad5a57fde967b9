package dynamodb

import (
	"maps"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// units are the capacity units that an operation takes of a table, under "", and of its
// indexes by name.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
type units map[string]float64

// tally is the units of several operations by table.
type tally map[*table]units

// taking returns a tally, or nil, which counts nothing, if nobody asks for it.
func taking(asked string) tally {
	if asked == "TOTAL" || asked == "INDEXES" {
		return tally{}
	}
	return nil
}

func (t tally) add(table *table, u units) {
	if t[table] == nil {
		t[table] = units{}
	}
	for name, n := range u {
		t[table][name] += n
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

// write adds what a write takes, times a factor.
func (t tally) write(w *write, factor float64) {
	if t == nil {
		return
	}
	u := w.units()
	for name := range u {
		u[name] *= factor
	}
	t.add(w.table, u)
}

// failed adds what a write takes that was refused, which is none of the indexes.
func (t tally) failed(w *write) {
	if t != nil {
		t.add(w.table, units{"": writeUnits(max(w.old.Size(), w.put.Size()))})
	}
}

// read adds what a read of one item takes.
func (t tally) read(table *table, units float64) {
	if t != nil {
		t.add(table, map[string]float64{"": units})
	}
}

// units are those of a write: of the larger item, and of each index that it changes.
func (w *write) units() units {
	u := units{"": writeUnits(max(w.old.Size(), w.item.Size()))}
	if w.operation == "ConditionCheck" {
		return u
	}
	for _, x := range w.table.secondary {
		before, was := x.entry(w.old)
		after, is := x.entry(w.item)
		old, item := x.project(w.old), x.project(w.item)
		switch {
		case was && is && before == after && value.Equal(value.Value{Kind: value.M, Map: old}, value.Value{Kind: value.M, Map: item}):
		case was && is && before == after:
			u[x.name] = writeUnits(max(old.Size(), item.Size()))
		default:
			if was {
				u[x.name] += writeUnits(old.Size())
			}
			if is {
				u[x.name] += writeUnits(item.Size())
			}
		}
	}
	return u
}

type capacityUnits struct{ CapacityUnits float64 }

type capacity struct {
	TableName              string
	CapacityUnits          float64
	ReadCapacityUnits      float64                  `json:",omitempty"`
	WriteCapacityUnits     float64                  `json:",omitempty"`
	Table                  *capacityUnits           `json:",omitempty"`
	LocalSecondaryIndexes  map[string]capacityUnits `json:",omitempty"`
	GlobalSecondaryIndexes map[string]capacityUnits `json:",omitempty"`
}

// shownCapacity is what ReturnConsumedCapacity asks for: TOTAL, INDEXES, or none.
func shownCapacity(asked string, t *table, u units) *capacity {
	if asked != "TOTAL" && asked != "INDEXES" {
		return nil
	}
	c := &capacity{TableName: t.name}
	for _, n := range u {
		c.CapacityUnits += n
	}
	if asked == "TOTAL" {
		return c
	}
	c.Table = &capacityUnits{u[""]}
	for _, x := range t.secondary {
		n, ok := u[x.name]
		if !ok {
			continue
		}
		shown := &c.LocalSecondaryIndexes
		if x.global {
			shown = &c.GlobalSecondaryIndexes
		}
		if *shown == nil {
			*shown = map[string]capacityUnits{}
		}
		(*shown)[x.name] = capacityUnits{n}
	}
	return c
}

// capacity is what ReturnConsumedCapacity asks for of a write.
func (w *write) capacity(asked string) *capacity {
	if taking(asked) == nil {
		return nil
	}
	return shownCapacity(asked, w.table, w.units())
}

// shown is the capacity of each table, in the order of their names.
func (t tally) shown(asked string) (all []*capacity) {
	for _, table := range slices.SortedFunc(maps.Keys(t), byName) {
		if c := shownCapacity(asked, table, t[table]); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// collectionMetric is about the items with one partition key, in a table with a local index.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ItemCollectionMetrics.html
type collectionMetric struct {
	ItemCollectionKey   value.Item
	SizeEstimateRangeGB [2]float64
}

func (w *write) collectionMetric(asked string) *collectionMetric {
	if asked != "SIZE" || !slices.ContainsFunc(w.table.secondary, func(x *index) bool { return !x.global }) {
		return nil
	}
	return &collectionMetric{ItemCollectionKey: w.key.Pick(w.table.keys[:1]), SizeEstimateRangeGB: [2]float64{0, 1}}
}

// collectionMetrics is that of several writes, by table.
func collectionMetrics(asked string, writes []*write) map[string][]*collectionMetric {
	metrics := map[string][]*collectionMetric{}
	for _, w := range writes {
		if m := w.collectionMetric(asked); m != nil {
			metrics[w.table.name] = append(metrics[w.table.name], m)
		}
	}
	return metrics
}
