package sqlview

import (
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Subject is what a review has to ask a server about.
type Subject struct {
	// Relations are "schema.name", those that the texts lock, once each.
	Relations []string
	// Dropped are the names of the columns that the texts take away.
	Dropped []string
}

func subjectOf(files []*lint.File) Subject {
	var s Subject
	seen := map[string]bool{}
	for _, f := range files {
		for i, st := range f.Statements {
			for _, l := range f.Effects[i].Locks {
				if !seen[l.Relation] {
					seen[l.Relation] = true
					s.Relations = append(s.Relations, l.Relation)
				}
			}
			for _, n := range st.Node.GetAlterTableStmt().GetCmds() {
				if c := n.GetAlterTableCmd(); c.GetSubtype() == pg.AlterTableType_AT_DropColumn {
					s.Dropped = append(s.Dropped, c.Name)
				}
			}
		}
	}
	return s
}
