package expression

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"simple-sam-demo/local/dynamodb/value"
)

// maxSize is how many bytes an expression can have.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const maxSize = 4 << 10

// parsed is an expression or a statement: one of the four, or what is wrong with it.
type parsed struct {
	condition *Node
	update    Update
	paths     []Path
	statement *Statement
	err       error
}

// statement is the parameter of a request that is no expression.
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

// Cache keeps what texts were parsed to. The zero value is ready.
type Cache struct {
	mu    sync.Mutex
	texts map[[2]string]parsed // by parameter and text
}

// maxCached is how many texts a cache keeps; a program has some tens.
const maxCached = 1000

// parse parses a text unless that was done before. The tree is shared.
func (c *Cache) parse(parameter, source string) parsed {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.texts[[2]string{parameter, source}]
	if !ok {
		if c.texts == nil || len(c.texts) >= maxCached {
			c.texts = map[[2]string]parsed{}
		}
		source = strings.Clone(source) // which may be a part of a whole request
		p = parse(parameter, source)
		c.texts[[2]string{parameter, source}] = p
	}
	return p
}

// Binder replaces the placeholders in the expressions of one request by what they stand for.
type Binder struct {
	Cache  *Cache
	Names  map[string]string // by #name
	Values value.Item        // by :value

	used map[string]bool
}

// bind parses, binds and checks the expression in a parameter of a request.
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

// KeyConditions returns the condition in the KeyConditionExpression of a request, by the
// name of the key attribute.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
func (b *Binder) KeyConditions(source string) (map[string]KeyCondition, error) {
	p, err := b.bind("KeyConditionExpression", source)
	if err != nil {
		return nil, err
	}
	keys := map[string]KeyCondition{}
	return keys, catch(func() { collectKeys(p.condition, keys) })
}

// Unused refuses placeholders that no expression had.
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

// node binds a node and all below it, and checks each once what is below it is.
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

// update binds all actions. A name that is not defined comes before a value that is not.
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
