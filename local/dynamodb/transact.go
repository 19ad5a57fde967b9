package dynamodb

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"time"
)

// The limits of a transaction.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const (
	maxTransaction      = 100
	maxTransactionBytes = 4 << 20
)

type transactWriteRequest struct {
	TransactItems []struct {
		Put, Update, Delete, ConditionCheck *request
	}
	ClientRequestToken *string
	returning
}

func (s *Server) transactWriteItems(in *transactWriteRequest) any {
	v := in.violations()
	v.count(len(in.TransactItems), in.TransactItems != nil, "transactItems", maxTransaction)
	v.token(in.ClientRequestToken)
	v.end()
	var writes []*write
	for i, entry := range in.TransactItems {
		operation, r := "", (*request)(nil)
		for name, given := range map[string]*request{
			"PutItem": entry.Put, "UpdateItem": entry.Update, "DeleteItem": entry.Delete, "ConditionCheck": entry.ConditionCheck,
		} {
			forbid(given != nil && r != nil, "TransactItems can only contain one of Check, Put, Update or Delete")
			if given != nil {
				operation, r = name, given
			}
		}
		forbid(r == nil, "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
		v.need(operation != "UpdateItem" || r.has("UpdateExpression"), fmt.Sprintf("transactItems.%d.member.update.updateExpression", i+1))
		v.end()
		r.inTransaction = true
		writes = append(writes, s.newWrite(operation, r))
	}
	for _, w := range writes {
		w.find(s)
	}
	taken := in.tally()
	units := s.transact(writes, in.ClientRequestToken, in.TransactItems, taken)
	return answer{ConsumedCapacity: in.consumedAs(units, taken), ItemCollectionMetrics: in.collections(writes)}
}

// transact does all writes or none. If a transaction with the same token was done before, it does nothing, but takes the
// units of reading the items that were written then. It returns the kind of units that it took.
func (s *Server) transact(writes []*write, token *string, request any, taken tally) capacityKind {
	before, done := s.tokens.seen(token, request)
	cancelOnFailure(len(writes), true, func(i int) { writes[i].locate() })
	locateAll(writes, twiceInTransaction)
	err := attempt(func() {
		cancelOnFailure(len(writes), false, func(i int) {
			if !done {
				writes[i].evaluate()
			}
		})
	})
	bytes := 0
	for _, w := range writes {
		bytes += max(w.item.Size(), w.key.Size())
	}
	forbid(bytes > maxTransactionBytes, tooLargeTransaction, maxTransactionBytes)
	refuse(err)
	if done {
		for i, w := range writes {
			taken.add(w.table, "", 2*readUnits(before.sizes[i], true))
		}
		return readCapacity
	}
	sizes := make([]int, len(writes))
	for i, w := range writes {
		w.commit()
		taken.write(w, 2)
		sizes[i] = w.size()
	}
	s.tokens.keep(token, request, sizes)
	return writeCapacity
}

const tooLargeTransaction = "Transaction size cannot exceed %d bytes"

const twiceInTransaction = "Transaction request cannot include multiple operations on one item"

// cancelOnFailure calls step for each of the n items of a transaction. If a step fails, it refuses the
// transaction with a reason for each item. If stop is true, it ends at the first failure.
func cancelOnFailure(n int, stop bool, step func(i int)) {
	reasons, codes, failed := make([]failure, n), make([]string, n), false
	for i := range n {
		var err error
		if !failed || !stop {
			err = attempt(func() { step(i) })
		}
		reasons[i], failed = reason(err), failed || err != nil
		codes[i] = reasons[i].Code
	}
	if failed {
		e := refusal("TransactionCanceledException",
			"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
		e.More = object{"CancellationReasons": reasons}
		panic(e)
	}
}

// failure says why an item cancels a transaction, or why a statement of a batch fails. Its codes are
// shorter than those of other errors.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
type failure struct {
	Code    string
	Message string `json:",omitempty"`
	Item    any    `json:",omitempty"`
}

func reason(err error) failure {
	if err == nil {
		return failure{Code: "None"}
	}
	e := asError(err)
	short := strings.TrimSuffix(code(e), "Exception")
	return failure{strings.Replace(short, "Validation", "ValidationError", 1), e.Message, e.More["Item"]}
}

// tokens holds the ClientRequestTokens of the transactions of the last ten minutes.
type tokens map[string]tokenUse

type tokenUse struct {
	request uint32 // a checksum of the request
	sizes   []int  // of the writes
	at      time.Time
}

const tokenLife = 10 * time.Minute

// token requires 1 to 36 characters.
func (v *violations) token(token *string) {
	if token != nil {
		v.length(*token, len(*token), "clientRequestToken", 1, 36)
	}
}

// seen returns the use of the token, and whether the request was done before with it.
func (t tokens) seen(token *string, request any) (use tokenUse, seen bool) {
	for other, use := range t {
		if time.Since(use.at) >= tokenLife {
			delete(t, other)
		}
	}
	if token == nil {
		return use, false
	}
	use, seen = t[*token]
	if seen && use.request != checksum(request) {
		panic(refusal("IdempotentParameterMismatchException", "The provided client token is already in use with a different request"))
	}
	return use, seen
}

func (t tokens) keep(token *string, request any, sizes []int) {
	if token != nil {
		t[*token] = tokenUse{checksum(request), sizes, time.Now()}
	}
}

func checksum(request any) uint32 { return crc32.ChecksumIEEE(must(json.Marshal(request))) }

type transactGetRequest struct {
	TransactItems []struct{ Get *request }
	returning
}

func (s *Server) transactGetItems(in *transactGetRequest) any {
	v := in.violations()
	v.count(len(in.TransactItems), in.TransactItems != nil, "transactItems", maxTransaction)
	for i, entry := range in.TransactItems {
		v.need(entry.Get != nil, fmt.Sprintf("transactItems.%d.member.get", i+1))
	}
	v.end()
	var reads []*read
	for _, entry := range in.TransactItems {
		entry.Get.inTransaction = true
		reads = append(reads, s.newRead(entry.Get))
	}
	for i, g := range reads {
		g.find(s)
		g.table.emptyKey(in.TransactItems[i].Get.Key)
	}
	cancelOnFailure(len(reads), true, func(i int) { reads[i].place = reads[i].table.keyOf(in.TransactItems[i].Get.Key) })
	seen := map[place]bool{}
	for _, g := range reads {
		at := place{g.table, g.place}
		forbid(seen[at], twiceInTransaction)
		seen[at] = true
	}
	taken := in.tally()
	return answer{Responses: readAll(reads, taken), ConsumedCapacity: in.consumedAs(readCapacity, taken)}
}

// readAll does the reads of a transaction. They are consistent, and take twice the units of other reads. If the items have
// more bytes than a transaction may, it refuses all; the words are those for writes.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
func readAll(reads []*read, taken tally) []object {
	responses, sum := []object{}, 0
	for _, g := range reads {
		g.lag = 0
		item, bytes := g.do()
		sum += bytes
		forbid(sum > maxTransactionBytes, tooLargeTransaction, maxTransactionBytes)
		taken.add(g.table, "", 2*readUnits(bytes, true))
		r := object{}
		if len(item) > 0 { // AWS also leaves out an item of which nothing was asked for
			r["Item"] = item
		}
		responses = append(responses, r)
	}
	return responses
}
