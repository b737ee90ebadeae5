package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// ADD CONSTRAINT has no mode of its own: a foreign key takes less than the rest.
var _ = subcommandsOf(map[pg.AlterTableType]subcommand{
	pg.AlterTableType_AT_AddConstraint:      {lock.None, false, addConstraint},
	pg.AlterTableType_AT_DropConstraint:     {lock.AccessExclusive, true, dropConstraint},
	pg.AlterTableType_AT_ValidateConstraint: {lock.ShareUpdateExclusive, true, validateConstraint},
	pg.AlterTableType_AT_AlterConstraint:    {lock.AccessExclusive, false, alterConstraint},
})

func addConstraint(j *judge, a alteration) {
	k := a.Def.GetConstraint()
	if k.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
		j.inverse(ReversibleInstant, "DROP CONSTRAINT")
		j.breaks(BreaksOld)
		addForeignKey(j, a, k)
		return
	}
	j.lock(a.table, lock.AccessExclusive)
	if !a.only {
		j.lockChildren(a, k)
	}
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "DROP CONSTRAINT")
	notEnforced := j.Has(parse.NotEnforced, k.Location)
	switch k.Contype {
	case pg.ConstrType_CONSTR_CHECK:
		if !k.SkipValidation && !notEnforced {
			a.only = a.only || k.IsNoInherit
			a.scanTree(j)
		}
	case pg.ConstrType_CONSTR_NOTNULL:
		if !k.SkipValidation && len(k.Keys) > 0 {
			for _, t := range a.tree(j) {
				j.requireNotNull(a, t, catalog.Strings(k.Keys)[0])
			}
		}
	default:
		addKey(j, a, k)
	}
}

// lockChildren locks the partitions that a constraint reaches: before 18 a
// unique index takes SHARE on each, everything else what the parent has.
func (j *judge) lockChildren(a alteration, k *pg.Constraint) {
	mode := lock.AccessExclusive
	switch k.Contype {
	case pg.ConstrType_CONSTR_CHECK, pg.ConstrType_CONSTR_NOTNULL:
		if k.IsNoInherit && j.version < 18 {
			return
		}
	default:
		// Inheritance children have indexes of their own.
		if a.rel != nil && a.rel.Kind == catalog.Table {
			return
		}
		if j.version < 18 {
			mode = lock.Share
		}
	}
	j.lockAll(j.cat.Descendants(a.table), mode)
}

// addKey judges UNIQUE, PRIMARY KEY and EXCLUDE, with or without USING INDEX.
func addKey(j *judge, a alteration, k *pg.Constraint) {
	columns := catalog.Strings(k.Keys)
	if k.Indexname != "" {
		columns = j.useIndex(a, k)
	} else {
		a.scanTree(j)
		j.note("builds its index under ACCESS EXCLUSIVE")
	}
	if k.Contype != pg.ConstrType_CONSTR_PRIMARY {
		return
	}
	for _, t := range a.tree(j) {
		for _, c := range columns {
			j.impliedNotNull(a, t, c)
		}
	}
	if k.Indexname != "" && len(columns) == 0 {
		j.scan(a.table)
		j.note("the columns of %s are not in the catalog: if one may be NULL, the table is read", k.Indexname)
	}
}

// impliedNotNull is the SET NOT NULL that a primary key brings along.
func (j *judge) impliedNotNull(a alteration, table, column string) {
	c := j.cat.Seen(table).Column(column)
	if c != nil && c.NotNull {
		return
	}
	if table != a.table {
		j.lock(table, lock.AccessExclusive)
	}
	j.requireNotNull(a, table, column)
}

// useIndex judges USING INDEX and gives the index's columns. The index is
// renamed where the constraint has another name, which takes its own lock.
func (j *judge) useIndex(a alteration, k *pg.Constraint) []string {
	name := catalog.Schema(a.table) + "." + catalog.Truncate(k.Indexname)
	mode := lock.AccessShare
	if k.Conname != "" && k.Conname != k.Indexname {
		mode = j.renameIndexMode()
	}
	j.lock(name, mode)
	d := a.rel.Index(name)
	if d == nil {
		return nil
	}
	if !d.Valid {
		j.fails("55000", "index %s is INVALID", name)
	}
	return d.Columns
}

