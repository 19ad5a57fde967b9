package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// System is what the template describes, with all values known.
type System struct {
	Functions    []Function
	Routes       []Route
	EventSources []EventSource
	Queues       []Queue
	Tables       []Table
}

// Function is a Lambda function.
type Function struct {
	LogicalID   string
	Timeout     time.Duration
	Environment map[string]string
	LogLevel    string // DEBUG, INFO, WARN or ERROR; "" when not set
}

// Route is a method and path of the REST API, and the function behind it.
type Route struct {
	Function string // logical id
	Method   string // upper case, or ANY
	Path     string // with {parameters}
	Stage    string
}

// EventSource is an SQS event source mapping.
type EventSource struct {
	Function           string // logical id
	QueueARN           string
	BatchSize          int // messages
	Window             time.Duration
	MaximumConcurrency int  // invocations at once; 0 when not set
	ReportItemFailures bool // ReportBatchItemFailures
}

// Queue is an SQS queue; the attributes are those of SQS's CreateQueue.
type Queue struct {
	LogicalID  string
	Attributes map[string]string
}

// Table is a DynamoDB table; the properties are those of CloudFormation, which are
// also the members of DynamoDB's CreateTable.
type Table struct {
	LogicalID  string
	Properties map[string]any
}

// Resolve evaluates the template. attribute returns an attribute of a queue or
// table; when it is "Ref", what a Ref of it, or of a pseudo parameter like
// AWS::Region, stands for.
func (t *Template) Resolve(attribute func(logicalID, attribute string) (string, error)) (*System, error) {
	e := t.with(attribute)
	system := &System{}
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		var err error
		switch t.resources[id].Type {
		case "AWS::Serverless::Function":
			err = t.function(&e, id, system)
		case "AWS::SQS::Queue":
			err = t.queue(&e, id, system)
		case "AWS::DynamoDB::Table":
			var properties any
			properties, err = e.value(t.resources[id].Properties)
			table, _ := properties.(map[string]any)
			system.Tables = append(system.Tables, Table{id, table})
		}
		if err != nil {
			return nil, fmt.Errorf("resource %s: %w", id, err)
		}
	}
	renameQueues(system.Queues)
	return system, nil
}

// Properties evaluates a resource that the local stack does without, a role say, so that
// tests can look at it. attribute is as for Resolve.
func (t *Template) Properties(id string, attribute func(logicalID, attribute string) (string, error)) (any, error) {
	e := t.with(attribute)
	return e.value(t.resources[id].Properties)
}

func (t *Template) with(attribute func(logicalID, attribute string) (string, error)) evaluator {
	e := t.evaluator
	e.attribute, e.holds = attribute, map[string]any{}
	return e
}

