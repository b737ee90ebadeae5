package ways

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
)

var _ = add(rewrite.Way{
	ID:      "index-concurrently",
	Summary: "CREATE INDEX becomes CREATE INDEX CONCURRENTLY, alone in its file",
	Lifts:   []string{"index-nonconcurrent"},
	Doc: `
## Files
One: the same statement with CONCURRENTLY, alone and outside a transaction. Its way back is DROP INDEX CONCURRENTLY.

## In practice
The text stays as it was written: method, operator classes, INCLUDE, WHERE and WITH. An index without a name gets the one
that the server would have chosen, because a build that failed must be found again by its name.

## Left alone
An index on a partitioned table. One over an expression that has no name.
`,
	Run: indexConcurrently,
})

func indexConcurrently(p *rewrite.Piece) (rewrite.Rewritten, error) {
	n := p.Node.GetIndexStmt()
	table := p.Name(n.Relation)
	if r := p.Before.Seen(table); r != nil && r.Kind == catalog.PartitionedTable {
		return rewrite.Refuse("CONCURRENTLY cannot build an index on a partitioned table: it takes one file for each " +
			"partition")
	}
	made := rewrite.NewIndex(table, p.Before, p.After)
	switch {
	case made == nil:
		return rewrite.Refuse("an index of that name is there already")
	case n.Idxname == "" && made.Expressions != "":
		return rewrite.Refuse("give the index a name first: a build that failed is found again by its name")
	}
	name := lint.Ident(catalog.Base(made.Name))
	sql := p.SQL
	for i, t := range tokensOf(p.SQL) {
		if i > 0 && is(p.SQL, t, "INDEX") && !n.Concurrent {
			words := " CONCURRENTLY"
			if n.Idxname == "" {
				words += " " + name
			}
			sql = insert(p.SQL, t.End, words)
			break
		}
	}
	phase := rewrite.Phase{
		Title: catalog.Base(made.Name), SQL: []string{sql}, Alone: true,
		Why: "built while reads and writes go on; a build that fails leaves an INVALID index, which belay finds and " +
			"offers to drop",
	}
	if !n.IfNotExists {
		phase.Down, phase.DownAlone = []string{"DROP INDEX CONCURRENTLY " + rewrite.Beside(n.Relation,
			made.Name)}, true
	}
	return rewrite.Rewritten{Phases: []rewrite.Phase{phase}}, nil
}
