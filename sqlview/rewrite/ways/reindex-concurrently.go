package ways

import (
	"belay/sqlview/rewrite"
)

var _ = add(rewrite.Way{
	ID:      "reindex-concurrently",
	Summary: "REINDEX becomes REINDEX … CONCURRENTLY, alone in its file",
	Lifts:   []string{"reindex-nonconcurrent"},
	Doc: `
## Files
One, outside a transaction. There is nothing to take back.

## In practice
A plain REINDEX holds ACCESS EXCLUSIVE on each index: queries that plan with it wait too.

## Left alone
Servers before 12, which know no CONCURRENTLY here; REINDEX SYSTEM, which cannot be concurrent; partitioned tables and
their indexes, which need one run for each partition.
`,
	Run: reindexConcurrently,
})

func reindexConcurrently(p *rewrite.Piece) (rewrite.Rewritten, error) {
	n := p.Node.GetReindexStmt()
	r := p.Before.Seen(p.Name(n.GetRelation()))
	why := refuseParts(r)
	switch {
	case p.OlderThan(12):
		why = "REINDEX CONCURRENTLY is there from 12 on"
	case n.GetRelation() == nil:
		why = "only REINDEX TABLE and REINDEX INDEX are rewritten"
	}
	if why != "" {
		return rewrite.Refuse(why)
	}
	for i, t := range tokensOf(p.SQL) {
		if i > 0 && (is(p.SQL, t, "TABLE") || is(p.SQL, t, "INDEX")) {
			return rewrite.Rewritten{Phases: []rewrite.Phase{{
				Title: "reindex " + n.Relation.Relname, Alone: true,
				SQL:     []string{insert(p.SQL, t.End, " CONCURRENTLY")},
				Why:     "built anew while reads and writes go on; a build that fails leaves an INVALID index",
				Nothing: "nothing to take back: the index holds what it held",
			}}}, nil
		}
	}
	return rewrite.Refuse("the statement could not be taken apart")
}
