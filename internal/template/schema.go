package template

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema says which values a place in a template may have, and what the local stack does with the
// value. If it is neither ignored nor refused, it is read, and so honoured.
type schema struct {
	kind     kind
	fields   map[string]schema                              // for a mapping: its keys
	variants map[string]schema                              // for a mapping with Type and Properties: the schema of the Properties, by Type
	element  *schema                                        // for a list, a scalar that may be a list, or a mapping with any keys: the schema of each element
	scalar   func(text string) (value any, expected string) // for a scalar, and for the keys of a mapping with any keys; expected is "" if the text is valid
	most     int                                            // for a list: how many elements it may have; 0 means any number
	resource string                                         // for a reference: the type of the resource

	required bool
	refOnly  bool   // SAM uses the value of a Ref here, and ignores any other function
	ignored  string // why the local stack does not need it; the value is checked, but not evaluated
	refused  string // why the local stack does not support it
}

type kind int

const (
	anything kind = iota
	mapping
	list
	scalar
	reference
)

func object(fields map[string]schema) schema { return schema{kind: mapping, fields: fields} }
func mapOf(element schema) schema            { return schema{kind: mapping, element: &element} }
func listOf(element schema) schema           { return schema{kind: list, element: &element} }
func upTo(most int, element schema) schema   { return schema{kind: list, element: &element, most: most} }
func refTo(resource string) schema           { return schema{kind: reference, resource: resource} }
func refused(why string) schema              { return schema{refused: why} }

// named accepts a mapping whose keys the scalar accepts.
func named(name, element schema) schema {
	return schema{kind: mapping, element: &element, scalar: name.scalar}
}

func required(s schema) schema {
	s.required = true
	return s
}

func ignored(why string, s schema) schema {
	s.ignored = why
	return s
}

// read checks the value at a place, evaluates it, and returns the honoured part of it. It returns
// noValue if no part is honoured.
func (e *evaluator) read(s schema, at place, node any) (any, error) {
	name, argument, isCall := call(node)
	switch {
	case s.refused != "":
		return nil, e.source.fault(at, "not supported here: %s", s.refused)
	case e.literal && s.kind == anything:
		return node, nil
	case s.ignored != "" && (isCall || s.kind == anything):
		return noValue{}, nil
	case s.refOnly && isCall && name != "Ref":
		return nil, e.source.fault(at, "SAM ignores %s here: write a value, or a Ref of a parameter", name)
	case s.kind == reference:
		return e.reference(s.resource, at, node)
	case isCall && !e.literal && name == "Fn::If":
		taken, err := e.branch(argument)
		if err != nil {
			return nil, e.source.fault(at, "%v", err)
		}
		branches, _ := argument.([]any)
		return e.read(s, at.key(name).index(taken), branches[taken])
	case (isCall || s.kind == anything) && !e.literal:
		value, err := e.value(node)
		if err != nil {
			return nil, e.source.fault(at, "%v", err)
		}
		if _, left := value.(noValue); left || s.kind == anything {
			return value, nil
		}
		node = value
	}
	return e.readKind(s, at, node)
}

func (e *evaluator) readKind(s schema, at place, node any) (any, error) {
	switch s.kind {
	case mapping:
		if values, ok := node.(map[string]any); ok {
			return e.readMapping(s, at, values)
		}
		return nil, e.source.fault(at, "expected a mapping, not %s", shown(node))
	case list:
		if values, ok := node.([]any); ok {
			return e.readList(s, at, values)
		}
		return nil, e.source.fault(at, "expected a list, not %s", shown(node))
	default:
		if values, ok := node.([]any); ok && s.element != nil {
			return e.readList(s, at, values)
		}
		text, err := textOf(node)
		if err != nil {
			return nil, e.source.fault(at, "expected one value, not %s", shown(node))
		}
		if !e.literal && s.ignored == "" && isDynamic(text) {
			return nil, e.source.fault(at, "%q: %s", text, noLookups)
		}
		value, expected := s.scalar(text)
		if expected != "" {
			return nil, e.source.fault(at, "%q is not %s", text, expected)
		}
		if s.ignored != "" {
			return noValue{}, nil
		}
		return value, nil
	}
}

