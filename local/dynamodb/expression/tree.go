// Package expression has DynamoDB's expressions: conditions, filters, key conditions,
// updates and projections. Statements of PartiQL and the parameters of before expressions
// become the same syntax trees. It knows nothing of tables and requests.
//
// A text is parsed (parse.go, partiql.go) to a tree that still has the placeholders #name
// and :value; a tree is bound (bind.go) to what they stand for, and checked (check.go); a
// bound tree is evaluated on an item (evaluate.go, update.go).
package expression

import (
	"fmt"
	"strconv"
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// Error is a message about an expression in DynamoDB's words. Inside of the package it is
// panicked with, and functions that others call return it: see [catch].
type Error string

func (e Error) Error() string { return string(e) }

func fail(format string, arguments ...any) Error { return Error(fmt.Sprintf(format, arguments...)) }

// catch returns the Error that ends f, or nil.
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

// must returns a value that can be.
func must(v value.Value, err error) value.Value {
	if err != nil {
		panic(Error(err.Error()))
	}
	return v
}

// Path is where a value is in an item: each step is a name, or an index in a list.
type Path []Step

// Step is one step of a path.
type Step struct {
	Name  string
	Index int // in a list, if Name is ""
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

// In returns what is at the path.
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

// What a node is, beside the comparisons and the functions, which have their own names.
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
	Path  Path        // of a path
	Value value.Value // of a value

	// Of a value that is not bound yet.
	ref       string // :value
	parameter int    // of PartiQL; the first is 1
}

// At returns the operand that is what is at a path.
func At(path Path) *Node { return &Node{Op: opPath, Path: path} }

// Attribute returns the operand that is an attribute.
func Attribute(name string) *Node { return At(Path{{Name: name}}) }

// Constant returns the operand that is a value.
func Constant(v value.Value) *Node { return &Node{Op: opValue, Value: v} }

// Apply returns an operator or a function of operands.
func Apply(op string, args ...*Node) *Node { return &Node{Op: op, Args: args} }

// All returns the condition that two conditions hold, of which each may be nil.
func All(a, b *Node) *Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return Apply(opAnd, a, b)
}

// Walk calls f for all below the node, and then for the node.
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
