package dynamodb

import (
	"cmp"
	"hash/crc32"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/truora/minidyn/core"
	"github.com/truora/minidyn/types"
)

// maxPage is how many bytes of items one search evaluates.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
const maxPage = 1 << 20

// view is a table, or an index of it, that is searched.
type view struct {
	table     *core.Table
	keys      []string // names of its partition key and, if it has one, its sort key
	projected []string // names of the attributes that the index has; nil is all
}

// view returns a table, with its keys sorted, or an index of it.
func (s *Server) view(tableName, indexName *string) (view, error) {
	table := s.tables[aws.ToString(tableName)]
	if table == nil {
		return view{}, errNoTable
	}
	s.order.restore(table)
	if indexName == nil {
		return view{table: table, keys: keyNames(table)}, nil
	}
	for _, index := range indexes(table) {
		if *index.IndexName == *indexName {
			return indexView(table, index), nil
		}
	}
	return view{}, invalid("The table does not have the specified index: %s", *indexName)
}

func indexView(table *core.Table, index types.GlobalSecondaryIndexDescription) view {
	v := view{table: table}
	for _, element := range index.KeySchema {
		v.keys = append(v.keys, element.AttributeName)
	}
	if aws.ToString(index.Projection.ProjectionType) != "ALL" {
		v.projected = slices.Concat(keyNames(table), v.keys, aws.ToStringSlice(index.Projection.NonKeyAttributes))
	}
	return v
}

// keyNames returns the names of a table's partition key and, if it has one, sort key.
func keyNames(table *core.Table) []string {
	if table.KeySchema.RangeKey == "" {
		return []string{table.KeySchema.HashKey}
	}
	return []string{table.KeySchema.HashKey, table.KeySchema.RangeKey}
}

// pick returns the attributes with the names.
func pick(i map[string]*types.Item, names []string) map[string]*types.Item {
	out := make(map[string]*types.Item, len(names))
	for _, name := range names {
		out[name] = i[name]
	}
	return out
}

// has tells whether an item is in the index.
func (v view) has(i map[string]*types.Item) bool {
	return !slices.ContainsFunc(v.keys, func(name string) bool { return i[name] == nil })
}

// project leaves items only what an index has.
func (v view) project(items []map[string]*value) []map[string]*value {
	for _, i := range items {
		for name := range i {
			if v.projected != nil && !slices.Contains(v.projected, name) {
				delete(i, name)
			}
		}
	}
	return items
}

// entry is an item's place in the order of a query.
type entry struct {
	sort types.Item // the value of the sort key, if there is one
	key  string     // as minidyn has it
}

func (v view) entry(key string, i map[string]*types.Item) entry {
	e := entry{key: key}
	if len(v.keys) > 1 {
		e.sort = *i[v.keys[1]]
	}
	return e
}

// compareEntries orders numbers by value, and text and bytes by their bytes.
func compareEntries(a, b entry) int {
	number := func(e entry) float64 {
		n, _ := strconv.ParseFloat(aws.ToString(e.sort.N), 64) // it was checked when it came
		return n
	}
	return cmp.Or(
		cmp.Compare(number(a), number(b)),
		strings.Compare(aws.ToString(a.sort.S), aws.ToString(b.sort.S)),
		strings.Compare(string(a.sort.B), string(b.sort.B)),
		strings.Compare(a.key, b.key),
	)
}

// start returns the place that a search goes on after.
func (v view) start(exclusive item) (entry, error) {
	i := stored(exclusive)
	key, err := v.table.KeySchema.GetKey(v.table.AttributesDef, i)
	if err != nil || !v.has(i) {
		return entry{}, invalid("The provided starting key is invalid")
	}
	return v.entry(key, i), nil
}

// page is what one search evaluates.
type page struct {
	keys  []string          // as minidyn has them
	bytes int               // of the items
	next  map[string]*value // the place to go on after, if not all was evaluated
}

// page takes items of the view until there are enough. The limit may be 0, which is none.
func (v view) page(rest iter.Seq[string], limit int) (p page) {
	for key := range rest {
		i := v.table.Data[key]
		if !v.has(i) {
			continue
		}
		p.keys = append(p.keys, key)
		p.bytes += itemSize(i)
		if len(p.keys) == limit || p.bytes >= maxPage {
			p.next = shownKey(pick(i, append(keyNames(v.table), v.keys...)))
			break
		}
	}
	return p
}

// segmentOf returns the segment of a parallel scan, or the only one of another.
func segmentOf(segment, segments *int32) (int, int, error) {
	switch {
	case segment == nil && segments == nil:
		return 0, 1, nil
	case segment == nil:
		return 0, 0, invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case segments == nil:
		return 0, 0, invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case *segment < 0 || *segment >= *segments:
		return 0, 0, invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", *segment, *segments)
	}
	return int(*segment), int(*segments), nil
}

// inSegment divides the keys as DynamoDB does, by a hash, so that a key stays in its
// segment whatever else is written.
func inSegment(key string, segment, segments int) bool {
	return int(crc32.ChecksumIEEE([]byte(key)))%segments == segment
}
