package lint

import (
	"iter"
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// ForeignKey is a foreign key that a statement makes, in whatever way.
type ForeignKey struct {
	Table, Parent string // "schema.name"
	Columns       []string
	// RefColumns is what it refers to; empty = the parent's primary key.
	RefColumns []string
	Constraint *pg.Constraint
	// Column is the definition of a column that brings the key; nil otherwise.
	Column *pg.ColumnDef
	// New is true where the table itself is made by the statement.
	New bool
}

// ForeignKeys yields the foreign keys that CREATE TABLE and ALTER TABLE make.
func (p *Pass) ForeignKeys() iter.Seq2[Stmt, ForeignKey] {
	return func(yield func(Stmt, ForeignKey) bool) {
		for s := range p.Statements() {
			for _, k := range s.foreignKeys() {
				if !yield(s, k) {
					return
				}
			}
		}
	}
}

func (s Stmt) foreignKeys() []ForeignKey {
	var keys []ForeignKey
	if create := s.Node.GetCreateStmt(); create != nil {
		for _, n := range create.TableElts {
			keys = append(keys, s.keysOf(s.Name(create.Relation), n, true)...)
		}
	}
	if alter := s.Node.GetAlterTableStmt(); alter != nil {
		for _, n := range alter.Cmds {
			keys = append(keys, s.keysOf(s.Name(alter.Relation), n.GetAlterTableCmd().GetDef(), false)...)
		}
	}
	return keys
}

// keysOf reads a table element: a column definition or a table constraint.
func (s Stmt) keysOf(table string, n *pg.Node, fresh bool) []ForeignKey {
	if def := n.GetColumnDef(); def != nil {
		if k := columnConstraint(def, pg.ConstrType_CONSTR_FOREIGN); k != nil {
			return []ForeignKey{s.foreignKey(table, []string{def.Colname}, k, def, fresh)}
		}
	}
	if k := n.GetConstraint(); k.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
		return []ForeignKey{s.foreignKey(table, catalog.Strings(k.FkAttrs), k, nil, fresh)}
	}
	return nil
}

func (s Stmt) foreignKey(table string, columns []string, k *pg.Constraint, def *pg.ColumnDef, fresh bool) ForeignKey {
	return ForeignKey{
		Table: table, Parent: s.Name(k.Pktable), Columns: columns,
		RefColumns: catalog.Strings(k.PkAttrs), Constraint: k, Column: def, New: fresh,
	}
}

// Indexed reports whether a valid index of the table, as the statement meets
// it, starts with the columns in any order.
func (s Stmt) Indexed(table string, columns []string) bool {
	r := s.Catalog().Seen(table)
	if r == nil {
		return false
	}
	return slices.ContainsFunc(r.Indexes, func(i catalog.IndexDef) bool {
		return i.Valid && i.Predicate == "" && startsWith(i.Columns, columns)
	})
}

// IndexedLater reports whether the statement itself or a later one of the file
// makes such an index.
func (s Stmt) IndexedLater(table string, columns []string) bool {
	for later := range s.pass.Shaping(table) {
		if later.Index < s.Index {
			continue
		}
		for _, keys := range later.indexKeys() {
			if startsWith(keys, columns) {
				return true
			}
		}
	}
	return false
}

// indexKeys lists the key columns of each index that the statement gives the table it shapes.
func (s Stmt) indexKeys() [][]string {
	if index := s.Node.GetIndexStmt(); index != nil && index.WhereClause == nil {
		return [][]string{indexColumns(index)}
	}
	var keys [][]string
	if create := s.Node.GetCreateStmt(); create != nil {
		for _, n := range create.TableElts {
			keys = append(keys, constraintKeys(n)...)
		}
	}
	if alter := s.Node.GetAlterTableStmt(); alter != nil {
		for _, n := range alter.Cmds {
			keys = append(keys, constraintKeys(n.GetAlterTableCmd().GetDef())...)
		}
	}
	return keys
}

func constraintKeys(n *pg.Node) [][]string {
	if def := n.GetColumnDef(); def != nil {
		if columnConstraint(def, pg.ConstrType_CONSTR_PRIMARY) != nil ||
			columnConstraint(def, pg.ConstrType_CONSTR_UNIQUE) != nil {
			return [][]string{{def.Colname}}
		}
	}
	if k := n.GetConstraint(); k.GetContype() == pg.ConstrType_CONSTR_PRIMARY ||
		k.GetContype() == pg.ConstrType_CONSTR_UNIQUE {
		return [][]string{catalog.Strings(k.Keys)}
	}
	return nil
}

func indexColumns(index *pg.IndexStmt) []string {
	var columns []string
	for _, n := range index.IndexParams {
		columns = append(columns, n.GetIndexElem().GetName())
	}
	return columns
}

// startsWith reports whether the first key columns are the wanted ones, in any order.
func startsWith(keys, columns []string) bool {
	if len(keys) < len(columns) || len(columns) == 0 {
		return false
	}
	for _, k := range keys[:len(columns)] {
		if !slices.Contains(columns, k) {
			return false
		}
	}
	return true
}

// ColumnType is the type of a column of a foreign key as format_type prints
// it, from the statement itself or the catalog; "" = not known.
func (s Stmt) ColumnType(k ForeignKey, column string) string {
	for _, c := range s.typedColumns() {
		if c.Table == k.Table && c.Name == column {
			return c.Type
		}
	}
	if c := s.Catalog().Relation(k.Table).Column(column); c != nil {
		return c.Type
	}
	return ""
}
