package dynamodb_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// drawCondition draws a condition that DynamoDB accepts.
func (s *session) drawCondition(t *rapid.T, depth int) term {
	if depth > 0 && rapid.IntRange(0, 2).Draw(t, "joined") > 0 {
		x := s.drawCondition(t, depth-1)
		switch rapid.IntRange(0, 2).Draw(t, "operator") {
		case 0:
			y := s.drawCondition(t, depth-1)
			return term{text: "(" + x.text + " AND " + y.text + ")", holds: func(i typed) bool { return x.holds(i) && y.holds(i) }}
		case 1:
			y := s.drawCondition(t, depth-1)
			return term{text: "(" + x.text + " OR " + y.text + ")", holds: func(i typed) bool { return x.holds(i) || y.holds(i) }}
		}
		return term{text: "NOT " + x.text, holds: func(i typed) bool { return !x.holds(i) }}
	}
	path := drawPath(t)
	switch rapid.IntRange(0, 6).Draw(t, "condition") {
	case 0:
		return term{text: "attribute_exists(" + path.text + ")", holds: func(i typed) bool { return path.value(i) != nil }}
	case 1:
		return term{text: "attribute_not_exists (" + path.text + ")", holds: func(i typed) bool { return path.value(i) == nil }}
	case 2:
		prefix := s.constant(drawText(t))
		return term{text: "begins_with(" + path.text + ", " + prefix.text + ")", holds: func(i typed) bool {
			text, ok := path.value(i)["S"].(string)
			return ok && strings.HasPrefix(text, prefix.value(i)["S"].(string))
		}}
	case 3:
		part := s.constant(drawText(t))
		return term{text: "contains(" + path.text + ", " + part.text + ")", holds: func(i typed) bool { return has(path.value(i), part.value(i)) }}
	case 4:
		low, high := drawNumber(t), drawNumber(t)
		if rational(low).Cmp(rational(high)) > 0 {
			low, high = high, low
		}
		l, h := s.constant(low), s.constant(high)
		return term{text: path.text + " BETWEEN " + l.text + " AND " + h.text, holds: func(i typed) bool {
			v := path.value(i)
			return kindOf(v) == "N" && rational(low).Cmp(rational(v)) <= 0 && rational(v).Cmp(rational(high)) <= 0
		}}
	case 5:
		x, y := s.constant(drawValue(t)), s.constant(drawValue(t))
		return term{text: path.text + " IN (" + x.text + "," + y.text + ")", holds: func(i typed) bool {
			v := path.value(i)
			return v != nil && (same(v, x.value(i)) || same(v, y.value(i)))
		}}
	}
	return s.drawComparison(t, path)
}

// has evaluates the function contains.
func has(v, part typed) bool {
	switch kindOf(v) {
	case "S":
		return strings.Contains(v["S"].(string), part["S"].(string))
	case "SS":
		return slices.Contains(sortedTexts(v), part["S"].(string))
	case "L":
		return slices.ContainsFunc(v["L"].([]any), func(e any) bool { return same(e.(typed), part) })
	}
	return false
}

func (s *session) drawComparison(t *rapid.T, left term) term {
	operator := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">="}).Draw(t, "comparison")
	right := s.constant(rapid.Custom(func(t *rapid.T) typed {
		if rapid.Bool().Draw(t, "as a number") {
			return drawNumber(t)
		}
		return drawText(t)
	}).Draw(t, "right"))
	if rapid.Bool().Draw(t, "of paths") {
		if other := drawPath(t); other.text != left.text {
			delete(s.values, right.text)
			right = other
		}
	}
	return term{text: left.text + operator + right.text, holds: func(i typed) bool {
		a, b := left.value(i), right.value(i)
		switch operator {
		case "=":
			return a != nil && b != nil && same(a, b)
		case "<>":
			return a == nil || b == nil || !same(a, b)
		}
		order := 0
		switch {
		case kindOf(a) != kindOf(b):
			return false
		case kindOf(a) == "N":
			order = rational(a).Cmp(rational(b))
		case kindOf(a) == "S":
			order = strings.Compare(a["S"].(string), b["S"].(string))
		default:
			return false
		}
		return map[string]bool{"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]
	}}
}

func TestConditionsAreTrueWhereTheReferenceSaysSo(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		server := dynamodbserver.New("us-east-1", "000000000000")
		post(t, server, "CreateTable", table)
		item := drawItem(r)
		if got := ask(t, server, "PutItem", typed{"Item": item}, nil); len(got) > 0 {
			r.Fatalf("%v: %v", item, got)
		}
		for range 10 {
			s := &session{typed{}}
			condition := s.drawCondition(r, 2)
			text := condition.text
			if strings.HasPrefix(text, "(") {
				text = text[1 : len(text)-1]
			}
			got := ask(t, server, "Scan", typed{"FilterExpression": text}, s.values)
			want := map[bool]float64{true: 1, false: 0}[condition.holds(item)]
			if got["Count"] != want {
				r.Fatalf("%s with %v of %v: %v, want %v", text, s.values, item, got, want)
			}
		}
	})
}
