// Package template reads the SAM template and returns the functions, routes, queues and tables
// that it describes. So the local stack needs no second description of the system.
//
// It ignores nothing silently. Each property of a resource that the local stack runs is
// honoured, or ignored for a reason, or refused with one clear line: see properties.go. The
// package is not a linter: it does not check the properties of other resources (cfn-lint does).
//
// Begin to read with Read in this file, then Resolve in system.go. schema.go checks values,
// intrinsics.go and functions.go evaluate functions such as !Sub.
package template

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// The values of AWS::Region and AWS::AccountId in the local stack.
const (
	Region  = "us-east-1"
	Account = "000000000000"
)

// PseudoParameter returns the local stack's value of a pseudo parameter such as AWS::Region.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
func PseudoParameter(name string) (value string, ok bool) {
	value, ok = map[string]string{
		"AWS::Region": Region, "AWS::AccountId": Account, "AWS::Partition": "aws", "AWS::StackName": "local", "AWS::URLSuffix": "amazonaws.com",
	}[name]
	return value, ok
}

// Template is a SAM template with values for its parameters.
type Template struct {
	// Parameters has the declared parameters by name.
	Parameters map[string]Parameter

	source    *source
	resources map[string]resource // with the properties from Globals
	evaluator evaluator
}

type resource struct {
	Type          string
	Condition     string
	Properties    map[string]any
	IgnoreGlobals any
	DependsOn     any
	Metadata      any
}

type sections struct {
	Transform  string
	Parameters map[string]Parameter
	Rules      map[string]rule
}

// Read reads a template file. The parameters replace the defaults in the template. Read also
// returns every error that Resolve would return, so that nothing starts with a wrong template.
func Read(path string, parameters map[string]string) (*Template, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	return Parse(path, text, parameters)
}

// Parse is [Read] for the text of a template. The errors name the path.
func Parse(path string, text []byte, parameters map[string]string) (*Template, error) {
	t, err := parse(text, parameters)
	if err == nil {
		_, err = t.Resolve(t.stub)
	}
	if err == nil {
		err = t.checkNames(t.with(t.stub))
	}
	if err != nil {
		line := strings.ReplaceAll(err.Error(), "\n", `\n`) // the error may quote several lines of the template
		return nil, fmt.Errorf("template %s: %s", path, line)
	}
	return t, nil
}

// attributes has the attributes of resources that the local stack knows. Ref counts as an attribute.
var attributes = map[string][]string{
	"AWS::SQS::Queue":      {"Ref", "Arn", "QueueName", "QueueUrl"},
	"AWS::DynamoDB::Table": {"Ref", "Arn"},
	"AWS::IAM::Role":       {"Ref", "Arn", "RoleId"},
}

// standIn stands between a logical id and an attribute. It can be in the name of a queue.
const standIn = "-"

// stub returns a stand-in for an attribute, as no resource exists yet.
func (t *Template) stub(logicalID, attribute string) (string, error) {
	known := attributes[t.resources[logicalID].Type]
	value, isPseudo := PseudoParameter(logicalID)
	switch {
	case isPseudo:
		return value, nil
	case slices.Contains(known, attribute):
		return logicalID + standIn + attribute, nil
	case known == nil:
		return "", fmt.Errorf("the local stack does not know %s of %s", attribute, logicalID)
	default:
		return "", fmt.Errorf("the local stack does not know %s of %s; it knows %s", attribute, logicalID, strings.Join(known, ", "))
	}
}

func parse(text []byte, overrides map[string]string) (*Template, error) {
	s := &source{lines: map[place]int{}, moved: map[place]place{}}
	tree, err := s.tree(text)
	if err != nil {
		return nil, err
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected a mapping with Resources")
	}
	literal := evaluator{source: s, literal: true}
	checked, err := literal.read(document, "", root)
	if err != nil {
		return nil, err
	}
	var has sections
	if err := decode(checked, &has); err != nil {
		return nil, err
	}
	t := &Template{Parameters: has.Parameters, source: s, resources: resources(root)}
	if err := t.checkResources(has.Transform); err != nil {
		return nil, err
	}
	if err := t.mergeGlobals(section(root, "Globals")); err != nil {
		return nil, err
	}
	if err := t.names(has, root).check(root); err != nil {
		return nil, err
	}
	return t, t.evaluate(has, root, overrides)
}

