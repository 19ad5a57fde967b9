package dynamodb

import (
	"cmp"
	"context"
	"iter"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/truora/minidyn/interpreter"
	minidyn "github.com/truora/minidyn/server"
)

// searchRequest is a Query, or a Scan, which has three members of its own.
type searchRequest struct {
	minidyn.QueryInput
	ScanFilter             map[string]minidyn.Condition
	Segment, TotalSegments *int32
}

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

func (s *Server) scan(in *searchRequest) (searched, error) {
	return s.search(in, view.scanned, func() ([]item, error) {
		out, err := s.minidyn.Scan(context.Background(), &minidyn.ScanInput{
			TableName: in.TableName, FilterExpression: in.FilterExpression, ProjectionExpression: in.ProjectionExpression,
			ExpressionAttributeNames: in.ExpressionAttributeNames, ExpressionAttributeValues: in.ExpressionAttributeValues,
		})
		if err != nil {
			return nil, err
		}
		return out.Items, nil
	})
}

func (s *Server) query(in *searchRequest) (searched, error) {
	return s.search(in, view.queried, func() ([]item, error) {
		out, err := s.minidyn.Query(context.Background(), &minidyn.QueryInput{
			TableName: in.TableName, FilterExpression: in.FilterExpression, ProjectionExpression: in.ProjectionExpression,
			ExpressionAttributeNames: in.ExpressionAttributeNames, ExpressionAttributeValues: in.ExpressionAttributeValues,
			KeyConditionExpression: in.KeyConditionExpression,
		})
		if err != nil {
			return nil, err
		}
		return out.Items, nil
	})
}

// search adds what minidyn 0.8.2 leaves out: the order of numbers, the segments of a
// parallel scan, the end of a page after 1 MB, how much was evaluated, and the capacity
// that this takes. minidyn, which would go through the table from its beginning for each
// page, is shown the keys of the page alone.
func (s *Server) search(in *searchRequest, keys func(view, *searchRequest) (iter.Seq[string], error), evaluate func() ([]item, error)) (out searched, err error) {
	if err := cmp.Or(
		legacyAttributesToGet(in.AttributesToGet),
		legacy(len(in.KeyConditions), "KeyConditions", "KeyConditionExpression"),
		legacy(len(in.QueryFilter), "QueryFilter", "FilterExpression"),
		legacy(len(in.ScanFilter), "ScanFilter", "FilterExpression"),
	); err != nil {
		return out, err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return out, belowOne(int(*in.Limit))
	}
	v, err := s.view(in.TableName, in.IndexName)
	if err != nil {
		return out, err
	}
	rest, err := keys(v, in)
	if err != nil {
		return out, err
	}
	p := v.page(rest, int(aws.ToInt32(in.Limit)))
	all := v.table.SortedKeys
	defer func() { v.table.SortedKeys = all }()
	v.table.SortedKeys = p.keys
	items, err := evaluate()
	if err != nil {
		return out, err
	}
	out.Count, out.ScannedCount, out.LastEvaluatedKey = len(items), len(p.keys), p.next
	if in.Select != ddbtypes.SelectCount {
		out.Items = v.project(shownItems(items))
	}
	if r := in.ReturnConsumedCapacity; r == ddbtypes.ReturnConsumedCapacityTotal || r == ddbtypes.ReturnConsumedCapacityIndexes {
		out.ConsumedCapacity = &capacity{v.table.Name, units(p.bytes, aws.ToBool(in.ConsistentRead))}
	}
	return out, nil
}

// scanned returns the keys in the segment of a scan, after its start.
func (v view) scanned(in *searchRequest) (iter.Seq[string], error) {
	segment, segments, err := segmentOf(in.Segment, in.TotalSegments)
	if err != nil {
		return nil, err
	}
	rest := v.table.SortedKeys
	if len(in.ExclusiveStartKey) > 0 {
		start, err := v.start(in.ExclusiveStartKey)
		if err != nil {
			return nil, err
		}
		if !inSegment(start.key, segment, segments) {
			return nil, invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
				"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", segments, segment)
		}
		i, found := slices.BinarySearch(rest, start.key)
		if found {
			i++
		}
		rest = rest[i:]
	}
	return func(yield func(string) bool) {
		for _, key := range rest {
			if inSegment(key, segment, segments) && !yield(key) {
				return
			}
		}
	}, nil
}

var equality = regexp.MustCompile(`([#\w]+)\s*=\s*:`)

// queried returns the keys of the items that a key condition is true of, after the start of
// the query. It looks at their key attributes only.
func (v view) queried(in *searchRequest) (iter.Seq[string], error) {
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
			return nil, minidynRefusal(err)
		}
		if matched {
			matches = append(matches, v.entry(key, i))
		}
	}
	return v.after(matches, in.ExclusiveStartKey, in.ScanIndexForward == nil || *in.ScanIndexForward)
}

// after returns the keys of entries, in order, that come after the start.
func (v view) after(entries []entry, exclusive item, forward bool) (iter.Seq[string], error) {
	compare := compareEntries
	if !forward {
		compare = func(a, b entry) int { return compareEntries(b, a) }
	}
	slices.SortFunc(entries, compare)
	if len(exclusive) > 0 {
		start, err := v.start(exclusive)
		if err != nil {
			return nil, err
		}
		entries = slices.DeleteFunc(entries, func(e entry) bool { return compare(e, start) <= 0 })
	}
	return func(yield func(string) bool) {
		for _, e := range entries {
			if !yield(e.key) {
				return
			}
		}
	}, nil
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
