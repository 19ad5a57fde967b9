package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is the Go module whose code is mutated.
type module struct {
	root, path string
	listed     map[string]*listedPackage // by import path, with all that they import
	fset       *token.FileSet
}

// listedPackage is what `go list -json` says of a package.
type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Standard                bool
	Module                  *struct{ Path string }
	Error                   *struct{ Err string }
}

// source is one package to mutate.
type source struct {
	*listedPackage
	files []*file
	info  *types.Info
	types *types.Package
}

// file is one file of it.
type file struct {
	path, name string // absolute; and relative to the module's root, with slashes
	text       []byte
	tree       *ast.File
}

// open finds the module that holds a folder.
func open(folder string) (*module, error) {
	text, err := output(folder, "go", "list", "-m", "-f", "{{.Dir}}\n{{.Path}}")
	if err != nil {
		return nil, err
	}
	root, path, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return &module{root: root, path: path, fset: token.NewFileSet()}, nil
}

// load parses and type-checks the packages that match the patterns. Generated files and tests are left out.
func (m *module) load(patterns []string) ([]*source, error) {
	wanted, err := m.list(append([]string{"-e"}, patterns...))
	if err != nil {
		return nil, err
	}
	all, err := m.list(append([]string{"-export", "-deps"}, patterns...))
	if err != nil {
		return nil, err
	}
	m.listed = map[string]*listedPackage{}
	for _, p := range all {
		m.listed[p.ImportPath] = p
	}
	var sources []*source
	for _, p := range wanted {
		if p.Error != nil {
			return nil, errors.New(strings.TrimSpace(p.Error.Err))
		}
		s, err := m.check(p)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

func (m *module) list(arguments []string) (packages []*listedPackage, err error) {
	text, err := output(m.root, "go", append([]string{"list", "-json=ImportPath,Dir,Export,GoFiles,Standard,Module,Error"}, arguments...)...)
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, &p)
	}
}

func (m *module) check(p *listedPackage) (*source, error) {
	s := &source{listedPackage: p, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	var trees []*ast.File
	for _, name := range p.GoFiles {
		path := filepath.Join(p.Dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		tree, err := parser.ParseFile(m.fset, path, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
		if ast.IsGenerated(tree) {
			continue
		}
		relative, err := filepath.Rel(m.root, path)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, &file{path: path, name: filepath.ToSlash(relative), text: text, tree: tree})
	}
	var err error
	s.types, err = (&types.Config{Importer: m.importer()}).Check(p.ImportPath, m.fset, trees, s.info)
	return s, err
}

// importer reads what the go command has compiled.
func (m *module) importer() types.Importer {
	return importer.ForCompiler(m.fset, "gc", func(path string) (io.ReadCloser, error) {
		p := m.listed[path]
		if p == nil || p.Export == "" {
			return nil, fmt.Errorf("package %s is not compiled", path)
		}
		return os.Open(p.Export)
	})
}

// output runs a program in a folder. Its error has what the program wrote to stderr.
func output(folder, name string, arguments ...string) ([]byte, error) {
	command := exec.Command(name, arguments...)
	command.Dir = folder
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, stderr.Bytes())
	}
	return text, nil
}
