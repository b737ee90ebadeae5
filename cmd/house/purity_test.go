package house

import (
	"go/ast"
	"slices"
	"strings"
)

// pure are the folders that see neither a network, nor files, nor programs,
// nor a database, nor the clock: the same input gives the same answer, on
// every machine and in every replay. A folder covers those below it.
var pure = []string{
	"sqlview", "steps/state", "steps/fact", "steps/report", "steps/impact", "steps/demo/lane", "steps/applog/sqlstate",
	"tui/look",
}

// notPure are exceptions below a pure folder: the parser runs in a child process.
var notPure = []string{"sqlview/parse"}

var impureImports = []string{"net", "os", "syscall", "golang.org/x/sys", "github.com/jackc/pgx/v5"}

// textOnly are folders below those that only handle text and numbers.
var textOnly = []string{"net/url", "net/netip"}

var clock = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep"}

// purity holds the pure packages to their imports. Their tests read files.
func purity(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		if s.test || !under(s.dir(), pure) || under(s.dir(), notPure) {
			continue
		}
		for _, imported := range s.syntax.Imports {
			if path := importPath(imported); under(path, impureImports) && !under(path, textOnly) {
				all = append(all, finding{
					path: s.path, line: house.line(imported), what: "a pure package imports " + path,
				})
			}
		}
		for _, use := range uses(s, "time", clock) {
			all = append(all, finding{
				path: s.path, line: house.line(use), what: "a pure package uses time." + use.Sel.Name,
			})
		}
	}
	return all
}

// under is true for the folders and everything below them.
func under(path string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return path == folder || strings.HasPrefix(path, folder+"/")
	})
}

// uses finds where a file names one of the names of an imported package.
func uses(s *source, imported string, names []string) []*ast.SelectorExpr {
	local := localName(s, imported)
	var all []*ast.SelectorExpr
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) {
			if of, ok := sel.X.(*ast.Ident); ok && of.Name == local {
				all = append(all, sel)
			}
		}
		return true
	})
	return all
}

// localName is what a file calls an imported package; "" = not imported.
func localName(s *source, imported string) string {
	for _, spec := range s.syntax.Imports {
		if importPath(spec) != imported {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return imported[strings.LastIndex(imported, "/")+1:]
	}
	return ""
}
