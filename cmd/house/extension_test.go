package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// point is a place where the program is made to grow: one file a value, the
// file called as the value is.
type point struct {
	dir     string
	typ     string // the value's type
	field   string // holds its name
	samples bool   // testdata/NAME.txtar must exist
}

var points = []point{
	{"sqlview/lint/rules", "Rule", "ID", true},
	{"sqlview/migration", "Format", "Name", true},
	{"db/throttle", "Signal", "Name", false},
	{"steps/checklist", "Step", "ID", false},
	{"tui/screen", "Screen", "Name", false},
}

// extension holds each value of an extension point to a file of its own name.
func extension(house *tree) []finding {
	var all []finding
	for _, p := range points {
		for _, s := range house.goFiles() {
			if s.dir() == p.dir && !s.test {
				all = append(all, p.misplaced(house, s)...)
			}
		}
	}
	return all
}

func (p point) misplaced(house *tree, s *source) []finding {
	var all []finding
	for _, value := range p.values(s) {
		at := finding{path: s.path, line: house.line(value)}
		name := fieldText(value, p.field)
		file := strings.TrimSuffix(path.Base(s.path), ".go")
		switch {
		case name == "":
			at.what = fmt.Sprintf("the %s of a %s is not written out as text", p.field, p.typ)
		case file != name && strings.ReplaceAll(file, "_", "-") != name:
			at.what = fmt.Sprintf("%s %q lies in a file of another name", p.typ, name)
		case p.samples && !exists(house.fsys, path.Join(p.dir, "testdata", name+".txtar")):
			at.what = fmt.Sprintf("%s %q has no testdata/%s.txtar", p.typ, name, name)
		default:
			continue
		}
		all = append(all, at)
	}
	return all
}

// values are the composite literals of the point's type in package-level
// variables, that of an empty value excepted.
func (p point) values(s *source) []*ast.CompositeLit {
	var all []*ast.CompositeLit
	for _, decl := range s.syntax.Decls {
		if d, ok := decl.(*ast.GenDecl); !ok || d.Tok != token.VAR {
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok && typeName(lit.Type) == p.typ && len(lit.Elts) > 0 {
				all = append(all, lit)
			}
			return true
		})
	}
	return all
}

// typeName is the last name of a type: "Rule" for lint.Rule; "" = no plain name.
func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.SelectorExpr:
		return t.Sel.Name
	}
	return ""
}

// fieldText is the text that a literal gives a field; "" = none, or no text.
func fieldText(lit *ast.CompositeLit, field string) string {
	for _, elt := range lit.Elts {
		pair, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, _ := pair.Key.(*ast.Ident)
		text, _ := pair.Value.(*ast.BasicLit)
		if key != nil && key.Name == field && text != nil && text.Kind == token.STRING {
			value, _ := strconv.Unquote(text.Value)
			return value
		}
	}
	return ""
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
