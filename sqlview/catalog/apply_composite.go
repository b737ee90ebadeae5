package catalog

import pg "github.com/pganalyze/pg_query_go/v6"

// alterComposite changes a composite type and the tables that are made of it.
func (e *evolution) alterComposite(name string, s *pg.AlterTableStmt) {
	t := e.editType(name)
	asTable := &Relation{Name: name, Columns: t.Attributes}
	for _, c := range s.Cmds {
		cmd := c.GetAlterTableCmd()
		f := attributeChanges[cmd.GetSubtype()]
		if f == nil {
			continue
		}
		f(e, asTable, cmd)
		for table, r := range e.Relations.All() {
			if r.OfType == name {
				f(e, e.edit(table), cmd)
			}
		}
	}
	t.Attributes = asTable.Columns
}

// attributeChanges are the subcommands that composite types have too.
var attributeChanges = map[pg.AlterTableType]func(*evolution, *Relation, *pg.AlterTableCmd){
	pg.AlterTableType_AT_AddColumn: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		e.addColumn(r, c.Def.GetColumnDef())
	},
	pg.AlterTableType_AT_DropColumn: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		if e.Relations.Get(r.Name) != nil {
			e.remove(Object{ColumnKind, c.Name, r.Name})
			return
		}
		r.Columns = without(r.Columns, func(o Column) bool { return o.Name == c.Name })
	},
	pg.AlterTableType_AT_AlterColumnType: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		editColumn(r, c.Name, func(o *Column) { o.Type = e.ColumnType(c.Def.GetColumnDef().GetTypeName()) })
	},
}
