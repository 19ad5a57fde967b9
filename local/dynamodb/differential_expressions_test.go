package dynamodb_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// placeholders holds the placeholders in the expressions of one request.
type placeholders struct {
	names  map[string]string
	values item
}

func (d drawn) placeholders() *placeholders { return &placeholders{} }

// used returns the names and the values of the placeholders. Seldom it adds a wrong one, or leaves one out.
func (s *placeholders) used(t *rapid.T) (map[string]string, item) {
	if !seldom(t, 40) {
		return s.names, s.values
	}
	switch rapid.IntRange(0, 3).Draw(t, "placeholder") {
	case 0:
		s.name("#unused", "a")
	case 1:
		s.value(":unused", number("1"))
	case 2:
		delete(s.values, ":v0")
	case 3:
		s.name("none", "a")
	}
	return s.names, s.values
}

func (s *placeholders) name(placeholder, name string) string {
	if s.names == nil {
		s.names = map[string]string{}
	}
	s.names[placeholder] = name
	return placeholder
}

func (s *placeholders) value(placeholder string, v types.AttributeValue) string {
	if s.values == nil {
		s.values = item{}
	}
	s.values[placeholder] = v
	return placeholder
}

func (s *placeholders) constant(v types.AttributeValue) string {
	return s.value(fmt.Sprintf(":v%d", len(s.values)), v)
}

// draw draws an expression. Seldom its text has a mistake.
func (s *placeholders) draw(t *rapid.T, expression func(*rapid.T) string) *string {
	text := expression(t)
	if !seldom(t, 25) {
		return &text
	}
	words := strings.Fields(text)
	at := rapid.IntRange(0, len(words)-1).Draw(t, "mistake at")
	switch rapid.IntRange(0, 4).Draw(t, "mistake") {
	case 0:
		words = slices.Delete(words, at, at+1)
	case 1:
		words = slices.Insert(words, at, words[at])
	case 2:
		words[at] = "name" // a reserved word
	case 3:
		words = nil
	case 4:
		words = append(words, rapid.SampledFrom([]string{"AND", ")", "#none = :none", "%", ","}).Draw(t, "more"))
	}
	text = strings.Join(words, " ")
	return &text
}

// perhaps draws an expression or returns nil.
func (s *placeholders) perhaps(t *rapid.T, expression func(*rapid.T) string) *string {
	if rapid.Bool().Draw(t, "no expression") {
		return nil
	}
	return s.draw(t, expression)
}

func (s *placeholders) path(t *rapid.T) string {
	path := rapid.SampledFrom([]string{"a", "b", "c", "d", "l", "m", "h", "r", "l[0]", "l[1]", "m.x", "m.y", "l[0].x", "#name", "m.#name", "a", "b", "c"}).Draw(t, "path")
	if strings.Contains(path, "#name") {
		s.name("#name", "name")
	}
	return path
}

// operand draws one side of a comparison.
func (s *placeholders) operand(t *rapid.T) string {
	switch rapid.IntRange(0, 5).Draw(t, "operand") {
	case 0, 1, 2:
		return s.path(t)
	case 3:
		return "size ( " + s.path(t) + " )"
	}
	return s.constant(drawAttribute(t))
}

func (s *placeholders) conditionOf(t *rapid.T, depth int) string {
	if depth > 0 && rapid.Bool().Draw(t, "joined") {
		switch rapid.IntRange(0, 3).Draw(t, "operator") {
		case 0:
			return "NOT " + s.conditionOf(t, depth-1)
		case 1:
			return "( " + s.conditionOf(t, depth-1) + " )"
		case 2:
			return s.conditionOf(t, depth-1) + " OR " + s.conditionOf(t, depth-1)
		}
		return s.conditionOf(t, depth-1) + " and " + s.conditionOf(t, depth-1)
	}
	return s.simpleCondition(t)
}

func (s *placeholders) simpleCondition(t *rapid.T) string {
	switch rapid.IntRange(0, 7).Draw(t, "condition") {
	case 0:
		return "attribute_exists ( " + s.path(t) + " )"
	case 1:
		return "attribute_not_exists ( " + s.path(t) + " )"
	case 2:
		kind := rapid.SampledFrom([]string{"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL", "X"}).Draw(t, "type")
		return "attribute_type ( " + s.path(t) + " , " + s.constant(text(kind)) + " )"
	case 3:
		return "begins_with ( " + s.path(t) + " , " + s.operand(t) + " )"
	case 4:
		return "contains ( " + s.path(t) + " , " + s.operand(t) + " )"
	case 5:
		return s.operand(t) + " BETWEEN " + s.operand(t) + " AND " + s.operand(t)
	case 6:
		in := s.operand(t) + " IN ( " + s.operand(t)
		for range rapid.IntRange(0, 2).Draw(t, "more") {
			in += " , " + s.operand(t)
		}
		return in + " )"
	}
	operator := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">="}).Draw(t, "comparison")
	return s.operand(t) + " " + operator + " " + s.operand(t)
}

func (s *placeholders) condition(t *rapid.T) string { return s.conditionOf(t, 2) }

func (s *placeholders) projection(t *rapid.T) string {
	text := s.path(t)
	for range rapid.IntRange(0, 2).Draw(t, "more") {
		text += " , " + s.path(t)
	}
	return text
}

// update draws an UpdateExpression whose actions are mostly on different attributes.
func (s *placeholders) update(t *rapid.T) string {
	paths := rapid.SliceOfNDistinct(rapid.Custom(s.target), 1, 3, func(path string) string { return path[:1] }).Draw(t, "paths")
	if seldom(t, 20) {
		paths = append(paths, s.target(t))
	}
	actions := map[string][]string{}
	for _, path := range paths {
		section, action := s.action(t, path)
		actions[section] = append(actions[section], action)
	}
	var text []string
	for _, section := range []string{"SET", "REMOVE", "ADD", "DELETE"} {
		if of := actions[section]; len(of) > 0 {
			text = append(text, section+" "+strings.Join(of, " , "))
		}
	}
	return strings.Join(text, " ")
}

// target draws the path that an update changes. Seldom it is a key.
func (s *placeholders) target(t *rapid.T) string {
	if path := s.path(t); path != "h" && path != "r" || seldom(t, 3) {
		return path
	}
	return "a"
}

func (s *placeholders) action(t *rapid.T, path string) (section, action string) {
	switch rapid.IntRange(0, 6).Draw(t, "action") {
	case 0:
		return "REMOVE", path
	case 1:
		return "ADD", path + " " + s.constant(rapid.OneOf(rapid.Custom(drawPlain), rapid.Custom(drawSetOf)).Draw(t, "added"))
	case 2:
		return "DELETE", path + " " + s.constant(rapid.OneOf(rapid.Custom(drawSetOf), rapid.Custom(drawSetOf), rapid.Custom(drawPlain)).Draw(t, "deleted"))
	}
	right := s.right(t)
	if rapid.IntRange(0, 3).Draw(t, "sum") == 3 {
		right += rapid.SampledFrom([]string{" + ", " - "}).Draw(t, "sign") + s.right(t)
	}
	return "SET", path + " = " + right
}

// right draws an operand of the right side of SET.
func (s *placeholders) right(t *rapid.T) string {
	switch rapid.IntRange(0, 5).Draw(t, "right") {
	case 0:
		return s.path(t)
	case 1:
		return "if_not_exists ( " + s.path(t) + " , " + s.constant(drawAttribute(t)) + " )"
	case 2:
		return "list_append ( " + s.path(t) + " , " + s.constant(drawAttribute(t)) + " )"
	}
	return s.constant(drawAttribute(t))
}
