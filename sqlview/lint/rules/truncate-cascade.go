package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "truncate-cascade", Severity: lint.Stop, Kind: "destroys",
	Summary:    "TRUNCATE CASCADE, spelled out to tables and rows",
	Supersedes: []string{"truncate"},
	Run:        truncateCascade,
	Doc: `
## Advice
Spell out every table that CASCADE reaches before you run it.

## In practice
CASCADE empties every table that refers to this one, and every table that refers to those, without a question. The
statement names one table; the server may empty ten. A team emptied its live tables by it through a new, empty table's
foreign keys, after review, and saw it half an hour later.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the referencing tables, which are emptied as well.

## Instead
Name the tables. Without CASCADE the server refuses where a foreign key points here, and that refusal is the check.
`,
})

func truncateCascade(p *lint.Pass) {
	for s, t := range lint.Each(p, (*pg.Node).GetTruncateStmt) {
		if t.Behavior != pg.DropBehavior_DROP_CASCADE {
			continue
		}
		for _, n := range t.Relations {
			if table := s.Name(n.GetRangeVar()); s.Existed(table) {
				reportTruncateCascade(s, table)
			}
		}
	}
}

func reportTruncateCascade(s lint.Stmt, table string) {
	reached := reachedFrom(s.Catalog(), table)
	message := fmt.Sprintf("All rows of %s are gone, and those of every table that refers to it.", table)
	why := "Which tables refer to it is not known here."
	if s.Catalog().Relation(table) != nil {
		why = "No foreign key is known to point to it."
	}
	instead := "TRUNCATE " + lint.Quote(table) +
		";  -- without CASCADE the server refuses where a foreign key points here"
	if len(reached) > 0 {
		message = fmt.Sprintf("All rows of %s are gone, and those of %s.", table, strings.Join(reached, ", "))
		why = "CASCADE follows the foreign keys: " + measured(s, append([]string{table}, reached...)) + "."
	}
	s.Report(lint.Hazard{Relation: table, Object: table, Message: message, Why: why, Instead: instead})
}

// reachedFrom lists the tables that refer to a table, and those that refer to
// them, in the order they are found.
func reachedFrom(c *catalog.Snapshot, table string) []string {
	var reached []string
	for next := []string{table}; len(next) > 0; next = next[1:] {
		r := c.Seen(next[0])
		if r == nil {
			continue
		}
		for _, by := range r.ReferencedBy {
			if by != table && !slices.Contains(reached, by) {
				reached = append(reached, by)
				next = append(next, by)
			}
		}
	}
	return reached
}

// measured lists tables with their sizes as far as they are known.
func measured(s lint.Stmt, tables []string) string {
	parts := make([]string, len(tables))
	for i, t := range tables {
		parts[i] = t
		if size := lint.Measure(s.Catalog().Relation(t)); size != "" {
			parts[i] += " (" + size + ")"
		}
	}
	return strings.Join(parts, ", ")
}
