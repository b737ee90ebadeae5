package ways

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "update-in-batches",
	Summary: "an UPDATE of many rows becomes a file of its own that belay runs in batches",
	Lifts:   []string{"update-no-where", "big-update", "batches-in-one-transaction"},
	Doc: `
## Files
One, with the comment ` + "`-- belay: backfill`" + ` above its one UPDATE: belay runs it in short batches by key, keeps its place in the database
and can pause. The team's tool runs the plain UPDATE. Batches that stood side by side in the file are one UPDATE again.

## In practice
An UPDATE without WHERE gets one that leaves out the rows that are done, where one column is set to something that does not hang
on the column itself: then it may be begun again. There is no way back: the old values are gone.

## Left alone
FROM, WITH, RETURNING, ONLY and subqueries, whose rows hang on other rows; DELETE; a value that hangs on the column it is
written to, such as n = n + 1, when there is no condition that says which rows are done.
`,
	Run: updateInBatches,
})

func updateInBatches(p *rewrite.Piece) (rewrite.Rewritten, error) {
	u := p.Node.GetUpdateStmt()
	if why := refuseUpdate(u); why != "" {
		return rewrite.Refuse(why)
	}
	sql := trimmed(p.SQL)
	if u.WhereClause == nil {
		done, why := notDone(p, u)
		if why != "" {
			return rewrite.Refuse(why)
		}
		sql += " WHERE " + done
	}
	table := p.Name(u.Relation)
	return rewrite.Rewritten{Phases: []rewrite.Phase{{
		Title: title(table, "fill", u.TargetList[0].GetResTarget().GetName()), Backfill: true, SQL: []string{sql},
		Why: "in short batches by key, so that no row stays locked for long; paused and resumed at will",
	}}}, nil
}

func refuseUpdate(u *pg.UpdateStmt) string {
	switch {
	case u == nil:
		return "a DELETE is not run in batches here, nor is an UPDATE inside a WITH: write it by hand, each batch in " +
			"a transaction of its own"
	case len(u.FromClause) > 0:
		return "FROM joins another table: which rows are done cannot be told from the row alone"
	case u.WithClause != nil || len(u.ReturningList) > 0:
		return "WITH and RETURNING do not go into batches"
	case !u.Relation.GetInh():
		return "ONLY leaves children out, which batches would not"
	case hasQuery(u):
		return "a subquery would read other rows at each batch anew"
	}
	return ""
}

func hasQuery(u *pg.UpdateStmt) bool {
	found := false
	catalog.Walk(&pg.Node{Node: &pg.Node_UpdateStmt{UpdateStmt: u}}, func(m any) bool {
		_, is := m.(*pg.SubLink)
		found = found || is
		return !found
	})
	return found
}

// notDone is a condition that leaves out the rows that hold their value already.
func notDone(p *rewrite.Piece, u *pg.UpdateStmt) (condition, why string) {
	t := u.TargetList[0].GetResTarget()
	volatile, unknown := p.Volatile(t.Val)
	switch {
	case len(u.TargetList) > 1 || len(t.Indirection) > 0:
		return "",
			"several columns are set and nothing says which rows are done: give it a WHERE that the new values do " +
				"not meet"
	case slices.Contains(catalog.Columns(t.Val), t.Name):
		return "",
			"the value hangs on the column itself: give it a WHERE that tells the rows that are done from the others"
	case len(volatile)+len(unknown) > 0:
		return "",
			"the value is another one each time: give it a WHERE that tells the rows that are done from the others"
	case t.Val.GetSetToDefault() != nil:
		return "", "DEFAULT cannot be compared: give it a WHERE that tells the rows that are done from the others"
	case noEquality(p.Before.Relation(p.Name(u.Relation)).Column(t.Name)):
		return "",
			"values of this type cannot be compared: give it a WHERE that tells the rows that are done from the others"
	}
	// Nothing follows the one assignment of an UPDATE without WHERE.
	set := p.SQL[t.Location:]
	for _, token := range tokensOf(set) {
		if is(set, token, "=") {
			return lint.Ident(t.Name) + " IS DISTINCT FROM (" + trimmed(set[token.End:]) + ")", ""
		}
	}
	return "", "the assignment could not be taken apart"
}

// noEquality is a column whose type has no "=" that tells every two values
// apart. One that is not known has.
func noEquality(c *catalog.Column) bool { return c != nil && incomparable(c.Type) }

func incomparable(typ string) bool {
	base, _, _ := catalog.SplitType(typ)
	return slices.Contains([]string{"json", "xml", "point", "box", "line", "lseg", "path", "polygon", "circle"}, base)
}
