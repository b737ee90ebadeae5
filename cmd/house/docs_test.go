package house

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
)

// ofInterfaces are methods whose contract is the standard library's.
var ofInterfaces = []string{
	"Error", "Unwrap", "Is", "As", "String", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText",
	"Len", "Less", "Swap", "Read", "Write", "Close",
}

// docs holds packages and exported names to a comment. A name in a group may
// be covered by the group's comment or the one at its line's end, and a row of
// methods of one name and one line each by that of the first.
func docs(house *tree) []finding {
	var all []finding
	documented := map[string]bool{}
	for _, s := range house.goFiles() {
		if s.test {
			continue
		}
		documented[s.dir()] = documented[s.dir()] || s.syntax.Doc != nil
		for _, id := range house.undocumented(s.syntax) {
			all = append(all, finding{path: s.path, name: id.Name, line: house.line(id),
				what: id.Name + " is exported and has no doc comment"})
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if !documented[dir] {
			all = append(all, finding{path: dir, what: "no file has a package comment"})
		}
	}
	return all
}

func (house *tree) undocumented(file *ast.File) []*ast.Ident {
	var all []*ast.Ident
	for i, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && ofExported(d) && !house.inRow(file, i) {
				all = append(all, d.Name)
			}
		case *ast.GenDecl:
			if d.Tok != token.IMPORT && d.Doc == nil {
				for _, spec := range d.Specs {
					all = append(all, undocumentedIn(spec)...)
				}
			}
		}
	}
	return all
}

// inRow is true for a method that stands on the line below one of the same
// name; the first of the row was looked at by itself.
func (house *tree) inRow(file *ast.File, i int) bool {
	if i == 0 {
		return false
	}
	d := file.Decls[i].(*ast.FuncDecl)
	above, ok := file.Decls[i-1].(*ast.FuncDecl)
	return ok && d.Recv != nil && above.Recv != nil && above.Name.Name == d.Name.Name &&
		house.set.Position(above.End()).Line+1 == house.line(d)
}

// ofExported is false for a method of a type that nobody outside can name, and
// for the methods that the standard library documents.
func ofExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	if slices.Contains(ofInterfaces, d.Name.Name) {
		return false
	}
	of := d.Recv.List[0].Type
	for {
		switch t := of.(type) {
		case *ast.StarExpr:
			of = t.X
		case *ast.IndexExpr:
			of = t.X
		case *ast.IndexListExpr:
			of = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return true
		}
	}
}

func undocumentedIn(spec ast.Spec) []*ast.Ident {
	var names []*ast.Ident
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Doc == nil && s.Comment == nil {
			names = append(names, s.Name)
		}
	case *ast.ValueSpec:
		if s.Doc == nil && s.Comment == nil {
			names = append(names, s.Names...)
		}
	}
	return slices.DeleteFunc(names, func(id *ast.Ident) bool { return !id.IsExported() })
}