// renameIndexMode: since 12 an index is renamed under the weaker lock.
func (j *judge) renameIndexMode() lock.Mode {
	if j.version >= 12 {
		return lock.ShareUpdateExclusive
	}
	return lock.AccessExclusive
}

func dropConstraint(j *judge, a alteration) {
	k := a.rel.Constraint(a.Name)
	if k == nil {
		j.unknownConstraint(a)
		return
	}
	cascade := a.Behavior == pg.DropBehavior_DROP_CASCADE
	switch k.Type {
	case catalog.ForeignKey:
		j.inverse(ReversibleSlow, "ADD CONSTRAINT %s FOREIGN KEY … NOT VALID, then VALIDATE", a.Name)
		j.lock(k.References, lock.AccessExclusive)
		j.lockAll(j.cat.Descendants(k.References), lock.AccessExclusive)
	case catalog.PrimaryKey, catalog.Unique, catalog.Exclude:
		j.inverse(ReversibleSlow, "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT %s … USING INDEX", a.Name)
		j.breaks(BreaksOld)
		for _, t := range a.tree(j) {
			j.dropKeyOf(t, a.Name, k.Columns)
		}
		for _, r := range j.foreignKeysTo(a.table) {
			if slices.Equal(r.RefColumns, k.Columns) {
				j.dropReference(r, a.table, cascade)
			}
		}
	default:
		j.inverse(ReversibleSlow, "ADD CONSTRAINT %s … NOT VALID, then VALIDATE", a.Name)
	}
}

func (j *judge) unknownConstraint(a alteration) {
	j.inverse(ReversibleSlow, "ADD CONSTRAINT %s … NOT VALID, then VALIDATE", a.Name)
	switch {
	case a.rel != nil && !a.rel.Partial && a.MissingOk:
		j.note("%s is not there: IF EXISTS takes the lock and does nothing", a.Name)
	case a.rel != nil && !a.rel.Partial:
		j.fails("42704", "constraint %s does not exist", a.Name)
	default:
		j.note("constraint %s is not in the catalog: if it is a foreign key, the table it points to is locked "+
			"ACCESS EXCLUSIVE too", a.Name)
	}
}

// dropKeyOf locks the index that goes with a key, in one table of the tree.
func (j *judge) dropKeyOf(table, name string, columns []string) {
	for _, i := range j.indexes(table) {
		if i.Constraint == name || i.Constraint != "" && slices.Equal(i.Columns, columns) {
			j.lock(i.Name, lock.AccessExclusive)
		}
	}
}

func validateConstraint(j *judge, a alteration) {
	j.inverse(ReversibleInstant, "nothing to take back: the constraint held for new rows already")
	k := a.rel.Constraint(a.Name)
	switch {
	case k == nil:
		a.scanTree(j)
		j.note("constraint %s is not in the catalog: if it is a foreign key, the table it points to is locked ROW SHARE", a.Name)
	case k.Valid:
		j.note("constraint %s is valid already: nothing is read", a.Name)
	case k.Type == catalog.ForeignKey:
		j.lock(k.References, lock.RowShare)
		j.validateForeignKey(a, k.References)
	default:
		a.scanTree(j)
	}
}

func alterConstraint(j *judge, a alteration) {
	k := a.Def.GetConstraint()
	j.inverse(ReversibleInstant, "ALTER CONSTRAINT back")
	known := a.rel.Constraint(k.GetConname())
	if known == nil {
		j.note("constraint %s is not in the catalog", k.GetConname())
	}
	switch {
	case j.Has(parse.NotEnforced, k.GetLocation()):
		j.inverse(ReversibleSlow, "ALTER CONSTRAINT … ENFORCED (reads the whole table)")
		if known != nil {
			j.lock(known.References, lock.AccessExclusive)
		}
	case j.Has(parse.Enforced, k.GetLocation()):
		if known == nil {
			j.scan(a.table)
			return
		}
		j.lock(known.References, lock.ShareRowExclusive)
		j.validateForeignKey(a, known.References)
	}
}
