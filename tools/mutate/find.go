package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// finder finds the mutations of a file, and the edits that make one file of all of them.
type finder struct {
	module   *module
	source   *source
	file     *file
	mutated  map[string]bool // the import paths of all packages that are mutated
	function string
	found    []*mutation
	edits    []edit
}

// find returns all mutations of the packages, numbered, and the edits of each file.
func find(m *module, sources []*source) (found []*mutation, edits map[*file][]edit) {
	mutated := map[string]bool{}
	for _, s := range sources {
		mutated[s.ImportPath] = true
	}
	edits = map[*file][]edit{}
	for _, s := range sources {
		for _, file := range s.files {
			f := &finder{module: m, source: s, file: file, mutated: mutated, found: found}
			f.walk()
			found, edits[file] = f.found, f.edits
		}
	}
	seen := map[string]int{}
	for _, m := range found {
		name := m.name()
		seen[name]++
		m.nth = seen[name]
	}
	return found, edits
}

func (f *finder) walk() {
	for _, declaration := range f.file.tree.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			f.function = d.Name.Name
			if d.Recv != nil {
				f.function = strings.TrimPrefix(f.text(d.Recv.List[0].Type), "*") + "." + d.Name.Name
			}
			f.inspect(d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					f.function = spec.Names[0].Name
				case *ast.TypeSpec:
					f.function = spec.Name.Name
				}
				if d.Tok == token.CONST {
					f.constants(spec.(*ast.ValueSpec))
				} else if d.Tok != token.IMPORT {
					f.inspect(spec)
				}
			}
		}
	}
}

func (f *finder) inspect(root ast.Node) {
	ast.PreorderStack(root, nil, func(n ast.Node, stack []ast.Node) bool {
		if !f.decides(n, stack) {
			return false
		}
		if s, ok := n.(ast.Stmt); ok {
			f.statement(s, stack)
		}
		if e, ok := n.(ast.Expr); ok {
			return f.expression(e, stack)
		}
		return true
	})
}

// decides tells whether a part of the code is to be mutated. What is written to a log is not.
func (f *finder) decides(n ast.Node, stack []ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncType, *ast.ArrayType, *ast.MapType, *ast.ChanType:
		return false
	case *ast.CallExpr:
		if f.isLog(n) {
			return false
		}
	case *ast.ExprStmt:
		return !f.onlyLogs([]ast.Stmt{n})
	case *ast.AssignStmt:
		return n.Tok == token.DEFINE || !f.onlyLogs([]ast.Stmt{n})
	case *ast.RangeStmt:
		return !f.onlyLogs(n.Body.List)
	case ast.Expr:
		if statement, ok := stack[len(stack)-1].(*ast.IfStmt); ok { // then the condition decides only what is logged
			return statement.Else != nil || !f.onlyLogs(statement.Body.List)
		}
	case *ast.GenDecl:
		if n.Tok == token.CONST {
			for _, spec := range n.Specs {
				f.constants(spec.(*ast.ValueSpec))
			}
		}
		return n.Tok == token.VAR
	case *ast.Field:
		if n.Tag != nil {
			f.tag(n.Tag)
		}
		return false
	}
	return true
}

// onlyLogs tells whether statements do nothing but write to a log, or prepare that.
func (f *finder) onlyLogs(statements []ast.Stmt) bool {
	for _, s := range statements {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); !ok || !f.isLog(call) {
				return false
			}
		case *ast.AssignStmt:
			if call, ok := s.Rhs[0].(*ast.CallExpr); !ok || !f.isLog(call) {
				return false
			}
		case *ast.IfStmt:
			if s.Else != nil || s.Init != nil || !f.onlyLogs(s.Body.List) {
				return false
			}
		case *ast.RangeStmt:
			if !f.onlyLogs(s.Body.List) {
				return false
			}
		default:
			return false
		}
	}
	return len(statements) > 0
}

