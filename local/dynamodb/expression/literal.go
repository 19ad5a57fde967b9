package expression

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// isType reads the words after IS: MISSING, NULL or another type.
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
		panic(fail(notWellFormed + "Expected type name"))
	}
	if not {
		return Apply(opNot, is)
	}
	return is
}

// isLiteral reports whether a literal comes next.
func (p *parser) isLiteral() bool {
	switch t := p.peek(); t.kind {
	case text, number:
		return true
	case symbol:
		return slices.Contains([]string{"?", "[", "{", "<<", "-", "."}, t.text)
	}
	return !p.isAt(1, ".") && (p.is("TRUE") || p.is("FALSE") || p.is("NULL"))
}

// The operators that make a list, a set or a tuple. The operands of a tuple are a name, its value, the
// next name, and so on.
const (
	opList  = "["
	opSet   = "<<"
	opTuple = "{"
)

func isCollection(op string) bool { return op == opList || op == opSet || op == opTuple }

// literal reads a literal: a value, a parameter, or a list, set or tuple of literals.
func (p *parser) literal() *Node {
	switch t := p.take(); {
	case t.kind == text:
		return Constant(value.String(t.text))
	case t.kind == number, t.text == "-", t.text == ".":
		digits := t.text
		for t.text == "-" || t.text == "." {
			t = p.take()
			digits += t.text
		}
		v, err := value.Number(digits)
		if err != nil {
			panic(fail("%s under %s", err, p.under))
		}
		return Constant(v)
	case t.kind == word && strings.EqualFold(t.text, "NULL"):
		return Constant(value.Value{Kind: value.NULL})
	case t.kind == word && (strings.EqualFold(t.text, "TRUE") || strings.EqualFold(t.text, "FALSE")):
		return Constant(value.Value{Kind: value.BOOL, True: len(t.text) == len("TRUE")})
	case t.text == "?":
		p.parameters++
		return &Node{Op: opValue, parameter: p.parameters}
	case t.text == opList:
		return collection(opList, p.elements("]"))
	case t.text == opSet:
		return collection(opSet, p.elements(">>"))
	case t.text == opTuple:
		return collection(opTuple, p.members())
	}
	p.at = max(p.at-1, 0)
	p.unexpected()
	return nil
}

// elements reads the elements of a list or a set up to the closing symbol.
func (p *parser) elements(closing string) (all []*Node) {
	for !p.accept(closing) {
		if len(all) > 0 {
			p.expect(",")
		}
		all = append(all, p.literalAt(fmt.Sprintf("[%d]", len(all))))
	}
	return all
}

// literalAt reads a literal inside another one. step leads from that one to it. The tuple of an INSERT is no such step.
func (p *parser) literalAt(step string) *Node {
	outer := p.under
	if p.under += step; outer == "" {
		p.under = "root"
	}
	n := p.literal()
	p.under = outer
	return n
}

// members reads the names and the values of a tuple: a name, its value, the next name, and so on.
func (p *parser) members() (all []*Node) {
	seen := map[string]bool{}
	for !p.accept("}") {
		if len(all) > 0 {
			p.expect(",")
		}
		name := p.take()
		if name.kind != text && name.kind != quoted {
			p.unexpected()
		}
		if seen[name.text] {
			panic(fail("Duplicate keys in tuple. Key: %s under %s", name.text, cmp.Or(p.under, "root")))
		}
		seen[name.text] = true
		p.expect(":")
		all = append(all, Constant(value.String(name.text)), p.literalAt("."+name.text))
	}
	return all
}

// collection returns a list, set or tuple. It is a constant if no element has a parameter.
func collection(op string, elements []*Node) *Node {
	for _, e := range elements {
		if e.Op != opValue || e.parameter > 0 {
			return Apply(op, elements...)
		}
	}
	return Constant(collected(op, elements, func(n *Node) value.Value { return n.Value }))
}

// collected makes a list, a set or a tuple of the values of nodes. of returns the value of a node.
func collected(op string, nodes []*Node, of func(*Node) value.Value) value.Value {
	if op == opTuple {
		item := make(value.Item, len(nodes)/2)
		for i := 0; i < len(nodes); i += 2 {
			item[nodes[i].Value.Text] = of(nodes[i+1])
		}
		return value.Value{Kind: value.M, Map: item}
	}
	elements := make([]value.Value, len(nodes))
	for i, n := range nodes {
		elements[i] = of(n)
	}
	if op == opSet {
		return set(elements)
	}
	return value.Value{Kind: value.L, List: elements}
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
