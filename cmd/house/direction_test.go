package house

import (
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// floors stand in the order of import: each may use what stands to its right.
var floors = []string{"cmd", "tui", "steps", "db", "sqlview"}

// forTests are the packages that only test files, and what lies in such
// packages, import.
var forTests = []string{"belay/db/dbtest", "belay/tui/tuitest"}

// direction holds imports to the floors. A screen sees a database only as
// facts of a journal, so tui does not import db although it stands to its left.
func direction(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		for _, imported := range s.syntax.Imports {
			if what := wrongWay(s, importPath(imported)); what != "" {
				all = append(all, finding{path: s.path, line: house.line(imported), what: what})
			}
		}
	}
	return all
}

func wrongWay(s *source, imported string) string {
	to, ours := strings.CutPrefix(imported, "belay/")
	if !ours {
		return ""
	}
	from, to := floor(s.path), floor(to)
	switch {
	case slices.Index(floors, to) < slices.Index(floors, from):
		return fmt.Sprintf("%s imports %s: it may import only what stands to its right in %s",
			from, imported, strings.Join(floors, " -> "))
	case from == "tui" && to == "db":
		return "tui imports " + imported + ": a screen sees a database only as facts of a journal"
	case under(imported, forTests) && !s.test && !under("belay/"+s.dir(), forTests):
		return imported + " is imported outside tests"
	}
	return ""
}

// floor is the first folder of a path.
func floor(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// importPath is the path of an import without its quotes.
func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return path
}
