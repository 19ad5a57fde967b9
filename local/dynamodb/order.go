package dynamodb

import (
	"iter"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/truora/minidyn/core"
	minidyn "github.com/truora/minidyn/server"
)

// order keeps minidyn 0.8.2 from sorting all keys of a table for each new item, which
// takes most of the time from some thousand items on. It takes the sorted keys away
// before a write, and puts them back before somebody looks at them.
type order struct {
	minidyn *minidyn.Server
	mu      sync.Mutex
	kept    map[*core.Table][]string // the sorted keys that were taken away
}

// forget is to be called before a write, while nothing else happens. Where the sorted
// keys are missing, minidyn's Delete leaves out the secondary indexes, so a table that
// has any keeps its keys sorted.
func (o *order) forget(deletes bool) {
	for table := range o.tables() {
		if len(table.Indexes) > 0 {
			continue
		}
		if deletes {
			delete(o.kept, table)
		} else if len(table.SortedKeys) == len(table.Data) {
			o.kept[table] = table.SortedKeys
		}
		table.SortedKeys = nil
	}
}

// restore is to be called before a search, while nothing is written. As many keys as
// before are the same keys, as nothing was deleted.
func (o *order) restore() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for table := range o.tables() {
		if len(table.SortedKeys) == len(table.Data) {
			continue
		}
		if len(o.kept[table]) != len(table.Data) {
			o.kept[table] = slices.Sorted(maps.Keys(table.Data))
		}
		table.SortedKeys = o.kept[table]
	}
}

// table returns the table with the name, or nil.
func (o *order) table(name string) *core.Table {
	for table := range o.tables() {
		if table.Name == name {
			return table
		}
	}
	return nil
}

// tables returns minidyn's tables, which it keeps in unexported fields.
func (o *order) tables() iter.Seq[*core.Table] {
	return func(yield func(*core.Table) bool) {
		client := reflect.ValueOf(o.minidyn).Elem().FieldByName("client")
		for _, table := range client.Elem().FieldByName("tables").Seq2() {
			if !yield((*core.Table)(table.UnsafePointer())) {
				return
			}
		}
	}
}
