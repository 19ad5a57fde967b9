package generated

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/shared/item"
)

// copied returns a folder with what the generated files are made of, and the paths of these files. The
// template is edited.
func copied(t *testing.T, edit func(template string) string) (root string, files []string) {
	t.Helper()
	const here = "../.."
	root = t.TempDir()
	made, err := Files(here)
	if err != nil {
		t.Fatal(err)
	}
	for path := range made {
		if made[path] == nil {
			delete(made, path) // the template of this repository has no route for it
			continue
		}
		copyFile(t, here, root, path, nil)
	}
	copyFile(t, here, root, "template.yaml", edit)
	return root, slices.Sorted(maps.Keys(made))
}

func copyFile(t *testing.T, from, to, path string, edit func(string) string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(from, path))
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		text = []byte(edit(string(text)))
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(to, path)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, path), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedPathChangesTheFilesWithIt(t *testing.T) {
	read, err := template.Read("../../template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := read.Names()
	if err != nil {
		t.Fatal(err)
	}
	root, files := copied(t, func(text string) string { return strings.ReplaceAll(text, before.Items, "/v9/parcels") })
	changed, err := Write(root)
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(path string) bool { return strings.HasPrefix(path, "events/enricher") }) // they have no path
	if diff := cmp.Diff(files, changed); diff != "" {
		t.Errorf("changed files (-want +got):\n%s", diff)
	}
	for _, path := range changed {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "/v9/parcels") || strings.Contains(string(text), before.Items+`"`) {
			t.Errorf("%s has another path:\n%s", path, text)
		}
	}
	if again, err := Write(root); err != nil || len(again) > 0 {
		t.Errorf("written again: %v changed, error %v", again, err)
	}
}

func TestAFileOfAnotherItemIsStale(t *testing.T) {
	root, _ := copied(t, nil)
	for path, text := range map[string]string{
		"events/writer-create.json": `"body": "`, "events/enricher-batch.json": `"body": "`, "docs/openapi.yaml": "id: ", authorization: `"arn:`,
	} {
		copyFile(t, root, root, path, func(file string) string { return strings.Replace(file, text, text+"0", 1) })
		if stale, err := Stale(root, filepath.Dir(path)); err != nil || !slices.Equal(stale, []string{path}) {
			t.Errorf("%s: %v are stale, error %v", path, stale, err)
		}
		if changed, err := Write(root); err != nil || !slices.Equal(changed, []string{path}) {
			t.Errorf("%s: %v were written, error %v", path, changed, err)
		}
		if stale, err := Stale(root, filepath.Dir(path)); err != nil || len(stale) > 0 {
			t.Errorf("%s: then %v are stale, error %v", path, stale, err)
		}
	}
}

func TestAFileThatCannotBeWrittenIsNamed(t *testing.T) {
	root, _ := copied(t, nil)
	contract := filepath.Join(root, "docs/openapi.yaml")
	if err := os.Remove(contract); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(contract, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(root); err == nil || !strings.HasPrefix(err.Error(), "write docs/openapi.yaml: ") {
		t.Errorf("error %v", err)
	}
}

func TestWithoutABatchRouteTheContractAndTheEventsHaveNone(t *testing.T) {
	names := template.Names{Table: "Parcels", Items: "/v9/parcels"}
	for path, change := range sampleEvents(names) {
		if isBatch := strings.Contains(path, "writer-batch"); isBatch != (change == nil) {
			t.Errorf("%s is gone: %v", path, change == nil)
		}
	}
	text, err := openAPI(names)
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Paths      map[string]any
		Components struct{ Schemas map[string]any }
	}
	if err := yaml.Unmarshal(text, &contract); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/v9/parcels", "/v9/parcels/{id}"}, slices.Sorted(maps.Keys(contract.Paths))); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if contract.Components.Schemas["Report"] != nil {
		t.Error("it has a schema of what only a batch gets")
	}
}

func TestAnEventWithoutALineIsRefused(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "e.json"), []byte("{\n  \"path\": null\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := change{{2, "path", `"/"`}, {2, "body", "null"}}.of(root, "e.json")
	if err == nil || !strings.Contains(err.Error(), `e.json has too few lines that begin with "  \"body\": "`) {
		t.Errorf("error %v", err)
	}
	if _, err = (change{{2, "path", `"/"`}}).of(root, "gone.json"); err == nil || !strings.Contains(err.Error(), "git checkout") {
		t.Errorf("error %v", err)
	}
}

func TestAMadeFaultIsRefusedInTheseWords(t *testing.T) {
	first, second, _, _ := shown()
	for _, m := range []item.Measurements{first, second} {
		for _, o := range []object{numbers(m, 0), texts(m, 1)} {
			parsed, err := item.ParseMeasurements([]byte(o.json()))
			if err != nil || parsed != m {
				t.Errorf("%s is %v, error %v; want %v", o.json(), parsed, err, m)
			}
			spoiled, want := o.spoil(2, 3)
			if _, err := item.ParseMeasurements([]byte(spoiled.json())); err == nil || err.Error() != want {
				t.Errorf("%s: error %v, want %s", spoiled.json(), err, want)
			}
			var fields map[string]any
			if err := json.Unmarshal([]byte(o.json()), &fields); err != nil || len(fields) != len(item.Features) {
				t.Errorf("%s has %d fields, error %v", o.json(), len(fields), err)
			}
		}
	}
}
