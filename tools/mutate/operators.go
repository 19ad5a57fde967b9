package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// comparisons are the operators to put in the place of another: with the other boundary, and without an order.
var comparisons = map[token.Token]struct{ boundary, unordered token.Token }{
	token.LSS: {token.LEQ, token.NEQ}, token.LEQ: {token.LSS, token.EQL},
	token.GTR: {token.GEQ, token.NEQ}, token.GEQ: {token.GTR, token.EQL},
}

// function and opposite of an operator.
var operators = map[token.Token]struct {
	function string
	instead  token.Token
}{
	token.ADD: {"Add", token.SUB}, token.SUB: {"Subtract", token.ADD},
	token.MUL: {"Multiply", token.QUO}, token.QUO: {"Divide", token.MUL},
}

func (f *finder) binary(e *ast.BinaryExpr) {
	from, to := e.Pos(), e.End()
	x, y := f.text(e.X), f.text(e.Y)
	switch e.Op {
	case token.LAND, token.LOR:
		function, instead := "And", "||"
		if e.Op == token.LOR {
			function, instead = "Or", "&&"
		}
		n := f.add(e.OpPos, e.OpPos+2, instead)
		f.found[n-1].start, f.found[n-1].end = f.offset(from), f.offset(to)
		f.found[n-1].with = "(" + x + ") " + instead + " (" + y + ")"
		f.add(from, to, y)
		f.add(from, to, x)
		f.wrap(from, to, call(function, n), ") })", n, n+1, n+2)
		f.replace(e.OpPos, 2, ", func() bool { return (", n, n+1, n+2)
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		f.comparison(e)
	default:
		o, ok := operators[e.Op]
		if !ok || f.isText(e.X) {
			return
		}
		n := f.add(from, to, x+" "+o.instead.String()+" "+y)
		f.wrap(from, to, call(o.function, n), ")", n)
		f.replace(e.OpPos, len(e.Op.String()), ",", n)
	}
}

// comparison finds the mutations of a comparison. Nothing that is compared with 0 is taken to be below it on purpose: there
// another than 0 is the same as more.
func (f *finder) comparison(e *ast.BinaryExpr) {
	var instead []token.Token
	if !f.isCounted(e) {
		instead = append(instead, comparisons[e.Op].boundary)
	}
	if unordered := comparisons[e.Op].unordered; unordered == token.EQL || !f.isZero(e.X) && !f.isZero(e.Y) {
		instead = append(instead, unordered)
	}
	if len(instead) == 0 {
		return
	}
	var numbers []int
	var names string
	for _, operator := range instead {
		numbers = append(numbers, f.add(e.Pos(), e.End(), f.text(e.X)+" "+operator.String()+" "+f.text(e.Y)))
		names += ", " + strconv.Quote(operator.String())
	}
	f.wrap(e.Pos(), e.End(), call("Compare", numbers[0]), names+")", numbers...)
	f.replace(e.OpPos, len(e.Op.String()), ", "+strconv.Quote(e.Op.String())+",", numbers...)
}

// isText tells whether an expression is a string.
func (f *finder) isText(e ast.Expr) bool {
	basic, ok := f.source.info.Types[e].Type.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsString != 0
}

// isCounted tells whether a comparison is one with a whole constant, which is mutated itself: one more or one less
// is the same as another operator.
func (f *finder) isCounted(e *ast.BinaryExpr) bool {
	for _, side := range []ast.Expr{e.X, e.Y} {
		value := f.source.info.Types[side]
		basic, ok := value.Type.Underlying().(*types.Basic)
		if value.Value != nil && ok && basic.Info()&types.IsInteger != 0 && !isDuration(value.Type) && !f.isDeclaredHere(side) {
			return true
		}
	}
	return false
}
