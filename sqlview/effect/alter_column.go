package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = subcommandsOf(map[pg.AlterTableType]subcommand{
	pg.AlterTableType_AT_AddColumn:      {lock.AccessExclusive, true, addColumn},
	pg.AlterTableType_AT_DropColumn:     {lock.AccessExclusive, true, dropColumn},
	pg.AlterTableType_AT_ColumnDefault:  {lock.AccessExclusive, true, columnDefault},
	pg.AlterTableType_AT_SetNotNull:     {lock.AccessExclusive, true, setNotNull},
	pg.AlterTableType_AT_DropNotNull:    {lock.AccessExclusive, true, dropNotNull},
	pg.AlterTableType_AT_SetExpression:  {lock.AccessExclusive, true, setExpression},
	pg.AlterTableType_AT_DropExpression: {lock.AccessExclusive, true, dropExpression},
	pg.AlterTableType_AT_AddIdentity:    {lock.AccessExclusive, false, addIdentity},
	pg.AlterTableType_AT_SetIdentity:    {lock.AccessExclusive, false, setIdentity},
	pg.AlterTableType_AT_DropIdentity:   {lock.AccessExclusive, false, dropIdentity},
})

func dropColumn(j *judge, a alteration) {
	j.breaks(BreaksOld)
	j.inverse(ReversibleNone, "none: the values of %s are gone", a.Name)
	for _, t := range a.tree(j) {
		j.dropColumnOf(t, a.Name, a.Behavior == pg.DropBehavior_DROP_CASCADE)
	}
}

// dropColumnOf locks what goes with a column of one table.
func (j *judge) dropColumnOf(table, column string, cascade bool) {
	for _, i := range j.indexes(table) {
		if i.Uses(column) {
			j.lock(i.Name, lock.AccessExclusive)
			j.note("index %s goes with the column", i.Name)
		}
	}
	j.lockAll(j.cat.SequencesOf(table, column), lock.AccessExclusive)
	r := j.cat.Seen(table)
	if r == nil {
		return
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && slices.Contains(k.Columns, column) {
			j.lock(k.References, lock.AccessExclusive)
		}
	}
	j.dropDependents(r, column, cascade)
	for _, k := range j.foreignKeysTo(table) {
		if slices.Contains(k.RefColumns, column) {
			j.dropReference(k, table, cascade)
		}
	}
}

// dropDependents follows the views that read a column; "" = any column.
func (j *judge) dropDependents(r *catalog.Relation, column string, cascade bool) {
	for _, d := range r.Dependents {
		if column != "" && len(d.Columns) > 0 && !slices.Contains(d.Columns, column) {
			continue
		}
		view := d.Kind == catalog.View || d.Kind == catalog.MaterializedView
		switch {
		case !view && column == "":
			// What belongs to the table goes with it.
		case !cascade:
			j.fails("2BP01", "%s %s depends on it", d.Kind, d.Name)
		case view:
			j.dropRelation(d.Name, true)
		}
	}
}

func columnDefault(j *judge, a alteration) {
	c := a.rel.Column(a.Name)
	switch {
	case c != nil && c.Default != "":
		j.inverse(ReversibleInstant, "SET DEFAULT %s", c.Default)
	case a.Def != nil:
		j.inverse(ReversibleInstant, "DROP DEFAULT")
	default:
		j.inverse(ReversibleInstant, "SET DEFAULT to what it was")
	}
}

func setNotNull(j *judge, a alteration) {
	j.inverse(ReversibleInstant, "DROP NOT NULL")
	j.breaks(BreaksOld)
	for _, t := range a.tree(j) {
		j.requireNotNull(a, t, a.Name)
	}
}

// requireNotNull scans for NULLs unless something proves there are none.
func (j *judge) requireNotNull(a alteration, table, column string) {
	r := j.cat.Seen(table)
	if c := r.Column(column); c != nil && c.NotNull {
		return
	}
	if r != nil && j.version >= 12 {
		for _, k := range r.Constraints {
			if k.Type != catalog.Check || !catalog.Implies(k.Expression, catalog.Quote(column)+" IS NOT NULL") {
				continue
			}
			if a.drops(k.Name) {
				j.note("%s is dropped in the same ALTER TABLE, which happens first: the scan comes back", k.Name)
				continue
			}
			if k.Valid && k.Enforced {
				j.note("the valid CHECK %s proves that %s has no NULL: no scan", k.Name, column)
				return
			}
		}
	}
	j.scan(table)
}

func (a alteration) drops(constraint string) bool {
	return a.has(func(c *pg.AlterTableCmd) bool {
		return c.Subtype == pg.AlterTableType_AT_DropConstraint && c.Name == constraint
	})
}

func dropNotNull(j *judge, a alteration) {
	j.breaks(BreaksOld)
	j.inverse(ReversibleSlow, "SET NOT NULL (reads the whole table; fails if NULLs were written since)")
}

func setExpression(j *judge, a alteration) {
	if c := a.rel.Column(a.Name); c != nil && c.Generated == "virtual" {
		j.inverse(ReversibleInstant, "SET EXPRESSION to what it was")
		return
	}
	j.inverse(ReversibleSlow, "SET EXPRESSION to what it was (rewrites again)")
	a.rewriteTree(j)
}

func dropExpression(j *judge, a alteration) {
	j.inverse(ReversibleSlow, "drop the column and add it generated again (rewrites)")
}

func addIdentity(j *judge, a alteration) {
	j.inverse(ReversibleInstant, "DROP IDENTITY")
	if c := a.rel.Column(a.Name); c != nil && !c.NotNull {
		j.fails("55000", "column %s must be NOT NULL before identity can be added", a.Name)
	}
}

func setIdentity(j *judge, a alteration) {
	j.inverse(ReversibleInstant, "set the old identity options")
	j.lockAll(j.cat.SequencesOf(a.table, a.Name), lock.ShareRowExclusive)
}

func dropIdentity(j *judge, a alteration) {
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "ADD GENERATED … AS IDENTITY, then setval to the last value")
	j.lockAll(j.cat.SequencesOf(a.table, a.Name), lock.AccessExclusive)
}
