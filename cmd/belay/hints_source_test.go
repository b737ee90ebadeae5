package main

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A hint is known by its name, wherever it is made: it goes into a field, a variable,
// a constant, a parameter or a result that is called one of hintNames or ends so, or
// comes out of a method Hint. TestEveryHint holds what stories print against it.
var hintNames = []string{"hint", "hints", "advice", "help", "instead"}

func namesHint(name string) bool {
	return slices.ContainsFunc(hintNames, func(n string) bool { return strings.HasSuffix(strings.ToLower(name), n) })
}

// hintReader collects the hints of the program's own code.
type hintReader struct {
	files *token.FileSet
	trees []*ast.File
	// params and results are, by package and function, which of them is a hint.
	params, results map[string]int
	fields          map[string]int // the same of structs
	constants       map[string]string
	found           map[token.Pos]string
}

// readHints are all hints of the code, with what is not known before it runs as value.
func readHints(files *token.FileSet, trees []*ast.File) []advice {
	r := &hintReader{
		files: files, trees: trees, params: map[string]int{}, results: map[string]int{}, fields: map[string]int{},
		found: map[token.Pos]string{}, constants: map[string]string{},
	}
	for _, f := range trees {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				key := f.Name.Name + "." + fn.Name.Name
				place(r.params, key, fn.Type.Params)
				place(r.results, key, fn.Type.Results)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					place(r.fields, spec.Name.Name, s.Fields)
				}
			}
			return true
		})
	}
	for _, f := range trees {
		r.readConstants(f)
	}
	for _, f := range trees {
		for _, d := range f.Decls {
			r.declaration(f.Name.Name, d)
		}
	}
	var all []advice
	for at, text := range r.found {
		all = append(all, advice{r.files.Position(at).String(), text})
	}
	slices.SortFunc(all, func(a, b advice) int { return strings.Compare(a.place, b.place) })
	return all
}

// readConstants keeps the texts that have a name: a hint may be one of them.
func (r *hintReader) readConstants(f *ast.File) {
	for _, d := range f.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			v, _ := spec.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i < len(v.Values) {
					if text, ok := r.hintText(v.Values[i]); ok {
						r.constants[name.Name] = text
					}
				}
			}
		}
	}
}

func place(in map[string]int, key string, fields *ast.FieldList) {
	if fields == nil {
		return
	}
	i := 0
	for _, f := range fields.List {
		for _, name := range f.Names {
			if namesHint(name.Name) {
				in[key] = i
			}
			i++
		}
	}
}

func (r *hintReader) declaration(pkg string, d ast.Decl) {
	fn, isFunc := d.(*ast.FuncDecl)
	result, returns := -1, false
	if isFunc {
		if result, returns = r.results[pkg+"."+fn.Name.Name]; !returns && namesHint(fn.Name.Name) {
			result, returns = 0, true
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok && namesHint(id.Name) {
				r.add(n.Value)
			}
		case *ast.CompositeLit: // without the fields' names
			for _, lit := range literals(n) {
				if i, ok := r.fields[lastName(lit.Type)]; ok && len(lit.Elts) > i {
					r.add(lit.Elts[i])
				}
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if namesHint(name.Name) && len(n.Values) > i {
					r.add(n.Values[i])
				}
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if namesHint(lastName(l)) && len(n.Rhs) == len(n.Lhs) {
					r.add(n.Rhs[i])
				}
			}
		case *ast.ReturnStmt:
			if returns && len(n.Results) > result {
				r.add(n.Results[result])
			}
		case *ast.CallExpr:
			i, ok := r.params[pkg+"."+lastName(n.Fun)]
			if ok && len(n.Args) > i {
				r.add(n.Args[i])
			}
		}
		return true
	})
}

// literals are a literal itself, or those in a map or a list whose type is said once.
func literals(n *ast.CompositeLit) []*ast.CompositeLit {
	var of ast.Expr
	switch t := n.Type.(type) {
	case *ast.MapType:
		of = t.Value
	case *ast.ArrayType:
		of = t.Elt
	default:
		return []*ast.CompositeLit{n}
	}
	var all []*ast.CompositeLit
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if lit, ok := e.(*ast.CompositeLit); ok && lit.Type == nil {
			all = append(all, &ast.CompositeLit{Type: of, Elts: lit.Elts})
		}
	}
	return all
}

func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// add keeps the texts of an expression: of a map or a list each by itself.
func (r *hintReader) add(e ast.Expr) {
	if lit, ok := e.(*ast.CompositeLit); ok {
		for _, el := range lit.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				el = kv.Value
			}
			r.add(el)
		}
		return
	}
	if text, ok := r.hintText(e); ok && strings.Trim(text, value+" :;,.") != "" {
		r.found[e.Pos()] = text
	}
}

// verb is a value in a text of Sprintf.
var verb = regexp.MustCompile(`%(\[\d+\])?[+#]?[a-z]`)

func (r *hintReader) hintText(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return literalOf(e)
	case *ast.Ident:
		return r.constants[e.Name], r.constants[e.Name] != ""
	case *ast.BinaryExpr:
		left, isText := r.hintText(e.X)
		right, alsoText := r.hintText(e.Y)
		if e.Op != token.ADD || !isText && !alsoText {
			return "", false
		}
		if !isText {
			left = value
		}
		if !alsoText {
			right = value
		}
		return left + right, true
	case *ast.CallExpr:
		if len(e.Args) == 0 {
			return "", false
		}
		switch lastName(e.Fun) {
		case "Sprintf":
			text, ok := r.hintText(e.Args[0])
			return strings.ReplaceAll(verb.ReplaceAllString(text, value), "%%", "%"), ok
		case "TrimPrefix", "Join":
			return r.hintText(e.Args[0])
		case "append":
			return r.hintText(e.Args[len(e.Args)-1])
		}
	}
	return "", false
}

// shape matches what a hint looks like once its values are known.
func shape(text string) *regexp.Regexp {
	parts := strings.Split(text, value)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(`(?s)` + strings.Join(parts, ".*"))
}

// ofPackage is where a text stands, from the module's root.
func ofPackage(place string) string {
	rel, err := filepath.Rel(filepath.Join("..", ".."), place)
	if err != nil {
		return place
	}
	return rel
}
