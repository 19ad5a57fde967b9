package dynamodb

import (
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// maxPage is the largest number of bytes of items that one search evaluates.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
const maxPage = 1 << 20

// search is a Query, a Scan or a SELECT on a table or on one of its indexes.
type search struct {
	table      *table
	index      *index
	keys       map[string]expression.KeyCondition // of a Query
	filter     *expression.Node
	projection []expression.Path
	whole      bool // also shows the attributes that the index does not have
	backward   bool
	consistent bool
	lag        time.Duration
	limit      *int      // the largest number of evaluated items
	start      string    // the search starts after this place
	segment    [2]uint32 // the number of the segment, and the number of all segments; {0, 1} means no parallel scan
}

// page is the result of one search.
type page struct {
	items   []value.Item
	scanned int
	bytes   int        // of the evaluated items
	last    value.Item // the key of the last evaluated item, if there may be more
}

// run returns a page of items.
func (q *search) run(taken tally) (p page) {
	if q.add(&p, taken); q.single() {
		p.last = nil
	}
	return p
}

// add evaluates items until the page is full or there are no more items.
func (q *search) add(p *page, taken tally) {
	before := p.bytes
	q.each(func(item value.Item) bool {
		seen := q.index.project(item)
		p.scanned++
		p.bytes += seen.Size()
		if q.whole {
			if q.index.partial() {
				taken.add(q.table, "", readUnits(item.Size(), q.consistent)) // to fetch the item from the table
			}
			seen = item
		}
		if q.filter.Holds(seen) {
			if q.projection != nil {
				seen = expression.Project(seen, q.projection)
			}
			p.items = append(p.items, seen)
		}
		if q.limit != nil && p.scanned == *q.limit || p.bytes >= maxPage {
			p.last = item.Pick(append(slices.Clip(q.table.keys), q.index.keys...))
			return false
		}
		return true
	})
	taken.add(q.table, q.index.name, readUnits(p.bytes-before, q.consistent))
}

// single reports whether a Query can find only one item. Then there is no next page.
func (q *search) single() bool {
	return q.keys != nil && q.index.table == nil && len(q.index.keys) == 1
}

// each calls f for each item of the search in order, until f returns false.
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
			return q.backward // going backward, this item may be the bound where the walk begins
		case place < low:
			return false
		}
		item := stored.Item()
		return q.segment[1] > 1 && !q.inSegment(item) || f(item)
	}
	items := q.index.seen(q.lag)
	switch {
	case !q.backward:
		items.Ascend(low, visit)
	case beyond == "":
		items.Reverse(visit)
	default:
		items.Descend(beyond, visit)
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

// bounds returns the first place where a Query can find an item, and the first place beyond. "" means
// that there is no end.
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
		return successor(place) // the first place after all items with this key
	}
	from, to := place(sort.Values[0], table), place(sort.Values[len(sort.Values)-1], table)
	switch sort.Op {
	case "begins_with":
		begin := sort.Values[0].Text
		if !table {
			begin = escape(begin)
		}
		prefix := string(partition) + begin
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

// successor returns the first text that comes after all texts with the prefix.
func successor(prefix string) string {
	for last := len(prefix) - 1; last >= 0; last-- {
		if prefix[last] < 0xff {
			return prefix[:last] + string([]byte{prefix[last] + 1})
		}
	}
	return ""
}

// inSegment reports whether an item is in the segment of a parallel scan. A hash of the partition key
// decides, so an item stays in its segment when other items are written.
func (q *search) inSegment(item value.Item) bool {
	return crc32.ChecksumIEEE([]byte(item[q.table.keys[0]].Text))%q.segment[1] == q.segment[0]
}

// partial reports whether x is a secondary index that does not have all attributes.
func (x *index) partial() bool { return x.table != nil && x.projection.ProjectionType != "ALL" }

// attributes returns the names of the attributes that a partial index has.
func (x *index) attributes() []string {
	return slices.Concat(x.table.keys, x.keys, x.projection.NonKeyAttributes)
}

// project returns an item with only the attributes that the index has.
func (x *index) project(item value.Item) value.Item {
	if item == nil || !x.partial() {
		return item
	}
	return item.Pick(x.attributes())
}

// missing returns the attributes in the paths that the index does not have.
func (x *index) missing(paths []expression.Path) (names []string) {
	for _, path := range paths {
		if name := path[0].Name; x.partial() && !slices.Contains(x.attributes(), name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// checkFilter refuses a filter of a Query on attributes that the index does not have. The filter of a Scan may
// name such attributes, and finds no item that has them.
func (q *search) checkFilter() {
	missing := q.index.missing(q.filter.Paths())
	slices.Sort(missing)
	q.index.forbidFilter(missing)
}

// forbidFilter refuses a filter on attributes, if there are any.
func (x *index) forbidFilter(missing []string) {
	forbid(missing != nil, wrongValue+"Secondary index %s does not project one or more filter attributes: [%s]",
		x.name, strings.Join(missing, ", "))
}

// checkProjection refuses to show an attribute that a global index does not have. For a local index,
// the attribute comes from the table.
func (q *search) checkProjection(projection []expression.Path) {
	missing := q.index.missing(projection)
	forbid(q.index.global && missing != nil, wrongValue+"Global secondary index %s does not project [%s]", q.index.name, strings.Join(missing, ", "))
	q.whole = q.whole || missing != nil
}
