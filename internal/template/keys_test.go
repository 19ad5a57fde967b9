package template

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The test misspells one key of template.yaml at a time: each key of a resource that the local stack
// runs, and of Globals, Parameters and Rules. Each misspelt key must be refused.
func TestEveryMisspeltKeyOfTheTemplateIsRefused(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	tried := 0
	for _, key := range keysOf(t, root.Content[0]) {
		misspelt := append([]string{}, lines...)
		line := misspelt[key.Line-1]
		end := key.Column - 1 + len(key.Value)
		misspelt[key.Line-1] = line[:end] + "x" + line[end:]
		if got := refusal(t, strings.Join(misspelt, "\n")); got == "" || strings.Contains(got, "\n") {
			t.Errorf("line %d: %sx is taken: %q", key.Line, key.Value, got)
		}
		tried++
	}
	if tried < 150 {
		t.Errorf("only %d keys were tried", tried)
	}
}

// keysOf returns the keys of a template whose names CloudFormation or SAM defines. It leaves out names
// that the author chooses: of resources, parameters and variables.
func keysOf(t *testing.T, root *yaml.Node) []*yaml.Node {
	t.Helper()
	var keys []*yaml.Node
	entries := func(node *yaml.Node, look func(key, value *yaml.Node)) {
		if node.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(node.Content); i += 2 {
				look(node.Content[i], node.Content[i+1])
			}
		}
	}
	var all func(node *yaml.Node)
	all = func(node *yaml.Node) {
		for _, child := range node.Content {
			if node.Kind == yaml.SequenceNode {
				all(child)
			}
		}
		entries(node, func(key, value *yaml.Node) {
			if key.Value == "Variables" || key.Value == "Events" {
				keys = append(keys, key)
				entries(value, func(_, event *yaml.Node) { all(event) })
				return
			}
			keys = append(keys, key)
			all(value)
		})
	}
	entries(root, func(section, content *yaml.Node) {
		keys = append(keys, section)
		switch section.Value {
		case "Globals":
			all(content)
		case "Parameters", "Rules":
			entries(content, func(_, declaration *yaml.Node) { all(declaration) })
		case "Resources":
			entries(content, func(id, attributes *yaml.Node) {
				entries(attributes, func(attribute, value *yaml.Node) {
					keys = append(keys, attribute)
					if attribute.Value == "Properties" && isRun(attributes) {
						all(value)
					}
				})
			})
		}
	})
	return keys
}

func isRun(attributes *yaml.Node) bool {
	for i, node := range attributes.Content {
		if node.Value == "Type" {
			_, ok := resourceProperties[attributes.Content[i+1].Value]
			return ok
		}
	}
	return false
}
