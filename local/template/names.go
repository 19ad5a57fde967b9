package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// visit calls look with every intrinsic function in a tree, until one is refused.
func visit(node any, at place, look func(at place, name string, argument any) error) error {
	if name, argument, ok := call(node); ok {
		if err := look(at, name, argument); err != nil {
			return err
		}
	}
	switch node := node.(type) {
	case []any:
		for i, child := range node {
			if err := visit(child, at.index(i), look); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			if err := visit(node[key], at.key(key), look); err != nil {
				return err
			}
		}
	}
	return nil
}

// names are what a template's expressions can refer to.
type names struct {
	source     *source
	values     []string // parameters and pseudo parameters
	resources  []string
	generated  *regexp.Regexp // resources that SAM makes
	conditions []string
	mappings   []string
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
var pseudoParameters = []string{
	"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix",
}

// generatedResources matches the logical ids of what SAM makes of the template.
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

// check refuses functions that CloudFormation does not have, and names that the template
// does not have, also in what the local stack does not run.
func (n *names) check(document map[string]any) error {
	values := *n
	values.resources, values.generated = nil, nil // which a condition or a rule can't see
	for _, s := range []struct {
		section string
		names   *names
	}{{"Rules", &values}, {"Conditions", &values}, {"Globals", n}, {"Resources", n}, {"Outputs", n}} {
		if err := checkFunctions(n.source, document[s.section], place(s.section)); err != nil {
			return err
		}
		if err := visit(document[s.section], place(s.section), s.names.look); err != nil {
			return err
		}
	}
	return n.checkAttributes(document)
}

// checkFunctions refuses keys that are called as functions are and are none.
func checkFunctions(s *source, node any, at place) error {
	switch node := node.(type) {
	case []any:
		for i, child := range node {
			if err := checkFunctions(s, child, at.index(i)); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			isFunction := strings.HasPrefix(key, "Fn::")
			switch {
			case isFunction && !isIntrinsic(key):
				return s.fault(at.key(key), "there is no such function%s", suggestion(key, intrinsics()))
			case isFunction && len(node) > 1 && key != "Fn::Transform" && !forEach.MatchString(key):
				return s.fault(at.key(key), "a function stands alone, and here are other keys beside it")
			}
			if err := checkFunctions(s, node[key], at.key(key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// look checks the names in one function.
func (n *names) look(at place, function string, argument any) error {
	first := argument
	if list, ok := argument.([]any); ok && len(list) > 0 {
		first = list[0]
	}
	name, isName := first.(string)
	switch {
	case function == "Ref" && isName:
		return n.checkValue(at, name, nil)
	case function == "Fn::GetAtt":
		if id, attribute := getAttNames(argument); id != "" {
			return n.checkValue(at, id+"."+attribute, nil)
		}
	case function == "Fn::Sub":
		text, variables, err := subParts(argument)
		if err != nil {
			return n.source.fault(at, "%v", err)
		}
		for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
			if err := n.checkValue(at, match[1], variables); err != nil {
				return err
			}
		}
	case isName && (function == "Condition" || function == "Fn::If"):
		return n.checkCondition(at, name)
	case function == "Fn::FindInMap" && isName && !slices.Contains(n.mappings, name):
		return n.source.fault(at, "there is no %s in Mappings%s", name, suggestion(name, n.mappings))
	}
	return nil
}

func (n *names) checkCondition(at place, name string) error {
	if slices.Contains(n.conditions, name) {
		return nil
	}
	return n.source.fault(at, "there is no %s in Conditions%s", name, suggestion(name, n.conditions))
}

// checkValue takes the name of a parameter, of a resource, or with a dot an attribute.
func (n *names) checkValue(at place, name string, variables map[string]any) error {
	id, _, isAttribute := strings.Cut(name, ".")
	_, isVariable := variables[name]
	switch {
	case isVariable, slices.Contains(n.resources, id) && (isAttribute || name == id), n.generated != nil && n.generated.MatchString(id):
		return nil
	case !isAttribute && slices.Contains(n.values, name):
		return nil
	}
	known := slices.Concat(n.values, n.resources, slices.Collect(maps.Keys(variables)))
	if n.generated == nil {
		return n.source.fault(at, "there is no parameter %s%s", id, suggestion(id, known))
	}
	return n.source.fault(at, "there is no parameter or resource %s%s", id, suggestion(id, known))
}

// checkAttributes looks at the names that stand in the template without a function.
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
				if !slices.Contains(n.resources, name) && !n.generated.MatchString(name) {
					return n.source.fault(at.key("DependsOn"), "there is no resource %s%s", shown(other), suggestion(name, n.resources))
				}
			}
		}
	}
	return nil
}
