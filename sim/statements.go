package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"simple-sam-demo/local/stacktest"
)

// statement is a statement of a BatchExecuteStatement, as shared/table writes it. The id is the first
// parameter of an INSERT and the last one of an UPDATE.
type statement struct {
	Statement  string
	Parameters []value
}

func (s statement) inserts() bool { return strings.HasPrefix(s.Statement, "INSERT ") }

func (s statement) id() string {
	if s.inserts() {
		return s.Parameters[0].S
	}
	return s.Parameters[len(s.Parameters)-1].S
}

// version is the model version that an UPDATE writes.
func (s statement) version() string { return s.Parameters[2].S }

// ofStatements is what each of the faults does to the statements that it strikes.
var ofStatements = map[fault]stacktest.StatementFault{
	statementsThrottled: {Code: "ThrottlingError"},
	statementsRefused:   {Code: "ValidationError"},
	statementsLost:      {Code: "InternalServerError", Ran: true},
	statementsLeftOut:   {LeftOut: true, Ran: true},
	statementsIgnored:   {LeftOut: true},
}

// strikeStatements draws which statements of a call a fault strikes. Those of cursed items are
// never run.
func (w *world) strikeStatements(site string, c call, f fault) map[int]stacktest.StatementFault {
	struck := map[int]stacktest.StatementFault{}
	answer, isOfStatements := ofStatements[f]
	for i, s := range c.in.Statements {
		switch {
		case !s.inserts() && !w.calm.Load() && w.curses(w.nameOf(s.id())):
			struck[i] = stacktest.StatementFault{Code: "InternalServerError"}
		case isOfStatements && (len(c.in.Statements) == 1 || w.seed.number(site, "statement", fmt.Sprint(i)) < 0.5):
			struck[i] = answer
		}
	}
	if isOfStatements && len(struck) == 0 {
		struck[0] = answer
	}
	return struck
}

// done lists the statements that an answer says are done.
func (c call) done(answer []byte) (done []statement) {
	var out struct {
		Responses []struct{ Error *struct{} }
	}
	must(json.Unmarshal(answer, &out))
	if len(out.Responses) != len(c.in.Statements) {
		return nil // nobody can say which
	}
	for i, r := range out.Responses {
		if r.Error == nil {
			done = append(done, c.in.Statements[i])
		}
	}
	return done
}
