package template

import (
	"fmt"
	"net/http"
	"strings"
)

// Names are what a client has to know to find the parts of the pipeline. The functions' and the queues' names
// are the same for every item, so they are not among them.
type Names struct {
	Table string // logical id of the table; on the local stack also its name
	Items string // path to POST an item to; the path of an item is this, a slash and its id
	Batch string // path to POST many items to, or "" if the API has no such route
}

// batch is the last segment of the batch route's path. The writer knows the route by it, too.
const batch = "/batch"

// Names finds the names. It returns an error if there is not one table, or no route to post an item to.
func (t *Template) Names() (Names, error) {
	s, err := t.Resolve(t.stub)
	if err != nil {
		return Names{}, err
	}
	if len(s.Tables) != 1 {
		return Names{}, fmt.Errorf("the template has %d tables: expected one", len(s.Tables))
	}
	n := Names{Table: s.Tables[0].LogicalID}
	for _, r := range s.Routes {
		switch {
		case r.Method != http.MethodPost:
		case strings.HasSuffix(r.Path, batch):
			n.Batch = r.Path
		default:
			n.Items = r.Path
		}
	}
	if n.Items == "" {
		return Names{}, fmt.Errorf("the template's API has no route POST PATH to store an item")
	}
	return n, nil
}
