package expression

import (
	_ "embed"
	"strings"
)

// The words that no attribute can have as its name without #.
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

// conditionFunctions and updateFunctions have how many operands a function takes.
var (
	conditionFunctions = map[string]int{
		"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1,
	}
	updateFunctions = map[string]int{"if_not_exists": 2, "list_append": 2}
)

// maxOperators is how many operators and functions an expression can have.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const maxOperators = 300

// maxSteps is how many steps a path can have.
const maxSteps = 32

// parser reads tokens. A syntax error ends it by a panic with an Error; other errors are
// kept, as DynamoDB tells them in an order of its own.
type parser struct {
	source    string
	tokens    []token
	at        int    // the next token
	group     [2]int // where the last pair of parentheses opened, and where it ended
	functions map[string]int
	partiQL   *partiQL // whose operands are others
	operators int

	redundant, unknown, misused, reserved error // the first of each
}

func newParser(source string, functions map[string]int) *parser {
	return &parser{source: source, tokens: scan(source, false), functions: functions, group: [2]int{-1, -1}}
}

// parsing runs f and returns the syntax error that ended it, or the first of the others.
func (p *parser) parsing(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			syntax, ok := r.(Error)
			if !ok {
				panic(r)
			}
			err = syntax
		}
	}()
	f()
	for _, err := range []error{p.redundant, p.unknown, p.misused, p.reserved} {
		if err != nil {
			return err
		}
	}
	if p.operators > maxOperators {
		return fail("The expression contains too many operators; operator count: %d", p.operators)
	}
	return nil
}

func keep(first *error, format string, arguments ...any) {
	if *first == nil {
		*first = fail(format, arguments...)
	}
}

// unexpected ends the parser at the next token, shown with its neighbours.
func (p *parser) unexpected() {
	if p.partiQL != nil {
		panic(p.partiQL.unexpected(p))
	}
	first, last := max(p.at-1, 0), min(p.at+1, len(p.tokens)-1)
	panic(fail("Syntax error; token: %q, near: %q", p.peek().text, p.source[p.tokens[first].from:p.tokens[last].to]))
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	p.at = min(p.at+1, len(p.tokens)-1)
	return t
}

// is tells whether the next token is a symbol or, in any case of letters, a keyword.
func (p *parser) is(s string) bool { return p.isAt(0, s) }

func (p *parser) isAt(i int, s string) bool {
	t := p.tokens[min(p.at+i, len(p.tokens)-1)]
	return t.kind == symbol && t.text == s || t.kind == word && strings.EqualFold(t.text, s)
}

// accept takes the next token if it is the symbol or keyword.
func (p *parser) accept(s string) bool {
	if p.is(s) {
		p.take()
		return true
	}
	return false
}

func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.unexpected()
	}
}

// condition reads conditions, of which AND binds closer than OR.
func (p *parser) condition() *Node {
	return p.joined(opOr, func() *Node { return p.joined(opAnd, p.not) })
}

func (p *parser) joined(op string, operand func() *Node) *Node {
	n := operand()
	for p.is(op) {
		p.requireCondition(n)
		p.take()
		p.operators++
		right := operand()
		p.requireCondition(right)
		n = Apply(op, n, right)
	}
	return n
}

func (p *parser) not() *Node {
	if p.is(opNot) {
		p.take()
		p.operators++
		n := p.not()
		p.requireCondition(n)
		return Apply(opNot, n)
	}
	return p.comparison()
}

// requireCondition refuses an operand where a condition has to be.
func (p *parser) requireCondition(n *Node) {
	switch n.Op {
	case opPath, opValue:
		p.unexpected()
	case "size":
		keep(&p.misused, "The function is not allowed to be used this way in an expression; function: %s", n.Op)
	}
}

func isOperand(n *Node) bool {
	switch n.Op {
	case opAnd, opOr, opNot, opBetween, opIn:
		return false
	}
	return !isComparison(n.Op)
}

// comparison reads a comparison, or an operand or a condition in parentheses.
func (p *parser) comparison() *Node {
	n := p.primary()
	if !isOperand(n) {
		return n
	}
	not := p.partiQL != nil && p.is(opNot) && (p.isAt(1, opBetween) || p.isAt(1, opIn))
	if not {
		p.take()
	}
	switch t := p.peek(); {
	case p.partiQL != nil && p.is("IS"):
		return p.partiQL.is(p, n)
	case t.kind == symbol && (isComparison(t.text) || t.text == "!="):
		p.take()
		n = Apply(strings.Replace(t.text, "!=", "<>", 1), n, p.operand())
	case p.accept(opBetween):
		low := p.operand()
		p.expect(opAnd)
		n = Apply(opBetween, n, low, p.operand())
	case p.accept(opIn):
		n = Apply(opIn, append([]*Node{n}, p.choices()...)...)
	default:
		return n
	}
	p.operators++
	p.checkOperands(n.Args)
	if not {
		return Apply(opNot, n)
	}
	return n
}

// checkOperands refuses functions that are conditions as operands of others.
func (p *parser) checkOperands(operands []*Node) {
	for _, n := range operands {
		if conditionFunctions[n.Op] > 0 && n.Op != "size" {
			keep(&p.misused, "The function is not allowed to be used this way in an expression; function: %s", n.Op)
		}
	}
}

// parseCondition reads a condition, a filter or a key condition.
func parseCondition(source string) (n *Node, err error) {
	p := newParser(source, conditionFunctions)
	err = p.parsing(func() {
		n = p.condition()
		if n.Op == opPath || n.Op == opValue || p.peek().kind != end {
			p.unexpected()
		}
		p.requireCondition(n)
	})
	return n, err
}
