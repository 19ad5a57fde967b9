package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// statement finds the mutations of a statement.
func (f *finder) statement(s ast.Stmt, stack []ast.Node) {
	if !isInList(s, stack[len(stack)-1]) {
		return
	}
	switch s := s.(type) {
	case *ast.ExprStmt:
		if c, ok := s.X.(*ast.CallExpr); !ok || f.text(c.Fun) != "panic" {
			f.remove(s)
		}
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			f.remove(s)
		}
	case *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
		f.remove(s)
	case *ast.BranchStmt:
		f.branch(s, stack)
	case *ast.ReturnStmt:
		f.results(s, stack)
	case *ast.RangeStmt:
		f.rounds(s, s.Body)
	case *ast.ForStmt:
		if s.Cond != nil {
			f.rounds(s, s.Body)
		}
	case *ast.SwitchStmt:
		if s.Tag != nil {
			f.clauses(s.Body)
		}
	case *ast.TypeSwitchStmt:
		f.clauses(s.Body)
	case *ast.SelectStmt:
		f.clauses(s.Body)
	}
}

// isInList tells whether a statement is one of several, and not the head of another.
func isInList(s ast.Stmt, parent ast.Node) bool {
	switch parent := parent.(type) {
	case *ast.BlockStmt, *ast.CaseClause:
		return true
	case *ast.CommClause:
		return parent.Comm != s
	}
	return false
}

func (f *finder) remove(s ast.Stmt) {
	n := f.add(s.Pos(), s.End(), "")
	f.wrap(s.Pos(), s.End(), "if !mutant.On("+strconv.Itoa(n)+") { ", " }", n)
}

// branch removes a break or continue, or makes a break or a return of a continue.
func (f *finder) branch(s *ast.BranchStmt, stack []ast.Node) {
	if s.Tok != token.BREAK && s.Tok != token.CONTINUE {
		return
	}
	if s.Tok == token.CONTINUE && s.Label == nil && mayEnd(stack) {
		n := f.add(s.Pos(), s.End(), "break")
		f.wrap(s.Pos(), s.End(), "if mutant.On("+strconv.Itoa(n)+") { break }; ", "", n)
	}
	if s.Tok == token.CONTINUE && mayReturn(stack) {
		n := f.add(s.Pos(), s.End(), "return")
		f.wrap(s.Pos(), s.End(), "if mutant.On("+strconv.Itoa(n)+") { return }; ", "", n)
	}
	f.remove(s)
}

// mayEnd tells whether the innermost loop has a condition. In others a break can be what the compiler does
// not allow: the end of a function without a return.
func mayEnd(stack []ast.Node) bool {
	for i := len(stack) - 1; i >= 0; i-- {
		switch loop := stack[i].(type) {
		case *ast.RangeStmt:
			return true
		case *ast.ForStmt:
			return loop.Cond != nil
		}
	}
	return false
}

// mayReturn tells whether a return without results is allowed: the function has none, or they have names.
func mayReturn(stack []ast.Node) bool {
	results := innermost(stack).Results
	return results == nil || len(results.List[0].Names) > 0
}

// innermost returns the signature of the innermost function, or nil.
func innermost(stack []ast.Node) (signature *ast.FuncType) {
	for _, n := range stack {
		switch n := n.(type) {
		case *ast.FuncDecl:
			signature = n.Type
		case *ast.FuncLit:
			signature = n.Type
		}
	}
	return signature
}

// rounds leaves out all rounds of a loop, or all but the first.
func (f *finder) rounds(s ast.Stmt, body *ast.BlockStmt) {
	first, last := body.Lbrace+1, body.Rbrace
	head, text := f.text(s)[:first-s.Pos()], f.text(s)
	n := f.add(s.Pos(), s.End(), head+" break;"+text[len(head):])
	f.replace(first, 0, " if mutant.On("+strconv.Itoa(n)+") { break };", n)
	n = f.add(s.Pos(), s.End(), strings.TrimSuffix(text, "}")+"; break }")
	f.replace(last, 0, "; if mutant.On("+strconv.Itoa(n)+") { break };", n)
}

// clauses leaves out a clause. The others of a select or a switch with a value can't be told apart at run time.
func (f *finder) clauses(body *ast.BlockStmt) {
	hasDefault := slices.ContainsFunc(body.List, func(s ast.Stmt) bool {
		c, ok := s.(*ast.CaseClause)
		return ok && c.List == nil
	})
	for _, s := range body.List {
		switch c := s.(type) {
		case *ast.CaseClause:
			if c.List != nil && (hasDefault || !f.onlyLogs(c.Body)) {
				f.alone(c.Pos(), c.End(), "")
			}
		case *ast.CommClause:
			if c.Comm != nil {
				f.alone(c.Pos(), c.End(), "")
			}
		}
	}
}

// results puts a zero value in the place of each result.
func (f *finder) results(s *ast.ReturnStmt, stack []ast.Node) {
	resultTypes := f.resultTypes(stack)
	switch {
	case len(resultTypes) == 0:
		if block, ok := stack[len(stack)-1].(*ast.BlockStmt); !ok || block.List[len(block.List)-1] != s || len(stack) > 2 {
			f.remove(s)
		}
	case len(s.Results) == len(resultTypes):
		for i, result := range s.Results {
			value := f.source.info.Types[result]
			if value.Value != nil || value.IsNil() || isBoolean(value.Type) || f.isBeside(result, s) || f.isEmptyStruct(result) {
				continue
			}
			n := f.add(result.Pos(), result.End(), "*new("+resultTypes[i]+")")
			f.wrap(result.Pos(), result.End(), "mutant.Zero["+resultTypes[i]+"]("+strconv.Itoa(n)+", ", ")", n)
		}
	case len(s.Results) == 1: // a call that returns several
		zeros := make([]string, len(resultTypes))
		for i, t := range resultTypes {
			zeros[i] = "*new(" + t + ")"
		}
		instead := f.text(s.Results[0]) + "; return " + strings.Join(zeros, ", ")
		n := f.add(s.Pos(), s.End(), instead)
		f.wrap(s.Pos(), s.End(), "if mutant.On("+strconv.Itoa(n)+") { "+instead+" }; ", "", n)
	}
}

// resultTypes returns the types of the results of the innermost function, as the code has them.
func (f *finder) resultTypes(stack []ast.Node) (all []string) {
	signature := innermost(stack)
	if signature == nil || signature.Results == nil {
		return nil
	}
	for _, field := range signature.Results.List {
		for range max(len(field.Names), 1) {
			all = append(all, f.text(field.Type))
		}
	}
	return all
}
