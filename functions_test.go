package pipeline_test

import (
	"go/build"
	"os"
	"slices"
	"strings"
	"testing"
)

// What a function does not need would be loaded at each of its cold starts.
func TestAFunctionHasOnlyItselfAndWhatIsShared(t *testing.T) {
	for function, own := range map[string][]string{
		"writer":   {"writer", "writer/lambda"},
		"reader":   {"reader", "reader/lambda"},
		"enricher": {"enricher", "enricher/lambda", "enricher/classifier"}, // not the data set, which is in there
	} {
		t.Run(function, func(t *testing.T) {
			for path := range dependencies(t, function+"/lambda") {
				if !strings.HasPrefix(path, "shared/") && !slices.Contains(own, path) {
					t.Errorf("the %s depends on %s", function, path)
				}
			}
		})
	}
}

// dependencies returns the folders of this module that a package is made of. It reads the files itself:
// go test would not notice that the answer of a `go list` changes, and show an old result.
func dependencies(t *testing.T, folder string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	module := strings.TrimPrefix(first, "module ") + "/"
	found, left := map[string]bool{}, []string{folder}
	for len(left) > 0 {
		folder, left = left[0], left[1:]
		if found[folder] {
			continue
		}
		found[folder] = true
		p, err := build.ImportDir(folder, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range p.Imports {
			if ours, ok := strings.CutPrefix(path, module); ok {
				left = append(left, ours)
			}
		}
	}
	return found
}
