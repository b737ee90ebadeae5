package house

import (
	"fmt"
	"go/ast"
	"strings"
)

// The longest that needs no reason, in lines.
const (
	longestFile     = 400
	longestFunction = 60
)

// size asks for a reason where a file or a function is long. A test's function
// may be: its table is in it.
func size(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		if n := strings.Count(s.text, "\n"); n > longestFile {
			all = append(all, finding{path: s.path, what: fmt.Sprintf("%d lines, over %d", n, longestFile)})
		}
		for _, decl := range s.syntax.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || s.test {
				continue
			}
			first, last := house.line(d), house.set.Position(d.End()).Line
			if n := last - first + 1; n > longestFunction {
				all = append(all, finding{path: s.path, name: d.Name.Name, line: first,
					what: fmt.Sprintf("%s has %d lines, over %d", d.Name.Name, n, longestFunction)})
			}
		}
	}
	return all
}
