package dynamodb_test

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// drawAction draws what an update does to one attribute. do returns the new value of the attribute
// in an item, or nil if it is removed; it returns false if the update must be refused.
func (s *session) drawAction(t *rapid.T, name string) (verb, text string, do func(item typed) (typed, bool)) {
	switch rapid.IntRange(0, 3).Draw(t, "verb") {
	case 0:
		return "REMOVE", name, func(typed) (typed, bool) { return nil, true }
	case 1:
		added := s.constant(rapid.OneOf(rapid.Custom(drawNumber), rapid.Custom(drawSet)).Draw(t, "added"))
		return "ADD", name + " " + added.text, func(item typed) (typed, bool) { return sum(at(item, name), added.value(nil)) }
	case 2:
		taken := s.constant(drawSet(t))
		return "DELETE", name + " " + taken.text, func(item typed) (typed, bool) { return without(at(item, name), taken.value(nil)) }
	}
	right := s.drawOperand(t)
	if rapid.Bool().Draw(t, "a sum") {
		other := s.constant(drawNumber(t))
		return "SET", name + " = " + right.text + " + " + other.text, func(item typed) (typed, bool) {
			v := right.value(item)
			if kindOf(v) != "N" {
				return nil, false
			}
			return sum(v, other.value(nil))
		}
	}
	return "SET", name + " = " + right.text, func(item typed) (typed, bool) { v := right.value(item); return v, v != nil }
}

// drawOperand draws a value, a path, or a path with a default value.
func (s *session) drawOperand(t *rapid.T) term {
	if rapid.Bool().Draw(t, "constant") {
		return s.constant(drawNumber(t))
	}
	path := drawPath(t)
	if rapid.Bool().Draw(t, "with a default") {
		other := s.constant(drawNumber(t))
		return term{text: "if_not_exists(" + path.text + ", " + other.text + ")", value: func(item typed) typed {
			if v := path.value(item); v != nil {
				return v
			}
			return other.value(item)
		}}
	}
	return path
}

// sum evaluates ADD. It returns false for a sum with more than 38 digits.
func sum(old, added typed) (typed, bool) {
	switch {
	case old == nil:
		return added, true
	case kindOf(old) != kindOf(added):
		return nil, false
	case kindOf(old) == "N":
		n := new(big.Rat).Add(rational(old), rational(added))
		text := strings.TrimRight(n.FloatString(60), "0")
		text = strings.TrimSuffix(text, ".")
		digits := strings.Trim(strings.NewReplacer("-", "", ".", "").Replace(text), "0")
		return typed{"N": text}, len(digits) <= 38
	}
	texts := append(sortedTexts(old), sortedTexts(added)...)
	slices.Sort(texts)
	return setOf(slices.Compact(texts)), true
}

func without(old, taken typed) (typed, bool) {
	switch {
	case old == nil:
		return nil, true
	case kindOf(old) != "SS":
		return nil, false
	}
	rest := slices.DeleteFunc(sortedTexts(old), func(text string) bool { return slices.Contains(sortedTexts(taken), text) })
	if len(rest) == 0 {
		return nil, true
	}
	return setOf(rest), true
}

func setOf(texts []string) typed {
	set := []any{}
	for _, text := range texts {
		set = append(set, text)
	}
	return typed{"SS": set}
}

func TestUpdatesHaveTheSameResultAsTheReference(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		server := dynamodbserver.New("us-east-1", "000000000000")
		post(t, server, "CreateTable", table)
		item := drawItem(r)
		ask(t, server, "PutItem", typed{"Item": item}, nil)
		s := &session{typed{}}
		sections, want, refused := map[string][]string{}, maps.Clone(item), false
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3, rapid.ID).Draw(r, "names") {
			verb, text, do := s.drawAction(r, name)
			sections[verb] = append(sections[verb], text)
			v, ok := do(item)
			refused = refused || !ok
			if want[name] = v; v == nil {
				delete(want, name)
			}
		}
		var update []string
		for verb, actions := range sections {
			update = append(update, verb+" "+strings.Join(actions, ", "))
		}
		if refused {
			want = item
		}
		got := ask(t, server, "UpdateItem", typed{"Key": typed{"id": item["id"]}, "UpdateExpression": strings.Join(update, " ")}, s.values)
		if (got["__type"] != nil) != refused {
			r.Fatalf("%s with %v of %v: %v, want it refused: %v", update, s.values, item, got, refused)
		}
		after := ask(t, server, "GetItem", typed{"Key": typed{"id": item["id"]}}, nil)["Item"].(typed)
		if len(after) != len(want) {
			r.Fatalf("%s with %v of %v: %v, want %v", update, s.values, item, after, want)
		}
		for name, v := range want {
			if !same(v.(typed), after[name].(typed)) {
				r.Fatalf("%s with %v of %v: %s is %v, want %v", update, s.values, item, name, after[name], v)
			}
		}
	})
}
