package dynamodb

import (
	"fmt"
	"hash/crc32"
	"strings"
	"time"
)

// maxTransaction is how many items a transaction can have.
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

type transactWritten struct {
	ConsumedCapacity      []*capacity                    `json:",omitempty"`
	ItemCollectionMetrics map[string][]*collectionMetric `json:",omitempty"`
}

func (in *transactWriteRequest) check() error {
	v := in.violations()
	v.count(len(in.TransactItems), in.TransactItems == nil, "transactItems", maxTransaction)
	if t := in.ClientRequestToken; t != nil && (len(*t) == 0 || len(*t) > 36) {
		v.add(*t, "clientRequestToken", "Member must have length less than or equal to 36")
	}
	return v.err()
}

// count demands a list of 1 to most elements.
func (v *violations) count(n int, missing bool, path string, most int) {
	switch {
	case missing:
		v.add(nil, path, "Member must not be null")
	case n == 0:
		v.add("[]", path, "Member must have length greater than or equal to 1")
	case n > most:
		v.add("[...]", path, "Member must have length less than or equal to %d", most)
	}
}

func (s *Server) transactWriteItems(in *transactWriteRequest) (out transactWritten, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	var writes []*write
	for _, entry := range in.TransactItems {
		var operation string
		var r *request
		for name, given := range map[string]*request{"PutItem": entry.Put, "UpdateItem": entry.Update, "DeleteItem": entry.Delete, "ConditionCheck": entry.ConditionCheck} {
			if given != nil && r != nil {
				return out, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
			}
			if given != nil {
				operation, r = name, given
			}
		}
		if r == nil {
			return out, invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
		}
		if operation == "UpdateItem" && r.UpdateExpression == nil {
			return out, invalid("1 validation error detected: Value null at 'transactItems.%d.member.update.updateExpression' failed to satisfy constraint: Member must not be null", len(writes)+1)
		}
		w, err := s.writing(operation, r)
		if err != nil {
			return out, err
		}
		writes = append(writes, w)
	}
	done, err := s.tokens.seen(in.ClientRequestToken, in.TransactItems)
	if err != nil {
		return out, err
	}
	taken, err := transact(writes, done, taking(in.ReturnConsumedCapacity))
	if err != nil {
		return out, err
	}
	s.tokens.keep(in.ClientRequestToken, in.TransactItems)
	return transactWritten{taken.shown(in.ReturnConsumedCapacity), collectionMetrics(in.ReturnItemCollectionMetrics, writes)}, nil
}

// transact does all writes or none. Those that were done before are not done again.
func transact(writes []*write, done bool, taken tally) (tally, error) {
	bytes := 0
	if err := cancelled(len(writes), true, func(i int) error { return writes[i].locate() }); err != nil {
		return nil, err
	}
	if err := locateAll(writes, errTwiceInTransaction); err != nil {
		return nil, err
	}
	err := cancelled(len(writes), false, func(i int) error {
		if done {
			return nil
		}
		err := writes[i].evaluate()
		bytes += max(writes[i].item.Size(), writes[i].key.Size())
		return err
	})
	if bytes > maxTransactionBytes {
		return nil, invalid("Transaction size cannot exceed %d bytes", maxTransactionBytes)
	}
	if err != nil {
		return nil, err
	}
	for _, w := range writes {
		if !done {
			w.commit()
		}
		taken.write(w, 2)
	}
	return taken, nil
}

var errTwiceInTransaction = invalid("Transaction request cannot include multiple operations on one item")

// cancelled is the error of a transaction of which a step fails, with a reason for each of
// its n items. It stops at the first failure if asked to.
func cancelled(n int, stop bool, step func(i int) error) error {
	reasons, failed := make([]object, n), false
	for i := range n {
		var err error
		if !failed || !stop {
			err = step(i)
		}
		reasons[i], failed = reason(err), failed || err != nil
	}
	if !failed {
		return nil
	}
	return cancel(reasons)
}

// reason tells why one item cancels a transaction.
func reason(err error) object {
	if err == nil {
		return object{"Code": "None"}
	}
	e := asError(err)
	short := strings.TrimSuffix(code(e), "Exception")
	r := object{"Code": strings.Replace(short, "Validation", "ValidationError", 1), "Message": e.Message}
	if item, ok := e.More["Item"]; ok {
		r["Item"] = item
	}
	return r
}

func cancel(reasons []object) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = fmt.Sprint(r["Code"])
	}
	e := refusal("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	e.More = object{"CancellationReasons": reasons}
	return e
}

// tokens are the ClientRequestTokens of transactions that were done, each for ten minutes.
type tokens map[string]tokenUse

type tokenUse struct {
	request uint32 // its checksum
	at      time.Time
}

const tokenLife = 10 * time.Minute

// seen tells whether the request was done before with the token.
func (t tokens) seen(token *string, request any) (bool, error) {
	for other, use := range t {
		if time.Since(use.at) >= tokenLife {
			delete(t, other)
		}
	}
	if token == nil {
		return false, nil
	}
	use, ok := t[*token]
	if ok && use.request != checksum(request) {
		return false, refusal("IdempotentParameterMismatchException", "The provided client token is already in use with a different request")
	}
	return ok, nil
}

func (t tokens) keep(token *string, request any) {
	if token != nil {
		t[*token] = tokenUse{checksum(request), time.Now()}
	}
}

func checksum(request any) uint32 { return crc32.ChecksumIEEE(mustJSON(request)) }

type transactGetRequest struct {
	TransactItems []struct{ Get *request }
	returning
}

type transactGot struct {
	Responses        []got
	ConsumedCapacity []*capacity `json:",omitempty"`
}

func (s *Server) transactGetItems(in *transactGetRequest) (out transactGot, err error) {
	v := in.violations()
	v.count(len(in.TransactItems), in.TransactItems == nil, "transactItems", maxTransaction)
	for i, entry := range in.TransactItems {
		if entry.Get == nil {
			v.add(nil, fmt.Sprintf("transactItems.%d.member.get", i+1), "Member must not be null")
		}
	}
	if err := v.err(); err != nil {
		return out, err
	}
	var reads []*read
	for _, entry := range in.TransactItems {
		g, err := s.reading(entry.Get)
		if err == nil {
			err = g.table.emptyKey(entry.Get.Key)
		}
		if err != nil {
			return out, err
		}
		reads = append(reads, g)
	}
	if err := cancelled(len(reads), true, func(i int) (err error) {
		reads[i].place, err = reads[i].table.keyOf(in.TransactItems[i].Get.Key)
		return err
	}); err != nil {
		return out, err
	}
	for i, g := range reads {
		for _, other := range reads[:i] {
			if other.table == g.table && other.place == g.place {
				return out, errTwiceInTransaction
			}
		}
	}
	taken := taking(in.ReturnConsumedCapacity)
	out.Responses = []got{}
	for _, g := range reads {
		item, bytes := g.do()
		taken.read(g.table, 2*readUnits(bytes, true))
		out.Responses = append(out.Responses, got{Item: shownItem(item)})
	}
	out.ConsumedCapacity = taken.shown(in.ReturnConsumedCapacity)
	return out, nil
}
