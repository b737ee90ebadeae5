package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "rename-table", Severity: lint.Stop, Kind: "breaks",
	Summary: "RENAME TABLE; notice when the new name says it is a drop by rename first",
	Run:     renameTable,
	Doc: `
## Advice
Do not rename a table that running code uses. To drop one, rename it first and drop it a week later when nothing broke.

## In practice
From the moment of the rename every query with the old name fails. As the first half of a drop that is the purpose: the
way back is one instant rename. But "nothing broke" is weak proof: views, foreign keys, sequences and BEGIN ATOMIC
functions follow the rename silently, and a table nobody writes to any more has a gap when it comes back. Look at the
scan counters since the rename before the drop. For a real rename put an updatable view with the old name in the same
transaction.

## Measured
Documented for 10 to 18: ACCESS EXCLUSIVE for a moment, no rewrite. Seen on 15: queries with the old name and plain SQL
functions fail; view, foreign key and BEGIN ATOMIC function follow.

## Instead
    BEGIN;
    ALTER TABLE t RENAME TO t_new;
    CREATE VIEW t AS SELECT * FROM t_new;    -- old code goes on
    COMMIT;

` + "`belay campaign new rename TABLE NEW_NAME` walks a team through it, over days, to the drop of the view." + `
`,
})

// setAside matches names that say a table waits for its drop.
var setAside = pattern.New(
	`(?i)(^|_)(zz|drop|dropped|dropme|delete|deleted|deprecated|unused|trash|bak|backup|retired|obsolete)(_|\d|$)`,
)

func renameTable(p *lint.Pass) {
	for s, r := range lint.Each(p, (*pg.Node).GetRenameStmt) {
		table := s.Name(r.Relation)
		if !renamesRelation(r.RenameType) || !s.Existed(table) {
			continue
		}
		h := lint.Hazard{
			Relation: table,
			Message:  fmt.Sprintf("Every query that names %s fails from this moment on.", table),
			Why:      "A rename takes effect for everybody at once." + dependentsOn(s.Catalog().Relation(table), "*"),
			Instead: fmt.Sprintf("BEGIN;\nALTER TABLE %s RENAME TO %s;\nCREATE VIEW %s AS SELECT * FROM %s;  -- old "+
				"code goes on\nCOMMIT;",
				lint.Quote(table), lint.Ident(r.Newname), lint.Quote(table), lint.Quote(schemaOf(table)+r.Newname)),
		}
		switch {
		case viewFollows(s, table):
			h.Severity, h.Instead = lint.Notice, ""
			h.Message = fmt.Sprintf("Queries that name %s go on through the view that takes its name.", table)
			h.Why = "The transaction makes a view under the old name. TRUNCATE, LOCK TABLE and a foreign key to the " +
				"old name do not go through it, and its privileges are its own."
		case setAside.MatchString(r.Newname):
			h.Severity = lint.Notice
			h.Why = "The new name says that the table waits for its drop; the way back is one rename. Views, foreign " +
				"keys and sequences follow silently."
			h.Instead = ""
		}
		s.Report(h)
	}
}

// viewFollows reports whether the transaction makes a view under the old name.
func viewFollows(s lint.Stmt, table string) bool {
	for other, v := range lint.Each(s.Pass(), (*pg.Node).GetViewStmt) {
		if other.Index > s.Index && s.InTransaction() && other.Transaction() == s.Transaction() &&
			other.Name(v.View) == table {
			return true
		}
	}
	return false
}

func renamesRelation(t pg.ObjectType) bool {
	return t == pg.ObjectType_OBJECT_TABLE || t == pg.ObjectType_OBJECT_VIEW || t == pg.ObjectType_OBJECT_MATVIEW
}
