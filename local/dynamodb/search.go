package dynamodb

import (
	"hash/crc32"
	"slices"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// maxPage is how many bytes of items one search evaluates.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
const maxPage = 1 << 20

// search is a Query, a Scan or a SELECT of a table, or of an index of it.
type search struct {
	table      *table
	index      *index
	keys       map[string]expression.KeyCondition // of a Query
	filter     *expression.Node
	projection []expression.Path
	whole      bool // shows what an index does not have, too
	backward   bool
	consistent bool
	limit      *int      // of evaluated items
	start      string    // the place to go on after
	segment    [2]uint32 // the number of the segment and of all of them; {0, 1} is all
}

// page is what one search evaluates.
type page struct {
	items   []value.Item
	scanned int
	last    value.Item // the key to go on after, if not all was evaluated
}

// run evaluates items until there are enough.
func (q *search) run(taken tally) (p page) {
	bytes := 0
	q.each(func(item value.Item) bool {
		seen := q.index.project(item)
		p.scanned++
		bytes += seen.Size()
		if q.whole {
			if q.index.partial() {
				taken.add(q.table, "", readUnits(item.Size(), q.consistent)) // to fetch it
			}
			seen = item
		}
		if q.filter.Holds(seen) {
			if q.projection != nil {
				seen = expression.Project(seen, q.projection)
			}
			p.items = append(p.items, seen)
		}
		if enough := q.limit != nil && p.scanned == *q.limit || bytes >= maxPage; enough && !q.single() {
			p.last = item.Pick(append(slices.Clip(q.table.keys), q.index.keys...))
			return false
		}
		return true
	})
	taken.add(q.table, q.index.name, readUnits(bytes, q.consistent))
	return p
}

// single tells whether a Query can find one item at most, so that there is nothing to go on
// after.
func (q *search) single() bool {
	return q.keys != nil && q.index.table == nil && len(q.index.keys) == 1
}

// each calls f for the items of the search, in order, until it returns false.
func (q *search) each(f func(value.Item) bool) {
	low, beyond := q.bounds()
	switch {
	case q.start == "":
	case q.backward:
		beyond = q.start
	default:
		low = max(low, q.start+"\x00")
	}
	visit := func(place string, stored value.Stored) bool {
		switch above := beyond != "" && place >= beyond; {
		case above:
			return q.backward // where the walk begins at the bound
		case place < low:
			return false
		}
		item := stored.Item()
		return q.segment[1] > 1 && !q.inSegment(item) || f(item)
	}
	switch {
	case !q.backward:
		q.index.items.Ascend(low, visit)
	case beyond == "":
		q.index.items.Reverse(visit)
	default:
		q.index.items.Descend(beyond, visit)
	}
}

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
func (q *search) bounds() (low, beyond string) {
	if q.keys == nil {
		return "", ""
	}
	table := q.index.table == nil
	partition := appendKey(nil, q.keys[q.index.keys[0]].Values[0], q.single())
	low, beyond = string(partition), successor(string(partition))
	if q.single() {
		return low, low + "\x00"
	}
	sort := q.sortCondition()
	if sort == nil {
		return low, beyond
	}
	place := func(v value.Value, last bool) string { return string(appendKey(slices.Clone(partition), v, last)) }
	after := func(place string) string {
		if table {
			return place + "\x00"
		}
		return successor(place) // after the places of all items with the key
	}
	from, to := place(sort.Values[0], table), place(sort.Values[len(sort.Values)-1], table)
	switch sort.Op {
	case "begins_with":
		prefix := place(sort.Values[0], true)
		return prefix, successor(prefix)
	case "<":
		return low, to
	case "<=":
		return low, after(to)
	case ">":
		return after(from), beyond
	case ">=":
		return from, beyond
	}
	return from, after(to)
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

// partial tells whether an index does not have all attributes.
func (x *index) partial() bool { return x.table != nil && x.projection.ProjectionType != "ALL" }

// attributes are those that a partial index has.
func (x *index) attributes() []string {
	return slices.Concat(x.table.keys, x.keys, x.projection.NonKeyAttributes)
}

// project leaves an item only what an index has.
func (x *index) project(item value.Item) value.Item {
	if item == nil || !x.partial() {
		return item
	}
	return item.Pick(x.attributes())
}

func (x *index) has(attribute string) bool {
	return !x.partial() || slices.Contains(x.attributes(), attribute)
}

// checkProjection refuses to show what a global index does not have. What a local one does
// not have comes from the table.
func (q *search) checkProjection(projection []expression.Path) {
	for _, path := range projection {
		if !q.index.has(path[0].Name) {
			forbid(q.index.global, wrongValue+"Global secondary index %s does not project [%s]", q.index.name, path[0].Name)
			q.whole = true
		}
	}
}
