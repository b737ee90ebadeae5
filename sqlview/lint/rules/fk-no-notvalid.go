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
		taken, _ := s.Catalog().TakesOver(k.Table, k.Constraint)
		if k.SkipValidation || s.NotEnforced(k.Constraint) || taken {
			continue
		}
		parent := s.Name(k.Pktable)
		s.Report(lint.Hazard{
			Relation: k.Table, Object: strings.Join(catalog.Strings(k.FkAttrs), ","), At: int(k.Constraint.Location),
			Message: fmt.Sprintf("Writes to %s and to %s wait until every row has been checked.", k.Table, parent),
			Why: fmt.Sprintf("SHARE ROW EXCLUSIVE on %s and on %s is held during the check; reads go on.", k.Table,
				parent),
			Instead: foreignKeySteps(s, newForeignKey{k.Table, catalog.Strings(k.FkAttrs), k.Constraint, nil}),
		})
	}
}

// newForeignKey is a foreign key that an advice writes anew. more are the words
// that stand behind the one of a column, such as DEFERRABLE.
type newForeignKey struct {
	table      string
	columns    []string
	constraint *pg.Constraint
	more       []*pg.Node
}

func (k newForeignKey) name() string {
	return lint.Ident(catalog.Truncate(constraintName(k.constraint, k.table, strings.Join(k.columns, "_"), "fkey")))
}

// adds is the statement that gives it to a table.
func (k newForeignKey) adds(s lint.Stmt, table string) string {
	return fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s%s", lint.Quote(table), k.name(),
		lint.Idents(k.columns), lint.Quote(s.Name(k.constraint.Pktable)), referenced(k.constraint, k.more))
}

// foreignKeySteps adds the index and the foreign key without a long lock.
func foreignKeySteps(s lint.Stmt, k newForeignKey) string {
	steps := notValidSteps(s, k, k.table)
	if r := s.Catalog().Relation(k.table); r != nil && r.Kind == catalog.PartitionedTable && s.Pass().Before(18) {
		steps = perPartition(s, k)
	}
	if s.Indexed(k.table, k.columns) {
		return steps
	}
	return indexStep(s, k.table, k.columns) + "\n" + steps
}

func notValidSteps(s lint.Stmt, k newForeignKey, table string) string {
	return fmt.Sprintf("%s NOT VALID;\nALTER TABLE %s VALIDATE CONSTRAINT %s;  -- another transaction",
		k.adds(s, table), lint.Quote(table), k.name())
}

// perPartition gives each partition the foreign key, and the table then, which
// takes those over without a look at the rows.
func perPartition(s lint.Stmt, k newForeignKey) string {
	const most = 3
	var steps []string
	leaves := s.Catalog().Leaves(k.table)
	for i, leaf := range leaves {
		if i == most {
			steps = append(steps, "-- and the same for "+lint.Count(len(leaves)-i, "partition")+" more")
			break
		}
		steps = append(steps, notValidSteps(s, k, leaf.Name))
	}
	return strings.Join(append(steps, k.adds(s, k.table)+";  -- takes those of the partitions over, and reads no row"),
		"\n")
}

// referenced is what stands behind the name of the other table.
func referenced(k *pg.Constraint, more []*pg.Node) string {
	columns := catalog.Strings(k.PkAttrs)
	text := ""
	if len(columns) > 0 {
		text = " (" + lint.Idents(columns) + ")"
	}
	if k.FkMatchtype == "f" {
		text += " MATCH FULL"
	}
	text += onAction("DELETE", k.FkDelAction)
	if set := catalog.Strings(k.FkDelSetCols); len(set) > 0 {
		text += " (" + lint.Idents(set) + ")"
	}
	text += onAction("UPDATE", k.FkUpdAction)
	deferrable, deferred := k.Deferrable, k.Initdeferred
	for _, n := range more {
		switch n.GetConstraint().GetContype() {
		case pg.ConstrType_CONSTR_ATTR_DEFERRABLE:
			deferrable = true
		case pg.ConstrType_CONSTR_ATTR_DEFERRED:
			deferrable, deferred = true, true
		}
	}
	if deferrable {
		text += " DEFERRABLE"
	}
	if deferred {
		text += " INITIALLY DEFERRED"
	}
	return text
}

func onAction(event, action string) string {
	word := map[string]string{"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}[action]
	if word == "" {
		return ""
	}
	return " ON " + event + " " + word
}

// indexStep builds an index on the columns while reads and writes go on.
func indexStep(s lint.Stmt, table string, columns []string) string {
	name := catalog.Truncate(catalog.Base(table) + "_" + strings.Join(columns, "_") + "_idx")
	if r := s.Catalog().Relation(table); r != nil && r.Kind == catalog.PartitionedTable {
		return s.PartitionedIndex(r, false, name, "("+lint.Idents(columns)+")")
	}
	return fmt.Sprintf("CREATE INDEX CONCURRENTLY %s ON %s (%s);  -- alone in its file, outside a transaction",
		lint.Ident(name), lint.Quote(table), lint.Idents(columns))
}
