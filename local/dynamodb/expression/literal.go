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

// opTuple makes a tuple. Its operands are a name, its value, the next name, and so on.
const opTuple = "{"

// literal reads a literal: a value, a parameter, or a list, set or tuple of literals. Only the tuple of an INSERT can have
// parameters.
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
		if strings.ContainsAny(p.under, ".[") {
			panic(fail("Unsupported data type: Parameter under key %s at %s", p.under, t.place()))
		}
		p.parameters++
		return &Node{Op: opValue, parameter: p.parameters}
	case t.text == "[":
		return Constant(value.Value{Kind: value.L, List: p.elements("]")})
	case t.text == "<<":
		return Constant(set(p.elements(">>")))
	case t.text == opTuple:
		return tuple(p.members())
	}
	p.at = max(p.at-1, 0)
	p.unexpected()
	return nil
}

// elements reads the elements of a list or a set up to the closing symbol.
func (p *parser) elements(closing string) []value.Value {
	all := []value.Value{}
	for !p.accept(closing) {
		if len(all) > 0 {
			p.expect(",")
		}
		if closing == ">>" && p.is("?") {
			panic(fail(wrongBag))
		}
		all = append(all, p.literalAt(fmt.Sprintf("[%d]", len(all))).Value)
	}
	return all
}

// literalAt reads a literal that is inside another one. step is its name or index there. Each value in the tuple of an
// INSERT is a root of its own, so there the step does not count.
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

// tuple returns a tuple. It is a constant if no value is a parameter.
func tuple(members []*Node) *Node {
	if slices.ContainsFunc(members, func(n *Node) bool { return n.parameter > 0 }) {
		return Apply(opTuple, members...)
	}
	return Constant(value.Value{Kind: value.M, Map: arguments(nil).item(members)})
}

const wrongBag = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"

func set(elements []value.Value) value.Value {
	if len(elements) == 0 {
		panic(fail("Empty bags are not supported"))
	}
	kind := elements[0].Kind
	for _, e := range elements {
		if e.Kind != kind || kind != value.S && kind != value.N {
			panic(fail(wrongBag))
		}
	}
	return must(value.Set(kind, elements))
}
