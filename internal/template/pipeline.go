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
	Batch string // path to POST many items to, or "" if the template has no such route
}

// Names finds the names. It returns an error if the template is not one table behind such routes.
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
		if items, ok := strings.CutSuffix(r.Path, "/{id}"); ok && r.Method == http.MethodGet {
			n.Items = items
		}
	}
	posted := false
	for _, r := range s.Routes {
		switch {
		case r.Method != http.MethodPost:
		case r.Path == n.Items:
			posted = true
		default:
			n.Batch = r.Path
		}
	}
	if !posted {
		return Names{}, fmt.Errorf("the template's API must have a route GET PATH/{id} to show an item, and POST PATH to store one")
	}
	return n, nil
}
