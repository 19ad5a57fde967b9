package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// The reference knows values as those of encoding/json do, and evaluates expressions as the
// developer guide says, in the plainest way.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html

// typed is an attribute value in DynamoDB's JSON, such as {"N":"1"}.
type typed = map[string]any

func kindOf(v typed) string {
	for kind := range v {
		return kind
	}
	return ""
}

func rational(v typed) *big.Rat {
	r, _ := new(big.Rat).SetString(v["N"].(string))
	return r
}

func same(a, b typed) bool {
	if kindOf(a) != kindOf(b) {
		return false
	}
	switch kindOf(a) {
	case "N":
		return rational(a).Cmp(rational(b)) == 0
	case "SS":
		return cmp.Equal(sortedTexts(a), sortedTexts(b))
	case "L":
		return slices.EqualFunc(a["L"].([]any), b["L"].([]any), func(x, y any) bool { return same(x.(typed), y.(typed)) })
	}
	if kindOf(a) == "M" {
		return maps.EqualFunc(a["M"].(typed), b["M"].(typed), func(x, y any) bool { return same(x.(typed), y.(typed)) })
	}
	return cmp.Equal(a, b)
}

func sortedTexts(set typed) (texts []string) {
	for _, e := range set["SS"].([]any) {
		texts = append(texts, e.(string))
	}
	slices.Sort(texts)
	return texts
}

// term is an operand or a condition: its text, with values in place of placeholders, and
// what it is in an item.
type term struct {
	text  string
	value func(item typed) typed // nil is missing
	holds func(item typed) bool
}

// session names the values of one expression.
type session struct{ values typed }

func (s *session) constant(v typed) term {
	name := fmt.Sprintf(":v%d", len(s.values))
	s.values[name] = v
	return term{text: name, value: func(typed) typed { return v }}
}

func drawNumber(t *rapid.T) typed {
	return typed{"N": rapid.SampledFrom([]string{"0", "1", "-1", "2", "10", "0.5", "-2.25", "12345678901234567890123456789012345678", "1e-20"}).Draw(t, "number")}
}

func drawText(t *rapid.T) typed {
	return typed{"S": rapid.SampledFrom([]string{"", "a", "ab", "b", "é", "a\x00"}).Draw(t, "text")}
}

func drawSet(t *rapid.T) typed {
	texts := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "ab", "b", "c"}), 1, 3, rapid.ID).Draw(t, "set")
	set := []any{}
	for _, text := range texts {
		set = append(set, text)
	}
	return typed{"SS": set}
}

func drawValue(t *rapid.T) typed {
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return typed{"BOOL": rapid.Bool().Draw(t, "truth")}
	case 1:
		return typed{"NULL": true}
	case 2:
		return drawSet(t)
	case 3:
		return typed{"L": []any{drawNumber(t), drawText(t)}}
	case 4:
		return drawText(t)
	}
	return drawNumber(t)
}

// drawItem returns an item with some of the attributes a, b, c, a list and a map.
func drawItem(t *rapid.T) typed {
	item := typed{"id": typed{"S": "1"}}
	for _, name := range []string{"a", "b", "c"} {
		if rapid.Bool().Draw(t, "has "+name) {
			item[name] = drawValue(t)
		}
	}
	if rapid.Bool().Draw(t, "has l") {
		item["l"] = typed{"L": []any{drawValue(t), drawValue(t)}}
	}
	if rapid.Bool().Draw(t, "has m") {
		item["m"] = typed{"M": typed{"x": drawValue(t), "y": drawNumber(t)}}
	}
	return item
}

var paths = []string{"a", "b", "c", "l[0]", "l[1]", "l[5]", "m.x", "m.y", "m.z"}

// at returns what is at one of the paths.
func at(item typed, path string) typed {
	found := func(v any) typed { out, _ := v.(typed); return out }
	switch {
	case strings.HasPrefix(path, "m."):
		m := found(item["m"])
		return found(found(m["M"])[path[2:]])
	case strings.HasPrefix(path, "l["):
		list, _ := found(item["l"])["L"].([]any)
		if i := int(path[2] - '0'); i < len(list) {
			return found(list[i])
		}
		return nil
	}
	return found(item[path])
}

func drawPath(t *rapid.T) term {
	path := rapid.SampledFrom(paths).Draw(t, "path")
	return term{text: path, value: func(item typed) typed { return at(item, path) }}
}

// drawCondition returns a condition that DynamoDB takes.
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

// has is what contains means.
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

// ask posts a request that has values if there are some, and returns the answer.
func ask(t testing.TB, server *dynamodbserver.Server, operation string, request typed, values typed) typed {
	request["TableName"] = "Flowers"
	if len(values) > 0 {
		request["ExpressionAttributeValues"] = values
	}
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var answer typed
	if err := json.Unmarshal(post(t, server, operation, string(body)).Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestConditionsHoldAsInAPlainReference(t *testing.T) {
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

// drawAction returns what an update does to one attribute, and what that is: nil where the
// update is refused, and the second is false.
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

// drawOperand returns a value, a path, or a path with a value in the place of nothing.
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

// sum is what ADD makes: a number of at most 38 digits, or a set.
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

func TestUpdatesMakeWhatAPlainReferenceMakes(t *testing.T) {
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
