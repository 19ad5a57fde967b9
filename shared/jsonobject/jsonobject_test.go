package jsonobject_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/jsonobject"
)

func TestFieldsAreReadAsTheyStand(t *testing.T) {
	for text, want := range map[string][]jsonobject.Field{
		`{}`:                       nil,
		` {"b": 1, "a": [2, {}]} `: {{Name: "b", Value: []byte("1")}, {Name: "a", Value: []byte("[2, {}]")}},
		"{\"a\":1\t,\"b\":2\r,\"c\":3\n,\"d\":4 }": {
			{Name: "a", Value: []byte("1")}, {Name: "b", Value: []byte("2")}, {Name: "c", Value: []byte("3")}, {Name: "d", Value: []byte("4")},
		},
		`{"a":"x" ,"b":[1] ,"c":{"d":[]} ,"e":[{}]}`: {
			{Name: "a", Value: []byte(`"x"`)}, {Name: "b", Value: []byte("[1]")}, {Name: "c", Value: []byte(`{"d":[]}`)}, {Name: "e", Value: []byte("[{}]")},
		},
		`{"id":1,"ID":2,"id":3}`: {{Name: "id", Value: []byte("1")}, {Name: "ID", Value: []byte("2")}, {Name: "id", Value: []byte("3")}},
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

// FuzzFields compares with the tokens that encoding/json reads.
func FuzzFields(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1}`, ` { "a" : "}" , "b\"":[{"c":"]\\"},2] ,"ü":null}`, `{"a":-1.5e3,"a":true}`, `{"a":{"b":{}}}`, `[1]`, `"{"`, `{"a":1} x`,
		"{\"\xff\":\"\\u00e4\"}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := jsonobject.Fields(text)
		want, wantErr := tokens(text)
		if (err == nil) != (wantErr == nil) || !cmp.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q, %v", text, got, err, want, wantErr)
		}
	})
}

func tokens(text []byte) (fields []jsonobject.Field, err error) {
	if err := json.Unmarshal(text, new(json.RawMessage)); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, jsonobject.ErrNoObject
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		fields = append(fields, jsonobject.Field{Name: key.(string), Value: value})
	}
	return fields, nil
}