func (e *evaluator) readMapping(s schema, at place, node map[string]any) (any, error) {
	fields := s.fields
	if s.variants != nil {
		fields = map[string]schema{"Type": required(text()), "Properties": {required: true}}
	}
	if err := e.checkKeys(s, fields, at, node); err != nil {
		return nil, err
	}
	if s.variants != nil {
		variant, err := e.variant(s, at.key("Type"), node["Type"])
		if err != nil {
			return nil, err
		}
		fields["Properties"] = required(variant)
	}
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(node)) {
		field := fields[name]
		if s.element != nil {
			field = *s.element
		}
		field.ignored = cmp.Or(field.ignored, s.ignored)
		value, err := e.read(field, at.key(name), node[name])
		if err != nil {
			return nil, err
		}
		if _, left := value.(noValue); !left {
			values[name] = value
		} else if field.required && field.ignored == "" {
			return nil, e.source.fault(at.key(name), "it is required, but AWS::NoValue leaves it out")
		}
	}
	if s.ignored != "" {
		return noValue{}, nil
	}
	return values, nil
}

// checkKeys refuses keys that are not known or not valid, and then missing keys.
func (e *evaluator) checkKeys(s schema, fields map[string]schema, at place, node map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(node)) {
		if _, ok := fields[name]; !ok && s.element == nil {
			known := slices.Sorted(maps.Keys(fields))
			near := suggestion(name, known)
			if near == "" && len(known) < 5 {
				near = "; there are " + strings.Join(known, ", ")
			}
			return e.source.fault(at.key(name), "there is no such key here%s", near)
		}
		if s.scalar == nil {
			continue
		}
		if _, expected := s.scalar(name); expected != "" {
			return e.source.fault(at.key(name), "%q is not %s", name, expected)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, ok := node[name]; !ok && fields[name].required {
			return e.source.fault(at, "%s is missing", name)
		}
	}
	return nil
}

// variant returns the schema of a mapping's Properties, which depends on its Type.
func (e *evaluator) variant(s schema, at place, kind any) (schema, error) {
	name, _ := kind.(string)
	if variant, ok := s.variants[name]; ok {
		return variant, nil
	}
	known := slices.Sorted(maps.Keys(s.variants))
	return schema{}, e.source.fault(at, "%s is not supported here, only %s%s", shown(kind), strings.Join(known, ", "), suggestion(name, known))
}

func (e *evaluator) readList(s schema, at place, node []any) (any, error) {
	values := []any{}
	if s.most > 0 && len(node) > s.most {
		return nil, e.source.fault(at, "it has %d elements; there may be %d", len(node), s.most)
	}
	for i, child := range node {
		element := *s.element
		element.ignored = cmp.Or(element.ignored, s.ignored)
		value, err := e.read(element, at.index(i), child)
		if err != nil {
			return nil, err
		}
		if _, left := value.(noValue); !left {
			values = append(values, value)
		}
	}
	if s.ignored != "" {
		return noValue{}, nil
	}
	return values, nil
}

// reference returns the logical id in a Ref. The resource must have the type.
func (e *evaluator) reference(resource string, at place, node any) (any, error) {
	name, argument, _ := call(node)
	id, ok := argument.(string)
	if name != "Ref" || !ok || e.types[id] != resource {
		return nil, e.source.fault(at, "expected a Ref of an %s of this template, not %s", resource, shown(node))
	}
	return id, nil
}

func shown(node any) string {
	if name, argument, ok := call(node); ok {
		return fmt.Sprintf("%s %v", name, argument)
	}
	switch node := node.(type) {
	case map[string]any:
		return "a mapping of " + strings.Join(slices.Sorted(maps.Keys(node)), ", ")
	case []any:
		return fmt.Sprintf("the list %v", node)
	case noValue:
		return "AWS::NoValue"
	default:
		return fmt.Sprintf("%q", fmt.Sprint(node))
	}
}
