package dynamodb

import (
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
	err   error // what is wrong with it
}

func (s *Server) step(in *statementRequest, api string) *step {
	p := &step{in: in}
	p.err = attempt(func() {
		if p.st = in.parse(); isRead(p.st) {
			read, key := s.statementRead(p.st, api)
			p.read = read
			p.read.place = read.table.keyOf(key)
			return
		}
		p.write = s.statementWrite(p.st, in)
		p.write.locate()
	})
	return p
}

func (s *Server) steps(in []statementRequest, api string) (all []*step) {
	for i := range in {
		all = append(all, s.step(&in[i], api))
	}
	return all
}

type batchStatementRequest struct {
	Statements []statementRequest
	returning
}

// batchExecuteStatement does up to 25 statements, one after the other.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
func (s *Server) batchExecuteStatement(in *batchStatementRequest) any {
	v := in.violations()
	v.count(len(in.Statements), in.Statements != nil, "statements", maxWrites)
	v.end()
	steps := s.steps(in.Statements, "BatchExecuteStatement")
	alike(steps, "Read and write requests together in the same batch is not supported.", twiceInBatch)
	responses, taken := []object{}, in.tally()
	for _, p := range steps {
		responses = append(responses, p.execute(taken))
	}
	return answer{Responses: responses, ConsumedCapacity: in.consumed(taken)}
}

// alike refuses reads beside writes, and two statements on one item.
func alike(steps []*step, mixed, twice string) {
	first, seen := (*step)(nil), map[place]bool{}
	for _, p := range steps {
		if p.st == nil {
			continue
		}
		if first == nil {
			first = p
		}
		forbid(isRead(p.st) != isRead(first.st), "%s", mixed)
		if p.err != nil {
			continue
		}
		var at place
		if p.read != nil {
			at = place{p.read.table, p.read.place}
		} else {
			at = place{p.write.table, p.write.place}
		}
		forbid(seen[at], "%s", twice)
		seen[at] = true
	}
}

// execute does one statement of a batch.
func (p *step) execute(taken tally) object {
	r, item := object{}, value.Item(nil)
	if p.err == nil {
		p.err = attempt(func() { item = p.result(taken) })
	}
	if item != nil {
		r["Item"] = item
	}
	if p.err != nil {
		r["Error"] = reason(p.err)
	}
	if p.st != nil && (p.err == nil || code(asError(p.err)) != "ValidationException") {
		r["TableName"] = p.st.Table
	}
	return r
}

// result reads or writes, and returns the item that the statement shows, or nil.
func (p *step) result(taken tally) value.Item {
	if p.read != nil {
		item, bytes := p.read.do()
		taken.add(p.read.table, "", readUnits(bytes, p.in.ConsistentRead))
		return item
	}
	if err := attempt(p.write.evaluate); err != nil {
		taken.add(p.write.table, "", writeUnits(max(p.write.old.Size(), p.write.put.Size())))
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

// executeTransaction does all statements or none.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
func (s *Server) executeTransaction(in *transactStatementsRequest) any {
	v := in.violations()
	v.count(len(in.TransactStatements), in.TransactStatements != nil, "transactStatements", maxTransaction)
	v.end()
	steps := s.steps(in.TransactStatements, "ExecuteTransaction")
	var reads []*read
	var writes []*write
	for i, p := range steps {
		p.inTransaction(i)
		reads, writes = append(reads, p.read), append(writes, p.write)
	}
	alike(steps, "ExecuteTransaction API does not support both read and write operations in the same request.", twiceInTransaction)
	responses, taken := []object{}, in.tally()
	if isRead(steps[0].st) {
		responses = readAll(reads, taken)
	} else {
		s.transact(writes, in.ClientRequestToken, in.TransactStatements, taken)
	}
	return answer{Responses: responses, ConsumedCapacity: in.consumed(taken)}
}

// inTransaction refuses a statement that cannot be one of a transaction. A key that is not
// as the table has it cancels the transaction later.
func (p *step) inTransaction(i int) {
	if p.st == nil {
		refuse(p.err)
	}
	const failed = "Validation failed in TransactStatements[%d]: "
	forbid(p.st.Returning != "", failed+"RETURNING clause is not supported in ExecuteTransaction.", i)
	forbid(isRead(p.st) && p.st.Index != nil, failed+"Reads on indices are not supported within transactions.", i)
	if p.err == nil || p.write != nil {
		return
	}
	wrong := asError(p.err)
	forbid(p.read == nil && code(wrong) == "ValidationException", failed+"%s", i, strings.TrimSpace(wrong.Message))
	refuse(wrong)
}
