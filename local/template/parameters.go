package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parameter is a declaration in the template's Parameters.
type parameter struct {
	Type          string
	Default       any
	AllowedValues []any

	AllowedPattern     string // of the whole value
	MinValue, MaxValue *float64
}

// parameterValues gives every parameter its value, as CloudFormation would: it
// refuses what the declaration does not allow.
func parameterValues(declared map[string]parameter, overrides map[string]string) (map[string]any, error) {
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		if _, ok := declared[name]; !ok {
			return nil, fmt.Errorf("it has no parameter %s; it has %s",
				name, strings.Join(slices.Sorted(maps.Keys(declared)), ", "))
		}
	}
	values := make(map[string]any, len(declared))
	for name, p := range declared {
		value := p.Default
		if text, ok := overrides[name]; ok {
			value = text
		}
		if value == nil {
			return nil, fmt.Errorf("parameter %s needs a value", name)
		}
		if err := p.check(fmt.Sprint(value)); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		values[name] = value
	}
	return values, nil
}

func (p parameter) check(value string) error {
	if len(p.AllowedValues) > 0 {
		allowed := make([]string, len(p.AllowedValues))
		for i, v := range p.AllowedValues {
			allowed[i] = fmt.Sprint(v)
		}
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("%s is not one of %s", value, strings.Join(allowed, ", "))
		}
	}
	if p.AllowedPattern != "" {
		pattern, err := regexp.Compile("^(?:" + p.AllowedPattern + ")$")
		if err != nil {
			return fmt.Errorf("AllowedPattern: %w", err)
		}
		if !pattern.MatchString(value) {
			return fmt.Errorf("%s does not match %s", value, p.AllowedPattern)
		}
	}
	if p.Type != "Number" {
		return nil
	}
	number, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil:
		return fmt.Errorf("%s is not a number", value)
	case p.MinValue != nil && number < *p.MinValue:
		return fmt.Errorf("%s is below the minimum %g", value, *p.MinValue)
	case p.MaxValue != nil && number > *p.MaxValue:
		return fmt.Errorf("%s is above the maximum %g", value, *p.MaxValue)
	}
	return nil
}

// decode fills a struct from a plain tree. Numbers in it stay as written.
func decode(tree, target any) error {
	text, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(target)
}
