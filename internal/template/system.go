package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// System is the system that the template describes, with all values evaluated.
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
	LogLevel    string // DEBUG, INFO, WARN or ERROR; "" if not set
}

// EventSource is an SQS event source mapping.
type EventSource struct {
	Function           string // its logical id
	QueueARN           string
	Disabled           bool // if true, the mapping exists but does not poll
	BatchSize          int  // messages
	Window             time.Duration
	MaximumConcurrency int  // batches at the same time; 0 means no limit
	ReportItemFailures bool // true if FunctionResponseTypes has ReportBatchItemFailures
}

// Queue is an SQS queue; the attributes are those of SQS's CreateQueue.
type Queue struct {
	LogicalID  string
	Attributes map[string]string
}

// Table is a DynamoDB table; the properties are members of DynamoDB's CreateTable.
type Table struct {
	LogicalID  string
	Properties map[string]any
}

// Resolve evaluates the template. The function attribute returns an attribute of a queue or a table.
// For the attribute "Ref" it returns the value of a Ref of the resource, or of a pseudo parameter
// such as AWS::Region.
func (t *Template) Resolve(attribute func(logicalID, attribute string) (string, error)) (*System, error) {
	e := t.with(attribute)
	system := &System{}
	api := &routes{source: t.source, at: map[string]place{}, parameters: map[string]string{}}
	var err error
	if err = t.api(e, api); err != nil {
		return nil, err
	}
	for _, id := range t.LogicalIDs("AWS::Serverless::Function") {
		if err := t.function(e, id, api, system); err != nil {
			return nil, err
		}
	}
	for _, id := range t.LogicalIDs("AWS::SQS::Queue") {
		if err := t.queue(e, id, system); err != nil {
			return nil, err
		}
	}
	for _, id := range t.LogicalIDs("AWS::DynamoDB::Table") {
		table := Table{LogicalID: id}
		if err := t.properties(e, id, &table.Properties); err != nil {
			return nil, err
		}
		system.Tables = append(system.Tables, table)
	}
	renameQueues(system.Queues)
	return system, nil
}

// Properties evaluates the properties of any resource, also of one that the local stack does without, such
// as a role. attribute is as for Resolve.
func (t *Template) Properties(id string, attribute func(logicalID, attribute string) (string, error)) (any, error) {
	return t.with(attribute).value(t.resources[id].Properties)
}

func (t *Template) with(attribute func(logicalID, attribute string) (string, error)) *evaluator {
	e := t.evaluator
	e.attribute = attribute
	return &e
}

func (t *Template) properties(e *evaluator, id string, target any) error {
	r, at := t.resources[id], place("Resources").key(id).key("Properties")
	properties := r.Properties
	if properties == nil {
		properties = map[string]any{}
	}
	tree, err := e.read(resourceProperties[r.Type], at, properties)
	if err != nil {
		return err
	}
	return decode(tree, target)
}

// api reads the settings of the API that all its routes share. It refuses a second API: the local
// stack has one address for it.
func (t *Template) api(e *evaluator, all *routes) error {
	var api struct {
		StageName string
		Auth      struct{ DefaultAuthorizer string }
	}
	ids := t.LogicalIDs("AWS::Serverless::Api")
	if len(ids) > 1 {
		return t.source.fault(place("Resources").key(ids[1]), "the local stack serves one API, and the template has %s already", ids[0])
	}
	for _, id := range ids {
		if err := t.properties(e, id, &api); err != nil {
			return err
		}
	}
	all.stage, all.signed = api.StageName, api.Auth.DefaultAuthorizer == "AWS_IAM"
	return nil
}

// function reads a function and its events.
func (t *Template) function(e *evaluator, id string, api *routes, system *System) error {
	var f struct {
		Timeout       int
		Environment   struct{ Variables map[string]string }
		LoggingConfig loggingConfig
		Events        map[string]event
	}
	f.Timeout = 3 // seconds; Lambda's default
	f.Environment.Variables = map[string]string{}
	if err := t.properties(e, id, &f); err != nil {
		return err
	}
	if err := t.checkFunction(id, f.LoggingConfig); err != nil {
		return err
	}
	if err := t.checkVariables(id, f.Environment.Variables); err != nil {
		return err
	}
	system.Functions = append(system.Functions, Function{
		LogicalID:   id,
		Timeout:     time.Duration(f.Timeout) * time.Second,
		Environment: f.Environment.Variables,
		LogLevel:    f.LoggingConfig.ApplicationLogLevel,
	})
	for _, name := range slices.Sorted(maps.Keys(f.Events)) {
		properties := f.Events[name].Properties
		if f.Events[name].Type == "SQS" {
			if err := t.addSource(system, name, properties.source(id)); err != nil {
				return err
			}
			continue
		}
		route := Route{Function: id, Method: strings.ToUpper(properties.Method), Path: properties.Path, Stage: api.stage, Signed: api.signed}
		if err := api.add(route, place("Resources").key(id).key("Properties.Events").key(name).key("Properties")); err != nil {
			return err
		}
		system.Routes = append(system.Routes, route)
	}
	return nil
}

type event struct {
	Type       string
	Properties eventProperties
}

// eventProperties has the properties of an Api event, and then those of an SQS event.
type eventProperties struct {
	Path, Method string

	Queue                          string
	Enabled                        *bool
	BatchSize                      int
	MaximumBatchingWindowInSeconds int
	FunctionResponseTypes          []string
	ScalingConfig                  struct{ MaximumConcurrency int }
}

func (p eventProperties) source(function string) EventSource {
	return EventSource{
		Function:           function,
		QueueARN:           p.Queue,
		Disabled:           p.Enabled != nil && !*p.Enabled,
		BatchSize:          p.BatchSize,
		Window:             time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
		MaximumConcurrency: p.ScalingConfig.MaximumConcurrency,
		ReportItemFailures: len(p.FunctionResponseTypes) > 0,
	}
}

// queue turns a queue's properties into SQS's attributes.
func (t *Template) queue(e *evaluator, id string, system *System) error {
	var properties map[string]any
	if err := t.properties(e, id, &properties); err != nil {
		return err
	}
	if err := t.checkEncryption(e, id, properties); err != nil {
		return err
	}
	queue := Queue{LogicalID: id, Attributes: map[string]string{}}
	for name, value := range properties {
		if policy, ok := value.(map[string]any); ok { // SQS wants it as a JSON text
			text, err := json.Marshal(policy)
			if err != nil {
				return err
			}
			value = string(text)
		}
		queue.Attributes[name] = fmt.Sprint(value)
	}
	system.Queues = append(system.Queues, queue)
	return nil
}

// renameQueues gives every queue its logical id as its name. In redrive policies it replaces the ARN
// with a queue's name from the template by the ARN with the logical id.
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
