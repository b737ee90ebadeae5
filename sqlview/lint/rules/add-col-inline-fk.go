package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-inline-fk", Severity: lint.Warn, Kind: "blocks",
	Summary:    "ADD COLUMN REFERENCES: locks both tables",
	Supersedes: []string{"fk-locks-both"},
	Run:        addColInlineFK,
	Doc: `
## Advice
Add the column, its index, the foreign key NOT VALID, then validate.

## In practice
The statement holds ACCESS EXCLUSIVE on the table and SHARE ROW EXCLUSIVE on the one it refers to: no reads or writes
here, no writes there. Without a default all values are NULL and nothing is read; with a default every row is looked up
in the other table under these locks. The wait for two locks is where such statements get stuck.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE and SHARE ROW EXCLUSIVE. Without default: no scan. With DEFAULT 1:
scan of the table from 11 on, rewrite on 10.

## Instead
    ALTER TABLE t ADD COLUMN p_id bigint;
    CREATE INDEX CONCURRENTLY t_p_id_idx ON t (p_id);      -- own file
    ALTER TABLE t ADD CONSTRAINT t_p_fk FOREIGN KEY (p_id) REFERENCES p (id) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT t_p_fk;              -- another transaction
`,
})

func addColInlineFK(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		k := c.Constraint(pg.ConstrType_CONSTR_FOREIGN)
		if k == nil {
			continue
		}
		parent := s.Name(k.Pktable)
		why := fmt.Sprintf("ACCESS EXCLUSIVE on %s, SHARE ROW EXCLUSIVE on %s; nothing is read, every value is NULL.",
			c.Table, parent)
		if c.Constraint(pg.ConstrType_CONSTR_DEFAULT) != nil {
			why = fmt.Sprintf("ACCESS EXCLUSIVE on %s, SHARE ROW EXCLUSIVE on %s, and with the default every row is "+
				"looked up under these locks.", c.Table, parent)
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(k.Location),
			Message: fmt.Sprintf("This blocks reads and writes of %s and writes of %s at the same time.", c.Table,
				parent),
			Why: why,
			Instead: fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n%s",
				lint.Quote(c.Table), lint.Ident(c.Colname), columnType(c),
				foreignKeySteps(s, newForeignKey{c.Table, []string{c.Colname}, k, c.Constraints})),
		})
	}
}
