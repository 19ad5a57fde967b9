package dynamodb

import (
	"cmp"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

type searched struct {
	Items            []value.Item `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey value.Item `json:",omitempty"`
	ConsumedCapacity *capacity  `json:",omitempty"`
}

// searching refuses what is wrong with a Query or a Scan in itself, and then finds its table.
func (s *Server) searching(operation string, r *request) (*search, error) {
	if err := r.check(operation); err != nil {
		return nil, err
	}
	segment, err := r.segment()
	if err != nil {
		return nil, err
	}
	if err := r.checkSelect(operation); err != nil {
		return nil, err
	}
	if operation == "Query" && r.KeyConditionExpression == nil && r.KeyConditions == nil {
		return nil, cmp.Or(r.checkStart(), invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."))
	}
	c, err := s.compile(operation, r)
	if err != nil {
		return nil, err
	}
	if err := r.checkStart(); err != nil {
		return nil, err
	}
	if operation == "Query" && (len(c.keys) == 0 || len(c.keys) > 2) {
		return nil, invalid("Conditions can be of length 1 or 2 only")
	}
	t, err := s.table(r.TableName)
	if err != nil {
		return nil, err
	}
	x, err := t.find(r.IndexName)
	if err != nil {
		return nil, err
	}
	q := &search{
		table: t, index: x, filter: c.filter, projection: c.projection, segment: segment, consistent: r.ConsistentRead,
		backward: r.ScanIndexForward != nil && !*r.ScanIndexForward && operation == "Query",
	}
	if r.Limit != nil {
		q.limit = *r.Limit
	}
	if operation == "Query" {
		q.keys = c.keys
	}
	return q, q.check(r)
}

func (r *request) checkStart() error {
	err := r.ExclusiveStartKey.Check()
	switch {
	case err == nil:
		return nil
	case value.IsNumeric(err): // which has no words before it
		return err
	}
	return invalid("The provided starting key is invalid: %s", err)
}

func (r *request) checkSelect(operation string) error {
	projects := r.ProjectionExpression != nil || r.AttributesToGet != nil
	switch {
	case r.Select == "SPECIFIC_ATTRIBUTES" && !projects:
		prefix := ""
		if operation == "Query" {
			prefix = "1 validation error detected: "
		}
		return invalid("%sMust specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES", prefix)
	case r.Select == "ALL_PROJECTED_ATTRIBUTES" && r.IndexName == nil:
		return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case r.Select != "" && r.Select != "SPECIFIC_ATTRIBUTES" && projects:
		parameter := "ProjectionExpression"
		if r.AttributesToGet != nil {
			parameter = "AttributesToGet"
		}
		return invalid("Cannot specify the %s when choosing to get %s", parameter, r.Select)
	}
	return nil
}

// segment returns the segment of a parallel scan, or the only one of another.
func (r *request) segment() ([2]uint32, error) {
	switch {
	case r.Segment == nil && r.TotalSegments == nil:
		return [2]uint32{0, 1}, nil
	case r.Segment == nil:
		return [2]uint32{}, invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case r.TotalSegments == nil:
		return [2]uint32{}, invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case *r.Segment >= *r.TotalSegments:
		return [2]uint32{}, invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", *r.Segment, *r.TotalSegments)
	}
	return [2]uint32{uint32(*r.Segment), uint32(*r.TotalSegments)}, nil
}

// check refuses a search that does not suit its table or index.
func (q *search) check(r *request) error {
	q.whole = r.Select == "ALL_ATTRIBUTES" && !q.index.global
	switch {
	case q.index.global && r.ConsistentRead:
		return invalid("Consistent reads are not supported on global secondary indexes")
	case q.index.global && r.Select == "ALL_ATTRIBUTES" && q.index.projection.ProjectionType != "ALL":
		return invalidValue("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", q.index.name)
	}
	if err := q.checkKeys(r); err != nil {
		return err
	}
	for _, path := range q.projection {
		if !q.index.has(path[0].Name) {
			if q.index.global {
				return invalidValue("Global secondary index %s does not project [%s]", q.index.name, path[0].Name)
			}
			q.whole = true
		}
	}
	if err := cmp.Or(q.table.nestedKeys(q.projection), q.table.nestedKeys(q.filter.Paths())); err != nil {
		return err
	}
	if r.ExclusiveStartKey == nil {
		return nil
	}
	return q.goOn(r.ExclusiveStartKey, q.keys == nil)
}

// checkKeys refuses a Query whose conditions are not those of the key.
func (q *search) checkKeys(r *request) error {
	if q.keys == nil {
		return nil
	}
	for i, name := range q.index.keys {
		c, ok := q.keys[name]
		switch {
		case !ok && (i == 0 || len(q.keys) > 1):
			return invalid("Query condition missed key schema element: %s", name)
		case !ok:
			continue
		case slices.Contains([]string{"<>", "IN", "contains", "NOT_CONTAINS", "attribute_exists", "attribute_not_exists", "NOT_NULL"}, c.Op):
			return invalid("Attempted conditional constraint is not an indexable operation")
		case slices.ContainsFunc(c.Values, func(v value.Value) bool { return v.Kind != q.index.kinds[i] }):
			return invalidValue("Condition parameter type does not match schema type")
		case i == 0 && c.Op != "=":
			return invalid("Query key condition not supported")
		case c.Values[0].Kind != value.N && c.Op != "begins_with" && c.Values[0].Text == "":
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", longNames[q.index.kinds[i]], name)
		}
	}
	if len(q.keys) > len(q.index.keys) {
		return invalid("Query key condition not supported")
	}
	for name, filter := range map[string]string{"Filter Expression": "FilterExpression", "QueryFilter": "QueryFilter"} {
		for _, path := range q.filter.Paths() {
			if slices.Contains(q.index.keys, path[0].Name) && (filter == "QueryFilter") == (r.QueryFilter != nil) {
				return invalid("%s can only contain non-primary key attributes: Primary key attribute: %s", name, path[0].Name)
			}
		}
	}
	return nil
}

// goOn makes the search go on after the item with a key.
func (q *search) goOn(key value.Item, scan bool) error {
	names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(q.table.keys, q.index.keys))))
	const message = "The provided starting key is invalid"
	place, ok := q.index.entry(key)
	switch fits := slices.Equal(names, key.Names()); {
	case ok && fits:
	case scan && q.index.name == "":
		return invalid("%s: %s", message, errSchema.Message)
	case fits:
		return errSchema
	default:
		return invalid(message)
	}
	if q.single() {
		return invalid("The provided exclusive start key is invalid: ExclusiveStartKey: %s", key.AppendJSON(nil))
	}
	q.start = &place
	if scan {
		if q.segment[1] > 1 && !q.inSegment(key) {
			return invalid("%s: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", message, q.segment[1], q.segment[0])
		}
		return nil
	}
	same := value.Equal(key[q.index.keys[0]], q.keys[q.index.keys[0]].Values[0])
	sort := q.sortCondition()
	switch {
	case !same && sort == nil:
		return invalid("The provided starting key is outside query boundaries based on provided conditions")
	case sort != nil && !sort.Holds(key[q.index.keys[1]]):
		return invalid("The provided starting key does not match the range key predicate")
	case !same:
		return invalid("The query can return at most one row and cannot be restarted")
	}
	return nil
}

// searchItems is Query or Scan.
func searchItems(operation string) func(*Server, *request) (searched, error) {
	return func(s *Server, r *request) (searched, error) {
		q, err := s.searching(operation, r)
		if err != nil {
			return searched{}, err
		}
		p := q.run()
		out := searched{Count: len(p.items), ScannedCount: p.scanned, LastEvaluatedKey: p.last}
		if r.Select != "COUNT" {
			out.Items = append([]value.Item{}, p.items...)
		}
		taken := units{"": p.fetched}
		taken[q.index.name] += readUnits(p.bytes, q.consistent)
		out.ConsumedCapacity = shownCapacity(r.ReturnConsumedCapacity, q.table, taken)
		return out, nil
	}
}
