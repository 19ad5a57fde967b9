package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// evaluateConditions evaluates every condition, as CloudFormation does.
func (e *evaluator) evaluateConditions() error {
	for _, name := range slices.Sorted(maps.Keys(e.conditions)) {
		if _, err := e.condition(name); err != nil {
			return e.source.fault(place("Conditions").key(name), "%v", err)
		}
	}
	return nil
}

func (e *evaluator) condition(argument any) (any, error) {
	name, _ := argument.(string)
	definition, ok := e.conditions[name]
	if !ok {
		return nil, fmt.Errorf("no condition %v in Conditions%s", argument, suggestion(name, slices.Collect(maps.Keys(e.conditions))))
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

// logical returns a function of conditions, such as Fn::And. result gets the number of conditions
// that are true, and the number of all.
func logical(name string, least, most int, result func(holding, n int) bool) function {
	return func(e *evaluator, argument any) (any, error) {
		values, err := e.arguments(name, argument, least, most)
		if err != nil {
			return nil, err
		}
		holding := 0
		for _, v := range values {
			holds, ok := v.(bool)
			if !ok {
				return nil, fmt.Errorf("%s: %s is not a condition", name, shown(v))
			}
			if holds {
				holding++
			}
		}
		return result(holding, len(values)), nil
	}
}

func (e *evaluator) equals(argument any) (any, error) {
	values, err := e.arguments("Fn::Equals", argument, 2, 2)
	if err != nil {
		return nil, err
	}
	texts, err := textsOf(values)
	if err != nil {
		return nil, fmt.Errorf("Fn::Equals: %w", err)
	}
	return texts[0] == texts[1], nil
}

// checkRules refuses parameters for which an assertion in the template's Rules is false.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
func (e *evaluator) checkRules(rules map[string]rule) error {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		at := place("Rules").key(name)
		if err := e.checkRule(rules[name], at); err != nil {
			return err
		}
	}
	return nil
}

type rule struct {
	RuleCondition any
	Assertions    []struct {
		Assert            any
		AssertDescription string
	}
}

func (e *evaluator) checkRule(r rule, at place) error {
	if r.RuleCondition != nil {
		applies, err := e.truth(r.RuleCondition, at.key("RuleCondition"))
		if err != nil || !applies {
			return err
		}
	}
	for i, a := range r.Assertions {
		holds, err := e.truth(a.Assert, at.key("Assertions").index(i).key("Assert"))
		if err != nil {
			return err
		}
		if !holds {
			what := a.AssertDescription
			if what == "" {
				what = "the assertion does not hold."
			}
			return e.source.fault(at, "%s%s", what, e.given(map[string]any{"a": r.RuleCondition, "b": a.Assert}))
		}
	}
	return nil
}

func (e *evaluator) truth(node any, at place) (bool, error) {
	v, err := e.value(node)
	if err != nil {
		return false, e.source.fault(at, "%v", err)
	}
	holds, ok := v.(bool)
	if !ok {
		return false, e.source.fault(at, "%s is neither true nor false", shown(v))
	}
	return holds, nil
}

// given lists the parameters in an expression with their values, for an error.
func (e *evaluator) given(node any) string {
	values := map[string]string{}
	var look func(node any, at place) error
	look = func(node any, at place) error {
		name, argument, _ := call(node)
		if parameter, ok := argument.(string); ok && name == "Ref" && e.parameters[parameter] != nil {
			values[parameter] = fmt.Sprintf("%s is %v", parameter, e.parameters[parameter])
		}
		return eachIn(node, at, look)
	}
	look(node, "")
	if len(values) == 0 {
		return ""
	}
	return " (" + strings.Join(slices.Sorted(maps.Values(values)), ", ") + ")"
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html

func (e *evaluator) contains(argument any) (any, error) {
	texts, text, err := e.listAndText("Fn::Contains", argument)
	return slices.Contains(texts, text), err
}

func (e *evaluator) eachMemberEquals(argument any) (any, error) {
	texts, text, err := e.listAndText("Fn::EachMemberEquals", argument)
	return !slices.ContainsFunc(texts, func(t string) bool { return t != text }), err
}

func (e *evaluator) listAndText(function string, argument any) (texts []string, text string, err error) {
	values, err := e.arguments(function, argument, 2, 2)
	if err != nil {
		return nil, "", err
	}
	if texts, err = textsOf(values[0]); err == nil {
		text, err = textOf(values[1])
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", function, err)
	}
	return texts, text, nil
}

func (e *evaluator) eachMemberIn(argument any) (any, error) {
	values, err := e.arguments("Fn::EachMemberIn", argument, 2, 2)
	if err != nil {
		return nil, err
	}
	members, err := textsOf(values[0])
	if err != nil {
		return nil, fmt.Errorf("Fn::EachMemberIn: %w", err)
	}
	among, err := textsOf(values[1])
	if err != nil {
		return nil, fmt.Errorf("Fn::EachMemberIn: %w", err)
	}
	return !slices.ContainsFunc(members, func(m string) bool { return !slices.Contains(among, m) }), nil
}
