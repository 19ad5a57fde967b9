package value_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/dynamodb/value"
)

func TestMembersAndElementsAreCutAsEncodingJSONCutsThem(t *testing.T) {
	for _, text := range []string{
		`{}`, ` { "a" : 1 , "b" : [ ] , "c" : { } } `,
		`{"a":"}","b":["]","[{",{"x":"\"}"}],"c":"\\","d":{"y":"\\\"]"}}`,
		`{"q\"uote":"UPDATE \"T\" SET x='\\'","n":-1.5e3,"t":true,"z":null,"u":"\u00e9\ud83d\ude00"}`,
	} {
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		got := map[string]json.RawMessage{}
		if err := value.Members(text, func(name, raw string) error {
			got[name] = json.RawMessage(raw)
			return nil
		}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		for _, raw := range got {
			var list []json.RawMessage
			if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
				continue
			}
			cut := []json.RawMessage{}
			if err := value.Elements(string(raw), func(raw string) error {
				cut = append(cut, json.RawMessage(raw))
				return nil
			}); err != nil {
				t.Errorf("%s: %v", raw, err)
			}
			if diff := cmp.Diff(list, cut); diff != "" {
				t.Errorf("%s (-want +got):\n%s", raw, diff)
			}
		}
	}
}

func TestAStringIsUnquotedAsEncodingJSONDoes(t *testing.T) {
	for _, quoted := range []string{
		`""`, `"a"`, `"\""`, `"\\"`, `"\\\""`, `"\"\""`, `"a\"b\\\"c"`, `"\n\""`, `"\u0022"`, `"\ud83d\ude00 \""`, `"\/\""`, `"\\\\\""`,
	} {
		var want string
		if err := json.Unmarshal([]byte(quoted), &want); err != nil {
			t.Fatal(err)
		}
		if got := value.Unquoted(quoted); got != want {
			t.Errorf("%s is %q, want %q", quoted, got, want)
		}
	}
}
