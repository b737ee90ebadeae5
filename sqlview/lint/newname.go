package lint

import (
	"iter"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// TypedColumn is a column that a statement gives a type: in CREATE TABLE, ADD
// COLUMN or ALTER COLUMN TYPE.
type TypedColumn struct {
	Table, Name string
	// Type is the type as format_type prints it.
	Type string
	Node *pg.TypeName
	At   int
}

// TypedColumns yields the columns that the file gives a type.
func (p *Pass) TypedColumns() iter.Seq2[Stmt, TypedColumn] {
	return func(yield func(Stmt, TypedColumn) bool) {
		for s := range p.Statements() {
			for _, c := range s.typedColumns() {
				if !yield(s, c) {
					return
				}
			}
		}
	}
}

func (s Stmt) typedColumns() []TypedColumn {
	var columns []TypedColumn
	add := func(table, name string, def *pg.ColumnDef) {
		if def.GetTypeName() != nil {
			columns = append(columns, TypedColumn{
				table, name, catalog.TypeText(def.TypeName), def.TypeName, int(max(def.Location, 0)),
			})
		}
	}
	if c := s.Node.GetCreateStmt(); c != nil {
		for _, n := range c.TableElts {
			add(s.Name(c.Relation), n.GetColumnDef().GetColname(), n.GetColumnDef())
		}
	}
	if a := s.Node.GetAlterTableStmt(); a != nil {
		for _, n := range a.Cmds {
			cmd := n.GetAlterTableCmd()
			switch cmd.GetSubtype() {
			case pg.AlterTableType_AT_AddColumn:
				add(s.Name(a.Relation), cmd.GetDef().GetColumnDef().GetColname(), cmd.GetDef().GetColumnDef())
			case pg.AlterTableType_AT_AlterColumnType:
				add(s.Name(a.Relation), cmd.GetName(), cmd.GetDef().GetColumnDef())
			}
		}
	}
	return columns
}

// Report adds a hazard of the column, at its definition.
func (c TypedColumn) Report(s Stmt, h Hazard) {
	h.Relation, h.Object, h.At = c.Table, c.Name, c.At
	s.Report(h)
}

// NewName is a name that a statement brings into the world.
type NewName struct {
	Name string
	// Relation is the table it belongs to, "schema.name"; "" = none.
	Relation string
	At       int
}

// NewNames yields the names of new tables, columns, indexes and constraints,
// and what renames give.
func (p *Pass) NewNames() iter.Seq2[Stmt, NewName] {
	return func(yield func(Stmt, NewName) bool) {
		for s := range p.Statements() {
			for _, n := range s.newNames() {
				if n.Name != "" && !yield(s, n) {
					return
				}
			}
		}
	}
}

func (s Stmt) newNames() []NewName {
	var names []NewName
	for _, c := range s.typedColumns() {
		if s.Node.GetCreateStmt() != nil || s.addsColumn(c.Name) {
			names = append(names, NewName{c.Name, c.Table, c.At})
		}
	}
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_CreateStmt:
		names = append(names, NewName{
			n.CreateStmt.Relation.GetRelname(), s.Name(n.CreateStmt.Relation), int(n.CreateStmt.Relation.GetLocation()),
		})
	case *pg.Node_IndexStmt:
		names = append(names, NewName{n.IndexStmt.Idxname, s.Name(n.IndexStmt.Relation), 0})
	case *pg.Node_ViewStmt:
		names = append(names, NewName{
			n.ViewStmt.View.GetRelname(), s.Name(n.ViewStmt.View), int(n.ViewStmt.View.GetLocation()),
		})
	case *pg.Node_RenameStmt:
		names = append(names, NewName{n.RenameStmt.Newname, s.Name(n.RenameStmt.Relation), 0})
	}
	return append(names, s.newConstraintNames()...)
}

func (s Stmt) addsColumn(name string) bool {
	for _, n := range s.Node.GetAlterTableStmt().GetCmds() {
		cmd := n.GetAlterTableCmd()
		if cmd.GetSubtype() == pg.AlterTableType_AT_AddColumn && cmd.GetDef().GetColumnDef().GetColname() == name {
			return true
		}
	}
	return false
}

func (s Stmt) newConstraintNames() []NewName {
	var names []NewName
	add := func(table string, n *pg.Node) {
		if k := n.GetConstraint(); k != nil {
			names = append(names, NewName{k.Conname, table, int(max(k.Location, 0))})
		}
	}
	if c := s.Node.GetCreateStmt(); c != nil {
		for _, n := range c.TableElts {
			add(s.Name(c.Relation), n)
		}
	}
	if a := s.Node.GetAlterTableStmt(); a != nil {
		for _, n := range a.Cmds {
			if n.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AddConstraint {
				add(s.Name(a.Relation), n.GetAlterTableCmd().GetDef())
			}
		}
	}
	return names
}

// WrittenLonger reports whether the source spells a name longer than the tree
// has it: the parser cuts names at 63 bytes, as the server does.
func (s Stmt) WrittenLonger(name string) bool {
	if len(name) < catalog.MaxName {
		return false
	}
	lower := strings.ToLower(s.SQL)
	for _, spelt := range []string{s.SQL, lower} {
		at := strings.Index(spelt, name)
		if at >= 0 && at+len(name) < len(spelt) && nameByte(spelt[at+len(name)]) {
			return true
		}
	}
	return false
}

// nameByte reports whether an unquoted name can go on with the byte.
func nameByte(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
