package docs_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// document is openapi.yaml. Each reference is replaced by the part that it refers to.
type document struct {
	UsagePlan map[string]int `json:"x-usage-plan"`
	Paths     map[string]map[string]operation
}

type operation struct {
	BodyLimit   int `json:"x-body-limit"` // bytes
	RequestBody struct{ Content content }
	Responses   map[string]response // by status
}

const (
	asJSON = "application/json"
	asText = "text; charset=utf-8" // which openapi.yaml has as */*
)

// body returns an example of a request's body, or nil if the operation takes no body.
func (o operation) body() any {
	for _, example := range o.RequestBody.Content[asJSON].Examples {
		if example.Value != nil {
			return example.Value
		}
	}
	return nil
}

type response struct {
	Headers map[string]struct {
		Required bool
		Schema   struct{ Pattern string }
	}
	Content content
}

// content has bodies by their Content-Type.
type content map[string]struct {
	Schema   struct{ MinItems, MaxItems int }
	Examples map[string]example
}

type example struct {
	Request *request `json:"x-request"`
	Value   any
}

func read(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	resolved, err := json.Marshal(resolve(t, tree, tree))
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(resolved, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// resolve replaces each reference in a node by the part of root that it refers to.
func resolve(t *testing.T, root map[string]any, node any) any {
	t.Helper()
	switch node := node.(type) {
	case []any:
		for i := range node {
			node[i] = resolve(t, root, node[i])
		}
	case map[string]any:
		if reference, ok := node["$ref"].(string); ok {
			var found any = root
			for key := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
				mapping, _ := found.(map[string]any)
				if found, ok = mapping[key]; !ok {
					t.Fatalf("nothing is at %s", reference)
				}
			}
			return resolve(t, root, found)
		}
		for key := range node {
			node[key] = resolve(t, root, node[key])
		}
	}
	return node
}
