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

// maxPlace is the largest number of bytes of a place. All places are kept in memory, and no sensible
// template comes near this limit.
const maxPlace = 4096

// tree turns YAML text into maps, lists and scalars. It remembers the line of each.
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
		return nil, fmt.Errorf("line %d: a second YAML document begins here, but a template is one document", more.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return s.plain(root.Content[0], "")
}

// plain returns the value of a node. A tag such as !Sub becomes its long form, the map {"Fn::Sub": …}.
func (s *source) plain(node *yaml.Node, at place) (any, error) {
	if len(at) > maxPlace {
		return nil, fmt.Errorf("line %d: the values here are nested too deeply", node.Line)
	}
	if _, ok := s.lines[at]; !ok { // for a value in a map, the line of its key is there already
		s.lines[at] = node.Line
	}
	tag, isFunction := strings.CutPrefix(node.Tag, "!")
	if !isFunction || strings.HasPrefix(tag, "!") {
		return s.withoutFunction(node, at)
	}
	name := tag
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	if !isIntrinsic(name) {
		return nil, s.fault(at, "there is no tag !%s%s", tag, suggestion(tag, tags()))
	}
	value, err := s.content(node, at.key(name))
	return map[string]any{name: value}, err
}

// withoutFunction returns the value of a node that has no function's tag. It refuses every other tag but !!str.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
func (s *source) withoutFunction(node *yaml.Node, at place) (any, error) {
	if node.Style&yaml.TaggedStyle != 0 && node.Tag != "!!str" {
		return nil, s.fault(at, "the tag %s is not a function of CloudFormation: remove it", node.Tag)
	}
	return s.content(node, at)
}

// content returns the value of a node and ignores its tag.
func (s *source) content(node *yaml.Node, at place) (any, error) {
	switch node.Kind {
	case yaml.AliasNode:
		return nil, s.fault(at, "CloudFormation does not support YAML aliases: write the value out")
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
				return nil, fmt.Errorf("line %d: %s: it stands here twice", key.Line, inside)
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

// checkKey refuses a key that is not a plain text, or that YAML 1.1 would read differently.
func (s *source) checkKey(key *yaml.Node, at place) error {
	if key.Kind != yaml.ScalarNode || key.Style&yaml.TaggedStyle != 0 || key.Tag == "!" || key.Tag == "!!merge" {
		what := strings.TrimSpace(key.Tag + " " + key.Value)
		return fmt.Errorf("line %d: the key %s must be plain text without a tag; CloudFormation does not support the merge key <<", key.Line, what)
	}
	return s.checkScalar(key, at)
}

// otherIn11 matches unquoted text that is a boolean or a number in YAML 1.1 and something else in
// YAML 1.2. SAM and CloudFormation read YAML 1.1, and this package reads YAML 1.2.
// https://yaml.org/type/bool.html, https://yaml.org/type/int.html, https://yaml.org/type/float.html
var otherIn11 = regexp.MustCompile(`^(?:[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|[-+]?0o?[0-9_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?[0-9]+_[0-9_]*\.[0-9_]*)$`)

func (s *source) checkScalar(node *yaml.Node, at place) error {
	switch mayBeOther := node.Value != "" && strings.IndexByte("0123456789+-yYnNoO", node.Value[0]) >= 0; { // quick check first: most texts do not match
	case mayBeOther && node.Style == 0 && otherIn11.MatchString(node.Value):
		return s.fault(at, "%s has different meanings in YAML 1.1 and 1.2: quote it, or write true, false or a decimal number", node.Value)
	case node.Tag == "!!null": // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
		return s.fault(at, "it has no value, and CloudFormation does not accept null")
	}
	return nil
}

func (s *source) scalar(node *yaml.Node, at place) (any, error) {
	if err := s.checkScalar(node, at); err != nil {
		return nil, err
	}
	if node.Tag != "!!bool" && node.Tag != "!!int" {
		return node.Value, nil // a text, a fraction, or a date: they stay as the author wrote them
	}
	var scalar any
	if err := node.Decode(&scalar); err != nil {
		return nil, s.fault(at, "%v", err)
	}
	return scalar, nil
}
