package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = subcommandsOf(map[pg.AlterTableType]subcommand{
	pg.AlterTableType_AT_AddColumn:      {lock.AccessExclusive, false, addColumn},
	pg.AlterTableType_AT_DropColumn:     {lock.AccessExclusive, false, dropColumn},
	pg.AlterTableType_AT_ColumnDefault:  {lock.AccessExclusive, true, columnDefault},
	pg.AlterTableType_AT_SetNotNull:     {lock.AccessExclusive, false, setNotNull},
	pg.AlterTableType_AT_DropNotNull:    {lock.AccessExclusive, false, dropNotNull},
	pg.AlterTableType_AT_SetExpression:  {lock.AccessExclusive, true, setExpression},
	pg.AlterTableType_AT_DropExpression: {lock.AccessExclusive, true, dropExpression},
	pg.AlterTableType_AT_AddIdentity:    {lock.AccessExclusive, false, addIdentity},
	pg.AlterTableType_AT_SetIdentity:    {lock.AccessExclusive, false, setIdentity},
	pg.AlterTableType_AT_DropIdentity:   {lock.AccessExclusive, false, dropIdentity},
})

func dropColumn(j *judge, a alteration) {
	j.breaks(BreaksOld)
	j.inverse(ReversibleNone, "none: the values of %s are gone", a.Name)
	j.takeAlong(a.Behavior == pg.DropBehavior_DROP_CASCADE, j.columnsOf(a)...)
}

// columnsOf lists the columns that go with that of a table: those of children
// that have it from there alone. All other children only lose the tie.
func (j *judge) columnsOf(a alteration) []catalog.Object {
	all := []catalog.Object{{Kind: catalog.ColumnKind, Name: a.Name, On: a.table}}
	if known := j.cat.Relation(a.table); known != nil && !known.Doubted && known.Column(a.Name) == nil {
		return nil // IF EXISTS stops there
	}
	return j.withInherited(all, func(child string) bool {
		c := j.cat.Seen(child).Column(a.Name)
		return c != nil && !c.Local && c.Inherited <= 1 && !a.only
	})
}

// withInherited adds to an object of a table that of each table below it which goes
// with it, and locks all that are met: a child that keeps its own loses the tie.
func (j *judge) withInherited(all []catalog.Object, goes func(child string) bool) []catalog.Object {
	seen := map[string]bool{}
	for i := 0; i < len(all); i++ {
		r := j.cat.Seen(all[i].On)
		if r == nil || seen[r.Name] {
			continue
		}
		seen[r.Name] = true
		for _, child := range r.Children {
			j.lock(child, lock.AccessExclusive)
			if goes(child) {
				all = append(all, catalog.Object{Kind: all[i].Kind, Name: all[i].Name, On: child})
			}
		}
	}
	return all
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
	if !j.keptInStep(a.table, a.Name) {
		j.breaks(BreaksOld)
	}
	j.requireTree(a, a.Name)
}

// requireTree is NOT NULL for a table and what is below it. Of a partitioned
// table the partitions are locked even with ONLY: each must have it already. Where
// that table has it, they have it too, and are not looked at; what inherits may not
// before 18.
func (j *judge) requireTree(a alteration, column string) {
	c := a.rel.Column(column)
	if c != nil && c.NotNull && (j.major() >= 18 || j.major() >= 12 && a.rel.Kind == catalog.PartitionedTable) {
		return
	}
	if a.only {
		j.lockAll(j.parts(a.table), lock.AccessExclusive)
	} else {
		j.lockAll(j.cat.Descendants(a.table), lock.AccessExclusive)
	}
	for _, t := range a.tree(j.cat) {
		j.requireNotNull(a, t, column)
	}
}

// requireNotNull scans for NULLs unless something proves there are none.
func (j *judge) requireNotNull(a alteration, table, column string) {
	r := j.cat.Seen(table)
	if c := r.Column(column); c != nil && c.NotNull {
		return
	}
	if r != nil && j.major() >= 12 {
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
	switch c := a.rel.Column(a.Name); {
	case a.only && j.major() < 18:
	case !a.only && (j.major() < 18 || c == nil || c.NotNull):
		j.lockAll(j.cat.Descendants(a.table), lock.AccessExclusive)
	case a.only && a.rel != nil && (c == nil || c.NotNull):
		// Each child has the constraint from its table, and keeps it as its own.
		j.lockAll(a.rel.Children, lock.AccessExclusive)
	}
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
	if a.Def.GetConstraint().GetGeneratedWhen() == "a" {
		j.breaks(BreaksOld)
		j.note("an INSERT that brings a value for %s fails from now on (428C9)", a.Name)
	}
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
