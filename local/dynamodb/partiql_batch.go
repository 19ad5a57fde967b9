package dynamodb

import (
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

type batchStatementRequest struct {
	Statements []statementRequest
	returning
}

type statementError struct {
	Code, Message string
	Item          any `json:",omitempty"`
}

type statementResponse struct {
	Error     *statementError `json:",omitempty"`
	Item      *value.Item     `json:",omitempty"`
	TableName string          `json:",omitempty"`
}

type batchExecuted struct {
	Responses        []statementResponse
	ConsumedCapacity []*capacity `json:",omitempty"`
}

// step is one statement of a batch or a transaction.
type step struct {
	in    *statementRequest
	st    *expression.Statement
	read  *read
	write *write
	err   error
}

// step finds what a statement does to one item. What is wrong is told in the step.
func (s *Server) step(in *statementRequest, api string) (p step) {
	p.in = in
	if p.st, p.err = in.parse(); p.err != nil {
		return p
	}
	if !isRead(p.st) {
		if p.write, p.err = s.statementWrite(p.st, in); p.err == nil {
			p.err = p.write.locate()
		}
		return p
	}
	t, err := s.table(&p.st.Table)
	if err != nil {
		p.err = err
		return p
	}
	key, rest := t.keyed(p.st.Where)
	if key == nil || rest != nil || p.st.Index != nil {
		p.err = invalid("Select statements within %s must specify the primary key in the where clause.", api)
		return p
	}
	p.read = &read{table: t}
	p.read.place, p.err = t.keyOf(key)
	return p
}

// batchExecuteStatement does up to 25 statements, one after the other.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
func (s *Server) batchExecuteStatement(in *batchStatementRequest) (out batchExecuted, err error) {
	v := in.violations()
	v.count(len(in.Statements), in.Statements == nil, "statements", maxWrites)
	if err := v.err(); err != nil {
		return out, err
	}
	steps := make([]step, len(in.Statements))
	for i := range in.Statements {
		steps[i] = s.step(&in.Statements[i], "BatchExecuteStatement")
	}
	if err := alike(steps, "Read and write requests together in the same batch is not supported.", errTwice); err != nil {
		return out, err
	}
	taken := taking(in.ReturnConsumedCapacity)
	for _, p := range steps {
		out.Responses = append(out.Responses, p.execute(taken))
	}
	out.ConsumedCapacity = taken.shown(in.ReturnConsumedCapacity)
	return out, nil
}

// alike refuses reads beside writes, and two statements on one item.
func alike(steps []step, mixed string, twice error) error {
	reads, writes := 0, 0
	seen := map[[2]any]bool{}
	for _, p := range steps {
		if p.st == nil {
			continue
		}
		if isRead(p.st) {
			reads++
		} else {
			writes++
		}
		if reads > 0 && writes > 0 {
			return invalid("%s", mixed)
		}
		var at [2]any
		switch {
		case p.err != nil:
			continue
		case p.read != nil:
			at = [2]any{p.read.table, p.read.place}
		default:
			at = [2]any{p.write.table, p.write.place}
		}
		if seen[at] {
			return twice
		}
		seen[at] = true
	}
	return nil
}

// execute does one statement of a batch.
func (p *step) execute(taken tally) (r statementResponse) {
	if p.st != nil {
		r.TableName = p.st.Table
	}
	switch {
	case p.err != nil:
	case p.read != nil:
		item, bytes := p.read.do()
		taken.read(p.read.table, readUnits(bytes, p.in.ConsistentRead))
		r.Item = shownItem(shown(p.st, item))
	default:
		if p.err = p.write.evaluate(); p.err != nil {
			taken.failed(p.write)
			break
		}
		p.write.commit()
		if item := p.write.returned(p.st.Returning); len(item) > 0 {
			r.Item = &item
		}
		taken.write(p.write, 1)
	}
	if p.err != nil {
		r.Error = batchError(p.err)
		if r.Error.Code == "ValidationError" {
			r.TableName = ""
		}
	}
	return r
}

// batchError is an error of one statement, whose codes are shorter.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
func batchError(err error) *statementError {
	r := reason(err)
	return &statementError{Code: r["Code"].(string), Message: r["Message"].(string), Item: r["Item"]}
}

type transactStatementsRequest struct {
	TransactStatements []statementRequest
	ClientRequestToken *string
	returning
}

type transactExecuted struct {
	Responses        []got
	ConsumedCapacity []*capacity `json:",omitempty"`
}

// executeTransaction does all statements or none.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
func (s *Server) executeTransaction(in *transactStatementsRequest) (out transactExecuted, err error) {
	v := in.violations()
	v.count(len(in.TransactStatements), in.TransactStatements == nil, "transactStatements", maxTransaction)
	if err := v.err(); err != nil {
		return out, err
	}
	var steps []step
	for i := range in.TransactStatements {
		p := s.step(&in.TransactStatements[i], "ExecuteTransaction")
		if err := p.inTransaction(i); err != nil {
			return out, err
		}
		steps = append(steps, p)
	}
	if err := alike(steps, "ExecuteTransaction API does not support both read and write operations in the same request.",
		errTwiceInTransaction); err != nil {
		return out, err
	}
	out.Responses = []got{}
	taken := taking(in.ReturnConsumedCapacity)
	if steps[0].read == nil {
		done, err := s.tokens.seen(in.ClientRequestToken, in.TransactStatements)
		if err != nil {
			return out, err
		}
		var writes []*write
		for _, p := range steps {
			writes = append(writes, p.write)
		}
		if taken, err = transact(writes, done, taken); err != nil {
			return out, err
		}
		s.tokens.keep(in.ClientRequestToken, in.TransactStatements)
	} else {
		for _, p := range steps {
			item, bytes := p.read.do()
			taken.read(p.read.table, 2*readUnits(bytes, true))
			out.Responses = append(out.Responses, got{Item: shownItem(shown(p.st, item))})
		}
	}
	out.ConsumedCapacity = taken.shown(in.ReturnConsumedCapacity)
	return out, nil
}

// inTransaction refuses a statement that cannot be one of a transaction. A key that is not
// as the table has it cancels the transaction later.
func (p *step) inTransaction(i int) error {
	message := ""
	switch {
	case p.st == nil:
		return p.err
	case p.st.Returning != "":
		message = "RETURNING clause is not supported in ExecuteTransaction."
	case isRead(p.st) && p.st.Index != nil:
		message = "Reads on indices are not supported within transactions."
	case p.err != nil && (p.read == nil && p.write == nil) && code(p.err) == "ValidationException":
		message = asError(p.err).Message
	case p.err != nil && (p.read != nil || p.write == nil):
		return p.err
	default:
		return nil
	}
	return invalid("Validation failed in TransactStatements[%d]: %s", i, strings.TrimSpace(message))
}
