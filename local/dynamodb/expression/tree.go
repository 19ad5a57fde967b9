// Package expression parses and evaluates DynamoDB's expressions: conditions, filters, key
// conditions, updates and projections. It makes the same syntax trees of PartiQL statements.
// The package dynamodb also makes such trees of the parameters that DynamoDB had before
// expressions. This package does not know tables or requests.
//
// Begin to read in this file: it has the syntax tree. The work has three steps:
//  1. Parse a text to a tree (parse.go, partiql.go). The tree still has placeholders: #name and
//     :value, or parameters.
//  2. Bind the tree: fill in the placeholders (bind.go), and check the result (check.go).
//  3. Evaluate the bound tree for an item (evaluate.go, update.go).
package expression

import (
	"fmt"
	"strconv"
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// Error is an error in an expression, in DynamoDB's words. Inside the package, functions panic with
// it. Exported functions return it: see [catch].
type Error string

func (e Error) Error() string { return string(e) }

func fail(format string, arguments ...any) Error { return Error(fmt.Sprintf(format, arguments...)) }

// catch calls f and returns the Error with which f panics, or nil.
func catch(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			failed, ok := r.(Error)
			if !ok {
				panic(r)
			}
			err = failed
		}
	}()
	f()
	return nil
}

// must returns the value. It panics if there is an error.
func must(v value.Value, err error) value.Value {
	if err != nil {
		panic(Error(err.Error()))
	}
	return v
}

// Path leads to a value in an item. Each step is a name, or an index in a list.
type Path []Step

// Step is one step of a path.
type Step struct {
	Name  string
	Index int // the index in a list, if Name is ""
}

func (p Path) String() string {
	steps := make([]string, len(p))
	for i, s := range p {
		steps[i] = s.Name
		if s.Name == "" {
			steps[i] = "[" + strconv.Itoa(s.Index) + "]"
		}
	}
	return "[" + strings.Join(steps, ", ") + "]"
}

// Label returns the name under which a SELECT shows the value at the path: its last name and the indexes after it.
func (p Path) Label() (label string) {
	for _, s := range p {
		if label += "[" + strconv.Itoa(s.Index) + "]"; s.Name != "" {
			label = s.Name
		}
	}
	return label
}

// In returns the value at the path in an item, and false if there is none.
func (p Path) In(item value.Item) (value.Value, bool) {
	v, ok := item[p[0].Name]
	for _, step := range p[1:] {
		switch {
		case step.Name != "":
			v, ok = v.Map[step.Name]
		case v.Kind == value.L && step.Index < len(v.List):
			v = v.List[step.Index]
		default:
			return value.Value{}, false
		}
	}
	return v, ok
}

// The operations of nodes. A comparison or a function has its own name, such as "<" or "contains", as
// its operation.
const (
	opPath    = "path"
	opValue   = "value"
	opAnd     = "AND"
	opOr      = "OR"
	opNot     = "NOT"
	opBetween = "BETWEEN"
	opIn      = "IN"
	opPlus    = "+"
	opMinus   = "-"
)

// Node is an operand, an operator or a function of an expression.
type Node struct {
	Op    string
	Args  []*Node
	Path  Path        // only for opPath
	Value value.Value // only for opValue

	// Only for a value that is not bound yet.
	ref       string // the placeholder :value
	parameter int    // the number of a parameter in PartiQL; the first is 1
}

// At returns an operand: the value at a path.
func At(path Path) *Node { return &Node{Op: opPath, Path: path} }

// Attribute returns an operand: the value of an attribute.
func Attribute(name string) *Node { return At(Path{{Name: name}}) }

// Constant returns an operand: the value itself.
func Constant(v value.Value) *Node { return &Node{Op: opValue, Value: v} }

// Apply returns a node that applies an operator or a function to operands.
func Apply(op string, args ...*Node) *Node { return &Node{Op: op, Args: args} }

// All joins two conditions with AND. Each may be nil.
func All(a, b *Node) *Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return Apply(opAnd, a, b)
}

// Walk calls f for every node below n, and then for n itself.
func (n *Node) Walk(f func(*Node)) {
	if n == nil {
		return
	}
	for _, arg := range n.Args {
		arg.Walk(f)
	}
	f(n)
}

func isComparison(op string) bool {
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// Paths returns the paths in a condition.
func (n *Node) Paths() (paths []Path) {
	n.Walk(func(n *Node) {
		if n.Op == opPath {
			paths = append(paths, n.Path)
		}
	})
	return paths
}
