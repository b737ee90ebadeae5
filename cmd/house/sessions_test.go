package house

import (
	"go/ast"
	"slices"
)

// opens are the functions of pgx that open a session. db.Connect pins search_path and
// what else our reading depends on; a session that is opened past it hands the looker's
// rights to whoever may create an operator there.
var opens = []string{"Connect", "ConnectConfig", "ConnectWithOptions"}

// sessions holds every session to db.Connect. Tests open their own, as the team does.
func sessions(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		if s.test || s.path == "db/connect.go" || s.dir() == "db/dbtest" {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || !slices.Contains(opens, sel.Sel.Name) {
				return true
			}
			if from, ok := sel.X.(*ast.Ident); ok && slices.Contains([]string{"pgx", "pgconn", "pgxpool"}, from.Name) {
				all = append(all, finding{path: s.path, line: house.line(sel),
					what: "opens a session past db.Connect, which pins what our reading depends on"})
			}
			return true
		})
	}
	return all
}
