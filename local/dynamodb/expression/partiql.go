package expression

import (
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// Statement is a PartiQL statement whose parameters are filled in.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
type Statement struct {
	Verb       string // SELECT, INSERT, UPDATE, DELETE, or EXISTS (a condition)
	Table      string
	Index      *string
	Item       value.Item // only for INSERT
	Update     Update     // only for UPDATE
	Where      *Node
	Projection []Path // only for SELECT; nil means all attributes
	OrderBy    []Order
	Returning  string // ALL_OLD, ALL_NEW, UPDATED_OLD, UPDATED_NEW or ""

	tuple      *Node // the source of Item, which may have parameters
	parameters int   // their number
}

// Order is an attribute in ORDER BY of a SELECT.
type Order struct {
	Attribute  string
	Descending bool
}

const notWellFormed = "Statement wasn't well formed, can't be processed: "

// malformed returns the error for a token that the grammar does not allow here.
func (p *parser) malformed() Error {
	switch p.peek().kind {
	case illegal:
		return notWellFormed
	case end:
		return notWellFormed + "Unexpected end of statement"
	}
	return notWellFormed + "Unexpected token after expression"
}

// Statement parses a statement and fills in its parameters.
func (c *Cache) Statement(source string, parameters []value.Value) (*Statement, error) {
	p := c.parse(statement, source)
	if p.err != nil {
		return nil, p.err
	}
	s := *p.statement
	return &s, catch(func() { s.bind(parameters) })
}

// parseStatement parses a statement. It does not fill in the parameters.
func parseStatement(source string) *Statement {
	s := &Statement{}
	s.parameters = parsing(statements, source, true, func(p *parser) {
		s.parse(p)
		p.accept(";")
	})
	return s
}

// bind fills in the parameters and checks the statement.
func (s *Statement) bind(parameters arguments) {
	if len(parameters) != s.parameters {
		panic(fail("Number of parameters in request and statement don't match."))
	}
	s.Where = parameters.in(s.Where)
	s.Where.Walk(checkCondition)
	if s.tuple != nil {
		if s.Item = s.tuple.Value.Map; s.tuple.Op == opTuple {
			s.Item = parameters.item(s.tuple.Args)
		}
	}
	update := make(Update, len(s.Update))
	for i, a := range s.Update {
		update[i] = a
		if a.Verb == Set {
			update[i] = assignment(a.Path, parameters.in(a.Operand))
		}
	}
	s.Update = update
	s.Update.check()
}

// arguments are the values for the parameters of a statement, in their order.
type arguments []value.Value

// in returns a copy of the node with the arguments filled in.
func (all arguments) in(n *Node) *Node {
	switch {
	case n == nil, n.Op == opPath:
		return n
	case n.Op == opValue:
		if n.parameter > 0 {
			return Constant(all.of(n))
		}
		return n
	}
	args, changed := n.Args, false
	for i, arg := range n.Args {
		bound := all.in(arg)
		if bound != arg && !changed {
			args, changed = slices.Clone(n.Args), true
		}
		args[i] = bound
	}
	if !changed {
		return n
	}
	return Apply(n.Op, args...)
}

// of returns the value of a literal or of a parameter.
func (all arguments) of(n *Node) value.Value {
	if n.parameter > 0 {
		return all[n.parameter-1]
	}
	return n.Value
}

// item makes an item of the members of a tuple.
func (all arguments) item(members []*Node) value.Item {
	item := make(value.Item, len(members)/2)
	for i := 0; i < len(members); i += 2 {
		item[members[i].Value.Text] = all.of(members[i+1])
	}
	return item
}

func (s *Statement) parse(p *parser) {
	s.Verb = strings.ToUpper(p.take().text)
	switch s.Verb {
	case "SELECT":
		if !p.accept("*") {
			s.Projection = list(p, p.projected)
			checkLabels(s.Projection)
		}
		p.expect("FROM")
		s.from(p)
		s.where(p)
		if p.accept("ORDER") {
			p.expect("BY")
			s.OrderBy = list(p, p.order)
		}
	case "INSERT":
		p.expect("INTO")
		s.from(p)
		p.expect("VALUE")
		p.under = ""
		s.tuple = p.literal()
		if s.tuple.Op != opTuple && s.tuple.Value.Kind != value.M {
			panic(fail(notWellFormed + "Expected a tuple after VALUE"))
		}
	case "UPDATE":
		s.from(p)
		s.updates(p)
		s.where(p)
		s.returning(p)
	case "FROM": // of an update that begins with FROM
		s.Verb = "UPDATE"
		s.from(p)
		s.where(p)
		s.updates(p)
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
		panic(fail(notWellFormed + "Expected data manipulation"))
	}
}

// from reads the name of a table, which the name of an index may follow.
func (s *Statement) from(p *parser) {
	switch missing := p.atEnd() || p.is("WHERE"); {
	case missing && s.Verb == "DELETE":
		panic(fail(notWellFormed + "Expected identifier for simple path"))
	case missing && s.Verb == "SELECT":
		panic(fail(notWellFormed + "Unexpected term"))
	}
	names := []string{}
	for more := true; more; more = p.accept(".") {
		switch t := p.take(); {
		case t.kind == quoted && t.text == "":
			panic(fail("Path component cannot be an empty string"))
		case t.kind != quoted && t.kind != word:
			p.unexpected()
		default:
			names = append(names, t.text)
		}
	}
	if s.Table = names[0]; len(names) == 2 {
		s.Index = &names[1]
	}
	if len(names) > 2 {
		panic(fail("A path may contain at most 2 components in the FROM clause"))
	}
	if s.Index != nil && s.Verb != "SELECT" {
		panic(fail("FROM clause may only contain a single table name in data manipulation statements"))
	}
	switch next := p.peek().kind; {
	case s.Verb == "INSERT", next != word && next != quoted, p.is("ORDER"), next == word && p.isKeyword(p.peek().text):
	default:
		panic(fail("Aliasing is not supported"))
	}
}

func (s *Statement) where(p *parser) {
	if p.accept("WHERE") {
		all := p.functions
		p.functions = conditionFunctions
		s.Where = p.condition()
		p.requireCondition(s.Where)
		p.functions = all
	}
}

func (p *parser) order() Order {
	o := Order{Attribute: p.attribute()}
	if o.Descending = p.accept("DESC"); !o.Descending {
		p.accept("ASC")
	}
	return o
}

// projected reads a path that a SELECT shows. It refuses a function.
func (p *parser) projected() Path {
	if t := p.peek(); t.kind == word && p.isAt(1, "(") {
		panic(fail("Unexpected path component at %s", t.place()))
	}
	return p.path()
}

// checkLabels refuses two values that a SELECT would show under one name.
func checkLabels(projection []Path) {
	seen := map[string]bool{}
	for _, path := range projection {
		label := path.Label()
		if seen[label] {
			panic(fail("Duplicate identifiers in select clause: %s", label))
		}
		seen[label] = true
	}
}

// updates reads SET and REMOVE clauses.
func (s *Statement) updates(p *parser) {
	for {
		switch {
		case p.accept(Set):
			s.Update = append(s.Update, list(p, func() Action {
				path := p.path()
				p.expect("=")
				return Action{Verb: Set, Path: path, Operand: p.sum()}
			})...)
		case p.accept(Remove):
			s.Update = append(s.Update, list(p, func() Action { return Action{Verb: Remove, Path: p.path()} })...)
		case len(s.Update) == 0:
			p.unexpected()
		default:
			return
		}
	}
}

// assignment returns the action for path = n: ADD for the function set_add, DELETE for set_delete, else SET.
func assignment(path Path, n *Node) Action {
	verb := Set
	switch n.Op {
	case "set_add":
		verb = Add
	case "set_delete":
		verb = Delete
	default:
		return Action{Verb: Set, Path: path, Operand: n}
	}
	function := strings.ToUpper(n.Op)
	switch {
	case len(n.Args) != 2:
		panic(fail("%s must have exactly two arguments", function))
	case n.Args[0].Op != opPath || n.Args[0].Path.String() != path.String():
		panic(fail("The first argument to %s must equal the assignment value", function))
	case !n.Args[1].kind().IsSet():
		panic(fail("The second argument to %s must be a value with type SET", function))
	}
	return Action{Verb: verb, Path: path, Operand: n.Args[1]}
}

func (s *Statement) returning(p *parser) {
	if !p.accept("RETURNING") {
		return
	}
	which := strings.ToUpper(p.take().text + " " + p.take().text)
	p.expect("*")
	s.Returning = map[string]string{
		"ALL OLD": "ALL_OLD", "ALL NEW": "ALL_NEW", "MODIFIED OLD": "UPDATED_OLD", "MODIFIED NEW": "UPDATED_NEW",
	}[which]
	if s.Returning == "" {
		p.unexpected()
	}
	if s.Verb == "DELETE" && s.Returning != "ALL_OLD" {
		panic(fail("Invalid returning clause: RETURNING %s *. Only RETURNING ALL OLD * is allowed in DELETE statements.", which))
	}
}
