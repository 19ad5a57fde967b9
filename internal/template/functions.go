package template

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

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
	logicalID, attribute := getAttNames(argument)
	if logicalID == "" || attribute == "" {
		return nil, fmt.Errorf("Fn::GetAtt of %v: expected a resource and an attribute", argument)
	}
	return e.attribute(logicalID, attribute)
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

// checkPresent refuses a reference to a resource whose condition is false.
func (e *evaluator) checkPresent(node any, at place) error {
	return e.eachReference(node, at, func(id string, at place) error {
		if condition, absent := e.absent[id]; absent {
			return e.source.fault(at, "%s is not there, as its condition %s is false", id, condition)
		}
		return nil
	})
}

// eachReference calls do with the id of each parameter or resource that the expressions in a tree refer to, until do
// returns an error. It looks only at expressions that are evaluated.
func (e *evaluator) eachReference(node any, at place, do func(id string, at place) error) error {
	name, argument, _ := call(node)
	if name == "Fn::If" {
		taken, err := e.branch(argument)
		if err != nil {
			return e.source.fault(at, "%v", err)
		}
		return e.eachReference(argument.([]any)[taken], at.key(name).index(taken), do)
	}
	names, variables, err := references(name, argument)
	if err != nil {
		return e.source.fault(at, "%v", err)
	}
	for _, name := range names {
		id, _, _ := strings.Cut(name, ".")
		if _, isVariable := variables[name]; isVariable {
			continue
		}
		if err := do(id, at); err != nil {
			return err
		}
	}
	return eachIn(node, at, func(child any, at place) error { return e.eachReference(child, at, do) })
}

// CloudFormation: "variable names in Fn::Sub syntax must contain only alphanumeric
// characters, underscores, periods, and colons".
var (
	placeholder = regexp.MustCompile(`\$\{([^!}][^}]*|)\}`)
	subName     = regexp.MustCompile(`^[A-Za-z0-9_.:]+$`)
)

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

// subParts returns the text of an Fn::Sub, and the variables that the Fn::Sub itself defines.
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

// branch returns the index of the argument that Fn::If chooses.
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
