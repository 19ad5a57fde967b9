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

// maxParameter is the largest number of bytes of a parameter's value.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxParameter = 4096

// Parameter is the declaration of a parameter in the template.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
type Parameter struct {
	Type          string
	Default       *string
	AllowedValues []string

	AllowedPattern       string // must match the whole value
	MinLength, MaxLength *int
	MinValue, MaxValue   *float64
}

// parameterValues returns the value of every parameter: its override, or else its default. Like
// CloudFormation it refuses a value that the declaration does not allow.
func parameterValues(s *source, declared map[string]Parameter, overrides map[string]string) (map[string]any, error) {
	known := slices.Sorted(maps.Keys(declared))
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		if _, ok := declared[name]; !ok {
			return nil, fmt.Errorf("it has no parameter %s; it has %s", name, strings.Join(known, ", "))
		}
	}
	values := make(map[string]any, len(declared))
	for _, name := range known {
		p, at := declared[name], place("Parameters").key(name)
		if err := p.checkDeclaration(); err != nil {
			return nil, s.fault(at, "%v", err)
		}
		value, given := overrides[name]
		if !given && p.Default != nil {
			value = *p.Default
		} else if !given {
			return nil, fmt.Errorf("parameter %s needs a value", name)
		}
		if isDynamic(value) {
			return nil, fmt.Errorf("parameter %s: %q: %s", name, value, noLookups)
		}
		var err error
		if values[name], err = p.value(value); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	return values, nil
}

// checkDeclaration refuses limits that the parameter's type does not have.
func (p Parameter) checkDeclaration() error {
	if p.Type != "Number" && (p.MinValue != nil || p.MaxValue != nil) {
		return fmt.Errorf("MinValue and MaxValue need the type Number, but the type is %s", p.Type)
	}
	if p.Type != "String" && (p.MinLength != nil || p.MaxLength != nil) {
		return fmt.Errorf("MinLength and MaxLength need the type String, but the type is %s", p.Type)
	}
	if _, err := p.pattern(); err != nil {
		return fmt.Errorf("AllowedPattern: %w", err)
	}
	return nil
}

func (p Parameter) pattern() (*regexp.Regexp, error) {
	return regexp.Compile("^(?:" + p.AllowedPattern + ")$")
}

// value returns the value of a Ref of the parameter. In a list it checks each member, without the
// spaces around it.
func (p Parameter) value(text string) (any, error) {
	if len(text) > maxParameter {
		return nil, fmt.Errorf("it has %d bytes; the maximum is %d", len(text), maxParameter)
	}
	if p.Type != "CommaDelimitedList" && p.Type != "List<Number>" {
		return text, p.check(text)
	}
	var members []any
	for member := range strings.SplitSeq(text, ",") {
		member = strings.TrimSpace(member)
		if err := p.check(member); err != nil {
			return nil, err
		}
		members = append(members, member)
	}
	return members, nil
}

func (p Parameter) check(value string) error {
	if len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, value) {
		return fmt.Errorf("%s is not one of %s", value, strings.Join(p.AllowedValues, ", "))
	}
	if p.AllowedPattern != "" {
		if pattern, err := p.pattern(); err == nil && !pattern.MatchString(value) {
			return fmt.Errorf("%s does not match %s", value, p.AllowedPattern)
		}
	}
	switch n := len([]rune(value)); {
	case p.MinLength != nil && n < *p.MinLength:
		return fmt.Errorf("%q has %d characters, under the minimum %d", value, n, *p.MinLength)
	case p.MaxLength != nil && n > *p.MaxLength:
		return fmt.Errorf("%q has %d characters, over the maximum %d", value, n, *p.MaxLength)
	}
	if p.Type != "Number" && p.Type != "List<Number>" {
		return nil
	}
	number, err := parseNumber(value)
	switch {
	case err != nil:
		return fmt.Errorf("%s is not a number", value)
	case p.MinValue != nil && number < *p.MinValue:
		return fmt.Errorf("%s is below the minimum %s", value, plainNumber(*p.MinValue))
	case p.MaxValue != nil && number > *p.MaxValue:
		return fmt.Errorf("%s is above the maximum %s", value, plainNumber(*p.MaxValue))
	}
	return nil
}

func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

var decimal = regexp.MustCompile(`^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$`)

// parseNumber reads an integer or a decimal number. It refuses the other forms of numbers that Go accepts.
func parseNumber(text string) (float64, error) {
	if !decimal.MatchString(text) {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return strconv.ParseFloat(text, 64)
}

// decode fills a struct from a plain tree, which must have been checked.
func decode(tree, target any) error {
	text, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(target)
}
