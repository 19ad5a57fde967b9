package dynamodb

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// statementRead translates a SELECT of a batch or a transaction to a read of one item.
func (s *Server) statementRead(st *expression.Statement, api string) (g *read, key value.Item) {
	t := s.table(&st.Table)
	if st.Index == nil {
		key = t.itemKey(st.Where)
	}
	forbid(key == nil, "Select statements within %s must specify the primary key in the where clause.", api)
	return &read{table: t, show: selected(st)}, key
}

// selection is a SELECT: searches whose items follow each other.
type selection struct {
	searches []search
	begin    nextToken // where the page begins
}

// nextToken says where a page begins. A client sees it as the text NextToken.
type nextToken struct {
	Request uint32     // a checksum of the statement and its parameters
	Search  int        // the number of the search
	After   value.Item `json:",omitempty"` // the key of the last item of this search that was evaluated
}

// selection translates a SELECT to a Scan, or to one Query or several.
func (s *Server) selection(st *expression.Statement, in *executeRequest) *selection {
	t := s.table(&st.Table)
	x := &t.index
	if st.Index != nil {
		x = t.secondaryIndex(*st.Index)
	}
	forbid(x == nil, "The table does not have the specified index")
	forbid(x.global && in.ConsistentRead, "Strongly consistent read is not supported on Global Secondary Indexes")
	q := search{table: t, index: x, filter: st.Where, segment: [2]uint32{0, 1}, consistent: in.ConsistentRead, lag: s.lag(in.ConsistentRead)}
	q.checkProjection(st.Projection)
	branches := x.branches(st.Where)
	x.checkKinds(branches)
	branches = x.byKey(branches)
	x.checkFilters(branches)
	x.order(st, branches, &q)
	all := &selection{}
	for _, b := range branches {
		q.keys, q.filter = x.query(b)
		all.searches = append(all.searches, q)
	}
	if branches == nil {
		all.searches = []search{q}
	}
	all.resume(in)
	return all
}

// checkFilters refuses reads by key if the index can answer the filter of none of them.
func (x *index) checkFilters(branches []branch) {
	var missing []string
	for _, b := range branches {
		if missing = x.missing(b.rest.Paths()); missing == nil {
			return
		}
	}
	x.forbidFilter(missing)
}

// order puts reads by key into the order that a SELECT asks for, and sets the direction of the search. With ORDER BY,
// a sort key that is not in it is in descending order, as https://github.com/floci-io/floci recorded on AWS
// (DynamoDbPartiQLDocumentedSyntaxIntegrationTest).
func (x *index) order(st *expression.Statement, branches []branch, q *search) {
	if st.OrderBy == nil {
		return
	}
	forbid(st.Where == nil, "Must have WHERE clause in the statement when using ORDER BY clause.")
	named, descending := [2]bool{}, [2]bool{false, true}
	for _, o := range st.OrderBy {
		key := slices.Index(x.keys, o.Attribute)
		forbid(key < 0, "Attribute %s in ORDER BY clause must be part of the primary key", o.Attribute)
		if !named[key] {
			named[key], descending[key] = true, o.Descending
		}
	}
	forbid(branches == nil, "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.")
	forbid(!named[0] && branches[0].partition != branches[len(branches)-1].partition,
		"Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.")
	q.backward = descending[1]
	if descending[1] {
		slices.Reverse(branches)
	}
	if descending[0] != descending[1] { // the partitions the other way round, each with its reads as they are
		slices.SortStableFunc(branches, func(a, b branch) int {
			if descending[0] {
				a, b = b, a
			}
			return strings.Compare(a.partition, b.partition)
		})
	}
}

// maxTogether is the largest number of items that a page of several reads by key evaluates.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
const maxTogether = 10

// run returns a page of items, and the NextToken of the next page or "".
func (s *selection) run(limit *int, taken tally) (p page, next string) {
	if len(s.searches) > 1 && (limit == nil || *limit > maxTogether) {
		limit = new(maxTogether)
	}
	for i := s.begin.Search; i < len(s.searches); i++ {
		q := &s.searches[i]
		q.limit = limit
		if q.add(&p, taken); p.last == nil {
			continue
		}
		token := nextToken{s.begin.Request, i, p.last}
		if q.single() {
			token = nextToken{s.begin.Request, i + 1, nil}
		}
		if token.Search == len(s.searches) {
			p.last = nil
			return p, ""
		}
		return p, base64.StdEncoding.EncodeToString(must(json.Marshal(token)))
	}
	return p, ""
}

// resume makes the selection begin where the previous page ended. The token must be of the same statement with the
// same parameters. Other parameters of the request may change, as https://github.com/floci-io/floci recorded on AWS
// (DynamoDbPartiQLHandler).
func (s *selection) resume(in *executeRequest) {
	request := checksum([]any{*in.Statement, in.Parameters})
	if in.NextToken != nil {
		text, err := base64.StdEncoding.DecodeString(*in.NextToken)
		if err == nil {
			err = json.Unmarshal(text, &s.begin)
		}
		forbid(err != nil, "Invalid NextToken")
		forbid(s.begin.Request != request, "NextToken does not match request")
		forbid(s.begin.Search < 0 || s.begin.Search >= len(s.searches), "Invalid NextToken")
		if s.begin.After != nil {
			q, ok := &s.searches[s.begin.Search], false
			q.start, ok = q.index.entry(s.begin.After)
			forbid(!ok, "Invalid NextToken")
		}
	}
	s.begin.Request = request
}

// selected returns a function that picks the values that a SELECT shows of an item.
func selected(st *expression.Statement) func(value.Item) value.Item {
	return func(item value.Item) value.Item {
		if st.Projection == nil {
			return item
		}
		out := value.Item{}
		for _, path := range st.Projection {
			if v, ok := path.In(item); ok {
				out[path.Label()] = v
			}
		}
		return out
	}
}
