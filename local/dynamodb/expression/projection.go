package expression

import (
	"maps"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// Project returns what an item has at paths. Of a list that is all elements asked for, one
// after the other.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
func Project(item value.Item, paths []Path) value.Item {
	found, _ := part(value.Value{Kind: value.M, Map: item}, paths)
	return found.Map
}

// part returns what a value has at paths, and whether it has any of it.
func part(v value.Value, paths []Path) (value.Value, bool) {
	if slices.ContainsFunc(paths, func(p Path) bool { return len(p) == 0 }) {
		return v, true
	}
	below := map[Step][]Path{}
	for _, p := range paths {
		below[p[0]] = append(below[p[0]], p[1:])
	}
	found := value.Value{Kind: v.Kind}
	if v.Kind == value.M {
		found.Map = value.Item{}
		for step, rest := range below {
			if next, ok := v.Map[step.Name]; ok && step.Name != "" {
				if next, ok := part(next, rest); ok {
					found.Map[step.Name] = next
				}
			}
		}
	}
	if v.Kind == value.L {
		for _, step := range slices.SortedFunc(maps.Keys(below), func(a, b Step) int { return a.Index - b.Index }) {
			if step.Name == "" && step.Index < len(v.List) {
				if next, ok := part(v.List[step.Index], below[step]); ok {
					found.List = append(found.List, next)
				}
			}
		}
	}
	return found, len(found.Map)+len(found.List) > 0
}
