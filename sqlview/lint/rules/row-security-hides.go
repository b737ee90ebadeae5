package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "row-security-hides", Severity: lint.Stop, Kind: "silent",
	Summary: "row security hides rows of the table from the role that would change or copy them",
	Run:     rowSecurityHides,
	Doc: `
## Advice
Change rows as a role that sees all of them.

## In practice
belay asks the server for whom row security holds: not for superusers and roles with BYPASSRLS, for the owner only under
FORCE, for everybody else by the policies that name it; rows behind a view are read as the view's owner, unless it is
security_invoker. What a policy hides is not changed and not copied, without an error: 0 rows, and recorded as applied.
Within a DO block or a function nobody can see what is read.

## Measured
Seen on 15: the owner of a table under FORCE ROW LEVEL SECURITY updates 0 of 99 rows, without an error.

## Instead
    SET LOCAL row_security = off;   -- the server then refuses in the place of leaving rows out
or run it as a role with BYPASSRLS.
`,
})

func rowSecurityHides(p *lint.Pass) {
	if p.File.Backfill {
		return // a backfill refuses such a table itself
	}
	all := givenIn(p)
	for s := range p.Statements() {
		if rowSecurityOff(all, s) || roleChanged(all, s) {
			continue
		}
		told := map[string]bool{}
		for _, use := range usesOf(s) {
			r := s.Catalog().Seen(use.table)
			if r == nil || r.Visibility == nil || r.CreatedHere || told[use.table] {
				continue
			}
			for _, f := range r.Visibility.Filters {
				told[use.table] = true
				s.Report(hides(use, f))
			}
		}
	}
}

// use is a relation whose rows a statement changes or copies.
type use struct {
	table, command string
	at             int
}

// does is what becomes of the rows that are hidden.
func (u use) does() string {
	if u.command == "SELECT" {
		return "the others are not read"
	}
	return "the others stay as they are"
}

// usesOf lists what a statement that changes data changes, and what it reads for that.
func usesOf(s lint.Stmt) []use {
	var all []use
	targets, named := map[*pg.RangeVar]string{}, map[string]bool{}
	catalog.Walk(s.Node, func(m any) bool {
		switch n := m.(type) {
		case *pg.UpdateStmt:
			targets[n.Relation] = "UPDATE"
		case *pg.DeleteStmt:
			targets[n.Relation] = "DELETE"
		case *pg.MergeStmt:
			targets[n.Relation] = "UPDATE"
		case *pg.InsertStmt:
			targets[n.Relation] = "INSERT"
		case *pg.IntoClause:
			targets[n.Rel] = "INSERT"
		case *pg.CommonTableExpr:
			named[n.Ctename] = true
		}
		return true
	})
	if len(targets) == 0 || !reads(s.Node) {
		return nil
	}
	catalog.Walk(s.Node, func(m any) bool {
		v, is := m.(*pg.RangeVar)
		if !is || v.Schemaname == "" && named[v.Relname] {
			return true
		}
		u := use{table: s.Name(v), command: targets[v], at: int(v.Location)}
		if u.command == "" {
			u.command = "SELECT"
		}
		if u.command != "INSERT" {
			all = append(all, u)
		}
		return true
	})
	return all
}

// reads leaves out what only defines something.
func reads(n *pg.Node) bool {
	switch n.GetNode().(type) {
	case *pg.Node_SelectStmt, *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt,
		*pg.Node_CreateTableAsStmt, *pg.Node_CopyStmt:
		return true
	}
	return false
}

func hides(u use, f catalog.RowFilter) lint.Hazard {
	var names, texts []string
	permissive := false
	for _, c := range f.For(u.command) {
		names = append(names, c.Name)
		permissive = permissive || c.Permissive
		text := fmt.Sprintf("%s for %s", c.Name, c.Command)
		if c.Using != "" {
			text += " using " + c.Using
		}
		texts = append(texts, text)
	}
	through := ""
	if f.Table != u.table {
		through = fmt.Sprintf(" through %s", u.table)
	}
	h := lint.Hazard{
		Relation: u.table, Object: u.table, At: u.at,
		Instead: "SET LOCAL row_security = off;  -- the server then refuses in the place of leaving rows out",
	}
	switch {
	case !permissive:
		h.Message = fmt.Sprintf("As role %s this statement sees no row of %s%s, and says no error: row security "+
			"holds, and no policy lets it see one.", f.Role, f.Table, through)
	case len(names) == 1:
		h.Message = fmt.Sprintf("As role %s this statement sees only rows of %s%s that policy %s lets it: %s, "+
			"without an error.", f.Role, f.Table, through, names[0], u.does())
	default:
		h.Message = fmt.Sprintf("As role %s this statement sees only rows of %s%s that policies %s let it: %s, "+
			"without an error.", f.Role, f.Table, through, strings.Join(names, ", "), u.does())
	}
	h.Why = fmt.Sprintf("%s is no superuser and has no BYPASSRLS.", f.Role)
	if f.Owner {
		h.Why = fmt.Sprintf("%s has the owner's rights, and FORCE ROW LEVEL SECURITY holds the owner too.", f.Role)
	}
	if len(texts) > 0 {
		h.Why += " Policy " + strings.Join(texts, "; policy ") + "."
	}
	return h
}

// rowSecurityOff reports whether the file has the server refuse a hidden row.
func rowSecurityOff(all []given, s lint.Stmt) bool {
	switch settingBefore(all, s, "row_security") {
	case "off", "false", "no", "0":
		return true
	}
	return false
}

// roleChanged reports whether the file takes another role before the statement.
func roleChanged(all []given, s lint.Stmt) bool {
	return settingBefore(all, s, "role")+settingBefore(all, s, "session_authorization") != ""
}

// given is a SET of the file, with its place.
type given struct {
	at lint.Stmt
	*pg.VariableSetStmt
}

// givenIn lists each SET of the file, once for all its statements.
func givenIn(p *lint.Pass) (all []given) {
	for at, v := range lint.Each(p, (*pg.Node).GetVariableSetStmt) {
		all = append(all, given{at, v})
	}
	return all
}

// settingBefore is the word that a SET of the file left in force for a statement;
// "" = none.
func settingBefore(all []given, s lint.Stmt, name string) string {
	word := ""
	for _, v := range all {
		if v.at.Index >= s.Index {
			break
		}
		if !strings.EqualFold(v.Name, name) || v.IsLocal &&
			(!s.InTransaction() || v.at.Transaction() != s.Transaction()) {
			continue
		}
		word = ""
		if len(v.Args) > 0 {
			word = strings.ToLower(v.Args[0].GetAConst().GetSval().GetSval())
		}
	}
	return word
}
