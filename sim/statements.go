package main

import (
	"encoding/json"
	"fmt"
	"strings"
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

// answered is what becomes of a statement that a fault strikes, and what the answer says of it.
type answered struct {
	code    string // the error in the answer, or ""
	ran     bool   // the statement was run, whatever the answer says
	leftOut bool   // the answer does not have the statement
}

// ofStatements is what each fault does to the statements that it strikes.
var ofStatements = map[fault]answered{
	statementsThrottled: {code: "ThrottlingError"},
	statementsRefused:   {code: "ValidationError"},
	statementsLost:      {code: "InternalServerError", ran: true},
	statementsLeftOut:   {leftOut: true, ran: true},
	statementsIgnored:   {leftOut: true},
}

// strikeStatements draws which statements of a call are struck by the fault, at least one. Statements
// of cursed items are never run.
func (w *world) strikeStatements(site string, c call, f fault) map[int]answered {
	struck := map[int]answered{}
	answer, isOfStatements := ofStatements[f]
	for i, s := range c.in.Statements {
		switch {
		case !s.inserts() && !w.calm.Load() && w.curses(w.nameOf(s.id())):
			struck[i] = answered{code: "InternalServerError"}
		case isOfStatements && (len(c.in.Statements) == 1 || w.seed.number(site, "statement", fmt.Sprint(i)) < 0.5):
			struck[i] = answer
		}
	}
	if isOfStatements && len(struck) == 0 {
		struck[0] = answer
	}
	return struck
}

// withoutUnrun returns the body of the call with only those statements that are run, or nil if none is.
func (c call) withoutUnrun(struck map[int]answered) []byte {
	var in struct{ Statements []json.RawMessage }
	must(json.Unmarshal(c.body, &in))
	var left []json.RawMessage
	for i, s := range in.Statements {
		if a, isStruck := struck[i]; !isStruck || a.ran {
			left = append(left, s)
		}
	}
	if len(left) == 0 {
		return nil
	}
	in.Statements = left
	return mustJSON(in)
}

// tell takes the answer to the statements that were run. It returns an answer that says what became of
// all statements, and the one that the caller gets.
func (c call) tell(answer []byte, struck map[int]answered) (truth, told []byte) {
	var out struct{ Responses []json.RawMessage }
	must(json.Unmarshal(answer, &out))
	var all, some []any
	for i := range c.in.Statements {
		a, isStruck := struck[i]
		var became any = map[string]any{"Error": map[string]any{"Code": a.code, "Message": "simulated"}}
		said := became
		if !isStruck || a.ran {
			became, out.Responses = out.Responses[0], out.Responses[1:]
		}
		if !isStruck {
			said = became
		}
		all = append(all, became)
		if !a.leftOut {
			some = append(some, said)
		}
	}
	return mustJSON(map[string]any{"Responses": all}), mustJSON(map[string]any{"Responses": some})
}

// done lists the statements that are done, as an answer says.
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
