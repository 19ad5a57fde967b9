package main

import (
	"encoding/json"
	"fmt"
)

// withhold takes some elements out of a batch call: keys of a BatchGetItem, or entries. It returns the
// body that is left, or nil when no element is left, and the elements that it took out.
func withhold(s seed, site string, c call) (body []byte, withheld []any) {
	var in map[string]any
	must(json.Unmarshal(c.body, &in))
	container, list := in, "Entries"
	if c.operation == "BatchGetItem" {
		for _, table := range in["RequestItems"].(map[string]any) {
			container, list = table.(map[string]any), "Keys"
		}
	}
	var left []any
	for i, element := range container[list].([]any) {
		if s.number(site, "partial", fmt.Sprint(i)) < 0.5 || len(withheld) == 0 && i == len(c.in.Entries)-1 {
			withheld = append(withheld, element)
		} else {
			left = append(left, element)
		}
	}
	if len(left) == 0 {
		return nil, withheld
	}
	container[list] = left
	return mustJSON(in), withheld
}

// report adds the elements that were withheld to the answer, as AWS reports those that it did not do.
func report(c call, answer []byte, withheld []any) []byte {
	var out map[string]any
	must(json.Unmarshal(answer, &out))
	if c.operation == "BatchGetItem" {
		for table := range c.in.RequestItems {
			out["UnprocessedKeys"] = map[string]any{table: map[string]any{"Keys": withheld, "ConsistentRead": true}}
		}
		return mustJSON(out)
	}
	failed, _ := out["Failed"].([]any)
	for _, e := range withheld {
		failed = append(failed, map[string]any{
			"Id": e.(map[string]any)["Id"], "Code": "InternalError", "Message": "simulated", "SenderFault": false,
		})
	}
	out["Failed"] = failed
	return mustJSON(out)
}

func must(err error) {
	if err != nil {
		panic(err) // a programming error
	}
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	must(err)
	return text
}
