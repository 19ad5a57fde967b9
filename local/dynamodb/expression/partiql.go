package expression

import (
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// Statement is a statement of PartiQL with its parameters.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
type Statement struct {
	Verb       string // SELECT, INSERT, UPDATE, DELETE, or EXISTS, which is a condition
	Table      string
	Index      *string
	Item       value.Item // of INSERT
	Update     Update     // of UPDATE
	Where      *Node
	Projection []Path // of SELECT; nil is all
	OrderBy    string // an attribute of SELECT
	Descending bool
	Returning  string // ALL_OLD, ALL_NEW, UPDATED_OLD, UPDATED_NEW or ""
}

// partiQL is what a parser needs for statements.
type partiQL struct {
	parameters []value.Value
	missing    bool // parameters
}

const notWellFormed = "Statement wasn't well formed, can't be processed: "

// statementFunctions are those of a WHERE clause and of SET.
var statementFunctions = map[string]int{
	"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1,
	"if_not_exists": 2, "list_append": 2, "set_add": 2, "set_delete": 2,
}

// ParseStatement parses and checks a statement of PartiQL.
func ParseStatement(source string, parameters []value.Value) (s *Statement, err error) {
	for _, v := range parameters {
		if err := v.Check(); err != nil {
			return nil, err
		}
	}
	q := &partiQL{parameters: parameters}
	p := &parser{source: source, tokens: scan(source, true), functions: statementFunctions, partiQL: q, group: [2]int{-1, -1}}
	s = &Statement{}
	err = p.parsing(func() {
		s.parse(p)
		if p.accept(";"); p.peek().kind != end {
			p.unexpected()
		}
	})
	switch {
	case err != nil:
		return nil, err
	case q.missing || len(q.parameters) > 0:
		return nil, fail("Number of parameters in request and statement don't match.")
	}
	if s.Where != nil {
		if _, err := (&Binder{}).condition(s.Where); err != nil {
			return nil, err
		}
	}
	return s, s.Update.check()
}

func (s *Statement) parse(p *parser) {
	s.Verb = strings.ToUpper(p.take().text)
	switch s.Verb {
	case "SELECT":
		if !p.accept("*") {
			for _, n := range p.listed(func() *Node { return At(p.path()) }) {
				s.Projection = append(s.Projection, n.Path)
			}
		}
		p.expect("FROM")
		s.from(p)
		s.where(p)
		if p.accept("ORDER") {
			p.expect("BY")
			s.OrderBy = p.attribute()
			s.Descending = p.accept("DESC")
			p.accept("ASC")
		}
	case "INSERT":
		p.expect("INTO")
		s.from(p)
		p.expect("VALUE")
		v := p.partiQL.value(p)
		if v.Kind != value.M {
			panic(fail(notWellFormed + "Expected a tuple after VALUE"))
		}
		s.Item = v.Map
	case "UPDATE":
		s.from(p)
		s.updates(p)
		s.where(p)
		s.returning(p)
	case "DELETE":
		p.expect("FROM")
		s.from(p)
		s.where(p)
		s.returning(p)
	case "EXISTS":
		p.expect("(")
		s.parse(p)
		p.expect(")")
		s.Verb = "EXISTS"
	default:
		panic(fail(notWellFormed + "Unexpected keyword"))
	}
}

// listed reads elements with commas between them.
func (p *parser) listed(element func() *Node) (all []*Node) {
	for more := true; more; more = p.accept(",") {
		all = append(all, element())
	}
	return all
}

// from reads the name of a table, and perhaps of an index.
func (s *Statement) from(p *parser) {
	names := []string{}
	for more := true; more; more = p.accept(".") {
		t := p.take()
		if t.kind == quoted && t.text == "" {
			panic(fail("Path component cannot be an empty string"))
		}
		if t.kind != quoted && t.kind != word {
			p.unexpected()
		}
		names = append(names, t.text)
	}
	if s.Table = names[0]; len(names) == 2 {
		s.Index = &names[1]
	}
	if len(names) > 2 {
		panic(fail("A path may contain at most 2 components in the FROM clause"))
	}
	switch {
	case s.Verb == "INSERT" || p.peek().kind != word && p.peek().kind != quoted:
	case p.is("WHERE"), p.is("SET"), p.is("REMOVE"), p.is("RETURNING"), p.is("ORDER"):
	default:
		panic(fail("Aliasing is not supported"))
	}
}

func (s *Statement) where(p *parser) {
	if p.accept("WHERE") {
		s.Where = p.condition()
		p.requireCondition(s.Where)
	}
}

// updates reads SET and REMOVE clauses.
func (s *Statement) updates(p *parser) {
	for {
		switch {
		case p.accept(Set):
			for more := true; more; more = p.accept(",") {
				a := Action{Verb: Set, Path: p.path()}
				p.expect("=")
				s.Update = append(s.Update, a.assigned(p.sum()))
			}
		case p.accept(Remove):
			for _, n := range p.listed(func() *Node { return At(p.path()) }) {
				s.Update = append(s.Update, Action{Verb: Remove, Path: n.Path})
			}
		case len(s.Update) == 0:
			p.unexpected()
		default:
			return
		}
	}
}

// assigned makes set_add and set_delete the actions ADD and DELETE.
func (a Action) assigned(n *Node) Action {
	verb, ok := map[string]string{"set_add": Add, "set_delete": Delete}[n.Op]
	if !ok {
		a.Operand = n
		return a
	}
	name := strings.ToUpper(n.Op)
	switch {
	case len(n.Args) != 2:
		panic(fail("%s must have exactly two arguments", name))
	case n.Args[0].Op != opPath || n.Args[0].Path.String() != a.Path.String():
		panic(fail("The first argument to %s must equal the assignment value", name))
	case !n.Args[1].kind().IsSet():
		panic(fail("The second argument to %s must be a value with type SET", name))
	}
	return Action{Verb: verb, Path: a.Path, Operand: n.Args[1]}
}

func (s *Statement) returning(p *parser) {
	if !p.accept("RETURNING") {
		return
	}
	which, when := strings.ToUpper(p.take().text), strings.ToUpper(p.take().text)
	p.expect("*")
	s.Returning = map[string]string{"ALL OLD": "ALL_OLD", "ALL NEW": "ALL_NEW", "MODIFIED OLD": "UPDATED_OLD", "MODIFIED NEW": "UPDATED_NEW"}[which+" "+when]
	if s.Returning == "" {
		p.unexpected()
	}
	if s.Verb == "DELETE" && s.Returning != "ALL_OLD" {
		panic(fail("Invalid returning clause: RETURNING %s %s *. Only RETURNING ALL OLD * is allowed in DELETE statements.", which, when))
	}
}

// unexpected is the error of a token that cannot be where it is.
func (q *partiQL) unexpected(p *parser) Error {
	switch {
	case p.peek().kind == illegal:
		return notWellFormed
	case p.peek().kind == end:
		return notWellFormed + "Unexpected end of statement"
	}
	return notWellFormed + "Unexpected token after expression"
}
