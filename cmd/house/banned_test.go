package house

import "go/ast"

// programs are the packages that may start one. Everywhere else a program
// would run without the consent, the counting and the name that these give it.
var programs = []string{
	"db/dump", "db/scratch", "sqlview/parse", "steps/engine", "steps/command", "steps/git", "cmd",
}

// banned holds what is not to be used: other programs outside the packages for
// them, database/sql (it hides which connection a statement runs on, and
// retries), the plugin and unsafe packages, and pgx's SafeToRetry, which
// called a committed statement safe to retry. Tests may start programs, and
// show what SafeToRetry would have said.
func banned(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		for _, imported := range s.syntax.Imports {
			if what := bannedImport(s, importPath(imported)); what != "" {
				all = append(all, finding{path: s.path, line: house.line(imported), what: what})
			}
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == "SafeToRetry" && !s.test {
				all = append(all, finding{path: s.path, line: house.line(id),
					what: "uses SafeToRetry: a statement that was sent is never sent again"})
			}
			return true
		})
	}
	return all
}

func bannedImport(s *source, path string) string {
	switch {
	case path == "os/exec" && !s.test && !under(s.dir(), programs):
		return "imports os/exec: programs are started only by the packages for it"
	case under(path, []string{"database/sql", "github.com/jackc/pgx/v5/stdlib"}):
		return "imports " + path + ": connections are pgx's own"
	case path == "unsafe" || path == "plugin":
		return "imports " + path
	}
	return ""
}
