package dynamodb

import (
	"maps"
	"slices"

	"github.com/truora/minidyn/core"
)

// order keeps minidyn 0.8.2 from sorting all keys of a table for each new item, which
// takes most of the time from some thousand items on. It takes the sorted keys away
// before a write, and puts them back before somebody looks at them.
type order struct {
	tables map[string]*core.Table
	kept   map[*core.Table][]string // the sorted keys that were taken away
}

// forget is to be called before a write, while nothing else happens. Where the sorted
// keys are missing, minidyn's Delete leaves out the secondary indexes; search does not
// look into them.
func (o *order) forget(deletes bool) {
	for _, table := range o.tables {
		if deletes {
			delete(o.kept, table)
		} else if len(table.SortedKeys) == len(table.Data) {
			o.kept[table] = table.SortedKeys
		}
		table.SortedKeys = nil
	}
}

// restore is to be called before a search, while nothing else happens. As many keys as
// before are the same keys, as nothing was deleted.
func (o *order) restore(table *core.Table) {
	if len(table.SortedKeys) == len(table.Data) {
		return
	}
	if len(o.kept[table]) != len(table.Data) {
		o.kept[table] = slices.Sorted(maps.Keys(table.Data))
	}
	table.SortedKeys = o.kept[table]
}
