package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "rename-column", Severity: lint.Stop, Kind: "breaks",
	Summary: "RENAME COLUMN",
	Run:     renameColumn,
	Doc: `
## Advice
Never rename what running code uses: add the new column, write both, switch the reads, drop the old one later.

## In practice
The rename itself takes a moment. Code that was deployed before it fails from that moment on, code deployed after it
fails until then; there is no order of the two that works. Views follow under their old output name, function bodies
do not: they fail when they are called. The copy belongs after both columns are written, else rows written in between
stay behind. As the first half of a drop the rename is the purpose: a new name that says so is a notice. Two columns that change
places in one transaction leave no moment without the name.

## Measured
Seen on 10 to 18: ACCESS EXCLUSIVE for a moment, no rewrite, the same on every version. Seen on 15: a view goes on under
the old output name; SQL and plpgsql functions break only when called, and pg_depend does not list them.

## Instead
Expand and contract over several deploys: ADD COLUMN, write both, backfill, read the new, stop writing the old, DROP.
Or a table of another name and an updatable view with the old column names, in one transaction.

` + "`belay campaign new rename TABLE.COLUMN NEW_NAME` walks a team through it, over days." + `
`,
})

func renameColumn(p *lint.Pass) {
	for s, r := range lint.Each(p, (*pg.Node).GetRenameStmt) {
		table := s.Name(r.Relation)
		if r.RenameType != pg.ObjectType_OBJECT_COLUMN || r.RelationType == pg.ObjectType_OBJECT_TYPE ||
			!s.Existed(table) {
			continue
		}
		h := lint.Hazard{
			Relation: table, Object: r.Subname,
			Message: fmt.Sprintf("Code that still says %s fails from this moment on.", r.Subname),
			Why: "A rename takes effect for everybody at once; no order of deploy and migration works for both." +
				dependentsOn(s.Catalog().Relation(table), r.Subname),
			Instead: renameColumnSteps(s, table, r),
		}
		switch {
		case swaps(s, table, r):
			h.Severity, h.Instead = lint.Warn, ""
			h.Message = fmt.Sprintf("%s and %s change places: code that says %s goes on with the other column.",
				r.Subname, r.Newname, taken(s, r))
			h.Why = "Another column takes the name over in the same transaction, so no query fails for want of it; " +
				"prepared statements fail once."
		case setAside.MatchString(r.Newname):
			h.Severity, h.Instead = lint.Notice, ""
			h.Why = "The new name says that the column waits for its drop; the way back is one rename. Views, " +
				"indexes and constraints follow silently."
		}
		s.Report(h)
	}
}

// swaps reports whether the transaction renames another column to the name that
// is given up here, or gave up before the name that is taken here.
func swaps(s lint.Stmt, table string, r *pg.RenameStmt) bool {
	for other, o := range lint.Each(s.Pass(), (*pg.Node).GetRenameStmt) {
		if o.RenameType != pg.ObjectType_OBJECT_COLUMN || !s.InTransaction() ||
			other.Transaction() != s.Transaction() || other.Name(o.Relation) != table {
			continue
		}
		if other.Index > s.Index && o.Newname == r.Subname || other.Index < s.Index && o.Subname == r.Newname {
			return true
		}
	}
	return false
}

// taken is the name that goes from one column to the other.
func taken(s lint.Stmt, r *pg.RenameStmt) string {
	for other, o := range lint.Each(s.Pass(), (*pg.Node).GetRenameStmt) {
		if other.Index < s.Index && o.Subname == r.Newname {
			return r.Newname
		}
	}
	return r.Subname
}

// renameColumnSteps expands and contracts.
func renameColumnSteps(s lint.Stmt, table string, r *pg.RenameStmt) string {
	t, from, to := lint.Quote(table), lint.Ident(r.Subname), lint.Ident(r.Newname)
	if r.RelationType != pg.ObjectType_OBJECT_TABLE {
		return fmt.Sprintf("CREATE OR REPLACE VIEW %s with %s as one more output column at the end; drop %s when "+
			"nothing reads it", t, to, from)
	}
	typ := "the same type"
	if c := s.Catalog().Relation(table).Column(r.Subname); c != nil {
		typ = c.Type
	}
	last := fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s;", t, from)
	if dependentsOn(s.Catalog().Relation(table), r.Subname) != "" {
		last = "-- make anew without " + from + " what uses it, then drop the column " + from
	}
	return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n-- deploy code that writes both, then:\nbelay backfill "+
		"--table %s --set %q --where %q\n-- deploy code that reads %s and no longer writes %s, then:\n%s",
		t, to, typ, t, to+" = "+from, to+" IS DISTINCT FROM "+from, to, from, last)
}

// dependentsOn names the views that use a column, as a sentence; "" = none known.
func dependentsOn(r *catalog.Relation, column string) string {
	if r == nil {
		return ""
	}
	var names []string
	for _, d := range r.Dependents {
		if uses(d, column) {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " Used by " + strings.Join(names, ", ") + "."
}

// uses reports whether a dependent names the column; one that is known only to
// use the whole row does.
func uses(d catalog.Dependent, column string) bool {
	if len(d.Columns) == 0 {
		return true
	}
	for _, c := range d.Columns {
		if c == column || c == "*" {
			return true
		}
	}
	return false
}
