package ways

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "drop-index-concurrently",
	Summary: "DROP INDEX becomes DROP INDEX CONCURRENTLY, one index a file",
	Lifts:   []string{"drop-index-nonconcurrent"},
	Doc: `
## Files
One for each index, outside a transaction. The way back builds it again CONCURRENTLY, where the catalog told its definition.

## In practice
A plain DROP INDEX needs ACCESS EXCLUSIVE on the table: quick once it has it, and everybody queues behind it until then.

## Left alone
DROP INDEX … CASCADE, and the index of a partitioned table.
`,
	Run: dropIndexConcurrently,
})

func dropIndexConcurrently(p *rewrite.Piece) (rewrite.Rewritten, error) {
	d := p.Node.GetDropStmt()
	if d.GetBehavior() == pg.DropBehavior_DROP_CASCADE {
		return rewrite.Refuse("CONCURRENTLY knows no CASCADE: drop what hangs on the index by name")
	}
	var phases []rewrite.Phase
	for _, o := range d.Objects {
		name := p.NameOf(o.GetList().GetItems())
		table, index := p.Before.Indexed(name)
		if table != nil && table.Kind == catalog.PartitionedTable {
			return rewrite.Refuse("CONCURRENTLY cannot drop the index of a partitioned table")
		}
		exists := ""
		if d.MissingOk {
			exists = "IF EXISTS "
		}
		phase := rewrite.Phase{
			Title: "drop " + catalog.Base(name), Alone: true, Why: "dropped while reads and writes go on",
			SQL: []string{"DROP INDEX CONCURRENTLY " + exists + written(o.GetList().GetItems())},
		}
		if index != nil && index.Definition != "" && !d.MissingOk {
			phase.Down, phase.DownAlone = []string{concurrently(index.Definition)}, true
		}
		phases = append(phases, phase)
	}
	return rewrite.Rewritten{Phases: phases}, nil
}

// written is a name of several parts as the source has it.
func written(parts []*pg.Node) string {
	words := catalog.Strings(parts)
	text := ""
	for i, w := range words {
		if i > 0 {
			text += "."
		}
		text += lint.Ident(w)
	}
	return text
}

// concurrently makes the definition of an index one that builds it so.
func concurrently(definition string) string {
	for i, t := range tokensOf(definition) {
		if i > 0 && is(definition, t, "INDEX") {
			return insert(definition, t.End, " CONCURRENTLY")
		}
	}
	return definition
}
