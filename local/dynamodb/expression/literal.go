package expression

import (
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

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
