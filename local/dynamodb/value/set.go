package value

import (
	"encoding/base64"
	"slices"
	"strings"
)

func orBad(v Value, err error) Value {
	if err != nil {
		return Value{Kind: bad, Text: err.Error()}
	}
	return v
}

// firstBad returns the first element that cannot be, or the list.
func firstBad(list Value) Value {
	for _, e := range list.List {
		if err := e.Check(); err != nil {
			return orBad(e, err)
		}
	}
	return list
}

// Set returns a set of elements of one kind.
func Set(kind Kind, elements []Value) (Value, error) {
	return Value{Kind: kind - S + SS, List: elements}.checkSet()
}

// checkSet refuses a set that is empty or has an element twice.
func (v Value) checkSet() (Value, error) {
	if v.Kind == bad {
		return v, nil
	}
	if len(v.List) == 0 {
		return v, Invalid("One or more parameter values were invalid: " + map[Kind]string{
			SS: "An string set  may not be empty", NS: "An number set  may not be empty", BS: "Binary sets should not be empty",
		}[v.Kind])
	}
	if len(slices.CompactFunc(sorted(v.List), Equal)) == len(v.List) {
		return v, nil
	}
	if v.Kind == NS {
		return v, Invalid("Input collection contains duplicates")
	}
	texts := make([]string, len(v.List))
	for i, e := range v.List {
		texts[i] = e.Text
		if v.Kind == BS {
			texts[i] = base64.StdEncoding.EncodeToString([]byte(e.Text))
		}
	}
	suffix := map[Kind]string{SS: " contains duplicates.", BS: "of type BS contains duplicates."}[v.Kind]
	return v, Invalid("One or more parameter values were invalid: Input collection [" + strings.Join(texts, ", ") + "]" + suffix)
}
