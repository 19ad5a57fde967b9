package expression

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"simple-sam-demo/local/dynamodb/value"
)

// maxSize is the largest number of bytes of an expression.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const maxSize = 4 << 10

// parsed is the result of parsing: one of the four kinds of syntax tree, or an error.
type parsed struct {
	condition *Node
	update    Update
	paths     []Path
	statement *Statement
	err       error
}

// statement is the name of the only parameter that holds a PartiQL statement and not an expression.
const statement = "Statement"

func parse(parameter, source string) (p parsed) {
	p.err = catch(func() {
		switch {
		case parameter == statement:
			p.statement = parseStatement(source)
		case source == "":
			panic(fail("The expression can not be empty;"))
		case len(source) > maxSize:
			panic(fail("Expression size has exceeded the maximum allowed size; expression size: %d", len(source)))
		case parameter == "UpdateExpression":
			p.update = parseUpdate(source)
		case parameter == "ProjectionExpression":
			p.paths = parseProjection(source)
		default:
			p.condition = parseCondition(source)
		}
	})
	return p
}

// Cache keeps the syntax trees of expressions and statements by their texts. The zero value is ready to use.
type Cache struct {
	mu    sync.Mutex
	texts map[[2]string]parsed // by the parameter's name and the text
}

// maxCached is the largest number of texts in a cache. Most programs use fewer than a hundred.
const maxCached = 1000

// parse returns the syntax tree of a text, from the cache if it is there. Callers must not change
// the tree, as they share it.
func (c *Cache) parse(parameter, source string) parsed {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.texts[[2]string{parameter, source}]
	if !ok {
		if c.texts == nil || len(c.texts) >= maxCached {
			c.texts = map[[2]string]parsed{}
		}
		source = strings.Clone(source) // source may be a part of a request, which would stay in memory
		p = parse(parameter, source)
		c.texts[[2]string{parameter, source}] = p
	}
	return p
}

// Binder fills in the placeholders in the expressions of one request: it replaces each #name by a
// name and each :value by a value.
type Binder struct {
	Cache  *Cache
	Names  map[string]string // the names, by #name
	Values value.Item        // the values, by :value

	used map[string]bool
}

// bind parses the expression in a parameter of a request, fills in its placeholders and checks it.
func (b *Binder) bind(parameter, source string) (parsed, error) {
	p := b.Cache.parse(parameter, source)
	if p.err == nil {
		p.err = catch(func() {
			p.condition = b.node(p.condition, checkCondition)
			p.update = b.update(p.update)
			p.update.check()
			paths := make([]Path, len(p.paths))
			for i, path := range p.paths {
				paths[i] = b.path(path)
			}
			p.paths = paths
			checkDistinct(paths)
		})
	}
	if p.err != nil {
		return p, fail("Invalid %s: %s", parameter, p.err)
	}
	return p, nil
}

// Condition returns the condition in the parameter of a request, such as FilterExpression.
func (b *Binder) Condition(parameter, source string) (*Node, error) {
	p, err := b.bind(parameter, source)
	return p.condition, err
}

// Update returns the update in the UpdateExpression of a request.
func (b *Binder) Update(source string) (Update, error) {
	p, err := b.bind("UpdateExpression", source)
	return p.update, err
}

// Projection returns the paths in the ProjectionExpression of a request.
func (b *Binder) Projection(source string) ([]Path, error) {
	p, err := b.bind("ProjectionExpression", source)
	return p.paths, err
}

// KeyConditions returns the conditions in the KeyConditionExpression of a request, by the names of
// the key attributes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
func (b *Binder) KeyConditions(source string) (map[string]KeyCondition, error) {
	p, err := b.bind("KeyConditionExpression", source)
	if err != nil {
		return nil, err
	}
	keys := map[string]KeyCondition{}
	return keys, catch(func() { collectKeys(p.condition, keys) })
}

// Unused returns an error if there is a placeholder that no expression used.
func (b *Binder) Unused() error {
	unused := func(parameter string, keys []string) error {
		keys = slices.DeleteFunc(keys, func(key string) bool { return b.used[key] })
		if len(keys) == 0 {
			return nil
		}
		return fail("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(keys, ", "))
	}
	if len(b.used) == len(b.Names)+len(b.Values) {
		return nil
	}
	if err := unused("ExpressionAttributeNames", slices.Sorted(maps.Keys(b.Names))); err != nil {
		return err
	}
	return unused("ExpressionAttributeValues", b.Values.Names())
}

func (b *Binder) use(placeholder string) {
	if b.used == nil {
		b.used = make(map[string]bool, len(b.Names)+len(b.Values))
	}
	b.used[placeholder] = true
}

func (b *Binder) path(p Path) Path {
	if !slices.ContainsFunc(p, func(s Step) bool { return strings.HasPrefix(s.Name, "#") }) {
		return p
	}
	p = slices.Clone(p)
	for i, step := range p {
		if !strings.HasPrefix(step.Name, "#") {
			continue
		}
		attribute, ok := b.Names[step.Name]
		if !ok {
			panic(fail("An expression attribute name used in the document path is not defined; attribute name: %s", step.Name))
		}
		b.use(step.Name)
		p[i].Name = attribute
	}
	return p
}

// node fills in the placeholders in a node and in all nodes below it. It checks each node after the
// nodes below it.
func (b *Binder) node(n *Node, check func(*Node)) *Node {
	switch {
	case n == nil || n.Op == opValue && n.ref == "":
		return n
	case n.Op == opPath:
		return At(b.path(n.Path))
	case n.Op == opValue:
		v, ok := b.Values[n.ref]
		if !ok {
			panic(fail("An expression attribute value used in expression is not defined; attribute value: %s", n.ref))
		}
		b.use(n.ref)
		return Constant(v)
	}
	bound := &Node{Op: n.Op, Args: make([]*Node, len(n.Args))}
	for i, arg := range n.Args {
		bound.Args[i] = b.node(arg, check)
	}
	check(bound)
	return bound
}

// update fills in the placeholders in all actions. An undefined name is reported before an undefined value.
func (b *Binder) update(u Update) Update {
	u = slices.Clone(u)
	for i := range u {
		u[i].Path = b.path(u[i].Path)
	}
	for i := range u {
		u[i].Operand = b.node(u[i].Operand, func(*Node) {})
	}
	return u
}
