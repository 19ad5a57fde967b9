package dynamodb

import (
	"fmt"
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// step is one statement of a batch or a transaction: a read or a write of one item.
type step struct {
	in    *statementRequest
	st    *expression.Statement
	read  *read
	write *write
	err   error // set if the statement cannot be run
}

const inExecuteTransaction = "ExecuteTransaction"

func (s *Server) step(in *statementRequest, api string) *step {
	p := &step{in: in}
	p.err = attempt(func() {
		if p.st = s.parse(in); isRead(p.st) {
			read, key := s.statementRead(p.st, api)
			p.read = read
			p.read.lag = s.lag(in.ConsistentRead)
			p.read.place = read.table.keyOf(key)
			return
		}
		p.write = s.statementWrite(p.st, in, api == inExecuteTransaction)
		p.write.locate()
	})
	return p
}

// steps returns the steps of a request. It refuses the request if a statement violates the API's
// model. list is the name of the request's list of statements.
func (s *Server) steps(in []statementRequest, list, api string) (all []*step) {
	var v violations
	for i := range in {
		if len(in[i].violations("")) > 0 {
			v = append(v, in[i].violations(fmt.Sprintf("%s.%d.member.", list, i+1))...)
		}
	}
	v.end()
	for i := range in {
		all = append(all, s.step(&in[i], api))
	}
	return all
}

type batchStatementRequest struct {
	Statements []statementRequest
	returning
}

func (in *batchStatementRequest) UnmarshalJSON(data []byte) error {
	type plain batchStatementRequest
	return value.Members(string(data), func(name, raw string) error {
		if name != "Statements" || raw == "null" {
			return decodeOther(name, raw, (*plain)(in))
		}
		in.Statements = make([]statementRequest, 0, maxWrites)
		return value.Elements(raw, func(raw string) error {
			in.Statements = append(in.Statements, statementRequest{})
			if raw == "null" {
				return nil
			}
			return in.Statements[len(in.Statements)-1].decode(raw)
		})
	})
}

// batchExecuteStatement runs up to 25 statements one after the other.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
func (s *Server) batchExecuteStatement(in *batchStatementRequest) any {
	v := in.violations()
	v.count(len(in.Statements), in.Statements != nil, "statements", maxWrites)
	v.end()
	steps := s.steps(in.Statements, "statements", "BatchExecuteStatement")
	checkMixed(steps, "Read and write requests together in the same batch is not supported.")
	checkDistinct(steps, twiceInBatch)
	responses, taken, wasted := make([]statementResponse, len(steps)), in.tally(), in.tally()
	for i, p := range steps {
		responses[i] = p.execute(taken, wasted)
	}
	taken.waste(wasted)
	return answer{Responses: responses, ConsumedCapacity: in.consumed(taken)}
}

// statementResponse is the answer to one statement of a batch.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementResponse.html
type statementResponse struct {
	Error     *failure   `json:",omitempty"`
	Item      value.Item `json:",omitzero"`
	TableName string     `json:",omitempty"`
}

// checkMixed refuses reads and writes in one request.
func checkMixed(steps []*step, message string) {
	first := (*step)(nil)
	for _, p := range steps {
		if p.st == nil {
			continue
		}
		if first == nil {
			first = p
		}
		forbid(isRead(p.st) != isRead(first.st), "%s", message)
	}
}

// checkDistinct refuses two statements on the same item.
func checkDistinct(steps []*step, message string) {
	seen := make(map[place]bool, len(steps))
	for _, p := range steps {
		if p.err != nil {
			continue
		}
		var at place
		if p.read != nil {
			at = place{p.read.table, p.read.place}
		} else {
			at = place{p.write.table, p.write.place}
		}
		forbid(seen[at], "%s", message)
		seen[at] = true
	}
}

// execute runs one statement of a batch. It counts the units of a failed statement in wasted.
func (p *step) execute(taken, wasted tally) (r statementResponse) {
	if p.err == nil {
		p.err = attempt(func() { r.Item = p.result(taken, wasted) })
	}
	if p.err != nil {
		r.Error = new(reason(p.err))
	}
	if p.st != nil && (p.err == nil || code(asError(p.err)) != "ValidationException") {
		r.TableName = p.st.Table
	}
	return r
}

// result reads or writes. It returns the item that the statement shows, or nil.
func (p *step) result(taken, wasted tally) value.Item {
	if p.read != nil {
		item, bytes := p.read.do()
		taken.add(p.read.table, "", readUnits(bytes, p.in.ConsistentRead))
		return item
	}
	if err := attempt(p.write.evaluate); err != nil {
		if wasted != nil {
			wasted.add(p.write.table, failedStatements, writeUnits(max(p.write.old.Size(), p.write.put.Size())))
		}
		refuse(err)
	}
	p.write.commit()
	taken.write(p.write, 1)
	if item := p.write.returned(p.st.Returning); len(item) > 0 {
		return item
	}
	return nil
}

type transactStatementsRequest struct {
	TransactStatements []statementRequest
	ClientRequestToken *string
	returning
}

// executeTransaction runs all statements or none.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
func (s *Server) executeTransaction(in *transactStatementsRequest) any {
	v := in.violations()
	v.count(len(in.TransactStatements), in.TransactStatements != nil, "transactStatements", maxTransaction)
	v.token(in.ClientRequestToken)
	v.end()
	steps := s.steps(in.TransactStatements, "transactStatements", inExecuteTransaction)
	var reads []*read
	var writes []*write
	for i, p := range steps {
		p.inTransaction(i)
		reads, writes = append(reads, p.read), append(writes, p.write)
	}
	checkMixed(steps, "ExecuteTransaction API does not support both read and write operations in the same request.")
	cancelOnFailure(len(steps), false, func(i int) { refuse(steps[i].err) })
	checkDistinct(steps, twiceInTransaction)
	responses, units, taken := []object{}, readCapacity, in.tally()
	if isRead(steps[0].st) {
		responses = readAll(reads, taken)
	} else {
		units = s.transact(writes, in.ClientRequestToken, in.TransactStatements, taken)
	}
	return answer{Responses: responses, ConsumedCapacity: in.consumedAs(units, taken)}
}

// inTransaction refuses a statement that a transaction cannot have. A table that is not there, and a key that does not
// match the table's schema, are no such faults: they cancel the transaction later.
func (p *step) inTransaction(i int) {
	if p.err != nil && code(asError(p.err)) == "ResourceNotFoundException" {
		return
	}
	const failed = "Validation failed in TransactStatements[%d]: "
	if p.st == nil {
		p.in.checkParameters() // AWS adds nothing before this message
	} else {
		forbid(p.st.Returning != "", failed+"RETURNING clause is not supported in ExecuteTransaction.", i)
		forbid(isRead(p.st) && p.st.Index != nil, failed+"Reads on indices are not supported within transactions.", i)
	}
	if p.err != nil && p.read == nil && p.write == nil {
		panic(invalid(failed+"%s", i, strings.TrimSpace(asError(p.err).Message)))
	}
}
