package dynamodb

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/truora/minidyn/interpreter"
	minidyn "github.com/truora/minidyn/server"
)

type searched struct {
	Items            []map[string]*value `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey map[string]*value `json:",omitempty"`
	ConsumedCapacity *capacity         `json:",omitempty"`
}

type capacity struct {
	TableName     string
	CapacityUnits float64
}

// scan adds what minidyn 0.8.2 leaves out: the segments of a parallel scan, the end of a
// page after 1 MB, how much was evaluated, and the capacity that this takes. As minidyn
// would go through the table from its beginning for each page, it is shown the keys of
// the page alone.
func (s *Server) scan(in *minidyn.ScanInput) (searched, error) {
	if err := cmp.Or(legacyAttributesToGet(in.AttributesToGet), legacy(len(in.ScanFilter), "ScanFilter", "FilterExpression")); err != nil {
		return searched{}, err
	}
	v, err := s.view(in.TableName, in.IndexName)
	if err != nil {
		return searched{}, err
	}
	part, err := segmentOf(in.Segment, in.TotalSegments)
	if err != nil {
		return searched{}, err
	}
	rest, err := v.restOfScan(in.ExclusiveStartKey, part)
	if err != nil {
		return searched{}, err
	}
	p, err := v.page(rest, part, in.Limit)
	if err != nil {
		return searched{}, err
	}
	in.IndexName, in.ExclusiveStartKey, in.Limit = nil, nil, nil
	defer v.showOnly(p)()
	out, err := s.minidyn.Scan(context.Background(), in)
	if err != nil {
		return searched{}, err
	}
	return v.answer(p, out.Items, request{in.Select, in.ReturnConsumedCapacity, aws.ToBool(in.ConsistentRead)}), nil
}

// query does the same. minidyn's own order is that of text, and its limit counts wrongly
// beside a filter.
func (s *Server) query(in *minidyn.QueryInput) (searched, error) {
	if err := cmp.Or(
		legacyAttributesToGet(in.AttributesToGet),
		legacy(len(in.KeyConditions), "KeyConditions", "KeyConditionExpression"),
		legacy(len(in.QueryFilter), "QueryFilter", "FilterExpression"),
	); err != nil {
		return searched{}, err
	}
	v, err := s.view(in.TableName, in.IndexName)
	if err != nil {
		return searched{}, err
	}
	matches, err := v.matches(in)
	if err != nil {
		return searched{}, err
	}
	rest, err := v.restOfQuery(matches, in.ExclusiveStartKey, in.ScanIndexForward == nil || *in.ScanIndexForward)
	if err != nil {
		return searched{}, err
	}
	p, err := v.page(rest, segment{0, 1}, in.Limit)
	if err != nil {
		return searched{}, err
	}
	in.IndexName, in.ExclusiveStartKey, in.Limit, in.ScanIndexForward = nil, nil, nil, nil
	defer v.showOnly(p)()
	out, err := s.minidyn.Query(context.Background(), in)
	if err != nil {
		return searched{}, err
	}
	return v.answer(p, out.Items, request{in.Select, in.ReturnConsumedCapacity, aws.ToBool(in.ConsistentRead)}), nil
}

// restOfScan returns the keys after a place, or all.
func (v view) restOfScan(exclusive item, part segment) ([]string, error) {
	rest := v.table.SortedKeys
	if len(exclusive) == 0 {
		return rest, nil
	}
	start, err := v.start(exclusive)
	if err != nil {
		return nil, err
	}
	if !part.has(start.key) {
		return nil, invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
			"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", part.segments, part.segment)
	}
	i, found := slices.BinarySearch(rest, start.key)
	if found {
		i++
	}
	return rest[i:], nil
}

// restOfQuery returns the keys of the matches, in order, after a place.
func (v view) restOfQuery(matches []entry, exclusive item, forward bool) ([]string, error) {
	compare := compareEntries
	if !forward {
		compare = func(a, b entry) int { return compareEntries(b, a) }
	}
	slices.SortFunc(matches, compare)
	if len(exclusive) > 0 {
		start, err := v.start(exclusive)
		if err != nil {
			return nil, err
		}
		i, found := slices.BinarySearchFunc(matches, start, compare)
		if found {
			i++
		}
		matches = matches[i:]
	}
	rest := make([]string, len(matches))
	for i, match := range matches {
		rest[i] = match.key
	}
	return rest, nil
}

// showOnly lets minidyn see a page of its table alone, until its answer is called.
func (v view) showOnly(p page) (restore func()) {
	all := v.table.SortedKeys
	v.table.SortedKeys = p.keys
	return func() { v.table.SortedKeys = all }
}

var equality = regexp.MustCompile(`([#\w]+)\s*=\s*:`)

// matches returns the items that the key condition is true of, in no order. It looks at
// their keys only.
func (v view) matches(in *minidyn.QueryInput) ([]entry, error) {
	condition := aws.ToString(in.KeyConditionExpression)
	if condition == "" {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if !slices.ContainsFunc(equality.FindAllStringSubmatch(condition, -1), func(match []string) bool {
		return match[1] == v.keys[0] || in.ExpressionAttributeNames[match[1]] == v.keys[0]
	}) {
		return nil, invalid("Query condition missed key schema element: %s", v.keys[0])
	}
	match := interpreter.MatchInput{
		TableName: v.table.Name, Expression: condition, ExpressionType: interpreter.ExpressionTypeKey,
		Aliases: in.ExpressionAttributeNames, Attributes: stored(in.ExpressionAttributeValues),
	}
	var matches []entry
	for key, i := range v.table.Data {
		if !v.has(i) {
			continue
		}
		match.Item = pick(i, v.keys)
		matched, err := v.table.InterpreterMatch(match)
		if err != nil {
			return nil, invalid("%s", err)
		}
		if matched {
			matches = append(matches, v.entry(key, i))
		}
	}
	return matches, nil
}

// request is what a search wants to be answered.
type request struct {
	choice     ddbtypes.Select
	capacity   ddbtypes.ReturnConsumedCapacity
	consistent bool
}

func (v view) answer(p page, items []item, r request) searched {
	out := searched{Count: len(items), ScannedCount: len(p.keys)}
	if r.choice != ddbtypes.SelectCount {
		out.Items = v.project(shownItems(items))
	}
	if !p.last {
		last := p.keys[len(p.keys)-1]
		out.LastEvaluatedKey = shownKey(pick(v.table.Data[last], append(keyNames(v.table), v.keys...)))
	}
	if r.capacity == ddbtypes.ReturnConsumedCapacityTotal || r.capacity == ddbtypes.ReturnConsumedCapacityIndexes {
		out.ConsumedCapacity = &capacity{v.table.Name, units(p.bytes, r.consistent)}
	}
	return out
}

// units is the read capacity that a search of some bytes takes: 1 for each 4 KB, begun, of
// their sum, and half of it when it may be eventually consistent.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
func units(bytes int, consistent bool) float64 {
	const unit = 4 << 10
	units := float64(max(1, (bytes+unit-1)/unit))
	if !consistent {
		units /= 2
	}
	return units
}
