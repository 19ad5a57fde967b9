package expression

import (
	"slices"
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

// malformed is the error of a token that cannot be where it is.
func (p *parser) malformed() Error {
	switch p.peek().kind {
	case illegal:
		return notWellFormed
	case end:
		return notWellFormed + "Unexpected end of statement"
	}
	return notWellFormed + "Unexpected token after expression"
}

// ParseStatement parses and checks a statement of PartiQL.
func ParseStatement(source string, parameters []value.Value) (s *Statement, err error) {
	for _, v := range parameters {
		if err := v.Check(); err != nil {
			return nil, err
		}
	}
	q := &partiQL{parameters: parameters}
	s = &Statement{}
	err = catch(func() {
		parsing(statements, source, q, func(p *parser) {
			s.parse(p)
			p.accept(";")
		})
		if q.missing || len(q.parameters) > 0 {
			panic(fail("Number of parameters in request and statement don't match."))
		}
		s.Where.Walk(checkCondition)
		s.Update.check()
	})
	return s, err
}

func (s *Statement) parse(p *parser) {
	s.Verb = strings.ToUpper(p.take().text)
	switch s.Verb {
	case "SELECT":
		if !p.accept("*") {
			s.Projection = list(p, p.path)
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
		v := p.literal()
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

// from reads the name of a table, and perhaps of an index.
func (s *Statement) from(p *parser) {
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
	switch next := p.peek().kind; {
	case s.Verb == "INSERT", next != word && next != quoted, p.is("ORDER"), next == word && p.isKeyword(p.peek().text):
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
			s.Update = append(s.Update, list(p, func() Action {
				path := p.path()
				p.expect("=")
				return assignment(path, p.sum())
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

// assignment is SET, but for set_add and set_delete, which are the actions ADD and DELETE.
func assignment(path Path, n *Node) Action {
	verb, ok := map[string]string{"set_add": Add, "set_delete": Delete}[n.Op]
	function := strings.ToUpper(n.Op)
	switch {
	case !ok:
		return Action{Verb: Set, Path: path, Operand: n}
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

// isType reads what follows IS: MISSING, NULL, or another type.
func (p *parser) isType(n *Node) *Node {
	not := p.accept(opNot)
	what := strings.ToUpper(p.take().text)
	types := map[string]string{
		"NULL": "NULL", "BOOL": "BOOL", "BOOLEAN": "BOOL", "STRING": "S", "NUMBER": "N", "BINARY": "B", "LIST": "L", "MAP": "M",
		"STRING_SET": "SS", "NUMBER_SET": "NS", "BINARY_SET": "BS", "SS": "SS", "NS": "NS", "BS": "BS",
	}
	is := Apply("attribute_not_exists", n)
	if name, ok := types[what]; ok {
		is = Apply("attribute_type", n, Constant(value.String(name)))
	} else if what != "MISSING" {
		p.unexpected()
	}
	if not {
		return Apply(opNot, is)
	}
	return is
}

// isLiteral tells whether a value comes next.
func (p *parser) isLiteral() bool {
	switch t := p.peek(); t.kind {
	case text, number:
		return true
	case symbol:
		return slices.Contains([]string{"?", "[", "{", "<<", "-", "."}, t.text)
	}
	return !p.isAt(1, ".") && (p.is("TRUE") || p.is("FALSE") || p.is("NULL"))
}

// literal reads a value.
func (p *parser) literal() value.Value {
	switch t := p.take(); {
	case t.kind == text:
		return value.String(t.text)
	case t.kind == number, t.text == "-", t.text == ".":
		digits := t.text
		for t.text == "-" || t.text == "." {
			t = p.take()
			digits += t.text
		}
		v, err := value.Number(digits)
		if err != nil {
			panic(fail("%s under root", err))
		}
		return v
	case t.kind == word && strings.EqualFold(t.text, "NULL"):
		return value.Value{Kind: value.NULL}
	case t.kind == word && (strings.EqualFold(t.text, "TRUE") || strings.EqualFold(t.text, "FALSE")):
		return value.Value{Kind: value.BOOL, True: len(t.text) == len("TRUE")}
	case t.text == "?":
		return p.partiQL.parameter()
	case t.text == "[":
		return value.Value{Kind: value.L, List: p.elements("]")}
	case t.text == "<<":
		return set(p.elements(">>"))
	case t.text == "{":
		return p.tuple()
	}
	p.at = max(p.at-1, 0)
	p.unexpected()
	return value.Value{}
}

// parameter takes the next parameter.
func (q *partiQL) parameter() value.Value {
	if len(q.parameters) == 0 {
		q.missing = true
		return value.Value{Kind: value.NULL}
	}
	v := q.parameters[0]
	q.parameters = q.parameters[1:]
	return v
}

func (p *parser) elements(closing string) []value.Value {
	all := []value.Value{}
	if !p.is(closing) {
		all = list(p, p.literal)
	}
	p.expect(closing)
	return all
}

func set(elements []value.Value) value.Value {
	if len(elements) == 0 {
		panic(fail("Empty bags are not supported"))
	}
	kind := elements[0].Kind
	for _, e := range elements {
		if e.Kind != kind || !kind.Comparable() {
			panic(fail("A set must have values of one type, S, N or B; it has %s and %s", kind, e.Kind))
		}
	}
	return must(value.Set(kind, elements))
}

func (p *parser) tuple() value.Value {
	item := value.Item{}
	for !p.accept("}") {
		if len(item) > 0 {
			p.expect(",")
		}
		name := p.take()
		if name.kind != text && name.kind != quoted {
			p.unexpected()
		}
		p.expect(":")
		item[name.text] = p.literal()
	}
	return value.Value{Kind: value.M, Map: item}
}
