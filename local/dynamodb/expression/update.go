package expression

import (
	"maps"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// What an update does to a path.
const (
	Set    = "SET"
	Remove = "REMOVE"
	Add    = "ADD"
	Delete = "DELETE"
)

// Action is what an update does to one path.
type Action struct {
	Verb    string
	Path    Path
	Operand *Node // but of REMOVE
	Legacy  bool  // from AttributeUpdates
}

// Update is what is done to an item, all at once.
type Update []Action

// Paths returns the paths that the update changes.
func (u Update) Paths() []Path {
	paths := make([]Path, len(u))
	for i, a := range u {
		paths[i] = a.Path
	}
	return paths
}

// update binds all actions. A name that is not defined comes before a value that is not.
func (b *Binder) update(u Update) (Update, error) {
	bound := slices.Clone(u)
	for i, a := range u {
		var err error
		if bound[i].Path, err = b.path(a.Path); err != nil {
			return nil, err
		}
	}
	for i, a := range u {
		if a.Operand == nil {
			continue
		}
		var err error
		if bound[i].Operand, err = b.operands(a.Operand, func(*Node) error { return nil }); err != nil {
			return nil, err
		}
	}
	return bound, nil
}

// check refuses an update that can never be done.
func (u Update) check() error {
	if err := distinct(u.Paths()); err != nil {
		return err
	}
	for _, a := range u {
		if a.Operand == nil {
			continue
		}
		if k := a.Operand.kind(); (a.Verb == Add && k != value.N || a.Verb == Delete) && !k.IsSet() {
			return fail("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND", a.Verb, typeNames[k], a.Verb)
		}
	}
	for _, a := range u {
		var err error
		a.Operand.Walk(func(n *Node) {
			if err == nil {
				err = checkUpdateFunction(n)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var typeNames = map[value.Kind]string{
	value.S: "STRING", value.N: "NUMBER", value.B: "BINARY", value.NULL: "NULL", value.BOOL: "BOOLEAN", value.L: "LIST", value.M: "MAP",
}

func checkUpdateFunction(n *Node) error {
	if want, ok := updateFunctions[n.Op]; ok && len(n.Args) != want {
		return fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.Op, len(n.Args))
	}
	switch n.Op {
	case "if_not_exists":
		if n.Args[0].Op != opPath {
			return fail("Operator or function requires a document path; operator or function: %s", n.Op)
		}
	case "list_append":
		return n.requireKinds(value.L)
	case opPlus, opMinus:
		return n.requireKinds(value.N)
	}
	return nil
}

// distinct refuses paths of which one is in another, or that take one value both as a list
// and as a map.
func distinct(paths []Path) error {
	for i, b := range paths {
		for _, a := range paths[:i] {
			shared := 0
			for shared < min(len(a), len(b)) && a[shared] == b[shared] {
				shared++
			}
			problem := ""
			switch {
			case shared == min(len(a), len(b)):
				problem = "overlap"
			case (a[shared].Name == "") != (b[shared].Name == ""):
				problem = "conflict"
			default:
				continue
			}
			return fail("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", problem, a, b)
		}
	}
	return nil
}

const (
	errMissing   = Error("The provided expression refers to an attribute that does not exist in the item")
	errWrongType = Error("An operand in the update expression has an incorrect data type")
	errMismatch  = Error("Type mismatch for attribute to update")
	errNoPath    = Error("The document path provided in the update expression is invalid for update")
)

// Apply returns the item that the update makes of another, which stays as it is. The
// operands are those of the item as it was. Where there was none, one of the key is made,
// unless all that the update does is to remove.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
func (u Update) Apply(item, key value.Item) (value.Item, error) {
	if item == nil {
		makes := func(a Action) bool { return a.Verb == Set || a.Verb == Add }
		if len(u) > 0 && !slices.ContainsFunc(u, makes) {
			return nil, nil
		}
		item = key
	}
	whole := maps.Clone(item)
	// The elements of a list are set in the order of their indexes, as those beyond its end
	// are appended, and removed last and from its end.
	ordered := slices.Clone(u)
	slices.SortStableFunc(ordered, func(a, b Action) int { return compareSteps(a, b) })
	for _, a := range ordered {
		change, err := a.change(item)
		if err != nil {
			return nil, err
		}
		name := a.Path[0].Name
		v, err := at(whole[name], a.Path[1:], change)
		if err != nil {
			return nil, err
		}
		if whole[name] = v; v.Kind == value.None {
			delete(whole, name)
		}
	}
	return whole, nil
}

func compareSteps(a, b Action) int {
	if (a.Verb == Remove) != (b.Verb == Remove) {
		if a.Verb == Remove {
			return 1
		}
		return -1
	}
	order := slices.CompareFunc(a.Path, b.Path, func(x, y Step) int {
		if x.Name != "" || y.Name != "" {
			return 0
		}
		return x.Index - y.Index
	})
	if a.Verb == Remove {
		return -order
	}
	return order
}

// change is what becomes of a value, or of None; None is removed.
type change func(old value.Value) (value.Value, error)

// change returns what the action does to what is at its path.
func (a Action) change(item value.Item) (change, error) {
	if a.Verb == Remove {
		return func(value.Value) (value.Value, error) { return value.Value{}, nil }, nil
	}
	v, err := a.Operand.result(item)
	if err != nil {
		return nil, err
	}
	return func(old value.Value) (value.Value, error) {
		switch {
		case a.Verb == Set, a.Verb == Add && old.Kind == value.None:
			return v, nil
		case a.Verb == Delete && old.Kind == value.None:
			return old, nil
		case old.Kind != v.Kind && a.Legacy:
			return old, errMismatch
		case old.Kind != v.Kind:
			return old, errWrongType
		case a.Verb == Delete:
			return old.Without(v), nil
		case v.Kind == value.N:
			return value.Add(old, v, false)
		case v.Kind == value.L: // which only AttributeUpdates can ask for
			return appendLists(old, v), nil
		}
		return old.Union(v), nil
	}, nil
}

func appendLists(a, b value.Value) value.Value {
	return value.Value{Kind: value.L, List: slices.Concat(a.List, b.List)}
}

// at returns a value in which what is at a path has changed.
func at(v value.Value, path Path, do change) (value.Value, error) {
	if len(path) == 0 {
		return do(v)
	}
	step := path[0]
	switch {
	case step.Name != "" && v.Kind == value.M:
		next, err := at(v.Map[step.Name], path[1:], do)
		if err != nil {
			return v, err
		}
		changed := maps.Clone(v.Map)
		if changed == nil {
			changed = value.Item{}
		}
		if changed[step.Name] = next; next.Kind == value.None {
			delete(changed, step.Name)
		}
		return value.Value{Kind: value.M, Map: changed}, nil
	case step.Name == "" && v.Kind == value.L:
		list := slices.Clone(v.List)
		if step.Index >= len(list) {
			list = append(list, value.Value{})
			step.Index = len(list) - 1
		}
		next, err := at(list[step.Index], path[1:], do)
		if err != nil {
			return v, err
		}
		if list[step.Index] = next; next.Kind == value.None {
			list = slices.Delete(list, step.Index, step.Index+1)
		}
		return value.Value{Kind: value.L, List: list}, nil
	}
	return v, errNoPath
}

// result returns what the right-hand side of an assignment is.
func (n *Node) result(item value.Item) (value.Value, error) {
	switch n.Op {
	case opValue:
		return n.Value, nil
	case opPath:
		v, ok := n.Path.In(item)
		if !ok {
			return v, errMissing
		}
		return v, nil
	case "if_not_exists":
		if v, ok := n.Args[0].Path.In(item); ok {
			return v, nil
		}
		return n.Args[1].result(item)
	}
	a, err := n.Args[0].result(item)
	if err != nil {
		return a, err
	}
	b, err := n.Args[1].result(item)
	switch {
	case err != nil:
		return b, err
	case n.Op == "list_append" && a.Kind == value.L && b.Kind == value.L:
		return appendLists(a, b), nil
	case n.Op != "list_append" && a.Kind == value.N && b.Kind == value.N:
		return value.Add(a, b, n.Op == opMinus)
	}
	return a, errWrongType
}