// function reads a function and its events.
func (t *Template) function(e *evaluator, id string, system *System) error {
	properties := maps.Clone(t.globals)
	if properties == nil {
		properties = map[string]any{}
	}
	maps.Copy(properties, t.resources[id].Properties)
	var f struct {
		Timeout       number
		Environment   struct{ Variables map[string]any }
		LoggingConfig struct{ ApplicationLogLevel string }
		Events        map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	// Only these are evaluated: a role, say, is none of the local stack's business.
	needed := map[string]any{}
	for _, name := range []string{"Timeout", "Environment"} {
		needed[name] = properties[name]
	}
	if logging, ok := properties["LoggingConfig"].(map[string]any); ok {
		needed["LoggingConfig"] = map[string]any{"ApplicationLogLevel": logging["ApplicationLogLevel"]}
	}
	if err := e.decode(needed, &f); err != nil {
		return err
	}
	if err := decode(map[string]any{"Events": properties["Events"]}, &f); err != nil {
		return err
	}
	function := Function{
		LogicalID:   id,
		Timeout:     3 * time.Second, // Lambda's default
		Environment: map[string]string{},
		LogLevel:    f.LoggingConfig.ApplicationLogLevel,
	}
	if f.Timeout > 0 {
		function.Timeout = time.Duration(f.Timeout) * time.Second
	}
	for name, value := range f.Environment.Variables {
		function.Environment[name] = fmt.Sprint(value)
	}
	system.Functions = append(system.Functions, function)

	for _, name := range slices.Sorted(maps.Keys(f.Events)) {
		event := f.Events[name]
		var err error
		switch event.Type {
		case "Api":
			err = t.route(e, id, event.Properties, system)
		case "SQS":
			err = t.eventSource(e, id, event.Properties, system)
		default:
			err = fmt.Errorf("events of type %s are not supported here", event.Type)
		}
		if err != nil {
			return fmt.Errorf("event %s: %w", name, err)
		}
	}
	return nil
}

func (t *Template) route(e *evaluator, function string, properties map[string]any, system *System) error {
	var event struct{ Path, Method string }
	if err := decode(map[string]any{"Path": properties["Path"], "Method": properties["Method"]}, &event); err != nil {
		return err
	}
	route := Route{Function: function, Method: strings.ToUpper(event.Method), Path: event.Path}
	if api, ok := properties["RestApiId"].(map[string]any); ok {
		id, _ := api["Ref"].(string)
		stage, err := e.value(t.resources[id].Properties["StageName"])
		if err != nil {
			return err
		}
		route.Stage = fmt.Sprint(stage)
	}
	system.Routes = append(system.Routes, route)
	return nil
}

func (t *Template) eventSource(e *evaluator, function string, properties map[string]any, system *System) error {
	var event struct {
		Queue                          string
		BatchSize                      number
		MaximumBatchingWindowInSeconds number
		FunctionResponseTypes          []string
		ScalingConfig                  struct{ MaximumConcurrency number }
	}
	if err := e.decode(properties, &event); err != nil {
		return err
	}
	system.EventSources = append(system.EventSources, EventSource{
		Function:           function,
		QueueARN:           event.Queue,
		BatchSize:          max(int(event.BatchSize), 0),
		Window:             time.Duration(event.MaximumBatchingWindowInSeconds) * time.Second,
		MaximumConcurrency: int(event.ScalingConfig.MaximumConcurrency),
		ReportItemFailures: slices.Contains(event.FunctionResponseTypes, "ReportBatchItemFailures"),
	})
	return nil
}

// queue turns a queue's properties into SQS's attributes.
func (t *Template) queue(e *evaluator, id string, system *System) error {
	tree, err := e.value(t.resources[id].Properties)
	if err != nil {
		return err
	}
	queue := Queue{LogicalID: id, Attributes: map[string]string{}}
	properties, _ := tree.(map[string]any)
	for name, value := range properties {
		switch value.(type) {
		case map[string]any: // a policy, which SQS takes as JSON
			text, err := json.Marshal(value)
			if err != nil {
				return err
			}
			queue.Attributes[name] = string(text)
		case []any: // Tags
		default:
			queue.Attributes[name] = fmt.Sprint(value)
		}
	}
	system.Queues = append(system.Queues, queue)
	return nil
}

// renameQueues gives every queue its logical id as its name: where a policy holds
// the ARN of a queue by the name that the template gives it, the ARN is changed too.
func renameQueues(queues []Queue) {
	for _, named := range queues {
		name, ok := named.Attributes["QueueName"]
		if !ok {
			continue
		}
		delete(named.Attributes, "QueueName")
		for _, q := range queues {
			for attribute, value := range q.Attributes {
				q.Attributes[attribute] = strings.ReplaceAll(value, ":"+name+`"`, ":"+named.LogicalID+`"`)
			}
		}
	}
}

// decode evaluates a tree and fills a struct from it.
func (e *evaluator) decode(tree, target any) error {
	v, err := e.value(tree)
	if err != nil {
		return err
	}
	return decode(v, target)
}

// number is a whole number that the template may hold as a string.
type number int

func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	i, err := strconv.Atoi(strings.Trim(string(text), `"`))
	*n = number(i)
	if err != nil {
		return fmt.Errorf("%s is not a whole number", text)
	}
	return nil
}
