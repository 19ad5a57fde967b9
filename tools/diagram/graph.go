package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"simple-sam-demo/internal/template"
)

// graph is what the picture shows. Graphviz places the nodes in about the order that they have here.
type graph struct {
	nodes  []node
	arrows []arrow
}

type node struct {
	id          string
	class       string // shape and colours: api, function, queue, table, topic, alarms or person
	title, kind string
	lines       []string // in small letters
	optional    bool     // with the parameters' defaults it is not there
}

// arrow points from a caller to what it calls, or from a queue to where its messages go.
type arrow struct {
	from, to string // ids of nodes
	label    string
}

// connect adds lines to the label of an arrow, and the arrow if it is not there yet.
// What is not drawn gets no arrow.
func (g *graph) connect(from, to, label string) {
	for _, id := range []string{from, to} {
		if !slices.ContainsFunc(g.nodes, func(n node) bool { return n.id == id }) {
			return
		}
	}
	i := slices.IndexFunc(g.arrows, func(a arrow) bool { return a.from == from && a.to == to })
	if i < 0 {
		g.arrows, i = append(g.arrows, arrow{from: from, to: to}), len(g.arrows)
	}
	g.arrows[i].label = strings.Trim(g.arrows[i].label+"\n"+label, "\n")
}

// client is the id of the node that calls the API. Logical ids have no hyphen.
const client = "-client"

// reader reads the parts of a template into the graph.
type reader struct {
	*template.Template
	*template.System
	graph
}

// read makes a template's graph.
func read(t *template.Template) (*graph, error) {
	system, err := t.Resolve(nameOf)
	if err != nil {
		return nil, err
	}
	r := &reader{Template: t, System: system}
	for _, step := range []func() error{r.subscriptions, r.alarms, r.queuesAndTables, r.functions, r.routes, r.redrives} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &r.graph, nil
}

func (r *reader) queuesAndTables() error {
	for _, q := range r.Queues {
		r.nodes = append(r.nodes, node{id: q.LogicalID, class: "queue", title: q.LogicalID, kind: "SQS queue"})
	}
	for _, table := range r.Tables {
		r.nodes = append(r.nodes, node{id: table.LogicalID, class: "table", title: table.LogicalID, kind: "DynamoDB table"})
	}
	return nil
}

// functions adds each function, the queues whose messages it gets, and what it calls.
func (r *reader) functions() error {
	for _, f := range r.Functions {
		var p struct {
			Description, Role string
			Policies          any
		}
		if err := r.decode(f.LogicalID, &p); err != nil {
			return err
		}
		r.nodes = append(r.nodes, node{
			id: f.LogicalID, class: "function", title: f.LogicalID, kind: "Lambda function", lines: wrapped(p.Description),
		})
		may := calls{}
		may.add(p.Policies)
		for _, role := range refers(p.Role) {
			var policies any
			if err := r.decode(role, &policies); err != nil {
				return err
			}
			may.add(policies)
		}
		r.function(f, may)
	}
	return nil
}

// function adds a function's arrows, where may has what its policies allow. If its environment names a
// resource that no policy is about, the arrow has the name of the variable.
func (r *reader) function(f template.Function, may calls) {
	for _, source := range r.EventSources {
		for _, queue := range refers(source.QueueARN) {
			if source.Function == f.LogicalID {
				r.connect(queue, f.LogicalID, delivery(source))
				may.forget(queue, consuming)
			}
		}
	}
	for _, variable := range slices.Sorted(maps.Keys(f.Environment)) {
		for _, id := range refers(f.Environment[variable]) {
			if _, known := may[id]; !known {
				may[id] = []string{variable}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(may)) {
		if len(may[id]) > 0 {
			r.connect(f.LogicalID, id, may.label(id))
		}
	}
}

// delivery says how many messages an event source mapping hands over at once.
func delivery(s template.EventSource) string {
	text := "messages"
	if s.BatchSize > 0 {
		text = fmt.Sprintf("up to %d\nmessages", s.BatchSize)
	}
	if s.Window > 0 {
		text += fmt.Sprintf("\nwithin %g s", s.Window.Seconds())
	}
	return text
}

// routes adds the API, and a client that calls it.
func (r *reader) routes() error {
	if len(r.Routes) == 0 {
		return nil
	}
	api := node{id: "ServerlessRestApi", class: "api", kind: "API Gateway"} // the API that SAM adds if there is none
	for _, id := range r.LogicalIDs("AWS::Serverless::Api") {
		var p struct{ Auth struct{ ApiKeyRequired bool } }
		if err := r.decode(id, &p); err != nil {
			return err
		}
		if api.id = id; p.Auth.ApiKeyRequired {
			api.lines = []string{"needs an API key"}
		}
	}
	if slices.ContainsFunc(r.Routes, func(route template.Route) bool { return route.Signed }) {
		api.lines = append(api.lines, "needs a signature")
	}
	api.title = api.id
	r.nodes = append(r.nodes, node{id: client, class: "person", title: "client"}, api)
	r.connect(client, api.id, "")
	for _, route := range r.Routes {
		r.connect(api.id, route.Function, route.Method+" "+route.Path)
	}
	return nil
}

// redrives adds the arrows to dead-letter queues.
func (r *reader) redrives() error {
	for _, q := range r.Queues {
		var policy struct {
			DeadLetterTargetARN string `json:"deadLetterTargetArn"`
			MaxReceiveCount     any    `json:"maxReceiveCount"`
		}
		text := cmp.Or(q.Attributes["RedrivePolicy"], "{}")
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			return fmt.Errorf("%s: RedrivePolicy: %w", q.LogicalID, err)
		}
		for _, to := range refers(policy.DeadLetterTargetARN) {
			r.connect(q.LogicalID, to, fmt.Sprintf("after %v\nreceives", policy.MaxReceiveCount))
		}
	}
	return nil
}

// nameOf stands for an attribute of a resource. refers finds it again.
func nameOf(id, attribute string) (string, error) { return "${" + id + "." + attribute + "}", nil }

var name = regexp.MustCompile(`\$\{([A-Za-z0-9]+)\.`)

// refers returns the logical ids of the resources that a value refers to, sorted.
func refers(value any) []string {
	ids := map[string]bool{}
	for _, match := range name.FindAllStringSubmatch(fmt.Sprint(value), -1) {
		ids[match[1]] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

// decode evaluates a resource's properties, and puts them into a struct.
func (r *reader) decode(id string, target any) error {
	tree, err := r.Properties(id, nameOf)
	var text []byte
	if err == nil {
		text, err = json.Marshal(tree)
	}
	if err == nil {
		err = json.Unmarshal(text, target)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	return nil
}
