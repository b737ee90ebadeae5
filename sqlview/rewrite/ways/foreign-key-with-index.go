package ways

import (
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "foreign-key-with-index",
	Summary: "a foreign key gets its index first, then comes NOT VALID, then VALIDATE in a file of its own",
	Lifts:   []string{"fk-no-notvalid", "fk-missing-index"},
	Doc: `
## Files
Up to three: the index on the referring columns, built CONCURRENTLY, where none begins with them; the foreign key NOT VALID,
which locks both tables for a moment; VALIDATE, while reads and writes go on.

## In practice
MATCH, ON DELETE, ON UPDATE and DEFERRABLE stay as they were written, and an unnamed key gets the name that the server would
have chosen. The index is more than the original made: without it every DELETE in the other table reads all of this one.

## Left alone
NOT VALID on a partitioned table before 18, which the server refuses.
`,
	Run: foreignKeyWithIndex,
})

func foreignKeyWithIndex(p *rewrite.Piece) (rewrite.Rewritten, error) {
	if create := p.Node.GetCreateStmt(); create != nil {
		return indexNewTable(p, create)
	}
	a, ok := p.Alteration()
	k := p.NewConstraint(a.Table)
	if !ok || k == nil || k.Type != catalog.ForeignKey {
		return rewrite.Refuse("the statement does more than to add one foreign key")
	}
	if a.Relation != nil && a.Relation.Kind == catalog.PartitionedTable && p.OlderThan(18) {
		return rewrite.Refuse("before 18 the server refuses NOT VALID on a partitioned table: give each partition " +
			"its own foreign key")
	}
	var out rewrite.Rewritten
	if p.Has("fk-missing-index") {
		if why := refuseIfExists(a) + refuseParts(a.Relation); why != "" {
			return rewrite.Refuse(why)
		}
		name := indexName(p, a.Table, k.Columns)
		out.Phases = append(out.Phases,
			concurrentIndex(a.Table, a.Written, lint.Ident(name), "("+lint.Idents(k.Columns)+")", false,
				"without it every DELETE in "+k.References+" reads all of "+a.Table))
		out.Differences = append(out.Differences,
			"index "+name+" on "+a.Table+" is there too: the original left the foreign key without one")
	}
	if a.Def.GetConstraint().SkipValidation {
		out.Phases = append(out.Phases, rewrite.Phase{
			Title: title(a.Table, k.Name), SQL: []string{p.SQL}, Down: dropConstraint(a.Head, k.Name),
			Why: "as it stood, behind its index",
		})
		return out, nil
	}
	out.Phases = append(out.Phases,
		notValid(p, a, k.Name, "new and changed rows are held to it from here on, and so are deletes in "+k.References),
		validate(a, k.Name))
	return out, nil
}

// indexName is the name that the server would choose for an index.
func indexName(p *rewrite.Piece, table string, columns []string) string {
	name := catalog.ObjectName(catalog.Base(table), strings.Join(columns, "_"), "idx")
	for p.Before.Seen(catalog.Schema(table)+"."+name) != nil {
		name = catalog.Truncate("new_" + name)
	}
	return name
}

// indexNewTable adds the indexes to the file that makes the table: nobody waits
// for a table that is not there yet.
func indexNewTable(p *rewrite.Piece, create *pg.CreateStmt) (rewrite.Rewritten, error) {
	if create.IfNotExists {
		return rewrite.Refuse("where the table is there already, IF NOT EXISTS leaves it as it is: add the index in " +
			"a file of its own")
	}
	table := p.Name(create.Relation)
	phase := rewrite.Phase{
		Title: title(table, "with indexes"), SQL: []string{p.SQL},
		Down: []string{"DROP TABLE " + rewrite.Written(create.Relation)},
		Why:  "nobody waits for a table that is made here, so its indexes are built with it",
	}
	out := rewrite.Rewritten{}
	for _, h := range p.Hazards {
		if h.Rule != "fk-missing-index" {
			continue
		}
		columns := strings.Split(h.Object, ",")
		name := indexName(p, table, columns)
		phase.SQL = append(phase.SQL,
			"CREATE INDEX "+lint.Ident(name)+" ON "+rewrite.Written(create.Relation)+" ("+lint.Idents(columns)+")")
		out.Differences = append(out.Differences,
			"index "+name+" on "+table+" is there too: the original left the foreign key without one")
	}
	out.Phases = []rewrite.Phase{phase}
	return out, nil
}
