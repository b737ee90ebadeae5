package lint

import (
	"iter"
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// CheckConstraint is a CHECK that a statement makes, in whatever way.
type CheckConstraint struct {
	Table      string // "schema.name"
	Constraint *pg.Constraint
}

// Checks yields the CHECKs that CREATE TABLE and ALTER TABLE make.
func (p *Pass) Checks() iter.Seq2[Stmt, CheckConstraint] {
	return func(yield func(Stmt, CheckConstraint) bool) {
		for s := range p.Statements() {
			for _, k := range s.checks() {
				if !yield(s, k) {
					return
				}
			}
		}
	}
}

func (s Stmt) checks() []CheckConstraint {
	table := ""
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_CreateStmt:
		table = s.Name(n.CreateStmt.Relation)
	case *pg.Node_AlterTableStmt:
		table = s.Name(n.AlterTableStmt.Relation)
	default:
		return nil
	}
	var checks []CheckConstraint
	for _, k := range s.pass.facts.conds[s.Index] {
		checks = append(checks, CheckConstraint{table, k})
	}
	return checks
}

// stableFunctions are PostgreSQL's own functions whose value changes from one
// transaction to the next.
var stableFunctions = words(`now transaction_timestamp statement_timestamp current_setting current_database
current_schema txid_current pg_current_xact_id inet_client_addr version`)

// Changing lists what an expression calls that is not immutable, as calls:
// "now()", "CURRENT_DATE".
func (s Stmt) Changing(tree *pg.Node) []string {
	var found []string
	for _, name := range FunctionsIn(tree) {
		v := s.volatility(name)
		if f := s.Catalog().Functions.Get(s.Catalog().Resolve("", name)); v == "volatile" ||
			slices.Contains(stableFunctions, name) || f != nil && f.Volatility == "stable" {
			found = append(found, name+"()")
		}
	}
	catalog.Walk(tree, func(m any) bool {
		if f, ok := m.(*pg.SQLValueFunction); ok {
			found = append(found, strings.TrimPrefix(f.Op.String(), "SVFOP_"))
		}
		return true
	})
	return found
}
