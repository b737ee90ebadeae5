package lint

import (
	"iter"
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Alteration is one subcommand of an ALTER TABLE.
type Alteration struct {
	*pg.AlterTableCmd
	// Table is the altered table, "schema.name".
	Table string
	// Relation is what the catalog knows of it; nil = nothing.
	Relation *catalog.Relation
	// Whole is the statement that the subcommand stands in.
	Whole *pg.AlterTableStmt
}

// Alterations yields the subcommands of the given kinds on tables that existed
// before the run. No kinds = all of them.
func (p *Pass) Alterations(kinds ...pg.AlterTableType) iter.Seq2[Stmt, Alteration] {
	return func(yield func(Stmt, Alteration) bool) {
		for s, alter := range Each(p, (*pg.Node).GetAlterTableStmt) {
			for _, a := range p.facts.alterations(s, alter) {
				if (len(kinds) == 0 || slices.Contains(kinds, a.Subtype)) && !yield(s, a) {
					return
				}
			}
		}
	}
}

func (s Stmt) alterations(alter *pg.AlterTableStmt) []Alteration {
	table := s.Name(alter.Relation)
	if alter.Objtype != pg.ObjectType_OBJECT_TABLE || !s.Existed(table) {
		return nil
	}
	var all []Alteration
	for _, n := range alter.Cmds {
		if cmd := n.GetAlterTableCmd(); cmd != nil {
			all = append(all, Alteration{cmd, table, s.Catalog().Relation(table), alter})
		}
	}
	return all
}

// NewColumn is a column that ALTER TABLE … ADD COLUMN adds.
type NewColumn struct {
	Alteration
	*pg.ColumnDef
}

// NewColumns yields the columns added to tables that existed before the run.
// One that IF NOT EXISTS would skip here is judged too: it is what the
// statement does wherever the column is missing.
func (p *Pass) NewColumns() iter.Seq2[Stmt, NewColumn] {
	return func(yield func(Stmt, NewColumn) bool) {
		for s, a := range p.Alterations(pg.AlterTableType_AT_AddColumn) {
			def := a.Def.GetColumnDef()
			if def != nil && !yield(s, NewColumn{a, def}) {
				return
			}
		}
	}
}

// Constraint finds the first inline constraint of the type; nil = none.
func (c NewColumn) Constraint(t pg.ConstrType) *pg.Constraint {
	return columnConstraint(c.ColumnDef, t)
}

func columnConstraint(def *pg.ColumnDef, t pg.ConstrType) *pg.Constraint {
	for _, n := range def.Constraints {
		if k := n.GetConstraint(); k != nil && k.Contype == t {
			return k
		}
	}
	return nil
}

// ColumnDefault is the DEFAULT expression of a column definition; nil = none.
func ColumnDefault(def *pg.ColumnDef) *pg.Node {
	if k := columnConstraint(def, pg.ConstrType_CONSTR_DEFAULT); k != nil {
		return k.RawExpr
	}
	return nil
}

// NewConstraint is a table constraint that ALTER TABLE … ADD adds.
type NewConstraint struct {
	Alteration
	*pg.Constraint
}

// NewConstraints yields the table constraints of the type that are added to
// tables that existed before the run.
func (p *Pass) NewConstraints(t pg.ConstrType) iter.Seq2[Stmt, NewConstraint] {
	return func(yield func(Stmt, NewConstraint) bool) {
		for s, a := range p.Alterations(pg.AlterTableType_AT_AddConstraint) {
			k := a.Def.GetConstraint()
			if k != nil && k.Contype == t && !yield(s, NewConstraint{a, k}) {
				return
			}
		}
	}
}
