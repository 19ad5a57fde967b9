package dynamodb

import (
	"bytes"
	"cmp"
	"hash/crc32"
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
	global, local := table.IndexesDescription()
	for _, index := range local {
		global = append(global, asGlobal(index))
	}
	for _, index := range global {
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
	if kind := aws.ToString(index.Projection.ProjectionType); kind == "KEYS_ONLY" || kind == "INCLUDE" {
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

// pick returns the attributes with the names, as far as an item has them.
func pick(i map[string]*types.Item, names []string) map[string]*types.Item {
	out := make(map[string]*types.Item, len(names))
	for _, name := range names {
		if v, ok := i[name]; ok {
			out[name] = v
		}
	}
	return out
}

// has tells whether an item is in the index.
func (v view) has(i map[string]*types.Item) bool {
	for _, name := range v.keys {
		if i[name] == nil {
			return false
		}
	}
	return true
}

// project leaves items only what an index has.
func (v view) project(items []map[string]*value) []map[string]*value {
	if v.projected == nil {
		return items
	}
	for _, i := range items {
		for name := range i {
			if !slices.Contains(v.projected, name) {
				delete(i, name)
			}
		}
	}
	return items
}

// entry is an item's place in a view.
type entry struct {
	sort *types.Item // the value of the sort key, or nil
	key  string      // as minidyn has it
}

func (v view) entry(key string, i map[string]*types.Item) entry {
	if len(v.keys) < 2 {
		return entry{nil, key}
	}
	return entry{i[v.keys[1]], key}
}

// compareEntries orders numbers by value, and text and bytes by their bytes.
func compareEntries(a, b entry) int {
	byKey := strings.Compare(a.key, b.key)
	switch {
	case a.sort == nil || b.sort == nil:
		return byKey
	case a.sort.N != nil && b.sort.N != nil:
		x, _ := strconv.ParseFloat(*a.sort.N, 64) // which was checked when it came
		y, _ := strconv.ParseFloat(*b.sort.N, 64)
		return cmp.Or(cmp.Compare(x, y), byKey)
	case a.sort.S != nil && b.sort.S != nil:
		return cmp.Or(strings.Compare(*a.sort.S, *b.sort.S), byKey)
	}
	return cmp.Or(bytes.Compare(a.sort.B, b.sort.B), byKey)
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
	keys  []string // as minidyn has them
	bytes int      // of the items
	last  bool     // the end of the table is reached
}

// page takes items until there are enough.
func (v view) page(rest []string, part segment, limit *int32) (page, error) {
	if limit != nil && *limit < 1 {
		return page{}, belowOne(int(*limit))
	}
	p := page{last: true}
	for _, key := range rest {
		i := v.table.Data[key]
		if !part.has(key) || !v.has(i) {
			continue
		}
		p.keys = append(p.keys, key)
		p.bytes += itemSize(i)
		if limit != nil && len(p.keys) == int(*limit) || p.bytes >= maxPage {
			p.last = false
			break
		}
	}
	return p, nil
}

// segment is a part of a parallel scan.
type segment struct{ segment, segments int }

// segmentOf returns the segment, or the only one where a request has none.
func segmentOf(number, of *int32) (segment, error) {
	switch {
	case number == nil && of == nil:
		return segment{0, 1}, nil
	case number == nil:
		return segment{}, invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case of == nil:
		return segment{}, invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case *number < 0 || *number >= *of:
		return segment{}, invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", *number, *of)
	}
	return segment{int(*number), int(*of)}, nil
}

// has divides the keys as DynamoDB does, by a hash, so that a key stays in its segment
// whatever else is written.
func (s segment) has(key string) bool {
	return int(crc32.ChecksumIEEE([]byte(key)))%s.segments == s.segment
}