// resources returns the resources of a template, which must have been checked.
func resources(root map[string]any) map[string]resource {
	all := map[string]resource{}
	for id, tree := range section(root, "Resources") {
		attributes, _ := tree.(map[string]any)
		r := resource{IgnoreGlobals: attributes["IgnoreGlobals"], DependsOn: attributes["DependsOn"], Metadata: attributes["Metadata"]}
		r.Type, _ = textOf(attributes["Type"])
		r.Condition, _ = attributes["Condition"].(string)
		r.Properties, _ = attributes["Properties"].(map[string]any)
		all[id] = r
	}
	return all
}

func types(resources map[string]resource) map[string]string {
	types := make(map[string]string, len(resources))
	for id, r := range resources {
		types[id] = r.Type
	}
	return types
}

func section(root map[string]any, name string) map[string]any {
	section, _ := root[name].(map[string]any)
	return section
}

func (t *Template) names(has sections, root map[string]any) *names {
	return &names{
		source:     t.source,
		values:     slices.AppendSeq(slices.Clone(pseudoParameters), maps.Keys(has.Parameters)),
		resources:  types(t.resources),
		generated:  generatedResources(t.resources),
		conditions: slices.Collect(maps.Keys(section(root, "Conditions"))),
		mappings:   slices.Collect(maps.Keys(section(root, "Mappings"))),
	}
}

// evaluate finds the values of the parameters, checks the rules, and finds the resources whose
// condition is true.
func (t *Template) evaluate(has sections, root map[string]any, overrides map[string]string) error {
	values, err := parameterValues(t.source, has.Parameters, overrides)
	if err != nil {
		return err
	}
	e := evaluator{
		source: t.source, parameters: values, mappings: section(root, "Mappings"), conditions: section(root, "Conditions"),
		types: types(t.resources), absent: map[string]string{}, holds: map[string]any{}, functions: ruleFunctions,
		attribute: func(name, _ string) (string, error) {
			if value, ok := PseudoParameter(name); ok {
				return value, nil
			}
			return "", fmt.Errorf("%s is not known here", name)
		},
	}
	if err := e.checkRules(has.Rules); err != nil {
		return err
	}
	e.functions = conditionFunctions
	if err := e.evaluateConditions(); err != nil {
		return err
	}
	for id, r := range t.resources {
		if r.Condition != "" && e.holds[r.Condition] != true {
			e.absent[id] = r.Condition
		}
	}
	e.functions = propertyFunctions
	t.evaluator = e
	if err := t.checkReferences(section(root, "Outputs")); err != nil {
		return err
	}
	return t.checkCircles()
}

// checkReferences refuses a property or an output that refers to a resource whose condition is false.
// CloudFormation says "Unresolved resource dependencies".
func (t *Template) checkReferences(outputs map[string]any) error {
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if _, absent := t.evaluator.absent[id]; absent {
			continue
		}
		if err := t.evaluator.checkPresent(t.resources[id].Properties, place("Resources").key(id).key("Properties")); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		output, _ := outputs[name].(map[string]any)
		if condition, ok := output["Condition"].(string); ok && t.evaluator.holds[condition] != true {
			continue
		}
		if err := t.evaluator.checkPresent(output, place("Outputs").key(name)); err != nil {
			return err
		}
	}
	return nil
}

// LogicalIDs returns the sorted logical ids of the resources of a type. It leaves out those whose
// condition is false.
func (t *Template) LogicalIDs(resourceType string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if t.resources[id].Type == resourceType && t.evaluator.absent[id] == "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// LeftOut returns the logical ids of the resources of a type that a condition leaves out, and
// that condition of each.
func (t *Template) LeftOut(resourceType string) map[string]string {
	leftOut := map[string]string{}
	for id, condition := range t.evaluator.absent {
		if t.resources[id].Type == resourceType {
			leftOut[id] = condition
		}
	}
	return leftOut
}
