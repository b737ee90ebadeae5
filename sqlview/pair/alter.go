package pair

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// The commands that switch something of a table off, and on again.
var (
	off = map[pg.AlterTableType]Kind{
		pg.AlterTableType_AT_DisableTrig: Trigger, pg.AlterTableType_AT_DisableTrigAll: Trigger,
		pg.AlterTableType_AT_DisableTrigUser:   Trigger,
		pg.AlterTableType_AT_EnableReplicaTrig: Trigger, pg.AlterTableType_AT_DisableRule: Rule,
		pg.AlterTableType_AT_EnableReplicaRule:  Rule,
		pg.AlterTableType_AT_DisableRowSecurity: RowSecurity, pg.AlterTableType_AT_NoForceRowSecurity: RowSecurity,
		pg.AlterTableType_AT_DropNotNull: NotNull, pg.AlterTableType_AT_DropIdentity: Identity,
		pg.AlterTableType_AT_DropColumn:     Column,
		pg.AlterTableType_AT_DropExpression: Default,
	}
	on = map[pg.AlterTableType]Kind{
		pg.AlterTableType_AT_EnableTrig: Trigger, pg.AlterTableType_AT_EnableTrigAll: Trigger,
		pg.AlterTableType_AT_EnableTrigUser:   Trigger,
		pg.AlterTableType_AT_EnableAlwaysTrig: Trigger, pg.AlterTableType_AT_EnableRule: Rule,
		pg.AlterTableType_AT_EnableAlwaysRule:  Rule,
		pg.AlterTableType_AT_EnableRowSecurity: RowSecurity, pg.AlterTableType_AT_ForceRowSecurity: RowSecurity,
		pg.AlterTableType_AT_SetNotNull: NotNull, pg.AlterTableType_AT_AddIdentity: Identity,
		pg.AlterTableType_AT_SetExpression: Default,
	}
	// whole are those that name no trigger or rule: they mean all of them.
	whole = []pg.AlterTableType{
		pg.AlterTableType_AT_DisableTrigAll, pg.AlterTableType_AT_DisableTrigUser, pg.AlterTableType_AT_EnableTrigAll,
		pg.AlterTableType_AT_EnableTrigUser,
	}
	// single are those that set what a table has one of.
	single = map[pg.AlterTableType]string{
		pg.AlterTableType_AT_ReplicaIdentity: "REPLICA IDENTITY", pg.AlterTableType_AT_ClusterOn: "CLUSTER ON",
		pg.AlterTableType_AT_DropCluster: "CLUSTER ON",
		pg.AlterTableType_AT_SetLogged:   "LOGGED", pg.AlterTableType_AT_SetUnLogged: "LOGGED",
		pg.AlterTableType_AT_ChangeOwner:   "OWNER",
		pg.AlterTableType_AT_SetTableSpace: "TABLESPACE", pg.AlterTableType_AT_AddOf: "OF",
		pg.AlterTableType_AT_DropOf: "OF",
	}
)

func (r *reader) alterTable(a *pg.AlterTableStmt) {
	table := r.cat.Name(a.Relation)
	for _, n := range a.Cmds {
		if c := n.GetAlterTableCmd(); c != nil {
			r.command(table, c)
		}
	}
}

func (r *reader) command(table string, c *pg.AlterTableCmd) {
	name := c.Name
	if slices.Contains(whole, c.Subtype) {
		name = all
	}
	switch {
	case off[c.Subtype] != "":
		r.takes(off[c.Subtype], table, name)
		if c.Subtype == pg.AlterTableType_AT_DropColumn || c.Subtype == pg.AlterTableType_AT_DropNotNull {
			r.Ends = append(r.Ends, Thing{Kind: off[c.Subtype], Of: table, Name: name})
		}
	case on[c.Subtype] != "":
		r.brings(on[c.Subtype], table, name)
	case single[c.Subtype] != "":
		r.sets(Option, table, single[c.Subtype])
	}
	switch c.Subtype {
	case pg.AlterTableType_AT_ColumnDefault:
		r.toggle(c.Def != nil, Default, table, c.Name)
	case pg.AlterTableType_AT_AlterColumnType:
		r.brings(Type, "", r.cat.NameOf(c.GetDef().GetColumnDef().GetTypeName().GetNames()))
	case pg.AlterTableType_AT_AddColumn:
		r.brings(Column, table, c.GetDef().GetColumnDef().GetColname())
	case pg.AlterTableType_AT_DropConstraint:
		r.dropConstraint(table, c.Name)
	case pg.AlterTableType_AT_AddConstraint:
		r.addConstraint(table, c.GetDef().GetConstraint())
	case pg.AlterTableType_AT_AlterConstraint:
		r.sets(Constraint, table, c.GetDef().GetConstraint().GetConname())
	case pg.AlterTableType_AT_AddInherit, pg.AlterTableType_AT_DropInherit:
		r.toggle(c.Subtype == pg.AlterTableType_AT_AddInherit, Inherits, table, r.cat.Name(c.GetDef().GetRangeVar()))
	case pg.AlterTableType_AT_AttachPartition, pg.AlterTableType_AT_DetachPartition:
		r.toggle(c.Subtype == pg.AlterTableType_AT_AttachPartition, Partition, table,
			r.cat.Name(c.GetDef().GetPartitionCmd().GetName()))
	case pg.AlterTableType_AT_SetRelOptions, pg.AlterTableType_AT_ResetRelOptions:
		for _, o := range c.GetDef().GetList().GetItems() {
			r.sets(Option, table, o.GetDefElem().GetDefname())
		}
	}
}

var kinds = map[catalog.ConstraintType]Kind{
	catalog.Check: Check, catalog.ForeignKey: ForeignKey, catalog.PrimaryKey: Unique, catalog.Unique: Unique,
	catalog.Exclude: Exclusion, catalog.NotNull: NotNull,
}

// dropConstraint takes a constraint by its name, and one of its kind. One that
// the catalog does not know may be of any kind.
func (r *reader) dropConstraint(table, name string) {
	name = catalog.Truncate(name)
	r.takes(Constraint, table, name)
	if k := r.cat.Seen(table).Constraint(name); k != nil {
		columns := k.Columns
		if k.Type == catalog.Exclude {
			columns = nil
		}
		r.takesOver(kinds[k.Type], table, columns)
		return
	}
	for _, k := range []Kind{Check, ForeignKey, Unique, Exclusion} {
		r.takes(k, table, all)
	}
}

func (r *reader) addConstraint(table string, k *pg.Constraint) {
	if k.GetConname() != "" {
		r.brings(Constraint, table, catalog.Truncate(k.Conname))
	}
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_CHECK:
		r.bringsOver(Check, table, catalog.Columns(k.RawExpr))
	case pg.ConstrType_CONSTR_FOREIGN:
		r.bringsOver(ForeignKey, table, catalog.Strings(k.FkAttrs))
	case pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_PRIMARY:
		columns := catalog.Strings(k.Keys)
		if k.Indexname != "" {
			columns = nil
		}
		r.bringsOver(Unique, table, columns)
		r.bringsOver(Index, table, columns)
	case pg.ConstrType_CONSTR_EXCLUSION:
		r.brings(Exclusion, table, all)
	case pg.ConstrType_CONSTR_NOTNULL:
		r.bringsOver(NotNull, table, catalog.Strings(k.Keys))
	}
}
