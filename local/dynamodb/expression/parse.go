package expression

import (
	"maps"
	"strings"
)

// grammar has the differences between the kinds of expressions: their functions, and the words that
// cannot be attribute names.
type grammar struct {
	functions map[string]signature
	keywords  []string
}

var (
	conditions  = grammar{conditionFunctions, []string{opAnd, opOr, opNot, opIn, opBetween}}
	updates     = grammar{updateFunctions, []string{Set, Remove, Add, Delete}}
	projections = grammar{}
	statements  = grammar{map[string]signature{"set_add": {operands: 2}, "set_delete": {operands: 2}}, []string{
		opAnd, opOr, opNot, opIn, opBetween, Set, Remove, "WHERE", "FROM", "RETURNING",
	}}
)

func init() {
	maps.Copy(statements.functions, conditionFunctions)
	maps.Copy(statements.functions, updateFunctions)
}

// parseCondition reads a condition, a filter or a key condition.
func parseCondition(source string) (n *Node) {
	parsing(conditions, source, false, func(p *parser) {
		if n = p.condition(); p.peek().kind == end {
			p.requireCondition(n)
		}
	})
	return n
}

// condition reads conditions that AND and OR join. AND binds more closely than OR.
func (p *parser) condition() *Node {
	return p.joined(opOr, func() *Node { return p.joined(opAnd, p.not) })
}

func (p *parser) joined(op string, operand func() *Node) *Node {
	n := operand()
	for p.is(op) {
		p.requireCondition(n)
		p.take()
		p.operators++
		if p.partiQL && p.atEnd() {
			panic(fail(notWellFormed + "Missing right-hand side expression of infix operator"))
		}
		right := operand()
		p.requireCondition(right)
		n = Apply(op, n, right)
	}
	return n
}

func (p *parser) not() *Node {
	switch {
	case p.partiQL && p.atEnd():
		panic(fail(notWellFormed + "Unexpected term"))
	case p.partiQL && p.is("ORDER"):
		panic(fail(notWellFormed + "Unexpected keyword"))
	}
	if !p.accept(opNot) {
		return p.comparison()
	}
	p.operators++
	n := p.not()
	p.requireCondition(n)
	return Apply(opNot, n)
}

// requireCondition refuses an operand in the place of a condition.
func (p *parser) requireCondition(n *Node) {
	switch n.Op {
	case opPath, opValue:
		p.unexpected()
	case "size":
		p.misuse(n.Op)
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
	not := p.partiQL && (p.isAt(1, opBetween) || p.isAt(1, opIn)) && p.accept(opNot)
	switch t := p.peek(); {
	case p.partiQL && p.accept("IS"):
		return p.isType(n)
	case t.kind == symbol && (isComparison(t.text) || t.text == "!="):
		p.take()
		n = Apply(strings.Replace(t.text, "!=", "<>", 1), n, p.operand())
	case p.accept(opBetween):
		low := p.operand()
		p.expect(opAnd)
		n = Apply(opBetween, n, low, p.operand())
	case p.accept(opIn):
		closing := ")"
		if p.partiQL && p.accept("[") {
			closing = "]"
		} else {
			p.expect("(")
		}
		n = Apply(opIn, append([]*Node{n}, list(p, p.operand)...)...)
		p.expect(closing)
	default:
		return n
	}
	p.operators++
	if !p.partiQL { // PartiQL can compare the result of a function
		p.checkOperands(n.Args)
	}
	if not {
		return Apply(opNot, n)
	}
	return n
}

// primary reads an operand, or a condition in parentheses.
func (p *parser) primary() *Node {
	if !p.is("(") {
		return p.operand()
	}
	opened := p.at
	p.take()
	n := p.condition()
	if p.group == [2]int{opened + 1, p.at} {
		keep(&p.redundant, "The expression has redundant parentheses;")
	}
	p.expect(")")
	p.group = [2]int{opened, p.at}
	if n.Op == opPath {
		n.Path = p.steps(n.Path)
	}
	return n
}

func parseProjection(source string) (paths []Path) {
	parsing(projections, source, false, func(p *parser) { paths = list(p, p.path) })
	return paths
}

func parseUpdate(source string) (u Update) {
	parsing(updates, source, false, func(p *parser) {
		seen := map[string]bool{}
		for p.peek().kind != end {
			verb := strings.ToUpper(p.peek().text)
			if p.peek().kind != word || !p.isKeyword(verb) {
				p.unexpected()
			}
			p.take()
			if seen[verb] {
				keep(&p.twice, "The %q section can only be used once in an update expression;", verb)
			}
			seen[verb] = true
			u = append(u, list(p, func() Action { return p.action(verb) })...)
		}
	})
	return u
}

func (p *parser) action(verb string) Action {
	a := Action{Verb: verb, Path: p.path()}
	switch verb {
	case Set:
		p.expect("=")
		a.Operand = p.sum()
	case Add, Delete:
		if p.peek().kind != ref {
			p.unexpected()
		}
		a.Operand = p.operand()
	}
	return a
}

// sum reads an operand, or two operands with + or - between them. It may be in parentheses.
func (p *parser) sum() *Node {
	var n *Node
	if p.accept("(") {
		n = p.sum()
		p.expect(")")
	} else {
		n = p.operand()
	}
	for _, op := range []string{opPlus, opMinus} {
		if n.Op != opPlus && n.Op != opMinus && p.accept(op) {
			p.operators++
			n = Apply(op, n, p.operand())
		}
	}
	return n
}
