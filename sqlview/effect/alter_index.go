package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// alterIndex judges ALTER INDEX: the table of the index is not locked, but for
// ATTACH PARTITION.
func alterIndex(j *judge, s *pg.AlterTableStmt) {
	name := j.cat.Name(s.Relation)
	j.inverse(ReversibleInstant, "ALTER INDEX back")
	if r := j.cat.Relation(name); r != nil && r.Kind != catalog.Index {
		j.refused("42809", "%s is no index", name)
		return
	}
	for _, c := range s.Cmds {
		cmd := c.GetAlterTableCmd()
		switch cmd.Subtype {
		case pg.AlterTableType_AT_AttachPartition:
			j.attachIndexPartition(name, j.cat.Name(cmd.Def.GetPartitionCmd().GetName()))
		case pg.AlterTableType_AT_SetRelOptions, pg.AlterTableType_AT_ResetRelOptions:
			j.lock(name, optionMode(cmd.Def.GetList().GetItems()))
		case pg.AlterTableType_AT_SetStatistics:
			j.lock(name, lock.ShareUpdateExclusive)
		case pg.AlterTableType_AT_SetTableSpace:
			j.lock(name, lock.AccessExclusive)
			if r := j.cat.Relation(name); r != nil && r.Tablespaced() == cmd.Name {
				j.note("%s is in %s already: nothing is copied", name, cmd.Name)
				continue
			}
			j.rebuild(name)
			j.inverse(ReversibleSlow, "SET TABLESPACE back (copies again)")
		default:
			j.lock(name, lock.AccessExclusive)
		}
	}
}

func (j *judge) attachIndexPartition(parent, part string) {
	mode := lock.ShareUpdateExclusive
	if j.major() < 12 {
		mode = lock.AccessExclusive
	}
	for _, name := range []string{parent, part} {
		if table, _ := j.cat.Indexed(name); table != nil {
			j.lock(table.Name, lock.AccessShare)
		}
	}
	j.lock(parent, mode)
	j.lock(part, lock.AccessExclusive)
}

// alterComposite judges ALTER TYPE … ADD, DROP and ALTER ATTRIBUTE: the type's
// own entry in pg_class is locked, and the tables that are made OF it.
func alterComposite(j *judge, s *pg.AlterTableStmt) {
	name := j.cat.Name(s.Relation)
	j.lock(name, lock.AccessExclusive)
	j.breaks(BreaksOld)
	for _, c := range s.Cmds {
		j.alterTyped(name, c.GetAlterTableCmd())
		switch c.GetAlterTableCmd().GetSubtype() {
		case pg.AlterTableType_AT_AddColumn:
			j.inverse(ReversibleInstant, "DROP ATTRIBUTE")
		case pg.AlterTableType_AT_DropColumn:
			j.inverse(ReversibleNone, "none: the values of the attribute are gone")
		case pg.AlterTableType_AT_AlterColumnType:
			j.inverse(ReversibleLossy, "ALTER ATTRIBUTE back")
			for _, u := range j.cat.Users(name) {
				table, _ := splitColumn(u)
				j.lock(table, lock.AccessShare)
				j.fails("0A000", "%s uses the type", catalog.Quote(u))
			}
		}
	}
}

// alterTyped follows an attribute to the tables that are made of the type.
func (j *judge) alterTyped(name string, c *pg.AlterTableCmd) {
	if j.cat == nil {
		return
	}
	for table, r := range j.cat.Relations.All() {
		if r.OfType != name {
			continue
		}
		if c.Behavior != pg.DropBehavior_DROP_CASCADE {
			j.fails("2BP01", "table %s is made of the type: CASCADE changes it too", table)
		}
		j.lock(table, lock.AccessExclusive)
		j.lockAll(j.cat.Descendants(table), lock.AccessExclusive)
		a := alteration{AlterTableCmd: c, table: table, rel: r, stmt: &pg.AlterTableStmt{}}
		switch c.Subtype {
		case pg.AlterTableType_AT_AddColumn:
			if why := j.rewritesFor(j.column(c.Def.GetColumnDef())); why != "" {
				a.rewriteTree(j)
			}
		case pg.AlterTableType_AT_DropColumn:
			j.takeAlong(true, j.columnsOf(a)...)
		case pg.AlterTableType_AT_AlterColumnType:
			alterType(j, a)
		}
	}
}
