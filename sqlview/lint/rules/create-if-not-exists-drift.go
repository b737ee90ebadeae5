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
	ID: "create-if-not-exists-drift", Severity: lint.Warn, Kind: "silent",
	Summary: "CREATE IF NOT EXISTS over a different object",
	Run:     createIfNotExistsDrift,
	Doc: `
## Advice
IF NOT EXISTS compares a name, nothing else.

## In practice
An object of that name is there and has other columns: the statement says so in a NOTICE, does nothing and succeeds. The
migration is recorded, the schema is not what it says, and the code that needs the difference fails. So it is with an index
that a failed CONCURRENTLY left INVALID: every write keeps it up, no query uses it.

## Measured
Seen on 11, 15 and 18 for an index that was INVALID: NOTICE 42P07 and success. Documented: a table of other columns is
taken for the one that was asked for as well.

## Instead
CREATE without IF NOT EXISTS, which fails where something is in the way; then look at what it is.
`,
})

func createIfNotExistsDrift(p *lint.Pass) {
	for s, c := range lint.Each(p, (*pg.Node).GetCreateStmt) {
		r := s.Relation(c.Relation)
		if !c.IfNotExists || r == nil || r.CreatedHere {
			continue
		}
		if drift := tableDrift(r, c); len(drift) > 0 {
			reportDrift(s, r.Name, r.Name, drift)
		}
	}
	for s, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		name := schemaOf(s.Name(index.Relation)) + index.Idxname
		table, have := s.Catalog().Indexed(name)
		if !index.IfNotExists || have == nil || table.CreatedHere {
			continue
		}
		// The concurrent form has a rule of its own; ONLY on a partitioned table is INVALID until its parts are
		// attached.
		if !have.Valid && !index.Concurrent && index.Relation.GetInh() {
			reportInvalid(s, table.Name, name)
			continue
		}
		if columns := plainColumns(index); columns != nil && !slices.Equal(columns, have.Columns) {
			reportDrift(s, table.Name, name, []string{"columns " + strings.Join(have.Columns, ", ")})
		}
	}
}

func reportDrift(s lint.Stmt, relation, name string, drift []string) {
	s.Report(lint.Hazard{
		Relation: relation, Object: name,
		Message: fmt.Sprintf("%s is there already and is another one: the statement does nothing and succeeds.", name),
		Why:     "There: " + strings.Join(drift, "; ") + ".",
		Instead: "The statement without IF NOT EXISTS, and a look at what is in its way.",
	})
}

func reportInvalid(s lint.Stmt, relation, name string) {
	s.Report(lint.Hazard{
		Relation: relation, Object: name,
		Message: fmt.Sprintf("%s is there already and INVALID: the statement does nothing and succeeds.", name),
		Why: "No query uses an INVALID index, and IF NOT EXISTS takes it for the index that was asked for; a run " +
			"of belay stops here.",
		Instead: fmt.Sprintf("DROP INDEX CONCURRENTLY %s;  -- alone in a file of its own, before this one\nThe "+
			"statement without IF NOT EXISTS", lint.Quote(name)),
	})
}

// tableDrift says how a table differs from its definition.
func tableDrift(r *catalog.Relation, c *pg.CreateStmt) []string {
	var drift []string
	wanted := map[string]bool{}
	for _, n := range c.TableElts {
		def := n.GetColumnDef()
		if def == nil {
			continue
		}
		wanted[def.Colname] = true
		have, want := r.Column(def.Colname), catalog.TypeText(def.TypeName)
		switch {
		case have == nil:
			drift = append(drift, "no column "+def.Colname)
		case catalog.Base(have.Type) != catalog.Base(want):
			drift = append(drift, fmt.Sprintf("%s is %s, wanted %s", def.Colname, have.Type, want))
		}
	}
	for _, have := range r.Columns {
		if !wanted[have.Name] && len(wanted) > 0 {
			drift = append(drift, "one more column "+have.Name)
		}
	}
	return drift
}
