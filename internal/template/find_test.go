package template_test

import (
	"os"
	"path/filepath"
	"testing"

	"simple-sam-demo/internal/template"
)

func TestTheTemplateIsFoundInAFolderAbove(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(below)
	if path, err := template.Find(); err == nil {
		t.Errorf("found %q where there is none", path)
	}
	want := filepath.Join(root, "template.yaml")
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{below, root} {
		t.Chdir(folder)
		if path, err := template.Find(); path != want || err != nil {
			t.Errorf("in %s: found %q, %v", folder, path, err)
		}
	}
}

func TestAFolderOfAModuleCanHaveAnotherTemplate(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(root, "a")
	want := filepath.Join(root, "template.yaml")
	if err := os.Mkdir(below, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{want, filepath.Join(root, "go.mod"), filepath.Join(below, "template.yaml")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{below, root} {
		t.Chdir(folder)
		if path, err := template.Find(); path != want || err != nil {
			t.Errorf("in %s: found %q, %v", folder, path, err)
		}
	}
}
