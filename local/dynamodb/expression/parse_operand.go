package expression

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
)

// choices reads what IN chooses from.
func (p *parser) choices() []*Node {
	closing := ")"
	if p.partiQL != nil && p.accept("[") {
		closing = "]"
	} else {
		p.expect("(")
	}
	return p.list(closing, p.operand)
}

// list reads elements with commas between them up to the closing symbol.
func (p *parser) list(closing string, element func() *Node) (all []*Node) {
	for more := true; more; more = p.accept(",") {
		all = append(all, element())
	}
	p.expect(closing)
	return all
}

// primary reads an operand, or what is in parentheses.
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
	return p.steps(n)
}

// operand reads a path, a value, or a function.
func (p *parser) operand() *Node {
	if p.is("(") {
		n := p.primary()
		if !isOperand(n) {
			p.unexpected()
		}
		return n
	}
	if p.partiQL != nil {
		if n := p.partiQL.literal(p); n != nil {
			return n
		}
	}
	switch t := p.peek(); {
	case t.kind == ref:
		p.take()
		return &Node{Op: opValue, ref: t.text}
	case t.kind == word && p.isAt(1, "(") && !p.isKeyword(t.text):
		return p.function()
	}
	return At(p.path())
}

func (p *parser) isKeyword(s string) bool {
	switch strings.ToUpper(s) {
	case opAnd, opOr, opNot, opIn, opBetween:
		return p.functions["size"] > 0
	case "SET", "REMOVE":
		return p.functions["if_not_exists"] > 0
	case "WHERE", "FROM", "RETURNING":
		return p.partiQL != nil
	case "ADD", "DELETE":
		return p.functions["if_not_exists"] > 0 && p.partiQL == nil
	}
	return false
}

func (p *parser) function() *Node {
	called := p.take()
	p.expect("(")
	p.operators++
	n := &Node{Op: called.text}
	if p.partiQL != nil {
		p.partiQL.function(p, n, called)
	}
	if p.partiQL == nil || !p.accept(")") {
		n.Args = p.list(")", p.operand)
	}
	if _, ok := p.functions[n.Op]; !ok && statementFunctions[n.Op] > 0 {
		keep(&p.misused, "The function is not allowed to be used this way in an expression; function: %s", n.Op)
	} else if !ok {
		keep(&p.unknown, "Invalid function name; function: %s", n.Op)
	}
	p.checkOperands(n.Args)
	for _, arg := range n.Args {
		if arg.Op == "list_append" {
			keep(&p.misused, "The function is not allowed to be used this way in an expression; function: %s", arg.Op)
		}
	}
	return n
}

// path reads a document path such as a.b[1].
func (p *parser) path() Path {
	return p.steps(At(Path{{Name: p.attribute()}})).Path
}

// steps reads what follows the first name of a path.
func (p *parser) steps(n *Node) *Node {
	if n.Op != opPath {
		return n
	}
	for {
		switch {
		case p.accept("."):
			n.Path = append(n.Path, Step{Name: p.attribute()})
		case p.accept("["):
			t := p.take()
			index, err := strconv.Atoi(t.text)
			if t.kind != number {
				p.at--
				p.unexpected()
			}
			if err != nil || index > math.MaxInt32 {
				keep(&p.misused, "List index is not within the allowable range; index: [%s]", t.text)
			}
			n.Path = append(n.Path, Step{Index: index})
			p.expect("]")
		default:
			if len(n.Path) > maxSteps {
				keep(&p.redundant, "The document path has too many nesting elements; nesting levels: %d", len(n.Path))
			}
			return n
		}
	}
}

func (p *parser) attribute() string {
	switch t := p.peek(); {
	case t.kind == name, t.kind == quoted && t.text != "":
		return p.take().text
	case t.kind == word && !p.isKeyword(t.text):
		p.take()
		if p.partiQL == nil && reserved[strings.ToUpper(t.text)] {
			keep(&p.reserved, "Attribute name is a reserved keyword; reserved keyword: %s", t.text)
		}
		return t.text
	}
	p.unexpected()
	return ""
}
