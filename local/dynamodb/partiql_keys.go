package dynamodb

import (
	"cmp"
	"slices"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// The WHERE clause of a SELECT is divided into branches: WHERE pk IN ['a', 'b'] AND sk > '1' has two. If each branch
// names a partition, the branches are reads by key. Otherwise only a Scan can find the items.
//
// What follows was recorded on AWS by https://github.com/floci-io/floci (DynamoDbPartiQLEdgeCaseIntegrationTest) and
// https://github.com/paritysuite/dynamodb-conformance (whereOverlap.test.ts).

// branch is one alternative of a WHERE clause.
type branch struct {
	keys []keyCondition
	rest *expression.Node // all other conditions

	partition, low, beyond string // where its items are, see [index.byKey]
}

// keyCondition is a condition on the partition key (0) or the sort key (1).
type keyCondition struct {
	key int
	expression.KeyCondition
}

const (
	maxReads     = 50   // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
	maxBranches  = 1000 // no limit of AWS: the work for one statement must end
	tooManyReads = "Too many decomposed read operations for a given query."
)

// branches divides a condition. AND joins each branch of one side with each branch of the other. OR makes branches
// only if it has a condition on a key.
func (x *index) branches(n *expression.Node) []branch {
	if n == nil {
		return []branch{{}}
	}
	if n.Op != "AND" && n.Op != "OR" {
		return x.leaves(n)
	}
	left, right := x.branches(n.Args[0]), x.branches(n.Args[1])
	if n.Op == "OR" {
		all := append(left, right...)
		if slices.ContainsFunc(all, func(b branch) bool { return b.keys != nil }) {
			return all
		}
		return []branch{{rest: n}}
	}
	forbid(len(left)*len(right) > maxBranches, tooManyReads)
	var all []branch
	for _, a := range left {
		for _, b := range right {
			all = append(all, branch{keys: slices.Concat(a.keys, b.keys), rest: expression.All(a.rest, b.rest)})
		}
	}
	return all
}

// leaves returns a branch for each value that a condition allows a key to have, or else one branch that is no
// condition on a key.
func (x *index) leaves(n *expression.Node) (all []branch) {
	name, alternatives := n.KeyConditions()
	key := slices.Index(x.keys, name)
	for _, c := range alternatives {
		if key == 1 || key == 0 && c.Op == "=" {
			all = append(all, branch{keys: []keyCondition{{key, c}}})
		}
	}
	if all == nil {
		return []branch{{rest: n}}
	}
	return all
}

// checkKinds refuses a value that is not of the key's type.
func (x *index) checkKinds(all []branch) {
	for _, b := range all {
		for _, c := range b.keys {
			for _, v := range c.Values {
				forbid(!v.Kind.Comparable(), "Key value must be of type S, N, or B. Key name: %s, Key type: %s", x.keys[c.key], v.Kind)
				forbid(v.Kind != x.kinds[c.key],
					"Key attribute's data type should match its data type in table's schema: Key %s", x.keys[c.key])
			}
		}
	}
}

// byKey returns the branches in the order of their keys. It returns nil if a branch does not name one partition. It
// refuses two branches that may have an item in common. But if one of the two has a negated condition on the sort key,
// it returns nil.
func (x *index) byKey(all []branch) []branch {
	for i := range all {
		if !x.place(&all[i]) {
			return nil
		}
	}
	slices.SortFunc(all, func(a, b branch) int { return cmp.Compare(a.low, b.low) })
	plain := slices.DeleteFunc(slices.Clone(all), x.negates)
	forbid(overlap(plain), "Overlapping conditions with range keys are not supported in where clause")
	if overlap(all) {
		return nil
	}
	forbid(len(all) > maxReads, tooManyReads)
	return all
}

// place finds where the items of a branch are. It returns false if the branch does not name one partition.
func (x *index) place(b *branch) bool {
	partition, conditions := (*value.Value)(nil), []keyCondition{}
	for _, c := range b.keys {
		switch {
		case c.key == 1:
			conditions = append(conditions, c)
		case partition == nil:
			partition = &c.Values[0]
		case !value.Equal(*partition, c.Values[0]):
			return false
		}
	}
	if partition == nil {
		return false
	}
	q := &search{index: x, keys: map[string]expression.KeyCondition{x.keys[0]: {Op: "=", Values: []value.Value{*partition}}}}
	b.low, b.beyond = q.bounds()
	b.partition = b.low
	for _, c := range conditions {
		q.keys[x.keys[1]] = c.KeyCondition
		low, beyond := q.bounds()
		if b.low = max(b.low, low); beyond != "" {
			b.beyond = min(beyond, cmp.Or(b.beyond, beyond))
		}
	}
	return true
}

// overlap reports whether two branches, which are in the order of their keys, may have an item in common.
func overlap(all []branch) bool {
	var reach *string
	for _, b := range all {
		if b.beyond != "" && b.low >= b.beyond {
			continue // it has no items
		}
		if reach != nil && (*reach == "" || b.low < *reach) {
			return true
		}
		reach = &b.beyond
	}
	return false
}

// negates reports whether a branch has a condition on the sort key with NOT or <>.
func (x *index) negates(b branch) bool {
	for _, n := range b.rest.Conjuncts() {
		onSortKey := func(path expression.Path) bool { return len(x.keys) > 1 && path[0].Name == x.keys[1] }
		if (n.Op == "NOT" || n.Op == "<>") && slices.ContainsFunc(n.Paths(), onSortKey) {
			return true
		}
	}
	return false
}

// query returns the conditions for a Query that finds the items of a branch, and the filter for its items.
func (x *index) query(b branch) (keys map[string]expression.KeyCondition, filter *expression.Node) {
	keys, filter = map[string]expression.KeyCondition{}, b.rest
	for _, c := range b.keys {
		name := x.keys[c.key]
		if _, twice := keys[name]; twice {
			filter = expression.All(filter, c.On(name))
		} else {
			keys[name] = c.KeyCondition
		}
	}
	return keys, filter
}

// itemKey returns the key of the only item that a WHERE clause can find, or nil if it has other conditions or does
// not name one item.
func (t *table) itemKey(where *expression.Node) value.Item {
	all := t.byKey(t.branches(where))
	if len(all) != 1 || all[0].rest != nil {
		return nil
	}
	key := value.Item{}
	for _, c := range all[0].keys {
		name := t.keys[c.key]
		if old, twice := key[name]; c.Op != "=" || twice && !value.Equal(old, c.Values[0]) {
			return nil
		}
		key[name] = c.Values[0]
	}
	if len(key) < len(t.keys) {
		return nil
	}
	return key
}
