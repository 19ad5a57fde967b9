package expression

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// The verbs of actions.
const (
	Set    = "SET"
	Remove = "REMOVE"
	Add    = "ADD"
	Delete = "DELETE"
)

// Action is the change of the value at one path.
type Action struct {
	Verb    string
	Path    Path
	Operand *Node // nil for REMOVE
	Legacy  bool  // true if it comes from AttributeUpdates
}

// Update is a list of actions. They change an item all at once.
type Update []Action

// Paths returns the paths that the update changes.
func (u Update) Paths() []Path {
	paths := make([]Path, len(u))
	for i, a := range u {
		paths[i] = a.Path
	}
	return paths
}

const (
	errMissing   = Error("The provided expression refers to an attribute that does not exist in the item")
	errWrongType = Error("An operand in the update expression has an incorrect data type")
	errMismatch  = Error("Type mismatch for attribute to update")
	errNoPath    = Error("The document path provided in the update expression is invalid for update")
)

// Apply returns a changed copy of the item. Every operand has its value from before the update. If
// item is nil, Apply makes a new item with the key; but if all actions only remove, it returns nil.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
func (u Update) Apply(item, key value.Item) (changed value.Item, err error) {
	if item == nil {
		makes := func(a Action) bool { return a.Verb == Set || a.Verb == Add }
		if len(u) > 0 && !slices.ContainsFunc(u, makes) {
			return nil, nil
		}
		item = key
	}
	changed = make(value.Item, len(item)+len(u))
	maps.Copy(changed, item)
	// Elements beyond the end of a list are appended, so the order of indexes matters. What may remove an
	// element comes last, and begins at the end of the list, so that no index shifts.
	ordered := slices.Clone(u)
	slices.SortStableFunc(ordered, compareActions)
	err = catch(func() {
		for _, a := range ordered {
			operand := value.Value{}
			if a.Verb != Remove {
				operand = a.Operand.result(item)
			}
			into := changed
			if _, there := a.Path.In(item); a.removes() && !there { // it must not remove what was appended just now
				into = maps.Clone(item)
			}
			a.changeIn(into, a.Path, operand)
		}
	})
	return changed, err
}

// removes reports whether the action may remove the value at its path.
func (a Action) removes() bool { return a.Verb == Remove || a.Verb == Delete }

func compareActions(a, b Action) int {
	switch {
	case a.removes() && b.removes():
		return -comparePaths(a.Path, b.Path)
	case a.removes():
		return 1
	case b.removes():
		return -1
	}
	return comparePaths(a.Path, b.Path)
}

// comparePaths sorts paths into the elements of one list by their indexes. It tells all paths apart: otherwise those of
// one list would not be sorted if other paths were between them.
func comparePaths(a, b Path) int {
	return slices.CompareFunc(a, b, func(x, y Step) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), x.Index-y.Index)
	})
}

// of returns the new value for an old one. None means that there is no value.
func (a Action) of(old, operand value.Value) value.Value {
	switch {
	case a.Verb == Set, a.Verb == Remove, a.Verb == Add && old.Kind == value.None:
		return operand
	case old.Kind == value.None:
		return old
	case old.Kind != operand.Kind && a.Legacy:
		panic(errMismatch)
	case old.Kind != operand.Kind:
		panic(errWrongType)
	case a.Verb == Delete:
		return old.Without(operand)
	case operand.Kind == value.N:
		return must(value.Add(old, operand, false))
	case operand.Kind == value.L: // only from AttributeUpdates
		return appendLists(old, operand)
	}
	return old.Union(operand)
}

func appendLists(a, b value.Value) value.Value {
	return value.Value{Kind: value.L, List: slices.Concat(a.List, b.List)}
}

// changeIn changes the value at the path in the item.
func (a Action) changeIn(item value.Item, path Path, operand value.Value) {
	next := a.changed(item[path[0].Name], path[1:], operand)
	if item[path[0].Name] = next; next.Kind == value.None {
		delete(item, path[0].Name)
	}
}

// changed returns a copy of v in which the value at the path is changed.
func (a Action) changed(v value.Value, path Path, operand value.Value) value.Value {
	switch {
	case len(path) == 0:
		return a.of(v, operand)
	case path[0].Name != "" && v.Kind == value.M:
		item := value.Item{}
		maps.Copy(item, v.Map)
		a.changeIn(item, path, operand)
		return value.Value{Kind: value.M, Map: item}
	case path[0].Name == "" && v.Kind == value.L:
		list, i := slices.Clone(v.List), min(path[0].Index, len(v.List))
		if i == len(list) {
			list = append(list, value.Value{})
		}
		if list[i] = a.changed(list[i], path[1:], operand); list[i].Kind == value.None {
			list = slices.Delete(list, i, i+1)
		}
		return value.Value{Kind: value.L, List: list}
	}
	panic(errNoPath)
}

// result returns the value of the right side of an assignment.
func (n *Node) result(item value.Item) value.Value {
	switch n.Op {
	case opValue:
		return n.Value
	case opPath:
		v, ok := n.Path.In(item)
		if !ok {
			panic(errMissing)
		}
		return v
	case "if_not_exists":
		if v, ok := n.Args[0].Path.In(item); ok {
			return v
		}
		return n.Args[1].result(item)
	}
	a, b := n.Args[0].result(item), n.Args[1].result(item)
	switch {
	case n.Op == "list_append" && a.Kind == value.L && b.Kind == value.L:
		return appendLists(a, b)
	case n.Op != "list_append" && a.Kind == value.N && b.Kind == value.N:
		return must(value.Add(a, b, n.Op == opMinus))
	}
	panic(errWrongType)
}
