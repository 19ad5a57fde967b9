// Package names has those names of template.yaml that differ from item to item: the table's, and the
// paths of the API. A local stack that was started with another -template can have others.
package names

import (
	"fmt"
	"sync"

	pipeline "simple-sam-demo"
	"simple-sam-demo/internal/template"
)

// known is what the template says.
type known struct {
	template.Names
	alarms bool
}

var read = sync.OnceValue(func() known {
	t, err := template.Parse("template.yaml", pipeline.Template, nil)
	if err != nil {
		panic(fmt.Sprintf("the template that was compiled in: %v", err))
	}
	names, err := t.Names()
	if err != nil {
		panic(fmt.Sprintf("the template that was compiled in: %v", err))
	}
	return known{names, len(t.LogicalIDs("AWS::CloudWatch::Alarm")) > 0}
})

// Table is the name of a local stack's table, and the logical id of a deployed one.
func Table() string { return read().Table }

// Items is the path to which one item is posted.
func Items() string { return read().Items }

// Item is the path of the item with this id.
func Item(id string) string { return Items() + "/" + id }

// Batch is the path to which many items are posted, or "" if the API has no such route.
func Batch() string { return read().Batch }

// HasAlarms tells whether the stack has alarms.
func HasAlarms() bool { return read().alarms }
