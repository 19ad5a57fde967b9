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

// The reference is a simple second implementation of expressions, after the developer guide. It
// keeps values as encoding/json decodes them. Two tests draw random expressions and compare the
// results: for conditions in differential_conditions_test.go, for updates in
// differential_updates_test.go.
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

// term is an operand or a condition: its text, and a function that evaluates it for an item.
type term struct {
	text  string
	value func(item typed) typed // of an operand; it returns nil if the item lacks it
	holds func(item typed) bool  // of a condition
}

// session holds the values of one expression by their placeholders.
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

// drawItem draws an item with some of the attributes a, b and c, a list l and a map m.
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

// at returns the value at one of the paths, or nil.
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

// ask sends a request, with values if there are any, and returns the answer.
func ask(t testing.TB, server *dynamodbserver.Server, operation string, request typed, values typed) typed {
	request["TableName"] = "Records"
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
