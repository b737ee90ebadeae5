package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	counted = regexp.MustCompile(`([A-Za-z]+ |[:=])?%[dsv] (?:([a-z]+) )?([a-z]{2,}s)(?:[^/a-z]|$)`)
	noun    = regexp.MustCompile(`^ (?:(?:more|other) )?[a-z]{2,}s(?:[^/a-z]|$)`)
)

// names stand before a number that counts nothing, as in "line 3", or before a whole or a
// bound, as in "1 of 3 statements". A unit stays as it is: rows/s.
var names = []string{
	":", "=", "above", "event", "first", "format", "key", "line", "most", "of", "pass", "phase", "pid",
	"postgresql", "process", "step", "than", "timeline", "uid",
}

// verbs end in s as nouns do.
var verbs = []string{"as", "changes", "does", "has", "is", "it", "its", "less", "this", "was"}

// numbers write a number and nothing else.
var numbers = []string{"Count", "FormatInt", "Grouped", "Itoa", "Rate", "Sprint", "itoa"}

// plurals holds every text that counts something to measure.Plural or measure.Noun, so
// that nobody reads "1 sessions".
func plurals(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		if s.test || under("belay/"+s.dir(), forTests) || s.dir() == "sqlview/measure" {
			continue
		}
		for _, d := range s.syntax.Decls {
			name := ""
			if f, ok := d.(*ast.FuncDecl); ok {
				name = f.Name.Name
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if said := plural(n); said != "" {
					all = append(all, finding{path: s.path, name: name, line: house.line(n),
						what: strconv.Quote(said) + " is wrong with 1: measure.Plural and measure.Noun"})
				}
				return true
			})
		}
	}
	return all
}

// plural is a number and a plural noun that stand together in n; "" = none do.
func plural(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		for i, a := range n.Args {
			text, ok := constant(a)
			if !ok {
				continue
			}
			if said := inFormat(text, n.Args[i+1:]); said != "" {
				return said
			}
		}
	case *ast.BinaryExpr:
		text, ok := constant(n.Y)
		if ok && n.Op == token.ADD && number(lastOf(n.X)) {
			said := strings.TrimSpace(noun.FindString(text))
			if !slices.Contains(verbs, said) {
				return said
			}
		}
	}
	return ""
}

// inFormat looks at each verb of a format that a noun follows.
func inFormat(format string, args []ast.Expr) string {
	for _, m := range counted.FindAllStringSubmatchIndex(format, -1) {
		before, between, last := "", "", format[m[6]:m[7]]
		if m[2] >= 0 {
			before = strings.ToLower(strings.TrimSpace(format[m[2]:m[3]]))
		}
		if m[4] >= 0 {
			between = format[m[4]:m[5]]
		}
		if slices.Contains(names, before) || slices.Contains(verbs, last) || slices.Contains(verbs, between) {
			continue
		}
		at := strings.Count(strings.ReplaceAll(format[:m[1]], "%%", ""), "%") - 1
		verb := format[strings.LastIndex(format[:m[1]], "%")+1]
		if at < len(args) && (verb == 'd' || number(args[at])) {
			return format[strings.LastIndex(format[:m[1]], "%"):m[7]]
		}
	}
	return ""
}

func number(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return slices.Contains(numbers, f.Name)
	case *ast.SelectorExpr:
		return slices.Contains(numbers, f.Sel.Name)
	}
	return false
}

// lastOf is what stands at the end of a sum of texts.
func lastOf(e ast.Expr) ast.Expr {
	if sum, ok := e.(*ast.BinaryExpr); ok {
		return sum.Y
	}
	return e
}

// constant is a text that is written out, in one or several pieces.
func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		x, ok := constant(e.X)
		y, also := constant(e.Y)
		return x + y, ok && also && e.Op == token.ADD
	}
	return "", false
}
