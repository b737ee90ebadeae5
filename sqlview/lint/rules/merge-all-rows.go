package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "merge-all-rows", Severity: lint.Warn, Kind: "blocks",
	Summary: "MERGE whose source is not bounded",
	Run:     mergeAllRows,
	Doc: `
## Advice
MERGE rows in portions: a source that is a list of values, or a range of keys.

## In practice
MERGE is an UPDATE, a DELETE and an INSERT in one statement, and how many rows it changes is up to its source. Each row that
it changes stays locked until COMMIT and has a new version. With NOT MATCHED BY SOURCE every row of the table that the source
lacks is changed too: an empty source then means the whole table.

## Measured
Seen on 15 to 18: ROW EXCLUSIVE on the table, and a lock on every row that was matched, as UPDATE has it.

## Instead
    MERGE INTO t USING (SELECT * FROM source WHERE id BETWEEN 1 AND 10000) s ON t.id = s.id WHEN MATCHED THEN …
`,
})

func mergeAllRows(p *lint.Pass) {
	for s, m := range lint.Each(p, (*pg.Node).GetMergeStmt) {
		table := s.Name(m.Relation)
		changes, without := mergeChanges(m)
		if !s.Existed(table) || !changes || !without && bounded(m) {
			continue
		}
		h := lint.Hazard{
			Relation: table, Object: table, At: int(m.Relation.GetLocation()),
			Message: fmt.Sprintf("This changes every row of %s that the source meets in one transaction, and keeps "+
				"them locked until its end.", table),
			Why:     "The source is neither a list of values nor bounded by LIMIT or a WHERE.",
			Instead: "The same MERGE with one range of keys of the source after the other, each its own transaction.",
		}
		if without {
			h.Message = fmt.Sprintf("This changes every row of %s that the source lacks, in one transaction.", table)
			h.Why = "NOT MATCHED BY SOURCE looks at the whole table: where the source is empty, that is every row."
		}
		s.Report(h)
	}
}

// mergeChanges reports whether a MERGE changes rows that are there, and whether it
// does so with rows that the source lacks.
func mergeChanges(m *pg.MergeStmt) (changes, without bool) {
	for _, n := range m.MergeWhenClauses {
		w := n.GetMergeWhenClause()
		if w.GetCommandType() != pg.CmdType_CMD_UPDATE && w.GetCommandType() != pg.CmdType_CMD_DELETE {
			continue
		}
		changes = true
		without = without || w.MatchKind == pg.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_SOURCE
	}
	return changes, without
}

// bounded reports whether the source of a MERGE bounds its own rows.
func bounded(m *pg.MergeStmt) bool {
	q := m.SourceRelation.GetRangeSubselect().GetSubquery().GetSelectStmt()
	return q != nil && (len(q.ValuesLists) > 0 || len(q.FromClause) == 0 || q.LimitCount != nil || q.WhereClause != nil)
}
