// Package template reads the SAM template and says what the system consists of, so
// that nothing about it is written down twice. It knows the resources, properties
// and intrinsic functions that the local stack needs, and refuses what it can't
// evaluate; it does not check the rest (cfn-lint does).
package template

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Template is a SAM template with values for its parameters.
type Template struct {
	resources map[string]resource
	globals   map[string]any // properties of all functions
	evaluator evaluator
}

type resource struct {
	Type       string         `json:"Type"`
	Properties map[string]any `json:"Properties"`
}

// Read reads a template file. The parameters replace the template's defaults.
func Read(path string, parameters map[string]string) (*Template, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	t, err := parse(text, parameters)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", path, err)
	}
	return t, nil
}

func parse(text []byte, overrides map[string]string) (*Template, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	tree, err := plain(&root)
	if err != nil {
		return nil, err
	}
	document, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected a mapping with Resources")
	}
	var sections struct {
		Parameters map[string]parameter
		Mappings   map[string]any
		Conditions map[string]any
		Resources  map[string]resource
		Globals    struct{ Function map[string]any }
	}
	if err := decode(document, &sections); err != nil {
		return nil, err
	}
	if err := checkLogicalIDs(sections.Resources); err != nil {
		return nil, err
	}
	values, err := parameterValues(sections.Parameters, overrides)
	if err != nil {
		return nil, err
	}
	return &Template{
		resources: sections.Resources,
		globals:   sections.Globals.Function,
		evaluator: evaluator{parameters: values, mappings: sections.Mappings, conditions: sections.Conditions},
	}, nil
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
var logicalID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// checkLogicalIDs refuses what CloudFormation refuses; renameQueues relies on it.
func checkLogicalIDs(resources map[string]resource) error {
	if len(resources) == 0 {
		return fmt.Errorf("it has no Resources")
	}
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		if !logicalID.MatchString(id) {
			return fmt.Errorf("logical id %q: expected letters and digits", id)
		}
	}
	return nil
}

// LogicalIDs returns the logical ids of the resources of a type, sorted.
func (t *Template) LogicalIDs(resourceType string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if t.resources[id].Type == resourceType {
			ids = append(ids, id)
		}
	}
	return ids
}

// plain turns a YAML tree into maps, lists and scalars. A tag like !Sub becomes the
// map {"Fn::Sub": …} that is its long form.
func plain(node *yaml.Node) (any, error) {
	value, err := untagged(node)
	if err != nil || !strings.HasPrefix(node.Tag, "!") || strings.HasPrefix(node.Tag, "!!") {
		return value, err
	}
	name := node.Tag[1:]
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	return map[string]any{name: value}, nil
}

func untagged(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.DocumentNode:
		return plain(node.Content[0])
	case yaml.AliasNode:
		return nil, fmt.Errorf("line %d: CloudFormation takes no YAML aliases", node.Line)
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, child := range node.Content {
			v, err := plain(child)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case yaml.MappingNode:
		mapping := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			v, err := plain(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			mapping[node.Content[i].Value] = v
		}
		return mapping, nil
	default:
		if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
			return node.Value, nil
		}
		var scalar any
		if err := node.Decode(&scalar); err != nil {
			return nil, fmt.Errorf("line %d: %w", node.Line, err)
		}
		return scalar, nil
	}
}
