package jsonobject_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/jsonobject"
)

func TestFieldsAreReadAsTheyStand(t *testing.T) {
	for text, want := range map[string][]jsonobject.Field{
		`{}`:                       nil,
		` {"b": 1, "a": [2, {}]} `: {{Name: "b", Value: []byte("1")}, {Name: "a", Value: []byte("[2, {}]")}},
		`{"id":1,"ID":2,"id":3}`:   {{Name: "id", Value: []byte("1")}, {Name: "ID", Value: []byte("2")}, {Name: "id", Value: []byte("3")}},
		`{"i\u0064":null,"id":{"id":1}}`: {
			{Name: "id", Value: []byte("null")}, {Name: "id", Value: []byte(`{"id":1}`)},
		},
	} {
		got, err := jsonobject.Fields([]byte(text))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v, fields (-want +got):\n%s", text, err, diff)
		}
	}
}

func TestWhatIsNoObjectIsRefused(t *testing.T) {
	for text, isJSON := range map[string]bool{
		"": false, "{": false, `{"a":1}{}`: false, `{"a":1,}`: false, "null": true, "5": true, `["a"]`: true, `"{}"`: true,
	} {
		_, err := jsonobject.Fields([]byte(text))
		if err == nil || errors.Is(err, jsonobject.ErrNoObject) != isJSON {
			t.Errorf("%q: %v", text, err)
		}
	}
}