func (f *finder) isLog(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if object := f.source.info.Uses[selector.Sel]; object != nil && object.Pkg() != nil {
		return object.Pkg().Path() == "log/slog"
	}
	return false
}

// constants finds what can change in a declaration of constants. A constant can't be switched at run time.
func (f *finder) constants(spec *ast.ValueSpec) {
	defer func(function string) { f.function = function }(f.function)
	for i, value := range spec.Values {
		text := f.text(value)
		if strings.Contains(text, "iota") {
			continue
		}
		if i < len(spec.Names) {
			f.function = spec.Names[i].Name
		}
		for _, with := range constantsInstead(f.source.info.Types[value].Type, text) {
			f.alone(value.Pos(), value.End(), with)
		}
	}
}

// constantsInstead returns what can stand in the place of a constant.
func constantsInstead(t types.Type, text string) []string {
	basic, ok := t.Underlying().(*types.Basic)
	switch {
	case !ok:
		return nil
	case isDuration(t), basic.Info()&types.IsFloat != 0:
		return []string{"(" + text + ") * 2", "(" + text + ") / 2"}
	case basic.Info()&types.IsInteger != 0:
		return []string{text + " + 1", text + " - 1"}
	case basic.Info()&types.IsString != 0 && text != `""`:
		return []string{`""`}
	case basic.Info()&types.IsBoolean != 0:
		return []string{"!(" + text + ")"}
	}
	return nil
}

func isDuration(t types.Type) bool { return types.TypeString(t, nil) == "time.Duration" }

// tag finds the names that a struct's tag gives its field.
func (f *finder) tag(tag *ast.BasicLit) {
	key, rest, ok := strings.Cut(tag.Value, `:"`)
	if !ok || strings.HasPrefix(rest, "-") {
		return
	}
	f.alone(tag.Pos(), tag.End(), key+`:"mutant_`+rest)
}

// alone adds a mutation that needs a build of its own.
func (f *finder) alone(from, to token.Pos, with string) {
	f.add(from, to, with)
	f.found[len(f.found)-1].alone = true
}

// add adds a mutation that a number switches on.
func (f *finder) add(from, to token.Pos, with string) (number int) {
	m := &mutation{
		number: len(f.found) + 1, file: f.file, importPath: f.source.ImportPath, function: f.function,
		start: f.offset(from), end: f.offset(to), with: with,
	}
	f.found = append(f.found, m)
	return m.number
}

// wrap puts text around a part of the code. numbers are the mutations that it makes possible.
func (f *finder) wrap(from, to token.Pos, before, after string, numbers ...int) {
	f.edits = append(f.edits,
		edit{start: f.offset(from), end: f.offset(from), text: before, kind: opens, numbers: numbers},
		edit{start: f.offset(to), end: f.offset(to), text: after, kind: closes, numbers: numbers})
}

// replace puts a text in the place of a part of the code.
func (f *finder) replace(from token.Pos, length int, text string, numbers ...int) {
	at := f.offset(from)
	f.edits = append(f.edits, edit{start: at, end: at + length, text: text, kind: replaces, numbers: numbers})
}

func (f *finder) offset(pos token.Pos) int { return f.module.fset.Position(pos).Offset }

func (f *finder) text(n ast.Node) string {
	return string(f.file.text[f.offset(n.Pos()):f.offset(n.End())])
}

// typeName returns how the file names a type. ok is false when it can't.
func (f *finder) typeName(t types.Type) (name string, ok bool) {
	ok = true
	name = types.TypeString(t, func(p *types.Package) string {
		if p.Path() == f.source.ImportPath {
			return ""
		}
		for _, i := range f.file.tree.Imports {
			if i.Path.Value == fmt.Sprintf("%q", p.Path()) {
				if i.Name != nil {
					return i.Name.Name
				}
				return p.Name()
			}
		}
		ok = false
		return ""
	})
	return name, ok && !strings.HasPrefix(name, "untyped")
}
