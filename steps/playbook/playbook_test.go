package playbook

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"testing"
)

// ofTheLookBefore are the fields that a line is given as the look before left them: what
// a later step proposed, a person answered, and the earlier step carries out.
var ofTheLookBefore = map[string]string{"preflight": "Proposed"}

// Each field of Found is written by one step, and whatever a step is given was found by
// a step before it in every playbook that has it.
func TestEachLineIsGivenWhatWasFoundBeforeIt(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "playbook.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines, books := linesOf(file), booksOf(file)
	if len(books) != len(All()) {
		t.Fatalf("%d playbooks are read, of %d", len(books), len(All()))
	}
	for name, order := range books {
		for _, problem := range append(writtenTwice(order, lines), givenTooEarly(order, lines)...) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// What the test looks for is found.
func TestABadLineIsSeen(t *testing.T) {
	lines := map[string]line{
		"a": {writes: set{"Target": true}},
		"b": {writes: set{"Target": true, "Plan": true}, reads: set{"Way": true, "Plan": true}},
	}
	if got := fmt.Sprint(writtenTwice([]string{"a", "b"}, lines)); got != "[Target is written by a and b]" {
		t.Error(got)
	}
	if got := fmt.Sprint(givenTooEarly([]string{"a", "b"},
		lines)); got != "[b is given Way, which no step before it finds]" {
		t.Error(got)
	}
}

type set map[string]bool

// line is which fields of Found one line writes and reads.
type line struct{ writes, reads set }

// linesOf reads the lines that are declared in a file.
func linesOf(f *ast.File) map[string]line {
	all := map[string]line{}
	for _, d := range f.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.VAR {
			continue
		}
		for _, s := range decl.Specs {
			v := s.(*ast.ValueSpec)
			all[v.Names[0].Name] = fieldsOf(v.Values[0])
		}
	}
	return all
}

// fieldsOf finds the fields of f, on the left and on the right of assignments.
func fieldsOf(e ast.Expr) line {
	l := line{writes: set{}, reads: set{}}
	left := map[ast.Expr]bool{}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				left[x] = true
			}
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && of.Name == "f" {
				if left[n] {
					l.writes[n.Sel.Name] = true
				} else {
					l.reads[n.Sel.Name] = true
				}
			}
		}
		return true
	})
	return l
}

// booksOf reads the order of the lines in each playbook of a file.
func booksOf(f *ast.File) map[string][]string {
	all := map[string][]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, x := range v.Values {
			ast.Inspect(x, func(n ast.Node) bool {
				kv, ok := n.(*ast.KeyValueExpr)
				if ok && fmt.Sprint(kv.Key) == "Lines" {
					for _, e := range kv.Value.(*ast.CompositeLit).Elts {
						all[v.Names[0].Name] = append(all[v.Names[0].Name], fmt.Sprint(e))
					}
				}
				return true
			})
		}
		return true
	})
	return all
}

// writtenTwice are the fields that two steps of one playbook would write.
func writtenTwice(order []string, lines map[string]line) (problems []string) {
	by := map[string]string{}
	for _, name := range order {
		for _, field := range slices.Sorted(maps.Keys(lines[name].writes)) {
			if other := by[field]; other != "" {
				problems = append(problems, fmt.Sprintf("%s is written by %s and %s", field, other, name))
			}
			by[field] = name
		}
	}
	return problems
}

// givenTooEarly are the fields that a step is given before a step has found them. What
// it writes itself it may be given: that is what it found in the look before.
func givenTooEarly(order []string, lines map[string]line) (problems []string) {
	found := set{}
	for _, name := range order {
		l := lines[name]
		for _, field := range slices.Sorted(maps.Keys(l.reads)) {
			if !found[field] && !l.writes[field] && ofTheLookBefore[name] != field {
				problems = append(problems, fmt.Sprintf("%s is given %s, which no step before it finds", name, field))
			}
		}
		maps.Copy(found, l.writes)
	}
	return problems
}
