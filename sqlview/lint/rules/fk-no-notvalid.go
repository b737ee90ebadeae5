package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "fk-no-notvalid", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD FOREIGN KEY without NOT VALID",
	GrowsWithTable: true,
	Supersedes:     []string{"fk-locks-both"},
	Run:            fkNoNotValid,
	Doc: `
## Advice
Add foreign keys NOT VALID and validate them afterwards, in another transaction.

## In practice
The check of the rows that exist runs under SHARE ROW EXCLUSIVE on both tables: reads go on, writes wait on both, for as
long as the check takes. NOT VALID needs the same locks for a moment only; VALIDATE then holds SHARE UPDATE EXCLUSIVE on
the table and ROW SHARE on the other, so writes go on. NOT VALID and VALIDATE in one transaction gain nothing.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: SHARE ROW EXCLUSIVE on both tables and a scan; it is not ACCESS EXCLUSIVE, reads go on.
VALIDATE: SHARE UPDATE EXCLUSIVE, and ROW SHARE on the other table.

## Instead
    ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT fk;     -- another transaction
`,
})

func fkNoNotValid(p *lint.Pass) {
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_FOREIGN) {
		if k.SkipValidation || s.NotEnforced(k.Constraint) {
			continue
		}
		parent := s.Name(k.Pktable)
		s.Report(lint.Hazard{
			Relation: k.Table, Object: strings.Join(catalog.Strings(k.FkAttrs), ","), At: int(k.Constraint.Location),
			Message: fmt.Sprintf("Writes to %s and to %s wait until every row has been checked.", k.Table, parent),
			Why: fmt.Sprintf("SHARE ROW EXCLUSIVE on %s and on %s is held during the check; reads go on.", k.Table,
				parent),
			Instead: foreignKeySteps(s, k.Table, catalog.Strings(k.FkAttrs), k.Constraint),
		})
	}
}

// foreignKeySteps adds the index and the foreign key without a long lock.
func foreignKeySteps(s lint.Stmt, table string, columns []string, k *pg.Constraint) string {
	name := lint.Ident(constraintName(k, table, strings.Join(columns, "_"), "fkey"))
	t := lint.Quote(table)
	steps := fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s%s NOT VALID;\nALTER TABLE "+
		"%s VALIDATE CONSTRAINT %s;  -- another transaction",
		t, name, lint.Idents(columns), lint.Quote(s.Name(k.Pktable)), referenced(k), t, name)
	if s.Indexed(table, columns) {
		return steps
	}
	return indexStep(table, columns) + "\n" + steps
}

func referenced(k *pg.Constraint) string {
	columns := catalog.Strings(k.PkAttrs)
	text := ""
	if len(columns) > 0 {
		text = " (" + lint.Idents(columns) + ")"
	}
	return text + onAction("DELETE", k.FkDelAction) + onAction("UPDATE", k.FkUpdAction)
}

func onAction(event, action string) string {
	word := map[string]string{"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}[action]
	if word == "" {
		return ""
	}
	return " ON " + event + " " + word
}

func indexStep(table string, columns []string) string {
	name := catalog.Truncate(catalog.Base(table) + "_" + strings.Join(columns, "_") + "_idx")
	return fmt.Sprintf("CREATE INDEX CONCURRENTLY %s ON %s (%s);  -- alone in its file, outside a transaction",
		lint.Ident(name), lint.Quote(table), lint.Idents(columns))
}
