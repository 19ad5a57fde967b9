package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// expression finds the mutations of an expression. It tells whether to look into it.
func (f *finder) expression(e ast.Expr, stack []ast.Node) (inside bool) {
	parent := stack[len(stack)-1]
	value := f.source.info.Types[e]
	if value.IsType() {
		return false
	}
	if value.Value != nil {
		if !f.isRejected(e, stack) {
			f.constant(e, value.Type, parent)
		}
		return false
	}
	if isBoolean(value.Type) && f.isCondition(e, stack) {
		f.condition(e, parent)
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		f.binary(e)
	case *ast.SliceExpr:
		f.bound(e.Low)
		f.bound(e.High)
	case *ast.KeyValueExpr:
		f.field(e)
	case *ast.CompositeLit:
		// An array's index is a constant, and stays one.
		return e.Type == nil || !isIndexed(f.source.info.Types[e].Type)
	}
	return true
}

func isIndexed(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Array:
		return true
	}
	return false
}

func isBoolean(t types.Type) bool {
	if t == nil {
		return false
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsBoolean != 0
}

// isRejected tells whether nobody looks at a value: a text of an error that only people read, or a result beside
// an error, or beside a false.
func (f *finder) isRejected(e ast.Expr, stack []ast.Node) bool {
	switch parent := stack[len(stack)-1].(type) {
	case *ast.CallExpr:
		name := f.text(parent.Fun)
		return name == "fmt.Errorf" || name == "errors.New" || name == "panic"
	case *ast.ReturnStmt:
		return f.isBeside(e, parent)
	case *ast.SelectorExpr:
		return true
	}
	return false
}

func (f *finder) isBeside(e ast.Expr, statement *ast.ReturnStmt) bool {
	last := statement.Results[len(statement.Results)-1]
	value := f.source.info.Types[last]
	switch {
	case last == e:
		return false
	case value.Value != nil && isBoolean(value.Type):
		return f.text(last) == "false"
	}
	return value.Type != nil && !value.IsNil() && (types.Implements(value.Type, errorType) || f.text(e) == "0" && f.isText(last) && f.text(last) != `""`)
}

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// constant finds the mutations of the largest constant expression. Constants of the packages that are mutated
// change where they are declared.
func (f *finder) constant(e ast.Expr, t types.Type, parent ast.Node) {
	name, ok := f.typeName(t)
	basic, isBasic := t.Underlying().(*types.Basic)
	if !ok || !isBasic || f.isDeclaredHere(e) {
		return
	}
	if kv, ok := parent.(*ast.KeyValueExpr); ok && kv.Key == e && f.isField(kv) {
		return
	}
	text := f.text(e)
	from, to := e.Pos(), e.End()
	switch {
	case basic.Info()&types.IsBoolean != 0:
		n := f.add(from, to, "!"+text)
		f.wrap(from, to, call("Not", n)+name+"(", "))", n)
	case basic.Info()&types.IsString != 0:
		with := `""`
		if text == `""` {
			with = `"mutant"`
		}
		n := f.add(from, to, with)
		f.wrap(from, to, call("Text", n)+name+"(", "))", n)
	case !f.isZero(e) && (basic.Info()&types.IsFloat != 0 || isDuration(t) && strings.Contains(text, ".")):
		n := f.add(from, to, "("+text+")*2")
		f.add(from, to, "("+text+")/2")
		f.wrap(from, to, call("Scaled", n)+name+"(", "))", n, n+1)
	case basic.Info()&types.IsNumeric != 0:
		n := f.add(from, to, "("+text+")+1")
		f.add(from, to, "("+text+")-1")
		f.wrap(from, to, call("Number", n)+name+"(", "))", n, n+1)
	}
}

// call is the beginning of a call of package mutant.
func call(function string, number int) string {
	return "mutant." + function + "(" + strconv.Itoa(number) + ", "
}

// isDeclaredHere tells whether a constant is only a name, or names, that packages declare which are mutated too.
func (f *finder) isDeclaredHere(e ast.Expr) bool {
	here := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			here = false
		case *ast.Ident:
			if c, ok := f.source.info.Uses[n].(*types.Const); ok {
				here = here && c.Pkg() != nil && f.mutated[c.Pkg().Path()]
			}
		}
		return true
	})
	return here
}

// isField tells whether a key is the name of a struct's field.
func (f *finder) isField(kv *ast.KeyValueExpr) bool {
	name, ok := kv.Key.(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := f.source.info.Uses[name].(*types.Var)
	return ok && v.IsField()
}

// isCondition tells whether an expression as a whole is what is decided on.
func (f *finder) isCondition(e ast.Expr, stack []ast.Node) bool {
	switch parent := stack[len(stack)-1].(type) {
	case *ast.ParenExpr:
		return false // what is inside
	case *ast.BinaryExpr:
		return parent.Op != token.LAND && parent.Op != token.LOR
	case *ast.UnaryExpr:
		return false
	case *ast.IfStmt, *ast.ForStmt, *ast.CaseClause, *ast.ReturnStmt:
		return true
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return true
	case *ast.UnaryExpr:
		return e.Op == token.NOT
	}
	return false
}

func (f *finder) condition(e ast.Expr, parent ast.Node) {
	if clause, ok := parent.(*ast.CaseClause); ok && !f.isTagless(clause) {
		return
	}
	from, to := e.Pos(), e.End()
	if _, ok := parent.(*ast.ForStmt); ok { // always true would only be endless
		n := f.add(from, to, "false")
		f.wrap(from, to, call("False", n), ")", n)
		return
	}
	n := f.add(from, to, "true")
	f.add(from, to, "false")
	f.wrap(from, to, call("Fixed", n), ")", n, n+1)
}

// isTagless tells whether the cases of a switch are conditions.
func (f *finder) isTagless(clause *ast.CaseClause) bool {
	tagless := false
	ast.Inspect(f.file.tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SwitchStmt); ok && s.Tag == nil {
			for _, c := range s.Body.List {
				tagless = tagless || c == clause
			}
		}
		return !tagless
	})
	return tagless
}

// bound finds the mutations of a bound of a slice that is no constant.
func (f *finder) bound(e ast.Expr) {
	if e == nil || f.source.info.Types[e].Value != nil {
		return
	}
	text := f.text(e)
	n := f.add(e.Pos(), e.End(), text+"+1")
	f.add(e.Pos(), e.End(), text+"-1")
	f.wrap(e.Pos(), e.End(), call("Number", n), ")", n, n+1)
}

// field leaves out a field of a struct, or the value of a map.
func (f *finder) field(kv *ast.KeyValueExpr) {
	value := f.source.info.Types[kv.Value]
	literal, isLiteral := kv.Value.(*ast.CompositeLit)
	if value.Value != nil || value.IsNil() || isLiteral && literal.Type == nil || f.isEmptyStruct(kv.Value) {
		return
	}
	n := f.add(kv.Value.Pos(), kv.Value.End(), "(zero)")
	f.wrap(kv.Value.Pos(), kv.Value.End(), call("Zero", n), ")", n)
}

// isEmptyStruct tells whether a value is written as its zero value.
func (f *finder) isEmptyStruct(e ast.Expr) bool {
	literal, ok := e.(*ast.CompositeLit)
	if !ok || len(literal.Elts) > 0 {
		return false
	}
	_, ok = f.source.info.Types[e].Type.Underlying().(*types.Struct)
	return ok
}

func (f *finder) isZero(e ast.Expr) bool {
	value := f.source.info.Types[e].Value
	return value != nil && value.Kind() != constant.String && constant.Sign(value) == 0
}
