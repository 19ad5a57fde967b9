package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed mutant/mutant.go
var mutantPackage []byte

// mutantPath is where the package of mutant/mutant.go is laid, below the module's root.
const mutantPath = "internal/mutant"

// overlay holds what `go build -overlay` lays over the sources. All is in a folder of its own.
type overlay struct {
	folder  string
	replace map[string]string // by the path in the module
}

// lay writes the overlay with all mutants that a number switches on. A mutation that can't be switched,
// because the compiler does not allow it there, becomes one that needs a build of its own.
func lay(folder string, m *module, sources []*source, found []*mutation, edits map[*file][]edit) (*overlay, error) {
	o := &overlay{folder: folder, replace: map[string]string{}}
	if err := o.put(filepath.Join(m.root, filepath.FromSlash(mutantPath), "mutant.go"), mutantPackage); err != nil {
		return nil, err
	}
	byNumber := map[int]*mutation{}
	for _, mutation := range found {
		byNumber[mutation.number] = mutation
	}
	for _, s := range sources {
		texts, err := m.compilable(s, edits, byNumber)
		if err != nil {
			return nil, err
		}
		for _, path := range slices.Sorted(maps.Keys(texts)) {
			if err := o.put(path, texts[path]); err != nil {
				return nil, err
			}
		}
	}
	return o, nil
}

// put lays a text over a file.
func (o *overlay) put(path string, text []byte) error {
	laid := filepath.Join(o.folder, strconv.Itoa(len(o.replace))+"_"+filepath.Base(path))
	o.replace[path] = laid
	return os.WriteFile(laid, text, 0o600)
}

// write writes the file that the go command reads, and returns its path.
func (o *overlay) write(name string, replace map[string]string) (string, error) {
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(o.folder, name)
	return path, os.WriteFile(path, text, 0o600)
}

var numbered = regexp.MustCompile(`mutant\.\w+(?:\[[^\n]*?\])?\((\d+)`)

// compilable returns the texts of a package's files with as many mutants as compile.
func (m *module) compilable(s *source, edits map[*file][]edit, byNumber map[int]*mutation) (map[string][]byte, error) {
	for {
		texts := map[string][]byte{}
		for _, f := range s.files {
			if len(edits[f]) > 0 {
				texts[f.path] = m.withImport(f, edits[f])
			}
		}
		path, line, err := m.firstError(s, texts)
		if err == nil {
			return texts, nil
		}
		lines := strings.Split(string(texts[path]), "\n")
		if line < 1 || line > len(lines) {
			return nil, err
		}
		tooMany := map[int]bool{}
		for _, match := range numbered.FindAllStringSubmatch(lines[line-1], -1) {
			n, _ := strconv.Atoi(match[1])
			tooMany[n] = true
		}
		if len(tooMany) == 0 {
			return nil, err
		}
		for _, f := range s.files {
			if f.path == path {
				edits[f] = without(edits[f], tooMany, byNumber)
			}
		}
	}
}

// without takes back the edits of some mutations.
func without(edits []edit, tooMany map[int]bool, byNumber map[int]*mutation) (rest []edit) {
	for _, e := range edits {
		if !tooMany[e.numbers[0]] {
			rest = append(rest, e)
			continue
		}
		for _, n := range e.numbers {
			byNumber[n].alone = true
		}
	}
	return rest
}

// withImport makes the file with its mutants, line by line as it was.
func (m *module) withImport(f *file, edits []edit) []byte {
	name := f.tree.Name
	end := m.fset.Position(name.End()).Offset
	statement := edit{start: end, end: end, kind: opens, text: fmt.Sprintf("; import mutant %q", m.path+"/"+mutantPath)}
	return apply(f.text, append(slices.Clone(edits), statement))
}

// firstError type-checks a package with other texts of its files. It returns where the first error is.
func (m *module) firstError(s *source, texts map[string][]byte) (path string, line int, err error) {
	var trees []*ast.File
	for _, name := range s.GoFiles {
		path := filepath.Join(s.Dir, name)
		var text any
		if t, ok := texts[path]; ok {
			text = t
		}
		tree, err := parser.ParseFile(m.fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return "", 0, fmt.Errorf("tools/mutate made a file that is no Go: %w", err)
		}
		trees = append(trees, tree)
	}
	config := &types.Config{Importer: withMutant{m.importer(), m}, Error: func(e error) {
		var typed types.Error
		if errors.As(e, &typed) && err == nil && !strings.Contains(typed.Msg, "could not import") {
			position := m.fset.Position(typed.Pos)
			path, line, err = position.Filename, position.Line, e
		}
	}}
	_, _ = config.Check(s.ImportPath, m.fset, trees, nil)
	return path, line, err
}

// withMutant imports also the package of mutant/mutant.go, which is in no module yet.
type withMutant struct {
	types.Importer
	module *module
}

func (i withMutant) Import(path string) (*types.Package, error) {
	if path != i.module.path+"/"+mutantPath {
		return i.Importer.Import(path)
	}
	tree, err := parser.ParseFile(i.module.fset, "mutant.go", mutantPackage, 0)
	if err != nil {
		return nil, err
	}
	return (&types.Config{Importer: i.Importer}).Check(path, i.module.fset, []*ast.File{tree}, nil)
}
