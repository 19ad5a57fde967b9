// Package generated makes the files of the repository that follow from the item and from template.yaml:
// the sample events, docs/openapi.yaml, and the policy in docs/authorization.md. `make generate` writes
// them, and the tests beside them fail if one differs.
//
// It does not draw docs/architecture.svg; tools/diagram does.
package generated

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"simple-sam-demo/internal/template"
)

// Files returns the text of each generated file, by its path from the repository's root. The text is nil
// if there must be no such file. Parts of the files stay, so it reads those that are there.
func Files(root string) (map[string][]byte, error) {
	read, err := template.Read(filepath.Join(root, "template.yaml"), nil)
	if err != nil {
		return nil, err
	}
	names, err := read.Names()
	if err != nil {
		return nil, err
	}
	system, err := read.Resolve(func(id, _ string) (string, error) { return id, nil })
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if files["docs/openapi.yaml"], err = openAPI(names); err != nil {
		return nil, err
	}
	if files[authorization], err = withPolicy(root, system.Routes); err != nil {
		return nil, err
	}
	for file, change := range sampleEvents(names) {
		if files[file], err = change.of(root, file); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Stale returns the paths of the generated files in a folder that differ from what [Files] says.
func Stale(root, folder string) ([]string, error) {
	files, err := Files(root)
	if err != nil {
		return nil, err
	}
	var stale []string
	for path, want := range files {
		if !strings.HasPrefix(path, folder+"/") {
			continue
		}
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		if exists := err == nil; exists != (want != nil) || !bytes.Equal(got, want) {
			stale = append(stale, path)
		}
	}
	slices.Sort(stale)
	return stale, nil
}

// Write makes the repository's files those of [Files], and returns the paths of those that it changed.
func Write(root string) (changed []string, err error) {
	files, err := Files(root)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		full, want := filepath.Join(root, path), files[path]
		got, err := os.ReadFile(full)
		switch {
		case os.IsNotExist(err) && want == nil, err == nil && want != nil && bytes.Equal(got, want):
			continue
		case want == nil:
			err = os.Remove(full)
		default:
			err = os.WriteFile(full, want, 0o644)
		}
		if err != nil {
			return changed, fmt.Errorf("write %s: %w", path, err)
		}
		changed = append(changed, path)
	}
	return changed, nil
}
