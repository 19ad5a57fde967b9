package stacktest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simple-sam-demo/internal/template"
)

// StartEdited starts the stack of the repository's template with a text in it replaced, until the test ends.
func StartEdited(t *testing.T, old, replacement string, parameters map[string]string) *Stack {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("no %q in the template", old)
	}
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
	tmpl, err := template.Read(path, parameters)
	if err != nil {
		t.Fatal(err)
	}
	s := BuildOf(t, tmpl, nil, t.Output())
	s.PollUntilEnd(t)
	return s
}
