package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// evaluator evaluates the intrinsic functions in a tree and returns plain values.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
type evaluator struct {
	source     *source
	parameters map[string]any
	mappings   map[string]any
	conditions map[string]any
	types      map[string]string // the type of each resource
	absent     map[string]string // the resources that are left out, and the false condition of each

	functions map[string]function // the functions that are allowed here
	literal   bool                // no function is allowed, as in a parameter's declaration
	// attribute returns an attribute of a resource. The attribute "Ref" is the value of a Ref.
	attribute func(logicalID, attribute string) (string, error)

	// holds has the results of the evaluated conditions. It has nil for a condition that is being
	// evaluated. Each condition is evaluated once: otherwise 40 conditions that each use the next one
	// twice would take days.
	holds map[string]any
}

// function evaluates an intrinsic function.
type function func(e *evaluator, argument any) (any, error)

// noValue is what AWS::NoValue stands for: the property is left out.
type noValue struct{}

// The functions that are allowed in properties, in conditions and in rules.
var propertyFunctions, conditionFunctions, ruleFunctions map[string]function

func init() { // in init, as the functions themselves use these maps
	propertyFunctions = map[string]function{
		"Ref":           (*evaluator).ref,
		"Fn::GetAtt":    (*evaluator).getAtt,
		"Fn::Sub":       (*evaluator).sub,
		"Fn::Join":      (*evaluator).join,
		"Fn::Split":     (*evaluator).split,
		"Fn::Select":    (*evaluator).selectOne,
		"Fn::FindInMap": (*evaluator).findInMap,
		"Fn::If":        (*evaluator).ifElse,
	}
	truths := map[string]function{
		"Fn::And":    logical("Fn::And", 2, 10, func(holding, n int) bool { return holding == n }),
		"Fn::Or":     logical("Fn::Or", 2, 10, func(holding, _ int) bool { return holding > 0 }),
		"Fn::Not":    logical("Fn::Not", 1, 1, func(holding, _ int) bool { return holding == 0 }),
		"Fn::Equals": (*evaluator).equals,
		"Condition":  (*evaluator).condition,
	}
	conditionFunctions = maps.Clone(truths)
	maps.Copy(conditionFunctions, propertyFunctions)
	delete(conditionFunctions, "Fn::GetAtt")
	ruleFunctions = maps.Clone(truths)
	delete(ruleFunctions, "Condition")
	maps.Copy(ruleFunctions, map[string]function{
		"Ref":                  (*evaluator).ref,
		"Fn::Contains":         (*evaluator).contains,
		"Fn::EachMemberIn":     (*evaluator).eachMemberIn,
		"Fn::EachMemberEquals": (*evaluator).eachMemberEquals,
	})
}

// otherFunctions are functions of CloudFormation that the local stack does not evaluate. A resource
// that the local stack does not run may use them.
var otherFunctions = []string{
	"Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::GetStackOutput", "Fn::ImportValue", "Fn::Length", "Fn::ToJsonString",
	"Fn::Transform", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll",
}

var forEach = regexp.MustCompile(`^Fn::ForEach::[A-Za-z0-9]+$`)

// isIntrinsic reports whether CloudFormation has a function with this name.
func isIntrinsic(name string) bool {
	for _, table := range []map[string]function{propertyFunctions, conditionFunctions, ruleFunctions} {
		if table[name] != nil {
			return true
		}
	}
	return slices.Contains(otherFunctions, name) || forEach.MatchString(name)
}

// intrinsics returns the names of all functions, for suggestions.
func intrinsics() []string {
	names := slices.Clone(otherFunctions)
	for _, table := range []map[string]function{propertyFunctions, conditionFunctions, ruleFunctions} {
		names = slices.AppendSeq(names, maps.Keys(table))
	}
	return names
}

func tags() []string {
	names := intrinsics()
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "Fn::")
	}
	return names
}

// call returns the function and the argument if the node is a call of an intrinsic function. The
// Condition of a policy is not such a call.
func call(node any) (name string, argument any, ok bool) {
	m, _ := node.(map[string]any)
	if len(m) != 1 {
		return "", nil, false
	}
	for name, argument = range m {
		_, isName := argument.(string)
		ok = name == "Ref" || name == "Condition" && isName || strings.HasPrefix(name, "Fn::")
	}
	return name, argument, ok
}

func (e *evaluator) value(node any) (any, error) {
	if name, argument, ok := call(node); ok {
		if evaluate, ok := e.functions[name]; ok {
			return evaluate(e, argument)
		}
		return nil, fmt.Errorf("%s is not supported here", name)
	}
	switch node := node.(type) {
	case []any:
		return e.list(node)
	case map[string]any:
		return e.object(node)
	default:
		return node, nil
	}
}

func (e *evaluator) list(nodes []any) (any, error) {
	values := make([]any, 0, len(nodes))
	for _, node := range nodes {
		v, err := e.value(node)
		if err != nil {
			return nil, err
		}
		if _, left := v.(noValue); !left {
			values = append(values, v)
		}
	}
	return values, nil
}

func (e *evaluator) object(node map[string]any) (any, error) {
	values := make(map[string]any, len(node))
	for _, key := range slices.Sorted(maps.Keys(node)) {
		v, err := e.value(node[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if _, left := v.(noValue); !left {
			values[key] = v
		}
	}
	return values, nil
}

// arguments evaluates a list of arguments. It returns an error unless there are least to most.
func (e *evaluator) arguments(function string, argument any, least, most int) ([]any, error) {
	v, err := e.value(argument)
	if err != nil {
		return nil, err
	}
	values, ok := v.([]any)
	switch {
	case ok && least <= len(values) && len(values) <= most:
		return values, nil
	case least == most:
		return nil, fmt.Errorf("%s of %v: expected %d arguments", function, argument, least)
	default:
		return nil, fmt.Errorf("%s of %v: expected %d to %d arguments", function, argument, least, most)
	}
}

// textOf converts a value to text as CloudFormation does.
func textOf(value any) (string, error) {
	switch value.(type) {
	case map[string]any, []any, noValue, nil:
		return "", fmt.Errorf("expected one value, not %s", shown(value))
	}
	return fmt.Sprint(value), nil
}

func textsOf(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("expected a list, not %s", shown(value))
	}
	texts := make([]string, len(list))
	for i, v := range list {
		var err error
		if texts[i], err = textOf(v); err != nil {
			return nil, err
		}
	}
	return texts, nil
}
