package expression

import (
	_ "embed"
	"strings"
)

// parseProjection reads paths.
func parseProjection(source string) (paths []*Node, err error) {
	p := newParser(source, nil)
	err = p.parsing(func() {
		for more := true; more; more = p.accept(",") {
			paths = append(paths, At(p.path()))
		}
		if p.peek().kind != end {
			p.unexpected()
		}
	})
	return paths, err
}

// parseUpdate reads the sections of an update.
func parseUpdate(source string) (u Update, err error) {
	p := newParser(source, updateFunctions)
	var twice error
	err = p.parsing(func() {
		seen := map[string]bool{}
		for p.peek().kind != end {
			verb := strings.ToUpper(p.peek().text)
			if p.peek().kind != word || !p.isKeyword(verb) {
				p.unexpected()
			}
			p.take()
			if seen[verb] {
				keep(&twice, "The %q section can only be used once in an update expression;", verb)
			}
			seen[verb] = true
			for more := true; more; more = p.accept(",") {
				u = append(u, p.action(verb))
			}
		}
	})
	if err == nil {
		err = twice
	}
	return u, err
}

// action reads what an update does to one path.
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

// sum reads an operand, or two with a + or a - between them.
func (p *parser) sum() *Node {
	if p.is("(") { // around a sum or an operand
		p.take()
		n := p.sum()
		p.expect(")")
		if n.Op == opPlus || n.Op == opMinus {
			return n
		}
		return p.rest(n)
	}
	return p.rest(p.operand())
}

func (p *parser) rest(n *Node) *Node {
	for _, op := range []string{opPlus, opMinus} {
		if p.accept(op) {
			p.operators++
			return Apply(op, n, p.operand())
		}
	}
	return n
}
