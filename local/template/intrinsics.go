package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// evaluator turns a tree with intrinsic functions into plain values.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
type evaluator struct {
	source     *source
	parameters map[string]any
	mappings   map[string]any
	conditions map[string]any
	types      map[string]string // of the resources
	absent     map[string]string // resources that are not there, and the condition that is false

	functions map[string]function // that can be used where this evaluates
	literal   bool                // there are none, as in a parameter's declaration
	// attribute returns an attribute of a resource, or with "Ref" what a Ref of it is.
	attribute func(logicalID, attribute string) (string, error)

	// holds has the conditions that were evaluated, and nil for one that is being so.
	// Each is evaluated once: 40 that each use the next one twice would take days.
	holds map[string]any
}

// function evaluates an intrinsic function.
type function func(e *evaluator, argument any) (any, error)

// noValue is what AWS::NoValue stands for: the property is left out.
type noValue struct{}

// Which functions there are depends on the section.
var propertyFunctions, conditionFunctions, ruleFunctions map[string]function

func init() { // the functions call the tables they are in
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

// otherFunctions are CloudFormation's that are not evaluated here. They may stand in a
// resource that the local stack does not run.
var otherFunctions = []string{
	"Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::GetStackOutput", "Fn::ImportValue", "Fn::Length", "Fn::ToJsonString",
	"Fn::Transform", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll",
}

var forEach = regexp.MustCompile(`^Fn::ForEach::[A-Za-z0-9]+$`)

// isIntrinsic tells whether CloudFormation has a function.
func isIntrinsic(name string) bool {
	for _, table := range []map[string]function{propertyFunctions, conditionFunctions, ruleFunctions} {
		if table[name] != nil {
			return true
		}
	}
	return slices.Contains(otherFunctions, name) || forEach.MatchString(name)
}

// intrinsics are the names of the functions, for suggestions.
func intrinsics() []string {
	names := slices.Clone(otherFunctions)
	for _, table := range []map[string]function{propertyFunctions, conditionFunctions, ruleFunctions} {
		names = slices.AppendSeq(names, maps.Keys(table))
	}
	return names
}

// tags are the short forms of the functions.
func tags() []string {
	names := intrinsics()
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "Fn::")
	}
	return names
}

// call returns the intrinsic function that a node is, if it is one. A policy's Condition
// is none.
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
	return e.of(name, "Ref")
}

func (e *evaluator) getAtt(argument any) (any, error) {
	logicalID, attribute := getAttNames(argument)
	if logicalID == "" || attribute == "" {
		return nil, fmt.Errorf("Fn::GetAtt of %v: expected a resource and an attribute", argument)
	}
	return e.of(logicalID, attribute)
}

func getAttNames(argument any) (logicalID, attribute string) {
	switch a := argument.(type) {
	case string:
		logicalID, attribute, _ = strings.Cut(a, ".")
	case []any:
		if len(a) == 2 {
			logicalID, _ = a[0].(string)
			attribute, _ = a[1].(string)
		}
	}
	return logicalID, attribute
}

// of returns an attribute of a resource that is there.
func (e *evaluator) of(logicalID, attribute string) (any, error) {
	if err := e.checkPresent(logicalID); err != nil {
		return nil, err
	}
	return e.attribute(logicalID, attribute)
}

func (e *evaluator) checkPresent(logicalID string) error {
	if condition, ok := e.absent[logicalID]; ok {
		return fmt.Errorf("%s is not there, as its condition %s is false", logicalID, condition)
	}
	return nil
}

var placeholder = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

func (e *evaluator) sub(argument any) (any, error) {
	text, variables, err := subParts(argument)
	if err != nil {
		return nil, err
	}
	var failure error
	text = placeholder.ReplaceAllStringFunc(text, func(match string) string {
		value, err := e.substitute(match[2:len(match)-1], variables)
		if err != nil && failure == nil {
			failure = fmt.Errorf("Fn::Sub: %s: %w", match, err)
		}
		return value
	})
	return strings.ReplaceAll(text, "${!", "${"), failure
}

// subParts returns the text of an Fn::Sub and the variables of its own.
func subParts(argument any) (text string, variables map[string]any, err error) {
	text, ok := argument.(string)
	if parts, isList := argument.([]any); isList && len(parts) == 2 {
		text, ok = parts[0].(string)
		var isMap bool
		variables, isMap = parts[1].(map[string]any)
		ok = ok && isMap
	}
	if !ok {
		return "", nil, fmt.Errorf("Fn::Sub of %v: expected a text, or a list of it and its variables", argument)
	}
	return text, variables, nil
}

func (e *evaluator) substitute(name string, variables map[string]any) (string, error) {
	evaluate := func() (any, error) { return e.ref(name) }
	if variable, ok := variables[name]; ok {
		evaluate = func() (any, error) { return e.value(variable) }
	} else if strings.Contains(name, ".") {
		evaluate = func() (any, error) { return e.getAtt(name) }
	}
	v, err := evaluate()
	if err != nil {
		return "", err
	}
	return textOf(v)
}

func (e *evaluator) join(argument any) (any, error) {
	parts, err := e.arguments("Fn::Join", argument, 2, 2)
	if err != nil {
		return nil, err
	}
	texts, err := textsOf(parts[1])
	if err != nil {
		return nil, fmt.Errorf("Fn::Join: %w", err)
	}
	separator, err := textOf(parts[0])
	return strings.Join(texts, separator), err
}

func (e *evaluator) split(argument any) (any, error) {
	values, err := e.arguments("Fn::Split", argument, 2, 2)
	if err != nil {
		return nil, err
	}
	texts, err := textsOf(values)
	if err != nil {
		return nil, fmt.Errorf("Fn::Split: %w", err)
	}
	var parts []any
	for _, part := range strings.Split(texts[1], texts[0]) {
		parts = append(parts, part)
	}
	return parts, nil
}

func (e *evaluator) selectOne(argument any) (any, error) {
	values, err := e.arguments("Fn::Select", argument, 2, 2)
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
	keys, err := e.arguments("Fn::FindInMap", argument, 3, 3)
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
	taken, err := e.branch(argument)
	if err != nil {
		return nil, err
	}
	return e.value(argument.([]any)[taken])
}

// branch returns the index of the argument of Fn::If that is its value.
func (e *evaluator) branch(argument any) (int, error) {
	branches, ok := argument.([]any)
	if !ok || len(branches) != 3 {
		return 0, fmt.Errorf("Fn::If of %v: expected a condition and two values", argument)
	}
	holds, err := e.condition(branches[0])
	if holds == true {
		return 1, err
	}
	return 2, err
}

// arguments evaluates a list of arguments.
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

// textOf returns a value as CloudFormation makes it text.
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
