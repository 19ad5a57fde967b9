package exactjson_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/exactjson"
	"simple-sam-demo/shared/jsonobject"
)

type line struct {
	Text string
	Size *int
}

type common struct{ Queue string }

// whole decodes itself, and takes every name.
type whole string

func (w *whole) UnmarshalJSON(text []byte) error {
	*w = whole(text)
	return nil
}

type order struct {
	common
	Name   string `json:"name,omitempty"`
	Hidden string `json:"-"`
	Lines  []line
	ByName map[string]*line
	Own    *whole
	Any    any
	Next   *order
}

// The name of a member is data in a map, in what decodes itself, and where there is no struct.
func TestAMemberCountsOnlyByItsExactName(t *testing.T) {
	own, one := whole(`{"lines":1}`), 1
	for text, want := range map[string]order{
		`{}`:   {},
		`null`: {},
		`{"Queue":"q","name":"n","Lines":[{"Text":"}\",","Size":1},{}],"ByName":{"lines":{"Text":"t"}}}`: {
			common: common{"q"}, Name: "n", Lines: []line{{"}\",", &one}, {}}, ByName: map[string]*line{"lines": {Text: "t"}},
		},
		`{"queue":"q","Name":"n","NAME":"n","Hidden":"h","hidden":"h","common":{"Queue":"q"},"lines":[{"Text":"t"}],"":1}`: {},
		" { \"queue\" : [ { } , \"}\" ] ,\n\"Queue\" : \"q\" } ":                                                           {common: common{"q"}},
		`{"Lines":[{"text":"t","Size":1}],"ByName":{"a":{"TEXT":"t"},"A":null}}`: {
			Lines: []line{{Size: &one}}, ByName: map[string]*line{"a": {}, "A": nil},
		},
		`{"Own":{"lines":1},"Any":{"lines":[{"name":"n"}]}}`: {Own: &own, Any: map[string]any{"lines": []any{map[string]any{"name": "n"}}}},
		`{"Next":{"Next":{"Queue":"q","queue":"r"},"next":{}}}`: {
			Next: &order{Next: &order{common: common{"q"}}},
		},
		`{"Q\u0075eue":"q","\u0071ueue":"r","na\u006de":"n","N\u0061me":"m"}`: {common: common{"q"}, Name: "n"},
		"{\"Que\u016fe\":\"r\",\"\\\"Queue\":\"r\",\"Line\u017f\":[{}]}":      {}, // ſ is a small s for encoding/json
		`{"name":"n","Name":"m"}`: {Name: "n"},
	} {
		var got order
		err := exactjson.Unmarshal([]byte(text), &got)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(order{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func TestTheTextIsNotChanged(t *testing.T) {
	text := []byte(`{"queue":"q"}`)
	if err := exactjson.Unmarshal(text, new(order)); err != nil || string(text) != `{"queue":"q"}` {
		t.Error(string(text), err)
	}
}

func TestAnUnknownMemberIsRefusedOnDemand(t *testing.T) {
	for text, want := range map[string]string{
		`{"Queue":"q","name":"n","Lines":[{"Text":"t"}],"ByName":{"lines":{}}}`: "",
		`{"Queue":"q","queue":"q"}`:  `unknown member "queue"`,
		`{"Lines":[{},{"text":""}]}`: `unknown member "text"`,
		`{"Hidden":"h"}`:             `unknown member "Hidden"`,
	} {
		err := exactjson.UnmarshalKnown([]byte(text), new(order))
		if got := ""; err != nil {
			got = err.Error()
			if got != want {
				t.Errorf("%s: %s, want %q", text, got, want)
			}
		} else if want != "" {
			t.Errorf("%s is accepted, want %q", text, want)
		}
	}
}

// What is not JSON, or has values of other types, gets the error of encoding/json.
func TestAnErrorIsThatOfEncodingJSON(t *testing.T) {
	for _, text := range []string{
		``, `{`, `{"`, `{"queue`, `{"queue\`, `{"queue":`, `{"queue":1`, `{"queue":1}}`, `{"queue":1}x`, `[`, `[1`, `{"Lines":[`, `{"Lines":[}`, `{"Lines":[{]`,
		`{"queue\x":1}`, "{\"que\x01ue\":1}", `{1:2}`, `{"Queue" "q"}`, `{"Lines":[{},,]}`, `{"Lines":1,"lines":2}`, `[]`, `"x"`, `1`, `{"Queue":[]}`,
		`{"Lines":{"Text":1}}`, `{"ByName":[{"Text":1}]}`,
	} {
		want := json.Unmarshal([]byte(text), new(order))
		for name, unmarshal := range map[string]func([]byte, any) error{"Unmarshal": exactjson.Unmarshal, "UnmarshalKnown": exactjson.UnmarshalKnown} {
			if got := unmarshal([]byte(text), new(order)); got == nil || want == nil || name == "Unmarshal" && got.Error() != want.Error() {
				t.Errorf("%s of %q: %v, want %v", name, text, got, want)
			}
		}
	}
}

// known are the members of a struct, with those of the structs in them. A key of * stands for all names.
type known map[string]known

// only returns the text without unknown members.
func (k known) only(t *testing.T, text json.RawMessage) json.RawMessage {
	var elements []json.RawMessage
	parts, ends := []string{}, "{}"
	if fields, err := jsonobject.Fields(text); k != nil && err == nil {
		for _, f := range fields {
			inner, ok := k[f.Name]
			if all, isMap := k["*"]; isMap {
				inner, ok = all, true
			}
			if quoted, err := json.Marshal(f.Name); err != nil {
				t.Fatal(err)
			} else if ok {
				parts = append(parts, string(quoted)+":"+string(inner.only(t, f.Value)))
			}
		}
	} else if k != nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) && json.Unmarshal(text, &elements) == nil {
		ends = "[]"
		for _, element := range elements {
			parts = append(parts, string(k["*"].only(t, element)))
		}
	} else {
		return text
	}
	return json.RawMessage(ends[:1] + strings.Join(parts, ",") + ends[1:])
}

// FuzzUnmarshal compares with encoding/json and a text without the unknown members.
func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{
		`{"Queue":"q","queue":"r"}`, `{"Lines":[{"Text":"t"},{"text":"\\\""}],"Next":{"name":"n","Name":"m"}}`, `{"ByName":{"x":{"size":1}},"Own":[1]}`,
		`{"Any":{"Queue":[{}, "]"]},"\u0071ueue":1e5 , "Lines":null}`, `{"`, `[{"Queue":1}]`,
	} {
		f.Add([]byte(text))
	}
	ofLine := known{"Text": nil, "Size": nil}
	ofOrder := known{"Queue": nil, "name": nil, "Lines": {"*": ofLine}, "ByName": {"*": ofLine}, "Own": nil, "Any": nil}
	ofOrder["Next"] = ofOrder
	f.Fuzz(func(t *testing.T, text []byte) {
		var got, want order
		gotErr := exactjson.Unmarshal(text, &got)
		wantErr := json.Unmarshal(ofOrder.only(t, text), &want)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, want %v", text, gotErr, wantErr)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(order{})); diff != "" && wantErr == nil {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	})
}

// BenchmarkUnmarshal measures what the exact names cost.
func BenchmarkUnmarshal(b *testing.B) {
	type entry struct {
		Id, MessageBody         string
		DelaySeconds            *int
		MessageSystemAttributes map[string]struct{ DataType, StringValue string }
	}
	type batch struct {
		QueueUrl string
		Entries  []entry
	}
	text := []byte(`{"QueueUrl":"http://127.0.0.1:4566/000000000000/EnrichQueue","Entries":[` + strings.Repeat(
		`{"Id":"0","MessageBody":"{\"id\":\"0123456789abcdef0123456789abcdef\"}","MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1-5759e988-bd862e3fe1be46a994272793"}}},`, 9) +
		`{"Id":"9","MessageBody":"x"}]}`)
	for name, unmarshal := range map[string]func([]byte, any) error{"encoding/json": json.Unmarshal, "exactjson": exactjson.Unmarshal} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := unmarshal(text, new(batch)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
