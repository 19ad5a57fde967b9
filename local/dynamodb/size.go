package dynamodb

import (
	"strings"

	"github.com/truora/minidyn/types"
)

// itemSize returns how many bytes an item counts for: those of the names and the values
// of its attributes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func itemSize(item map[string]*types.Item) int {
	n := 0
	for name, value := range item {
		n += len(name) + size(value)
	}
	return n
}

func size(v *types.Item) int {
	const collection, element = 3, 1 // overhead of a list or map, and of each that is in it
	n := 0
	switch {
	case v.S != nil:
		return len(*v.S)
	case v.N != nil:
		return numberSize(*v.N)
	case v.B != nil:
		return len(v.B)
	case v.M != nil:
		return collection + len(v.M)*element + itemSize(v.M)
	case v.L != nil:
		for _, value := range v.L {
			n += element + size(value)
		}
		return collection + n
	case v.BOOL != nil, v.NULL != nil:
		return 1
	}
	for _, text := range v.SS {
		n += len(*text)
	}
	for _, number := range v.NS {
		n += numberSize(*number)
	}
	for _, bytes := range v.BS {
		n += len(bytes)
	}
	return n
}

// numberSize is a byte for two significant digits, and one more.
func numberSize(number string) int {
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	digits := strings.Trim(strings.ReplaceAll(strings.TrimLeft(mantissa, "+-"), ".", ""), "0")
	return (len(digits)+1)/2 + 1
}
