package dynamodb

import (
	minidyn "github.com/truora/minidyn/server"
	"github.com/truora/minidyn/types"
)

// item is an item, or a key, as minidyn takes and gives it.
type item = map[string]*minidyn.AttributeValue

// value is an attribute value on its way out. An empty list, map or binary stays one, where
// minidyn's own JSON would leave it out, and a value without a type is none to clients.
type value struct {
	B    []byte            `json:",omitzero"`
	BOOL *bool             `json:",omitzero"`
	BS   [][]byte          `json:",omitzero"`
	L    []*value          `json:",omitzero"`
	M    map[string]*value `json:",omitzero"`
	N    *string           `json:",omitzero"`
	NS   []*string         `json:",omitzero"`
	NULL *bool             `json:",omitzero"`
	S    *string           `json:",omitzero"`
	SS   []*string         `json:",omitzero"`
}

// shown returns an item as it is answered, and nil for nil.
func shown(i item) map[string]*value {
	if i == nil {
		return nil
	}
	out := make(map[string]*value, len(i))
	for name, v := range i {
		out[name] = shownValue(v)
	}
	return out
}

func shownValue(v *minidyn.AttributeValue) *value {
	if v == nil {
		return nil
	}
	out := &value{B: v.B, BOOL: v.BOOL, BS: v.BS, M: shown(v.M), N: v.N, NS: v.NS, NULL: v.NULL, S: v.S, SS: v.SS}
	if v.L != nil {
		out.L = make([]*value, len(v.L))
		for i, element := range v.L {
			out.L[i] = shownValue(element)
		}
	}
	return out
}

// shownItems is never nil, as DynamoDB answers with an empty list.
func shownItems(items []item) []map[string]*value {
	out := make([]map[string]*value, len(items))
	for i := range items {
		out[i] = shown(items[i])
	}
	return out
}

// stored returns a key as minidyn's tables have it, without what cannot be in one.
func stored(key item) map[string]*types.Item {
	out := make(map[string]*types.Item, len(key))
	for name, v := range key {
		if v != nil && (v.S != nil || v.N != nil || v.B != nil) {
			out[name] = &types.Item{S: v.S, N: v.N, B: v.B}
		}
	}
	return out
}

// shownKey returns a key of minidyn's tables as it is answered.
func shownKey(key map[string]*types.Item) map[string]*value {
	out := make(map[string]*value, len(key))
	for name, v := range key {
		out[name] = &value{S: v.S, N: v.N, B: v.B}
	}
	return out
}
