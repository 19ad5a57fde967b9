package template

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxPlace is the most bytes that name a place. A template has no reason to come near, and
// each place is kept.
const maxPlace = 4096

// tree turns YAML text into maps, lists and scalars, and remembers the lines.
func (s *source) tree(text []byte) (any, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	return s.plain(root.Content[0], "")
}

// plain returns what a node holds. A tag like !Sub becomes the map {"Fn::Sub": …} that
// is its long form.
func (s *source) plain(node *yaml.Node, at place) (any, error) {
	if len(at) > maxPlace {
		return nil, fmt.Errorf("line %d: what is here is nested too deeply", node.Line)
	}
	if _, ok := s.lines[at]; !ok { // a value of a map has the line of its key
		s.lines[at] = node.Line
	}
	tag, isFunction := strings.CutPrefix(node.Tag, "!")
	if !isFunction || strings.HasPrefix(tag, "!") {
		return s.untagged(node, at)
	}
	name := tag
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	if !isIntrinsic(name) {
		return nil, s.fault(at, "there is no tag !%s%s", tag, suggestion(tag, tags()))
	}
	value, err := s.untagged(node, at.key(name))
	return map[string]any{name: value}, err
}

func (s *source) untagged(node *yaml.Node, at place) (any, error) {
	switch node.Kind {
	case yaml.AliasNode:
		return nil, s.fault(at, "CloudFormation takes no YAML aliases")
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, child := range node.Content {
			v, err := s.plain(child, at.index(i))
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case yaml.MappingNode:
		mapping := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if _, ok := mapping[key.Value]; ok {
				return nil, fmt.Errorf("line %d: %s: it is there twice", key.Line, at.key(key.Value))
			}
			s.lines[at.key(key.Value)] = key.Line
			v, err := s.plain(node.Content[i+1], at.key(key.Value))
			if err != nil {
				return nil, err
			}
			mapping[key.Value] = v
		}
		return mapping, nil
	default:
		return s.scalar(node, at)
	}
}

// otherIn11 matches unquoted text that is a truth or a number in YAML 1.1, which SAM and
// CloudFormation read, and something else in YAML 1.2, which is read here.
// https://yaml.org/type/bool.html, https://yaml.org/type/int.html
var otherIn11 = regexp.MustCompile(`^(?:[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|[-+]?0o?[0-9_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)

func (s *source) scalar(node *yaml.Node, at place) (any, error) {
	if node.Style == 0 && otherIn11.MatchString(node.Value) {
		return nil, s.fault(at, "%s has two meanings, as YAML 1.1 and 1.2 differ: quote it, or write true, false or a decimal number", node.Value)
	}
	var scalar any
	switch node.Tag {
	case "!!bool", "!!int", "!!null":
		if err := node.Decode(&scalar); err != nil {
			return nil, s.fault(at, "%v", err)
		}
	default: // text, and what stays as written: a fraction, what only YAML takes for a date
		scalar = node.Value
	}
	if scalar == nil { // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
		return nil, s.fault(at, "it has no value, and CloudFormation takes no null")
	}
	return scalar, nil
}
