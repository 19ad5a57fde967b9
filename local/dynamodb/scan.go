package dynamodb

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"

	"github.com/truora/minidyn/core"
	"github.com/truora/minidyn/types"
)

// maxPage is how many bytes of items one Scan evaluates.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
const maxPage = 1 << 20

type scanRequest struct {
	TableName, IndexName   string
	Segment, TotalSegments *int
	Limit                  int
	ExclusiveStartKey      map[string]*types.Item
	ConsistentRead         bool
	ReturnConsumedCapacity string
}

// page is what one Scan evaluates.
type page struct {
	keys  []string // as minidyn has them
	bytes int      // of the items
	last  bool     // the end of the table is reached
}

// scan adds what minidyn 0.8.2 leaves out: the segments of a parallel scan, the end of a
// page after 1 MB, how much was evaluated, and the capacity that this takes. As minidyn
// would go through the table from its beginning for each page, it is shown the keys of
// the page alone.
func (s *Server) scan(body []byte) answer {
	var in scanRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return failure("SerializationException", err.Error())
	}
	table := s.order.table(in.TableName)
	if table == nil || in.IndexName != "" && in.Segment == nil && in.TotalSegments == nil {
		return s.forward("Scan", body)
	}
	p, refusal := in.page(table)
	if refusal != "" {
		return failure("ValidationException", refusal)
	}
	all := table.SortedKeys
	table.SortedKeys = p.keys
	a := s.forward("Scan", p.request(body))
	table.SortedKeys = all
	var out map[string]json.RawMessage
	if a.status != http.StatusOK || json.Unmarshal(a.body, &out) != nil {
		return a
	}
	if out["Count"] == nil { // minidyn leaves 0 out
		out["Count"] = mustJSON(0)
	}
	out["ScannedCount"] = mustJSON(len(p.keys))
	if in.ReturnConsumedCapacity == "TOTAL" || in.ReturnConsumedCapacity == "INDEXES" {
		out["ConsumedCapacity"] = mustJSON(map[string]any{"TableName": in.TableName, "CapacityUnits": in.units(p.bytes)})
	}
	return answer{a.status, mustJSON(out)}
}

// page finds the items to evaluate, or why DynamoDB refuses to.
func (in scanRequest) page(table *core.Table) (p page, refusal string) {
	segment, segments := 0, 1
	if in.Segment != nil || in.TotalSegments != nil {
		if refusal := in.checkSegments(); refusal != "" {
			return page{}, refusal
		}
		segment, segments = *in.Segment, *in.TotalSegments
	}
	rest := table.SortedKeys
	if len(in.ExclusiveStartKey) > 0 {
		start, err := keyOf(table, in.ExclusiveStartKey)
		if err != nil {
			return page{}, "The provided starting key is invalid: " + err.Error()
		}
		if segmentOf(start, segments) != segment {
			return page{}, fmt.Sprintf("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
				"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", segments, segment)
		}
		i, found := slices.BinarySearch(rest, start)
		if found {
			i++
		}
		rest = rest[i:]
	}
	p.last = true
	for _, key := range rest {
		if segmentOf(key, segments) != segment {
			continue
		}
		p.keys = append(p.keys, key)
		p.bytes += itemSize(table.Data[key])
		if len(p.keys) == in.Limit || p.bytes >= maxPage {
			p.last = false
			break
		}
	}
	return p, ""
}

// keyOf returns an item's key as minidyn has it.
func keyOf(table *core.Table, item map[string]*types.Item) (string, error) {
	for name, value := range item {
		if value == nil { // which minidyn panics on
			return "", fmt.Errorf("%s is null", name)
		}
	}
	return table.KeySchema.GetKey(table.AttributesDef, item)
}

// checkSegments tells what is wrong with the segments, if anything is.
func (in scanRequest) checkSegments() (refusal string) {
	switch {
	case in.IndexName != "":
		return "a parallel scan of an index is not supported here"
	case in.Segment == nil:
		return "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
	case in.TotalSegments == nil:
		return "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
	case *in.Segment < 0 || *in.Segment >= *in.TotalSegments:
		return fmt.Sprintf("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	return ""
}

// segmentOf divides the keys as DynamoDB does, by a hash, so that a key stays in its
// segment whatever else is written.
func segmentOf(key string, segments int) int {
	return int(crc32.ChecksumIEEE([]byte(key))) % segments
}

// request is a Scan of a table that has nothing but the page. Where the page is not the
// last, the limit makes minidyn say where it ended.
func (p page) request(body []byte) []byte {
	var in map[string]json.RawMessage
	_ = json.Unmarshal(body, &in) // which has been done before
	delete(in, "ExclusiveStartKey")
	delete(in, "Limit")
	if !p.last {
		in["Limit"] = mustJSON(len(p.keys))
	}
	return mustJSON(in)
}

// units is the read capacity that a scan of some bytes takes: 1 for each 4 KB, begun, of
// their sum, and half of it when it may be eventually consistent.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
func (in scanRequest) units(bytes int) float64 {
	const unit = 4 << 10
	units := float64(max(1, (bytes+unit-1)/unit))
	if !in.ConsistentRead {
		units /= 2
	}
	return units
}
