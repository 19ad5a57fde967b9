package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxPlace is the most bytes that name a place. A template has no reason to come near, and
// each place is kept.
const maxPlace = 4096

// tree turns YAML text into maps, lists and scalars, and remembers the lines.
func (s *source) tree(text []byte) (any, error) {
	var root, more yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	if err := documents.Decode(&more); err == nil {
		return nil, fmt.Errorf("line %d: a second YAML document begins here, and a template is one", more.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
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
		return s.unnamed(node, at)
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

// unnamed returns what a node holds that has the tag of no function.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
func (s *source) unnamed(node *yaml.Node, at place) (any, error) {
	if node.Style&yaml.TaggedStyle != 0 && node.Tag != "!!str" {
		return nil, s.fault(at, "the tag %s is no function of CloudFormation: take it away", node.Tag)
	}
	return s.untagged(node, at)
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
			inside := at.key(key.Value)
			if _, ok := mapping[key.Value]; ok {
				return nil, fmt.Errorf("line %d: %s: it is there twice", key.Line, inside)
			}
			s.lines[inside] = key.Line
			if err := s.checkKey(key, inside); err != nil {
				return nil, err
			}
			v, err := s.plain(node.Content[i+1], inside)
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

// checkKey refuses a key that is not plain text, or not for everyone.
func (s *source) checkKey(key *yaml.Node, at place) error {
	if key.Kind != yaml.ScalarNode || key.Style&yaml.TaggedStyle != 0 || key.Tag == "!" || key.Tag == "!!merge" {
		what := strings.TrimSpace(key.Tag + " " + key.Value)
		return fmt.Errorf("line %d: the key %s is not plain text without a tag, and CloudFormation merges no mappings", key.Line, what)
	}
	return s.checkScalar(key, at)
}

// otherIn11 matches unquoted text that is a truth or a number in YAML 1.1, which SAM and
// CloudFormation read, and something else in YAML 1.2, which is read here.
// https://yaml.org/type/bool.html, https://yaml.org/type/int.html, https://yaml.org/type/float.html
var otherIn11 = regexp.MustCompile(`^(?:[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|[-+]?0o?[0-9_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?[0-9]+_[0-9_]*\.[0-9_]*)$`)

func (s *source) checkScalar(node *yaml.Node, at place) error {
	switch mayBeOther := node.Value != "" && strings.IndexByte("0123456789+-yYnNoO", node.Value[0]) >= 0; { // most are not
	case mayBeOther && node.Style == 0 && otherIn11.MatchString(node.Value):
		return s.fault(at, "%s has two meanings, as YAML 1.1 and 1.2 differ: quote it, or write true, false or a decimal number", node.Value)
	case node.Tag == "!!null": // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
		return s.fault(at, "it has no value, and CloudFormation takes no null")
	}
	return nil
}

func (s *source) scalar(node *yaml.Node, at place) (any, error) {
	if err := s.checkScalar(node, at); err != nil {
		return nil, err
	}
	if node.Tag != "!!bool" && node.Tag != "!!int" {
		return node.Value, nil // text, and what stays as written: a fraction, what only YAML takes for a date
	}
	var scalar any
	if err := node.Decode(&scalar); err != nil {
		return nil, s.fault(at, "%v", err)
	}
	return scalar, nil
}
