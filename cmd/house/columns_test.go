package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
	"unicode/utf8"
)

// longestLine is in columns, a tab counted as four.
const longestLine = 120

// columns finds lines that do not fit beside another file. Text between
// backquotes is exempt: SQL and Markdown are laid out for who reads those.
func columns(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		raw := rawLines(house, s)
		for i, text := range strings.Split(s.text, "\n") {
			n := utf8.RuneCountInString(text) + 3*strings.Count(text, "\t")
			if n > longestLine && !raw[i+1] {
				what := fmt.Sprintf("%d columns, over %d", n, longestLine)
				all = append(all, finding{path: s.path, line: i + 1, what: what})
			}
		}
	}
	return all
}

// rawLines are the numbers of the lines on which text between backquotes stands.
func rawLines(house *tree, s *source) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		b, ok := n.(*ast.BasicLit)
		if ok && b.Kind == token.STRING && b.Value[0] == '`' {
			for l := house.line(b); l <= house.set.Position(b.End()).Line; l++ {
				lines[l] = true
			}
		}
		return true
	})
	return lines
}
