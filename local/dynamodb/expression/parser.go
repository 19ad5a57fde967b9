package expression

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
)

// reservedText has the reserved words. An expression can use an attribute with such a name only
// through a #name.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
//
//go:embed reserved.txt
var reservedText string

var reserved = func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(reservedText) {
		words[word] = true
	}
	return words
}()

// maxOperators is the largest number of operators and functions in an expression. maxSteps is the
// largest number of steps in a path.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const (
	maxOperators = 300
	maxSteps     = 32
)

// parser reads tokens. At a syntax error it panics. It keeps other errors until the end, as DynamoDB
// reports them in a fixed order and not in the order of the text.
type parser struct {
	grammar
	source     string
	tokens     []token
	at         int    // the index of the next token
	group      [2]int // the indexes of the tokens at which the last pair of parentheses opened and closed
	partiQL    bool   // the text is a PartiQL statement, which has other operands
	parameters int    // the number of parameters so far, in a statement
	under      string // the place of the next literal in a literal of a statement, such as root.k[0]; "" before the tuple of an INSERT
	operators  int

	redundant, unknown, misused, reserved, twice error // the first error of each sort
}

// parsing calls f to read all tokens. It panics with the syntax error, or else with the first of the
// other errors. It returns the number of parameters.
func parsing(g grammar, source string, partiQL bool, f func(p *parser)) (parameters int) {
	p := &parser{grammar: g, source: source, tokens: scan(source, partiQL), partiQL: partiQL, under: "root", group: [2]int{-1, -1}}
	if f(p); p.peek().kind != end {
		p.unexpected()
	}
	for _, err := range []error{p.redundant, p.unknown, p.misused, p.reserved, p.twice} {
		if err != nil {
			panic(err)
		}
	}
	if p.operators > maxOperators {
		panic(fail("The expression contains too many operators; operator count: %d", p.operators))
	}
	return p.parameters
}

func keep(first *error, format string, arguments ...any) {
	if *first == nil {
		*first = fail(format, arguments...)
	}
}

func (p *parser) misuse(function string) {
	keep(&p.misused, "The function is not allowed to be used this way in an expression; function: %s", function)
}

// unexpected panics with a syntax error that shows the next token and its neighbours.
func (p *parser) unexpected() {
	if p.partiQL {
		panic(p.malformed())
	}
	first, last := max(p.at-1, 0), min(p.at+1, len(p.tokens)-1)
	panic(fail("Syntax error; token: %q, near: %q", p.peek().text, p.source[p.tokens[first].from:p.tokens[last].to]))
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) atEnd() bool { return p.peek().kind == end || p.is(";") }

func (p *parser) take() token {
	t := p.tokens[p.at]
	p.at = min(p.at+1, len(p.tokens)-1)
	return t
}

// is reports whether the next token is this symbol or keyword. The case of a keyword does not matter.
func (p *parser) is(s string) bool { return p.isAt(0, s) }

func (p *parser) isAt(i int, s string) bool {
	t := p.tokens[min(p.at+i, len(p.tokens)-1)]
	return t.kind == symbol && t.text == s || t.kind == word && strings.EqualFold(t.text, s)
}

// accept reads the next token if it is this symbol or keyword, and reports whether it was.
func (p *parser) accept(s string) bool {
	is := p.is(s)
	if is {
		p.take()
	}
	return is
}

func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.unexpected()
	}
}

func list[E any](p *parser, element func() E) (all []E) {
	for more := true; more; more = p.accept(",") {
		all = append(all, element())
	}
	return all
}

func (p *parser) operand() *Node {
	if p.is("(") {
		n := p.primary()
		if !isOperand(n) {
			p.unexpected()
		}
		return n
	}
	if p.partiQL && p.isLiteral() {
		return p.literal()
	}
	switch t := p.peek(); {
	case p.partiQL && p.is("MISSING") && !p.isAt(1, "("):
		panic(fail("MISSING must be compared using IS operator"))
	case t.kind == ref:
		p.take()
		return &Node{Op: opValue, ref: t.text}
	case t.kind == word && p.isAt(1, "(") && !p.isKeyword(t.text):
		return p.function()
	}
	return At(p.path())
}

func (p *parser) isKeyword(s string) bool {
	for _, keyword := range p.keywords {
		if strings.EqualFold(s, keyword) {
			return true
		}
	}
	return false
}

func (p *parser) function() *Node {
	called := p.take()
	p.expect("(")
	p.operators++
	n := &Node{Op: called.text}
	if p.partiQL {
		n.Op = strings.ToLower(called.text)
		if _, ok := p.functions[n.Op]; !ok {
			panic(fail("Unrecognized function: %s at %s", n.Op, called.place()))
		}
	}
	if !p.partiQL || !p.is(")") {
		n.Args = list(p, p.operand)
	}
	p.expect(")")
	_, known := statements.functions[n.Op]
	if _, ok := p.functions[n.Op]; !ok && known {
		p.misuse(n.Op)
	} else if !ok {
		keep(&p.unknown, "Invalid function name; function: %s", n.Op)
	}
	p.checkOperands(n.Args)
	for _, arg := range n.Args {
		if arg.Op == "list_append" {
			p.misuse(arg.Op)
		}
	}
	return n
}

// checkOperands refuses a function that is a condition as an operand of another function.
func (p *parser) checkOperands(operands []*Node) {
	for _, n := range operands {
		if conditionFunctions[n.Op].operands > 0 && n.Op != "size" {
			p.misuse(n.Op)
		}
	}
}

// path reads a document path such as a.b[1].
func (p *parser) path() Path { return p.steps(Path{{Name: p.attribute()}}) }

// steps reads the steps of a path after its first name.
func (p *parser) steps(path Path) Path {
	for {
		switch {
		case p.accept("."):
			path = append(path, Step{Name: p.attribute()})
		case p.accept("["):
			if p.peek().kind != number {
				p.unexpected()
			}
			digits := p.take().text
			index, err := strconv.Atoi(digits)
			if err != nil || index > math.MaxInt32 {
				keep(&p.misused, "List index is not within the allowable range; index: [%s]", digits)
			}
			path = append(path, Step{Index: index})
			p.expect("]")
		default:
			if len(path) > maxSteps {
				keep(&p.redundant, "The document path has too many nesting elements; nesting levels: %d", len(path))
			}
			return path
		}
	}
}

func (p *parser) attribute() string {
	switch t := p.peek(); {
	case t.kind == name, t.kind == quoted && t.text != "":
		return p.take().text
	case t.kind == word && !p.isKeyword(t.text):
		if !p.partiQL && reserved[strings.ToUpper(t.text)] {
			keep(&p.reserved, "Attribute name is a reserved keyword; reserved keyword: %s", t.text)
		}
		return p.take().text
	}
	p.unexpected()
	return ""
}
