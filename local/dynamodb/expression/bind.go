package expression

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"sync"

	"simple-sam-demo/local/dynamodb/value"
)

// maxSize is how many bytes an expression can have.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const maxSize = 4 << 10

// Cache keeps what texts were parsed to. The zero value is ready.
type Cache struct {
	mu    sync.Mutex
	texts map[cacheKey]any
}

// cacheKey is an expression in a parameter of a request.
type cacheKey struct{ parameter, source string }

// maxCached is how many texts a cache keeps; a program has some tens.
const maxCached = 1000

type parsed[T any] struct {
	tree T
	err  error
}

// cached parses a text unless that was done before. The tree is shared.
func cached[T any](c *Cache, parameter, source string, parse func(string) (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := cacheKey{parameter, source}
	if p, ok := c.texts[key].(parsed[T]); ok {
		return p.tree, p.err
	}
	if c.texts == nil || len(c.texts) >= maxCached {
		c.texts = map[cacheKey]any{}
	}
	var p parsed[T]
	switch {
	case source == "":
		p.err = fail("The expression can not be empty;")
	case len(source) > maxSize:
		p.err = fail("Expression size has exceeded the maximum allowed size; expression size: %d", len(source))
	default:
		p.tree, p.err = parse(source)
	}
	if p.err != nil {
		p.err = fail("Invalid %s: %s", parameter, p.err)
	}
	key.source = strings.Clone(source) // which may be a part of a whole request
	c.texts[key] = p
	return p.tree, p.err
}

// Binder replaces the placeholders in the expressions of one request by what they stand for.
type Binder struct {
	Cache  *Cache
	Names  map[string]string // by #name
	Values value.Item        // by :value

	used map[string]bool
}

// Condition returns the condition in the parameter of a request, such as FilterExpression.
func (b *Binder) Condition(parameter, source string) (*Node, error) {
	n, err := cached(b.Cache, parameter, source, parseCondition)
	if err != nil {
		return nil, err
	}
	if n, err = b.condition(n); err != nil {
		return nil, fail("Invalid %s: %s", parameter, err)
	}
	return n, nil
}

// Update returns the update in the UpdateExpression of a request.
func (b *Binder) Update(source string) (Update, error) {
	u, err := cached(b.Cache, "UpdateExpression", source, parseUpdate)
	if err != nil {
		return nil, err
	}
	if u, err = b.update(u); err == nil {
		err = u.check()
	}
	if err != nil {
		return nil, fail("Invalid UpdateExpression: %s", err)
	}
	return u, nil
}

// Projection returns the paths in the ProjectionExpression of a request.
func (b *Binder) Projection(source string) ([]Path, error) {
	nodes, err := cached(b.Cache, "ProjectionExpression", source, parseProjection)
	if err != nil {
		return nil, err
	}
	paths := make([]Path, len(nodes))
	for i, n := range nodes {
		if paths[i], err = b.path(n.Path); err != nil {
			return nil, fail("Invalid ProjectionExpression: %s", err)
		}
	}
	if err := distinct(paths); err != nil {
		return nil, fail("Invalid ProjectionExpression: %s", err)
	}
	return paths, nil
}

// Unused refuses placeholders that no expression had.
func (b *Binder) Unused() error {
	if len(b.used) == len(b.Names)+len(b.Values) {
		return nil
	}
	for parameter, keys := range map[string][]string{
		"ExpressionAttributeNames": slices.Sorted(maps.Keys(b.Names)), "ExpressionAttributeValues": b.Values.Names(),
	} {
		unused := slices.DeleteFunc(keys, func(key string) bool { return b.used[key] })
		if len(unused) > 0 {
			return fail("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(unused, ", "))
		}
	}
	return nil
}

func (b *Binder) use(placeholder string) {
	if b.used == nil {
		b.used = make(map[string]bool, len(b.Names)+len(b.Values))
	}
	b.used[placeholder] = true
}

func (b *Binder) path(p Path) (Path, error) {
	if !slices.ContainsFunc(p, func(s Step) bool { return strings.HasPrefix(s.Name, "#") }) {
		return p, nil
	}
	p = slices.Clone(p)
	for i, step := range p {
		if !strings.HasPrefix(step.Name, "#") {
			continue
		}
		attribute, ok := b.Names[step.Name]
		if !ok {
			return nil, fail("An expression attribute name used in the document path is not defined; attribute name: %s", step.Name)
		}
		b.use(step.Name)
		p[i].Name = attribute
	}
	return p, nil
}

// operands binds a node's operands, and theirs. The first error is kept.
func (b *Binder) operands(n *Node, check func(*Node) error) (*Node, error) {
	switch n.Op {
	case opPath:
		path, err := b.path(n.Path)
		return At(path), err
	case opValue:
		if n.ref == "" {
			return n, nil
		}
		v, ok := b.Values[n.ref]
		if !ok {
			return n, fail("An expression attribute value used in expression is not defined; attribute value: %s", n.ref)
		}
		b.use(n.ref)
		return Constant(v), nil
	}
	bound := &Node{Op: n.Op, Args: make([]*Node, len(n.Args))}
	var first error
	for i, arg := range n.Args {
		var err error
		if bound.Args[i], err = b.operands(arg, check); err != nil && first == nil {
			first = err
		}
	}
	if first == nil {
		first = check(bound)
	}
	return bound, first
}

func (b *Binder) condition(n *Node) (*Node, error) { return b.operands(n, checkCondition) }

// checkCondition refuses a condition that can never be evaluated.
func checkCondition(n *Node) error {
	if n.Op == opAnd || n.Op == opOr || n.Op == opNot {
		return nil
	}
	if want, ok := conditionFunctions[n.Op]; ok && len(n.Args) != want {
		return fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.Op, len(n.Args))
	}
	if n.Op == opIn && len(n.Args) > 101 {
		return fail("The IN operator is provided with too many operands; number of operands: %d", len(n.Args)-1)
	}
	first := n.Args[0]
	for _, other := range n.Args[1:] {
		if first.Op == opPath && other.Op == opPath && slices.Equal(first.Path, other.Path) {
			return fail("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", n.Op, first.Path)
		}
	}
	return checkTypes(n)
}

func checkTypes(n *Node) error {
	switch n.Op {
	case "attribute_exists", "attribute_not_exists":
		if n.Args[0].Op != opPath {
			return fail("Operator or function requires a document path; operator or function: %s", n.Op)
		}
	case "attribute_type":
		return checkTypeName(n.Args[1])
	case "size":
		return n.requireKinds(value.S, value.B, value.SS, value.NS, value.BS, value.L, value.M)
	case "begins_with":
		return n.requireKinds(value.S, value.B)
	case "<", "<=", ">", ">=":
		return n.requireKinds(value.S, value.N, value.B)
	case opBetween:
		if err := n.requireKinds(value.S, value.N, value.B); err != nil {
			return err
		}
		return checkBounds(n.Args[1], n.Args[2])
	}
	return nil
}

// kind returns the type of an operand, or None where the item decides.
func (n *Node) kind() value.Kind {
	switch n.Op {
	case opValue:
		return n.Value.Kind
	case "size":
		return value.N
	}
	return value.None
}

// requireKinds refuses operands whose type is known and none of the kinds.
func (n *Node) requireKinds(kinds ...value.Kind) error {
	for _, arg := range n.Args {
		if k := arg.kind(); k != value.None && !slices.Contains(kinds, k) {
			return fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", n.Op, k)
		}
	}
	return nil
}

func checkTypeName(n *Node) error {
	if n.kind() != value.S {
		kind := n.kind().String()
		if kind == "" {
			kind = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
		}
		return fail("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: %s", kind)
	}
	if value.KindOf(n.Value.Text) == value.None {
		return fail("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", n.Value.Text)
	}
	return nil
}

// checkBounds refuses bounds of BETWEEN that are of two types, or in the wrong order.
func checkBounds(low, high *Node) error {
	if low.Op != opValue || high.Op != opValue {
		return nil
	}
	problem := ""
	switch {
	case low.kind() != high.kind():
		problem = "same data type for lower and upper bounds"
	case value.Compare(low.Value, high.Value) > 0:
		problem = "upper bound to be greater than or equal to lower bound"
	default:
		return nil
	}
	return fail("The BETWEEN operator requires %s; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s",
		problem, shown(low.Value), shown(high.Value))
}

// shown is a scalar in DynamoDB's messages.
func shown(v value.Value) string {
	text := v.Text
	switch v.Kind {
	case value.N:
		text = v.Number()
	case value.B:
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return "{" + v.Kind.String() + ":" + text + "}"
}
