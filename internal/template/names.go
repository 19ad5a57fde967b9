package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// eachIn calls do with each value in a mapping or list, until do returns an error.
func eachIn(node any, at place, do func(child any, at place) error) error {
	switch node := node.(type) {
	case []any:
		for i, child := range node {
			if err := do(child, at.index(i)); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			if err := do(node[key], at.key(key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// names has the names that the expressions of a template can refer to.
type names struct {
	source     *source
	values     []string          // parameters and pseudo parameters
	resources  map[string]string // the type of each resource
	generated  *regexp.Regexp    // matches the resources that SAM makes
	conditions []string
	mappings   []string
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
var pseudoParameters = []string{
	"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix",
}

// generatedResources returns an expression that matches the logical ids of the resources that SAM
// makes from the resources of the template.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
func generatedResources(resources map[string]resource) *regexp.Regexp {
	ids := []string{"ServerlessDeploymentApplication", "ServerlessRestApi"}
	for id, r := range resources {
		switch r.Type {
		case "AWS::Serverless::Api":
			ids = append(ids, id+"(?:ApiKey|UsagePlan|UsagePlanKey|Deployment[0-9a-f]*|[A-Za-z0-9]*Stage)")
		case "AWS::Serverless::Function":
			events, _ := r.Properties["Events"].(map[string]any)
			parts := []string{"Role", "Version[0-9a-f]*", `\.Version`, `\.Alias`, "DeploymentGroup"}
			for name := range events {
				parts = append(parts, regexp.QuoteMeta(name))
			}
			if alias, ok := r.Properties["AutoPublishAlias"].(string); ok {
				parts = append(parts, "Alias"+regexp.QuoteMeta(alias))
			}
			ids = append(ids, id+"(?:"+strings.Join(parts, "|")+")")
		}
	}
	return regexp.MustCompile("^(?:" + strings.Join(ids, "|") + ")$")
}

// check refuses functions that CloudFormation does not have, and names that the template does not
// have. It looks at the whole template, also at resources that the local stack does not run.
func (n *names) check(document map[string]any) error {
	values := *n
	values.resources, values.generated = nil, nil // a condition or a rule cannot refer to resources
	for _, s := range []struct {
		section string
		names   *names
	}{{"Rules", &values}, {"Conditions", &values}, {"Globals", n}, {"Resources", n}, {"Outputs", n}} {
		if err := s.names.checkExpressions(document[s.section], place(s.section)); err != nil {
			return err
		}
	}
	return n.checkAttributes(document)
}

// checkExpressions checks every function in a tree. It refuses a key that looks like a function but is
// not one.
func (n *names) checkExpressions(node any, at place) error {
	mapping, _ := node.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		isFunction := strings.HasPrefix(key, "Fn::")
		switch {
		case isFunction && !isIntrinsic(key):
			return n.source.fault(at.key(key), "there is no such function%s", suggestion(key, intrinsics()))
		case isFunction && len(mapping) > 1 && key != "Fn::Transform" && !forEach.MatchString(key):
			return n.source.fault(at.key(key), "a function must be the only key here: remove the other keys")
		}
	}
	if name, argument, ok := call(node); ok {
		if err := n.look(at, name, argument); err != nil {
			return err
		}
	}
	return eachIn(node, at, n.checkExpressions)
}

// look checks the form of one function, and the names in it.
func (n *names) look(at place, function string, argument any) error {
	list, isList := argument.([]any)
	if wanted, ok := counts[function]; ok && (!isList || len(list) != wanted) {
		return n.source.fault(at, "%s of %v: expected %d arguments", function, argument, wanted)
	}
	first := argument
	if len(list) > 0 {
		first = list[0]
	}
	name, isName := first.(string)
	switch {
	case isName && (function == "Condition" || function == "Fn::If"):
		return n.checkCondition(at, name)
	case function == "Fn::If":
		return n.source.fault(at, "Fn::If of %s: expected the name of a condition", shown(first))
	case function == "Fn::FindInMap" && isName && !slices.Contains(n.mappings, name):
		return n.source.fault(at, "there is no %s in Mappings%s", name, suggestion(name, n.mappings))
	}
	referred, variables, err := references(function, argument)
	if err != nil {
		return n.source.fault(at, "%v", err)
	}
	for _, name := range referred {
		if err := n.checkValue(at, name, variables); err != nil {
			return err
		}
	}
	return nil
}

// counts has the number of arguments of each function whose argument is a list of fixed length.
var counts = map[string]int{"Fn::Equals": 2, "Fn::FindInMap": 3, "Fn::If": 3, "Fn::Join": 2, "Fn::Select": 2, "Fn::Split": 2}

// references returns the names that a function refers to. Each is a parameter, a resource, or a
// resource with a dot and an attribute. It also returns the variables that the function defines.
func references(function string, argument any) (names []string, variables map[string]any, err error) {
	switch function {
	case "Ref":
		name, ok := argument.(string)
		if !ok {
			return nil, nil, fmt.Errorf("a Ref of %v: expected a name", argument)
		}
		return []string{name}, nil, nil
	case "Fn::GetAtt":
		id, attribute := getAttNames(argument)
		if list, ok := argument.([]any); ok && len(list) == 2 && attribute == "" {
			if name, _, ok := call(list[1]); ok && name == "Ref" { // no other function may be the attribute
				return []string{id}, nil, nil
			}
		}
		if id == "" || attribute == "" {
			return nil, nil, fmt.Errorf("Fn::GetAtt of %v: expected a resource and an attribute", argument)
		}
		return []string{id + "." + attribute}, nil, nil
	case "Fn::Sub":
		text, variables, err := subParts(argument)
		for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
			if !subName.MatchString(match[1]) {
				return nil, nil, fmt.Errorf("Fn::Sub: %s: expected a name of letters, digits, _, . or colons", match[0])
			}
			names = append(names, match[1])
		}
		return names, variables, err
	}
	return nil, nil, nil
}

func (n *names) checkCondition(at place, name string) error {
	if slices.Contains(n.conditions, name) {
		return nil
	}
	return n.source.fault(at, "there is no %s in Conditions%s", name, suggestion(name, n.conditions))
}

// checkValue refuses a name unless it is a parameter, a resource, a resource with a dot and an
// attribute, or one of the variables.
func (n *names) checkValue(at place, name string, variables map[string]any) error {
	id, attribute, isAttribute := strings.Cut(name, ".")
	_, isVariable := variables[name]
	kind, isResource := n.resources[id]
	known := attributes[kind]
	switch {
	case !isVariable && isAttribute && known != nil && !slices.Contains(known[1:], attribute):
		return n.source.fault(at, "%s has no attribute %q, but %s", id, attribute, strings.Join(known[1:], ", "))
	case isVariable, isResource, n.generated != nil && n.generated.MatchString(id):
		return nil
	case !isAttribute && slices.Contains(n.values, name):
		return nil
	}
	known = slices.Concat(n.values, slices.Collect(maps.Keys(n.resources)), slices.Collect(maps.Keys(variables)))
	if n.generated == nil {
		return n.source.fault(at, "there is no parameter %s%s", id, suggestion(id, known))
	}
	return n.source.fault(at, "there is no parameter or resource %s%s", id, suggestion(id, known))
}

// checkAttributes checks the names that the template has without a function, in Condition and DependsOn.
func (n *names) checkAttributes(document map[string]any) error {
	for _, section := range []string{"Resources", "Outputs"} {
		entries, _ := document[section].(map[string]any)
		for _, id := range slices.Sorted(maps.Keys(entries)) {
			entry, _ := entries[id].(map[string]any)
			at := place(section).key(id)
			if condition, ok := entry["Condition"].(string); ok {
				if err := n.checkCondition(at.key("Condition"), condition); err != nil {
					return err
				}
			}
			needed, isList := entry["DependsOn"].([]any)
			if entry["DependsOn"] != nil && !isList {
				needed = []any{entry["DependsOn"]}
			}
			for _, other := range needed {
				name, _ := other.(string)
				if n.resources[name] == "" && !n.generated.MatchString(name) {
					return n.source.fault(at.key("DependsOn"), "there is no resource %s%s", shown(other), suggestion(name, slices.Collect(maps.Keys(n.resources))))
				}
			}
		}
	}
	return nil
}
