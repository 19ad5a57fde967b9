package expression

import (
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// is reads IS MISSING, IS NULL, or IS and a type.
func (q *partiQL) is(p *parser, n *Node) *Node {
	p.expect("IS")
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

// function refuses a function that is not one.
func (q *partiQL) function(p *parser, n *Node, called token) {
	n.Op = strings.ToLower(n.Op)
	if _, ok := statementFunctions[n.Op]; !ok {
		panic(fail("Unrecognized function: %s at 1:%d:%d", n.Op, called.from+1, len(called.text)))
	}
}

// literal reads a value, unless there is none.
func (q *partiQL) literal(p *parser) *Node {
	switch t := p.peek(); {
	case t.kind == text, t.kind == number, p.is("?"), p.is("["), p.is("{"), p.is("<<"), p.is("-"), p.is("."):
	case t.kind == word && !p.isAt(1, ".") && (p.is("TRUE") || p.is("FALSE") || p.is("NULL")):
	default:
		return nil
	}
	return Constant(q.value(p))
}

func (q *partiQL) value(p *parser) value.Value {
	t := p.take()
	switch {
	case t.kind == text:
		return value.String(t.text)
	case t.kind == number, t.text == "-", t.text == ".":
		return q.number(p, t)
	case t.kind == word:
		switch strings.ToUpper(t.text) {
		case "TRUE", "FALSE":
			return value.Value{Kind: value.BOOL, True: strings.EqualFold(t.text, "TRUE")}
		case "NULL":
			return value.Value{Kind: value.NULL}
		}
	case t.text == "?" && len(q.parameters) == 0:
		q.missing = true
		return value.Value{Kind: value.NULL}
	case t.text == "?":
		v := q.parameters[0]
		q.parameters = q.parameters[1:]
		return v
	case t.text == "[":
		return value.Value{Kind: value.L, List: q.elements(p, "]")}
	case t.text == "<<":
		return q.set(q.elements(p, ">>"))
	case t.text == "{":
		return q.tuple(p)
	}
	p.at = max(p.at-1, 0)
	p.unexpected()
	return value.Value{}
}

func (q *partiQL) number(p *parser, t token) value.Value {
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
}

func (q *partiQL) elements(p *parser, closing string) []value.Value {
	all := []value.Value{}
	for !p.accept(closing) {
		if len(all) > 0 {
			p.expect(",")
		}
		all = append(all, q.value(p))
	}
	return all
}

func (q *partiQL) set(elements []value.Value) value.Value {
	if len(elements) == 0 {
		panic(fail("Empty bags are not supported"))
	}
	kind := elements[0].Kind
	for _, e := range elements {
		if e.Kind != kind || !kind.Comparable() {
			panic(fail("A set must have values of one type, S, N or B; it has %s and %s", kind, e.Kind))
		}
	}
	set, err := value.Set(kind, elements)
	if err != nil {
		panic(Error(err.Error()))
	}
	return set
}

func (q *partiQL) tuple(p *parser) value.Value {
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
		item[name.text] = q.value(p)
	}
	return value.Value{Kind: value.M, Map: item}
}
