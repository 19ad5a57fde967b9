package dynamodb

import (
	"maps"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// maxResponse is the largest number of bytes of items that a BatchGetItem returns. A request may
// have one megabyte more than that.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const maxResponse = 16 << 20

type batchGetRequest struct {
	RequestItems map[string]*request
	returning
}

func (s *Server) batchGetItem(in *batchGetRequest) any {
	v := in.violations()
	v.need(in.RequestItems != nil, "requestItems")
	v.end()
	forbid(len(in.RequestItems) == 0, "The requestItems parameter is required for BatchGetItem")
	names := slices.Sorted(maps.Keys(in.RequestItems))
	checkBatchKeys(in.RequestItems, names)
	checkProjections(in.RequestItems)
	tables, reads := map[string]*read{}, map[string][]read{}
	for _, name := range names {
		tables[name] = s.newRead(in.RequestItems[name])
	}
	for _, name := range names {
		reads[name] = s.batchReads(tables[name], in.RequestItems[name].Keys)
	}
	responses, unprocessed := map[string][]value.Item{}, object{}
	taken, bytes := in.tally(), 0
	for _, name := range names {
		r := in.RequestItems[name]
		responses[name] = []value.Item{}
		for i, g := range reads[name] {
			item, size := g.do()
			if bytes += size; bytes > maxResponse {
				unprocessed[name] = r.unprocessed(r.Keys[i:])
				break
			}
			taken.add(g.table, "", readUnits(size, r.ConsistentRead))
			if item != nil {
				responses[name] = append(responses[name], item)
			}
		}
	}
	return answer{Responses: responses, UnprocessedKeys: unprocessed, ConsumedCapacity: in.consumed(taken)}
}

func checkBatchKeys(requests map[string]*request, names []string) {
	var v violations
	keys := 0
	for _, name := range names {
		r := requests[name]
		if r == nil {
			panic(invalid(wrongValue+"The keys of table %s are missing", name))
		}
		r.TableName, r.Key = &name, value.Item{}
		keys += len(r.Keys)
		switch {
		case len(r.Keys) == 0:
			v.count(0, true, "requestItems."+name+".member.keys", 100)
		case len(r.Keys) > 100: // AWS's message does not show the value: https://github.com/paritysuite/dynamodb-conformance, error-messages/batchGetItem
			v = append(v, "Value at 'RequestItems."+name+".member.Keys' failed to satisfy constraint: "+
				"Member must have length less than or equal to 100")
		}
	}
	v.end()
	forbid(keys > 100, "Too many items requested for the BatchGetItem call")
}

// checkProjections refuses an expression for one table beside an old parameter for another.
// https://github.com/paritysuite/dynamodb-conformance, error-messages/batchGetItem
func checkProjections(requests map[string]*request) {
	given := func(parameter string) bool {
		for _, r := range requests {
			if r.has(parameter) {
				return true
			}
		}
		return false
	}
	const old, expression = "AttributesToGet", "ProjectionExpression"
	forbid(given(old) && given(expression), mixed, old, expression)
}

func (s *Server) batchReads(g *read, keys []value.Item) (reads []read) {
	g.find(s)
	for _, key := range keys {
		g.place = g.table.keyOf(key)
		reads = append(reads, *g)
	}
	return reads
}

const twiceInBatch = "Provided list of item keys contains duplicates"

// unprocessed returns the request that a client can send for the keys whose items did not fit.
func (r *request) unprocessed(keys []value.Item) object {
	rest := object{"Keys": keys, "ConsistentRead": r.ConsistentRead}
	if r.has("ProjectionExpression") {
		rest["ProjectionExpression"] = r.Expressions["ProjectionExpression"]
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

// maxWrites is the largest number of writes, or of statements, in a batch.
const maxWrites = 25

func (s *Server) batchWriteItem(in *batchWriteRequest) any {
	v := in.violations()
	v.need(in.RequestItems != nil, "requestItems")
	names := slices.Sorted(maps.Keys(in.RequestItems))
	for _, name := range names {
		if n := len(in.RequestItems[name]); n == 0 || n > maxWrites {
			v = append(v, "Value '{"+name+"=[...]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "+
				"[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]")
		}
	}
	v.end()
	forbid(len(in.RequestItems) == 0, "The requestItems parameter is required for BatchWriteItem")
	var writes []*write
	for _, name := range names {
		for _, entry := range in.RequestItems[name] {
			writes = append(writes, s.batchWrite(name, entry))
		}
	}
	for _, w := range writes {
		w.find(s)
		w.table.keyOf(w.key)
	}
	forbid(len(writes) > maxWrites, "Too many items requested for the BatchWriteItem call")
	locateAll(writes, twiceInBatch)
	taken := in.tally()
	for _, w := range writes {
		w.evaluate()
		w.commit()
		taken.write(w, 1)
	}
	return answer{UnprocessedItems: object{}, ConsumedCapacity: in.consumed(taken), ItemCollectionMetrics: in.collections(writes)}
}

func (s *Server) batchWrite(table string, entry writeRequest) *write {
	operation, r := "PutItem", entry.PutRequest
	if entry.DeleteRequest != nil {
		operation, r = "DeleteItem", entry.DeleteRequest
	}
	forbid((entry.PutRequest == nil) == (entry.DeleteRequest == nil),
		"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	return s.newWrite(operation, &request{TableName: &table, Item: r.Item, Key: r.Key})
}

// place says in which table an item is, and where in the order of its items.
type place struct {
	table *table
	key   string
}

// locateAll finds the places of all writes. It refuses two writes on the same item with the message twice.
func locateAll(writes []*write, twice string) {
	seen := map[place]bool{}
	for _, w := range writes {
		w.locate()
		at := place{w.table, w.place}
		forbid(seen[at], "%s", twice)
		seen[at] = true
	}
}
