package dynamodb_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// elements is a list in an item, and what an update does to its elements, by their indexes.
type elements struct {
	path    string
	before  []any
	set     map[int]any
	removed map[int]bool
}

// after returns the list after the update. All indexes are those before it, and what is set beyond the end is appended in
// the order of the indexes.
func (e elements) after() []any {
	list := []any{}
	for i, element := range e.before {
		if v, ok := e.set[i]; ok {
			element = v
		}
		if !e.removed[i] {
			list = append(list, element)
		}
	}
	for _, i := range slices.Sorted(maps.Keys(e.set)) {
		if i >= len(e.before) {
			list = append(list, e.set[i])
		}
	}
	return list
}

// drawElements draws a list, and adds what is done to its elements to the sections of an update.
func (s *session) drawElements(t *rapid.T, path string, sections map[string][]string) elements {
	e := elements{path: path, before: []any{}, set: map[int]any{}, removed: map[int]bool{}}
	for range rapid.IntRange(0, 4).Draw(t, "length of "+path) {
		e.before = append(e.before, drawNumber(t))
	}
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 0, 4, rapid.ID).Draw(t, "indexes in "+path) {
		at := fmt.Sprintf("%s[%d]", path, i)
		if e.removed[i] = rapid.Bool().Draw(t, "removes "+at); e.removed[i] {
			sections["REMOVE"] = append(sections["REMOVE"], at)
			continue
		}
		v := s.constant(drawNumber(t))
		e.set[i] = v.value(nil)
		sections["SET"] = append(sections["SET"], at+" = "+v.text)
	}
	return e
}

// Elements are appended and removed by their indexes, whatever else stands between them in the expression.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
func TestUpdatesOfElementsHaveTheSameResultAsTheReference(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		server := dynamodbserver.New("us-east-1", "000000000000")
		post(t, server, "CreateTable", table)
		s, sections := &session{typed{}}, map[string][]string{}
		own, inMap := s.drawElements(r, "l", sections), s.drawElements(r, "m.l", sections)
		if len(sections) == 0 {
			r.Skip("nothing is done")
		}
		key := typed{"id": typed{"S": "1"}}
		ask(t, server, "PutItem", typed{"Item": typed{"id": key["id"], "l": typed{"L": own.before}, "m": typed{"M": typed{"l": typed{"L": inMap.before}}}}}, nil)
		var update []string
		for _, verb := range slices.Sorted(maps.Keys(sections)) {
			update = append(update, verb+" "+strings.Join(rapid.Permutation(sections[verb]).Draw(r, verb), ", "))
		}
		ask(t, server, "UpdateItem", typed{"Key": key, "UpdateExpression": strings.Join(update, " ")}, s.values)
		got := ask(t, server, "GetItem", typed{"Key": key}, nil)["Item"].(typed)
		for _, e := range []elements{own, inMap} {
			list := got["l"]
			if e.path == "m.l" {
				list = got["m"].(typed)["M"].(typed)["l"]
			}
			if want := (typed{"L": e.after()}); !same(list.(typed), want) {
				r.Fatalf("%s: %s was %v and is %v, want %v", update, e.path, e.before, list, want)
			}
		}
	})
}
