package dynamodb

import (
	"hash/crc32"
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// maxPage is how many bytes of items one search evaluates.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
const maxPage = 1 << 20

// search is a Query or a Scan of a table, or of an index of it.
type search struct {
	table      *table
	index      *index
	keys       map[string]expression.KeyCondition // of a Query
	filter     *expression.Node
	projection []expression.Path
	whole      bool // shows what an index does not have, too
	backward   bool
	consistent bool
	limit      int       // of evaluated items; 0 is none
	start      *string   // the place to go on after
	segment    [2]uint32 // the number of the segment and of all of them; {0, 1} is all
}

// page is what one search evaluates.
type page struct {
	items   []value.Item
	scanned int
	bytes   int
	fetched float64    // read units for what a local index does not have
	last    value.Item // the key to go on after, if not all was evaluated
}

// run evaluates items until there are enough.
func (q *search) run() (p page) {
	q.each(func(place string, item value.Item) bool {
		p.scanned++
		p.bytes += q.index.project(item).Size()
		if q.whole && q.index.projection.ProjectionType != "ALL" && q.index.table != nil {
			p.fetched += readUnits(item.Size(), q.consistent)
		}
		if shown := q.seen(item); q.filter.Holds(shown) {
			if q.projection != nil {
				shown = expression.Project(shown, q.projection)
			}
			p.items = append(p.items, shown)
		}
		if (p.scanned == q.limit || p.bytes >= maxPage) && !q.single() {
			p.last = item.Pick(append(slices.Clip(q.table.keys), q.index.keys...))
			return false
		}
		return true
	})
	return p
}

// single tells whether a Query can find one item at most, so that there is nothing to go on
// after.
func (q *search) single() bool {
	return q.keys != nil && q.index.table == nil && len(q.index.keys) == 1
}

// seen is what the search sees of an item.
func (q *search) seen(item value.Item) value.Item {
	if q.whole {
		return item
	}
	return q.index.project(item)
}

// each calls f for the items of the search, in order, until it returns false.
func (q *search) each(f func(place string, item value.Item) bool) {
	from, beyond := q.bounds()
	sort := q.sortCondition()
	visit := func(place string, stored value.Stored) bool {
		switch {
		case q.backward && place >= beyond && beyond != "", q.start != nil && place == *q.start:
			return true
		case q.keys != nil && (place < from.partition || !strings.HasPrefix(place, from.partition)), !q.backward && beyond != "" && place >= beyond:
			return false
		}
		item := stored.Item()
		if sort != nil && !sort.Holds(item[q.index.keys[1]]) {
			return sort.Op == ">" && !q.backward || sort.Op == "<" && q.backward
		}
		if q.segment[1] > 1 && !q.inSegment(item) {
			return true
		}
		return f(place, item)
	}
	switch {
	case q.backward && q.start != nil:
		q.index.items.Descend(*q.start, visit)
	case q.backward && beyond != "":
		q.index.items.Descend(beyond, visit)
	case q.backward:
		q.index.items.Reverse(visit)
	case q.start != nil:
		q.index.items.Ascend(max(*q.start, from.low), visit)
	default:
		q.index.items.Ascend(from.low, visit)
	}
}

// lower is where a search begins: the places of a partition have its prefix.
type lower struct{ partition, low string }

func (q *search) sortCondition() *expression.KeyCondition {
	if len(q.index.keys) > 1 {
		if c, ok := q.keys[q.index.keys[1]]; ok {
			return &c
		}
	}
	return nil
}

// bounds returns the first place that a Query can be at, and the first one beyond it; "" is
// the end.
func (q *search) bounds() (from lower, beyond string) {
	if q.keys == nil {
		return lower{}, ""
	}
	x := q.index
	last := x.table == nil && len(x.keys) == 1
	partition := appendKey(nil, q.keys[x.keys[0]].Values[0], last)
	from = lower{string(partition), string(partition)}
	beyond = successor(string(partition))
	if last {
		beyond = string(partition) + "\x00"
	}
	sort := q.sortCondition()
	if sort == nil {
		return from, beyond
	}
	last = x.table == nil
	place := func(v value.Value, open bool) string { // open is without what ends it
		return string(appendKey(slices.Clone(partition), v, last || open))
	}
	if sort.Op != "<" && sort.Op != "<=" {
		from.low = place(sort.Values[0], sort.Op == "begins_with")
	}
	switch top := sort.Values[len(sort.Values)-1]; {
	case sort.Op == "begins_with":
		beyond = successor(place(top, true))
	case sort.Op == ">", sort.Op == ">=":
	case last:
		beyond = place(top, true) + "\x00"
	default:
		beyond = successor(place(top, false))
	}
	return from, beyond
}

// successor returns the first text after all that begin with the prefix.
func successor(prefix string) string {
	for last := len(prefix) - 1; last >= 0; last-- {
		if prefix[last] < 0xff {
			return prefix[:last] + string([]byte{prefix[last] + 1})
		}
	}
	return ""
}

// inSegment divides the items by a hash of their partition key, so that one stays in its
// segment whatever else is written.
func (q *search) inSegment(item value.Item) bool {
	return crc32.ChecksumIEEE([]byte(item[q.table.keys[0]].Text))%q.segment[1] == q.segment[0]
}

// project leaves an item only what an index has.
func (x *index) project(item value.Item) value.Item {
	if x.table == nil || x.projection.ProjectionType == "ALL" || item == nil {
		return item
	}
	return item.Pick(slices.Concat(x.table.keys, x.keys, x.projection.NonKeyAttributes))
}

// has tells whether an index has an attribute.
func (x *index) has(attribute string) bool {
	return x.table == nil || x.projection.ProjectionType == "ALL" ||
		slices.Contains(slices.Concat(x.table.keys, x.keys, x.projection.NonKeyAttributes), attribute)
}
