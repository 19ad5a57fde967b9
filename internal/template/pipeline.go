package template

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Names are what a client has to know to find the parts of the pipeline. The functions' and the queues' names
// are the same for every item, so they are not among them.
type Names struct {
	Table string // logical id of the table that has the items; on the local stack also its name
	Items string // path to POST an item to; the path of an item is this, a slash and its id
	Batch string // path to POST many items to, or "" if the API has no such route
}

const (
	writer = "WriterFunction" // the function that stores the items
	// batch is the last segment of the batch route's path. The writer knows the route by it, too.
	batch = "/batch"
)

// Names finds the names by what belongs to the writer: its table and its routes. The template may have
// other tables and routes beside. It returns an error if one of the names is not clear.
func (t *Template) Names() (Names, error) {
	s, err := t.Resolve(t.stub)
	if err != nil {
		return Names{}, err
	}
	n := Names{}
	if n.Table, err = itemTable(s); err != nil {
		return Names{}, err
	}
	n.Items, n.Batch, err = itemPaths(s.Routes)
	return n, err
}

// itemTable returns the logical id of the table to which the writer's TABLE_NAME refers.
func itemTable(s *System) (string, error) {
	i := slices.IndexFunc(s.Functions, func(f Function) bool { return f.LogicalID == writer })
	if i < 0 {
		return "", fmt.Errorf("the template has no function %s", writer)
	}
	name := s.Functions[i].Environment["TABLE_NAME"]
	id := strings.TrimSuffix(name, standIn+"Ref") // as stub has it
	if !slices.ContainsFunc(s.Tables, func(t Table) bool { return t.LogicalID == id }) {
		return "", fmt.Errorf("%s: Environment.Variables.TABLE_NAME is %q: expected a !Ref of a table of the template", writer, name)
	}
	return id, nil
}

// itemPaths returns the paths of the writer's POST routes.
func itemPaths(all []Route) (items, many string, err error) {
	for _, r := range all {
		if r.Function != writer || r.Method != http.MethodPost {
			continue
		}
		path := &items
		if strings.HasSuffix(r.Path, batch) {
			path = &many
		}
		if *path != "" {
			return "", "", fmt.Errorf("%s has the routes POST %s and POST %s: expected one for an item, and one that ends with %s for many", writer, *path, r.Path, batch)
		}
		*path = r.Path
	}
	switch {
	case items == "":
		return "", "", fmt.Errorf("%s has no route POST PATH to store an item", writer)
	case items == "/", strings.Contains(items, "{"): // an item's path would have no name, or not be known
		return "", "", fmt.Errorf("%s has the route POST %s: expected a path of names, like /v0/items", writer, items)
	}
	return items, many, nil
}
