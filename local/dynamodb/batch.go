package dynamodb

import (
	"maps"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// maxResponse is how many bytes of items a batch returns; it also bounds a request.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const maxResponse = 16 << 20

type batchGetRequest struct {
	RequestItems map[string]*request
	returning
}

type batchGot struct {
	Responses        map[string][]value.Item
	UnprocessedKeys  map[string]object
	ConsumedCapacity []*capacity `json:",omitempty"`
}

func (s *Server) batchGetItem(in *batchGetRequest) (out batchGot, err error) {
	v := in.violations()
	if in.RequestItems == nil {
		v.add(nil, "requestItems", "Member must not be null")
	}
	if err := v.err(); err != nil {
		return out, err
	}
	if len(in.RequestItems) == 0 {
		return out, invalid("The requestItems parameter is required for BatchGetItem")
	}
	names := slices.Sorted(maps.Keys(in.RequestItems))
	if err := checkBatchKeys(in.RequestItems, names); err != nil {
		return out, err
	}
	reads := map[string][]*read{}
	for _, name := range names {
		if reads[name], err = s.batchReads(name, in.RequestItems[name]); err != nil {
			return out, err
		}
	}
	out = batchGot{Responses: map[string][]value.Item{}, UnprocessedKeys: map[string]object{}}
	taken, bytes := taking(in.ReturnConsumedCapacity), 0
	for _, name := range names {
		r := in.RequestItems[name]
		out.Responses[name] = []value.Item{}
		for i, g := range reads[name] {
			item, size := g.do()
			if bytes += size; bytes > maxResponse {
				out.UnprocessedKeys[name] = r.unprocessed(r.Keys[i:])
				break
			}
			taken.read(g.table, readUnits(size, r.ConsistentRead))
			if item != nil {
				out.Responses[name] = append(out.Responses[name], item)
			}
		}
	}
	out.ConsumedCapacity = taken.shown(in.ReturnConsumedCapacity)
	return out, nil
}

func checkBatchKeys(requests map[string]*request, names []string) error {
	var v violations
	keys := 0
	for _, name := range names {
		r := requests[name]
		if r == nil {
			return invalidValue("The keys of table %s are missing", name)
		}
		r.TableName, r.Key = &name, value.Item{}
		keys += len(r.Keys)
		switch {
		case len(r.Keys) == 0:
			v.add("[]", "requestItems."+name+".member.keys", "Member must have length greater than or equal to 1")
		case len(r.Keys) > 100: // without the value, https://github.com/paritysuite/dynamodb-conformance, error-messages/batchGetItem
			v = append(v, "Value at 'RequestItems."+name+".member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100")
		}
	}
	if err := v.err(); err != nil {
		return err
	}
	if keys > 100 {
		return invalid("Too many items requested for the BatchGetItem call")
	}
	return nil
}

func (s *Server) batchReads(name string, r *request) (reads []*read, err error) {
	seen := map[value.Stored]bool{}
	for _, key := range r.Keys {
		if stored := key.Store(); seen[stored] {
			return nil, errTwice
		} else {
			seen[stored] = true
		}
	}
	g, err := s.reading(r)
	if err != nil {
		return nil, err
	}
	for _, key := range r.Keys {
		one := *g
		if one.place, err = g.table.keyOf(key); err != nil {
			return nil, err
		}
		reads = append(reads, &one)
	}
	return reads, nil
}

var errTwice = invalid("Provided list of item keys contains duplicates")

// unprocessed is the request for keys whose items did not fit.
func (r *request) unprocessed(keys []value.Item) object {
	rest := object{"Keys": keys, "ConsistentRead": r.ConsistentRead}
	if r.ProjectionExpression != nil {
		rest["ProjectionExpression"] = r.ProjectionExpression
	}
	if r.ExpressionAttributeNames != nil {
		rest["ExpressionAttributeNames"] = r.ExpressionAttributeNames
	}
	if r.AttributesToGet != nil {
		rest["AttributesToGet"] = r.AttributesToGet
	}
	return rest
}

// writeRequest puts or deletes one item.
type writeRequest struct{ PutRequest, DeleteRequest *request }

type batchWriteRequest struct {
	RequestItems map[string][]writeRequest
	returning
}

type batchWritten struct {
	UnprocessedItems      object
	ConsumedCapacity      []*capacity                    `json:",omitempty"`
	ItemCollectionMetrics map[string][]*collectionMetric `json:",omitempty"`
}

// maxWrites is how many writes a batch can have.
const maxWrites = 25

func (s *Server) batchWriteItem(in *batchWriteRequest) (out batchWritten, err error) {
	v := in.violations()
	if in.RequestItems == nil {
		v.add(nil, "requestItems", "Member must not be null")
	}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		if n := len(in.RequestItems[name]); n == 0 || n > maxWrites {
			v.add("{"+name+"=[...]}", "requestItems", "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]")
		}
	}
	if err := v.err(); err != nil {
		return out, err
	}
	if len(in.RequestItems) == 0 {
		return out, invalid("The requestItems parameter is required for BatchWriteItem")
	}
	writes, err := s.batchWrites(in.RequestItems)
	if err != nil {
		return out, err
	}
	taken := taking(in.ReturnConsumedCapacity)
	for _, w := range writes {
		if err := w.evaluate(); err != nil {
			return out, err
		}
		w.commit()
		taken.write(w, 1)
	}
	return batchWritten{object{}, taken.shown(in.ReturnConsumedCapacity), collectionMetrics(in.ReturnItemCollectionMetrics, writes)}, nil
}

func (s *Server) batchWrites(requests map[string][]writeRequest) (writes []*write, err error) {
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		for _, entry := range requests[name] {
			operation, r := "PutItem", entry.PutRequest
			if entry.DeleteRequest != nil {
				operation, r = "DeleteItem", entry.DeleteRequest
			}
			if (entry.PutRequest == nil) == (entry.DeleteRequest == nil) {
				return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
			}
			r = &request{TableName: &name, Item: r.Item, Key: r.Key}
			w, err := s.writing(operation, r)
			if err != nil {
				return nil, err
			}
			if _, err := w.table.keyOf(w.key); err != nil {
				return nil, err
			}
			writes = append(writes, w)
		}
	}
	if len(writes) > maxWrites {
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	return writes, locateAll(writes, errTwice)
}

// locateAll finds the places of writes, of which no two may be on one item.
func locateAll(writes []*write, twice error) error {
	type place struct {
		table *table
		key   string
	}
	seen := map[place]bool{}
	for _, w := range writes {
		if err := w.locate(); err != nil {
			return err
		}
		at := place{w.table, w.place}
		if seen[at] {
			return twice
		}
		seen[at] = true
	}
	return nil
}
