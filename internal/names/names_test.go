package names_test

import (
	"bytes"
	"strings"
	"testing"

	pipeline "simple-sam-demo"
	"simple-sam-demo/internal/names"
)

// These look for the names in the text of the template, and so by other means than the reader of templates.

func TestTheTableIsInTheTemplate(t *testing.T) {
	if !bytes.Contains(pipeline.Template, []byte("\n  "+names.Table()+":\n    Type: AWS::DynamoDB::Table\n")) {
		t.Errorf("the template has no table %s", names.Table())
	}
}

func TestThePathsAreInTheTemplate(t *testing.T) {
	paths := []string{names.Items()}
	if names.Batch() != "" {
		paths = append(paths, names.Batch())
	}
	for _, path := range paths {
		if !bytes.Contains(pipeline.Template, []byte("            Path: "+path+"\n            Method: POST\n")) {
			t.Errorf("the template has no route POST %s", path)
		}
	}
	if !bytes.Contains(pipeline.Template, []byte("Path: "+names.Item("{id}")+"\n")) {
		t.Errorf("the template has no path %s", names.Item("{id}"))
	}
}

func TestOnlyTheBatchRouteEndsWithBatch(t *testing.T) {
	has := strings.Contains(string(pipeline.Template), "/batch\n")
	if has != (names.Batch() != "") || strings.HasSuffix(names.Items(), "/batch") {
		t.Errorf("the template has a path that ends with /batch: %v; batch: %q, items: %q", has, names.Batch(), names.Items())
	}
}
