package template

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// evaluator turns a tree with intrinsic functions into plain values.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
type evaluator struct {
	parameters map[string]any
	mappings   map[string]any
	conditions map[string]any
	// attribute returns an attribute of a resource, or with "Ref" what a Ref of it is.
	attribute func(logicalID, attribute string) (string, error)

	// holds has the conditions that were evaluated, and nil for one that is being so.
	// Each is evaluated once: 40 that each use the next one twice would take days.
	holds map[string]any
}

// noValue is what AWS::NoValue stands for: the property is left out.
type noValue struct{}

func (e *evaluator) value(node any) (any, error) {
	switch node := node.(type) {
	case []any:
		return e.list(node)
	case map[string]any:
		if len(node) == 1 {
			for name, argument := range node {
				if function, ok := functions[name]; ok {
					return function(e, argument)
				}
				if strings.HasPrefix(name, "Fn::") {
					return nil, fmt.Errorf("%s is not supported here", name)
				}
			}
		}
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
	for key, child := range node {
		v, err := e.value(child)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if _, left := v.(noValue); !left {
			values[key] = v
		}
	}
	return values, nil
}

var functions map[string]func(e *evaluator, argument any) (any, error)

func init() { // the functions call the table they are in
	functions = map[string]func(e *evaluator, argument any) (any, error){
		"Ref":           (*evaluator).ref,
		"Fn::GetAtt":    (*evaluator).getAtt,
		"Fn::Sub":       (*evaluator).sub,
		"Fn::Join":      (*evaluator).join,
		"Fn::Split":     (*evaluator).split,
		"Fn::Select":    (*evaluator).selectOne,
		"Fn::FindInMap": (*evaluator).findInMap,
		"Fn::If":        (*evaluator).ifElse,
		"Fn::Equals":    (*evaluator).equals,
		"Fn::Not":       (*evaluator).not,
		"Condition":     (*evaluator).condition,
	}
}

func (e *evaluator) ref(argument any) (any, error) {
	name, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("a Ref of %v: expected a name", argument)
	}
	if name == "AWS::NoValue" {
		return noValue{}, nil
	}
	if v, ok := e.parameters[name]; ok {
		return v, nil
	}
	return e.attribute(name, "Ref")
}

func (e *evaluator) getAtt(argument any) (any, error) {
	var logicalID, attribute string
	switch a := argument.(type) {
	case string:
		logicalID, attribute, _ = strings.Cut(a, ".")
	case []any:
		if len(a) == 2 {
			logicalID, _ = a[0].(string)
			attribute, _ = a[1].(string)
		}
	}
	if logicalID == "" || attribute == "" {
		return nil, fmt.Errorf("Fn::GetAtt of %v: expected a resource and an attribute", argument)
	}
	return e.attribute(logicalID, attribute)
}

var placeholder = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

func (e *evaluator) sub(argument any) (any, error) {
	text, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("Fn::Sub with variables of its own is not supported here: %v", argument)
	}
	var failure error
	text = placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		evaluate := e.ref
		if strings.Contains(name, ".") {
			evaluate = e.getAtt
		}
		v, err := evaluate(name)
		if err != nil && failure == nil {
			failure = err
		}
		return fmt.Sprint(v)
	})
	return strings.ReplaceAll(text, "${!", "${"), failure
}

func (e *evaluator) join(argument any) (any, error) {
	parts, err := e.arguments("Fn::Join", argument, 2)
	if err != nil {
		return nil, err
	}
	list, ok := parts[1].([]any)
	if !ok {
		return nil, fmt.Errorf("Fn::Join of %v: expected a list", parts[1])
	}
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, fmt.Sprint(parts[0])), nil
}

func (e *evaluator) split(argument any) (any, error) {
	values, err := e.arguments("Fn::Split", argument, 2)
	if err != nil {
		return nil, err
	}
	var parts []any
	for _, part := range strings.Split(fmt.Sprint(values[1]), fmt.Sprint(values[0])) {
		parts = append(parts, part)
	}
	return parts, nil
}

func (e *evaluator) selectOne(argument any) (any, error) {
	values, err := e.arguments("Fn::Select", argument, 2)
	if err != nil {
		return nil, err
	}
	list, ok := values[1].([]any)
	index, err := strconv.Atoi(fmt.Sprint(values[0]))
	if !ok || err != nil || index < 0 || index >= len(list) {
		return nil, fmt.Errorf("Fn::Select: %v has no element %v", values[1], values[0])
	}
	return list[index], nil
}

func (e *evaluator) findInMap(argument any) (any, error) {
	keys, err := e.arguments("Fn::FindInMap", argument, 3)
	if err != nil {
		return nil, err
	}
	var v any = e.mappings
	for _, key := range keys {
		level, _ := v.(map[string]any)
		found, ok := level[fmt.Sprint(key)]
		if !ok {
			return nil, fmt.Errorf("Fn::FindInMap %v: no %v in Mappings", keys, key)
		}
		v = found
	}
	return v, nil
}

func (e *evaluator) ifElse(argument any) (any, error) {
	branches, ok := argument.([]any)
	if !ok || len(branches) != 3 {
		return nil, fmt.Errorf("Fn::If of %v: expected a condition and two values", argument)
	}
	holds, err := e.condition(branches[0])
	if err != nil {
		return nil, err
	}
	if holds == true {
		return e.value(branches[1])
	}
	return e.value(branches[2])
}

func (e *evaluator) condition(argument any) (any, error) {
	name := fmt.Sprint(argument)
	definition, ok := e.conditions[name]
	if !ok {
		return nil, fmt.Errorf("no condition %s in Conditions", name)
	}
	if holds, begun := e.holds[name]; begun {
		if holds == nil {
			return nil, fmt.Errorf("condition %s refers to itself", name)
		}
		return holds, nil
	}
	e.holds[name] = nil
	v, err := e.value(definition)
	if err != nil {
		return nil, err
	}
	if _, ok := v.(bool); !ok {
		return nil, fmt.Errorf("condition %s is neither true nor false", name)
	}
	e.holds[name] = v
	return v, nil
}

func (e *evaluator) equals(argument any) (any, error) {
	values, err := e.arguments("Fn::Equals", argument, 2)
	if err != nil {
		return nil, err
	}
	return fmt.Sprint(values[0]) == fmt.Sprint(values[1]), nil
}

func (e *evaluator) not(argument any) (any, error) {
	values, err := e.arguments("Fn::Not", argument, 1)
	if err != nil {
		return nil, err
	}
	return values[0] != true, nil
}

// arguments evaluates a list of n arguments.
func (e *evaluator) arguments(function string, argument any, n int) ([]any, error) {
	v, err := e.value(argument)
	if err != nil {
		return nil, err
	}
	values, ok := v.([]any)
	if !ok || len(values) != n {
		return nil, fmt.Errorf("%s of %v: expected %d arguments", function, argument, n)
	}
	return values, nil
}
