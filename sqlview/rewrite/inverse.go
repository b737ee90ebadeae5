package rewrite

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// wayBack takes back the statements of a file that no way made, the last one
// first. There is none unless each of them has one.
func wayBack(g *group) (down []string, alone bool) {
	for i, st := range g.judged.Statements {
		before := g.judged.Catalogs[i]
		after := g.after
		if i+1 < len(g.judged.Catalogs) {
			after = g.judged.Catalogs[i+1]
		}
		sql := Inverse(st, before, after)
		if sql == "" {
			return nil, false
		}
		down = append(down, sql)
		alone = alone || st.Node.GetIndexStmt().GetConcurrent()
	}
	if alone && len(down) > 1 {
		return nil, false
	}
	slices.Reverse(down)
	return down, alone
}

// Inverse is the statement that takes another one back, between the catalogs
// before and after it; "" = there is none that is certain. What was made only
// where it was missing is never dropped.
func Inverse(st parse.Statement, before, after *catalog.Snapshot) string {
	name := Written
	switch n := st.Node.GetNode().(type) {
	case *pg.Node_CreateStmt:
		if !n.CreateStmt.IfNotExists {
			return "DROP TABLE " + name(n.CreateStmt.Relation)
		}
	case *pg.Node_IndexStmt:
		return inverseIndex(n.IndexStmt, before, after)
	case *pg.Node_ViewStmt:
		if !n.ViewStmt.Replace {
			return "DROP VIEW " + name(n.ViewStmt.View)
		}
	case *pg.Node_CreateSeqStmt:
		if !n.CreateSeqStmt.IfNotExists {
			return "DROP SEQUENCE " + name(n.CreateSeqStmt.Sequence)
		}
	case *pg.Node_CreateTrigStmt:
		if !n.CreateTrigStmt.Replace {
			return "DROP TRIGGER " + lint.Ident(n.CreateTrigStmt.Trigname) + " ON " + name(n.CreateTrigStmt.Relation)
		}
	case *pg.Node_CreateEnumStmt:
		return "DROP TYPE " + Written(rangeVar(parse.QualifiedName(n.CreateEnumStmt.TypeName)))
	case *pg.Node_AlterTableStmt:
		return inverseAlter(n.AlterTableStmt, before, after)
	}
	return ""
}

func inverseIndex(n *pg.IndexStmt, before, after *catalog.Snapshot) string {
	if n.IfNotExists {
		return ""
	}
	table := before.Resolve(n.Relation.GetSchemaname(), n.Relation.GetRelname())
	made := NewIndex(table, before, after)
	switch {
	case made == nil:
		return ""
	case n.Concurrent:
		return "DROP INDEX CONCURRENTLY " + Beside(n.Relation, made.Name)
	}
	return "DROP INDEX " + Beside(n.Relation, made.Name)
}

// Written is a relation's name as the source writes it, quoted where it must be:
// a schema that the source leaves out is left to the search path.
func Written(r *pg.RangeVar) string {
	if r.GetSchemaname() == "" {
		return lint.Ident(r.GetRelname())
	}
	return lint.Ident(r.GetSchemaname()) + "." + lint.Ident(r.GetRelname())
}

// Beside is the name of an index or a constraint in the schema of a table that
// is written as r; name is "schema.name".
func Beside(r *pg.RangeVar, name string) string {
	return Written(rangeVar(r.GetSchemaname(), catalog.Base(name)))
}

func rangeVar(schema, name string) *pg.RangeVar {
	return &pg.RangeVar{Schemaname: schema, Relname: name}
}

// NewIndex is the index of a table that is only in the later catalog; nil = none.
func NewIndex(table string, before, after *catalog.Snapshot) *catalog.IndexDef {
	r := after.Seen(table)
	if r == nil {
		return nil
	}
	for i := range r.Indexes {
		if before.Seen(table).Index(r.Indexes[i].Name) == nil {
			return &r.Indexes[i]
		}
	}
	return nil
}

func inverseAlter(n *pg.AlterTableStmt, before, after *catalog.Snapshot) string {
	if len(n.Cmds) != 1 || n.Objtype != pg.ObjectType_OBJECT_TABLE || n.MissingOk {
		return ""
	}
	c := n.Cmds[0].GetAlterTableCmd()
	table := before.Resolve(n.Relation.GetSchemaname(), n.Relation.GetRelname())
	head := "ALTER TABLE " + Written(n.Relation)
	column := before.Relation(table).Column(c.Name)
	switch c.Subtype {
	case pg.AlterTableType_AT_AddColumn:
		if !c.MissingOk {
			return head + " DROP COLUMN " + lint.Ident(c.Def.GetColumnDef().GetColname())
		}
	case pg.AlterTableType_AT_AddConstraint:
		for _, k := range constraintsOf(after, table) {
			if before.Seen(table).Constraint(k.Name) == nil {
				return head + " DROP CONSTRAINT " + lint.Ident(k.Name)
			}
		}
	case pg.AlterTableType_AT_SetNotNull:
		if column != nil && !column.NotNull {
			return head + " ALTER COLUMN " + lint.Ident(c.Name) + " DROP NOT NULL"
		}
	case pg.AlterTableType_AT_ColumnDefault:
		if column != nil && column.Default == "" && c.Def != nil {
			return head + " ALTER COLUMN " + lint.Ident(c.Name) + " DROP DEFAULT"
		}
	}
	return ""
}

func constraintsOf(s *catalog.Snapshot, table string) []catalog.Constraint {
	if r := s.Seen(table); r != nil {
		return r.Constraints
	}
	return nil
}
