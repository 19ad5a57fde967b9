package dynamodb

import (
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// newSearch checks a request for a Query or a Scan, and then finds its table.
func (s *Server) newSearch(operation string, r *request) *search {
	r.check(operation)
	q := &search{
		segment: r.segment(), consistent: r.ConsistentRead, limit: r.Limit,
		backward: operation == "Query" && r.ScanIndexForward != nil && !*r.ScanIndexForward,
	}
	r.checkSelect(operation)
	if operation == "Query" && !r.has("KeyConditionExpression") && !r.has("KeyConditions") {
		r.checkStart()
		panic(invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."))
	}
	c := s.compile(operation, r)
	r.checkStart()
	q.filter, q.projection = c.filter, c.projection
	if operation == "Query" {
		q.keys = c.keys
		forbid(r.has("KeyConditions") && (len(c.keys) == 0 || len(c.keys) > 2), "Conditions can be of length 1 or 2 only")
	}
	q.table = s.table(r.TableName)
	q.index = q.table.find(r.IndexName)
	q.lag = s.lag(q.consistent)
	q.check(r)
	return q
}

func (r *request) checkStart() {
	if err := r.ExclusiveStartKey.Check(); err != nil && !value.IsNumeric(err) {
		panic(invalid("The provided starting key is invalid: %s", err))
	} else {
		refuse(err) // AWS adds nothing before a message about a number
	}
}

func (r *request) checkSelect(operation string) {
	parameter, prefix := "ProjectionExpression", ""
	if r.AttributesToGet != nil {
		parameter = "AttributesToGet"
	}
	if operation == "Query" {
		prefix = "1 validation error detected: "
	}
	forbid(r.Select == "SPECIFIC_ATTRIBUTES" && !r.has(parameter),
		"%sMust specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES", prefix)
	forbid(r.Select == "ALL_PROJECTED_ATTRIBUTES" && r.IndexName == nil,
		"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	what := r.Select
	if what == "COUNT" {
		what = "only the Count"
	}
	forbid(r.Select != "" && r.Select != "SPECIFIC_ATTRIBUTES" && r.has(parameter),
		"%sCannot specify the %s when choosing to get %s", prefix, parameter, what)
}

// segment returns the number of the segment and the number of all segments. A scan that is not
// parallel has one segment.
func (r *request) segment() [2]uint32 {
	if r.Segment == nil && r.TotalSegments == nil {
		return [2]uint32{0, 1}
	}
	forbid(r.Segment == nil,
		"The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	forbid(r.TotalSegments == nil,
		"The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	forbid(*r.Segment >= *r.TotalSegments, "The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
		"Segment: %d is not less than TotalSegments: %d", *r.Segment, *r.TotalSegments)
	return [2]uint32{uint32(*r.Segment), uint32(*r.TotalSegments)}
}

// check refuses a search that its table or index does not allow.
func (q *search) check(r *request) {
	x := q.index
	q.whole = r.Select == "ALL_ATTRIBUTES" && !x.global
	forbid(x.global && r.ConsistentRead, "Consistent reads are not supported on global secondary indexes")
	forbid(x.global && r.Select == "ALL_ATTRIBUTES" && x.partial(), wrongValue+
		"Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", x.name)
	if q.keys != nil {
		q.checkKeys(r)
		q.checkFilter()
	}
	q.checkProjection(q.projection)
	q.table.nestedKeys(q.projection)
	q.table.nestedKeys(q.filter.Paths())
	if r.ExclusiveStartKey != nil {
		q.startAfter(r.ExclusiveStartKey)
	}
}

// checkKeys refuses a Query whose conditions are not on the key attributes.
func (q *search) checkKeys(r *request) {
	forbid(len(q.keys) > 2, "The number of query conditions (%d) exceeds the number of key attributes defined in the schema (%d)",
		len(q.keys), len(q.index.keys))
	for i, name := range q.index.keys {
		c, ok := q.keys[name]
		forbid(!ok && (i == 0 || len(q.keys) > 1), "Query condition missed key schema element: %s", name)
		if !ok {
			continue
		}
		indexable := []string{"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"}
		forbid(!slices.Contains(indexable, c.Op), "Attempted conditional constraint is not an indexable operation")
		forbid(slices.ContainsFunc(c.Values, func(v value.Value) bool { return v.Kind != q.index.kinds[i] }),
			wrongValue+"Condition parameter type does not match schema type")
		forbid(i == 0 && c.Op != "=", "Query key condition not supported")
		for _, v := range c.Values {
			checkKeyLength(v, i)
		}
		if c.Op != "begins_with" {
			checkFilled(c.Values[0], name)
		}
	}
	forbid(len(q.keys) > len(q.index.keys), "Query key condition not supported")
	filter := "Filter Expression"
	if r.has("QueryFilter") {
		filter = "QueryFilter"
	}
	for _, path := range q.filter.Paths() {
		forbid(slices.Contains(q.index.keys, path[0].Name),
			"%s can only contain non-primary key attributes: Primary key attribute: %s", filter, path[0].Name)
	}
}

// startAfter makes the search start after the item with the key.
func (q *search) startAfter(key value.Item) {
	const message = "The provided starting key is invalid"
	names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(q.table.keys, q.index.keys))))
	place, ok := q.index.entry(key)
	fits := slices.Equal(names, key.Names())
	forbid(!(ok && fits) && q.keys == nil && q.index.name == "", message+": "+wrongSchema)
	forbid(!ok && fits, wrongSchema)
	forbid(!fits, message)
	forbid(q.single(), "The provided exclusive start key is invalid: ExclusiveStartKey: %s", key.AppendJSON(nil))
	q.start = place
	if q.keys == nil {
		forbid(q.segment[1] > 1 && !q.inSegment(key), message+": Invalid ExclusiveStartKey. "+
			"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", q.segment[1], q.segment[0])
		return
	}
	same := value.Equal(key[q.index.keys[0]], q.keys[q.index.keys[0]].Values[0])
	sort := q.sortCondition()
	forbid(!same && sort == nil, "The provided starting key is outside query boundaries based on provided conditions")
	forbid(sort != nil && !sort.Holds(key[q.index.keys[len(q.index.keys)-1]]),
		"The provided starting key does not match the range key predicate")
	forbid(!same, "The query can return at most one row and cannot be restarted")
}

func searchItems(operation string) func(*Server, *request) any {
	return func(s *Server, r *request) any {
		q, taken := s.newSearch(operation, r), r.tally()
		p := q.run(taken)
		count := len(p.items)
		out := answer{Count: &count, ScannedCount: &p.scanned, LastEvaluatedKey: p.last, ConsumedCapacity: r.consumedByOne(taken)}
		if r.Select != "COUNT" {
			out.Items = append([]value.Item{}, p.items...)
		}
		return out
	}
}
