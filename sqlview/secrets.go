package sqlview

import (
	"regexp"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/secret"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// insert finds the statements that are worth a look: to walk through all costs more.
var insert = regexp.MustCompile(`(?i)insert`)

// Secrets are what of a file must not be shown: the secrets that its text gives away, and
// the values of an INSERT without a list of columns that go to a column which the catalog
// knows by a name such as password.
func Secrets(f *lint.File) []string {
	all := secret.Values(string(f.Source))
	for i, st := range f.Statements {
		if st.Node == nil || i >= len(f.Catalogs) || !insert.MatchString(st.SQL) {
			continue
		}
		catalog.Walk(st.Node, func(message any) bool {
			if n, ok := message.(*pg.InsertStmt); ok && len(n.Cols) == 0 {
				all = append(all, unlisted(n, f.Catalogs[i])...)
			}
			return true
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// unlisted are the strings that an INSERT without a list of columns gives to private ones.
func unlisted(n *pg.InsertStmt, s *catalog.Snapshot) []string {
	r := s.Relations.Get(s.Name(n.Relation))
	if r == nil {
		return nil
	}
	query := n.SelectStmt.GetSelectStmt()
	rows := [][]*pg.Node{query.GetTargetList()}
	for _, v := range query.GetValuesLists() {
		rows = append(rows, v.GetList().GetItems())
	}
	var all []string
	for at, c := range r.Columns {
		if !secret.Names(c.Name) {
			continue
		}
		for _, row := range rows {
			if at < len(row) {
				all = append(all, stringsIn(row[at])...)
			}
		}
	}
	return all
}

// stringsIn are the string constants of an expression.
func stringsIn(n *pg.Node) []string {
	var all []string
	catalog.Walk(n, func(message any) bool {
		if c, ok := message.(*pg.A_Const); ok && c.GetSval() != nil {
			all = append(all, c.GetSval().Sval)
		}
		return true
	})
	return all
}
