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
	pg.AlterTableType_AT_DropConstraint:     {lock.AccessExclusive, false, dropConstraint},
	pg.AlterTableType_AT_ValidateConstraint: {lock.ShareUpdateExclusive, false, validateConstraint},
	pg.AlterTableType_AT_AlterConstraint:    {lock.AccessExclusive, false, alterConstraint},
})

func addConstraint(j *judge, a alteration) {
	k := a.Def.GetConstraint()
	if k.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
		j.inverse(ReversibleInstant, "DROP CONSTRAINT")
		if !j.keptInStep(a.table, catalog.Strings(k.FkAttrs)...) &&
			!j.keptInStep(j.cat.Name(k.Pktable), catalog.Strings(k.PkAttrs)...) {
			j.breaks(BreaksOld)
		}
		addForeignKey(j, a, k)
		return
	}
	j.lock(a.table, lock.AccessExclusive)
	if !a.only {
		j.lockChildren(a, k)
	}
	if !j.keptInStep(a.table, slices.Concat(catalog.Columns(k.RawExpr), catalog.Strings(k.Keys))...) {
		j.breaks(BreaksOld)
	}
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
			for _, t := range a.tree(j.cat) {
				j.requireNotNull(a, t, catalog.Strings(k.Keys)[0])
			}
		}
	default:
		addKey(j, a, k)
	}
}

// lockChildren locks what a constraint reaches of the tree: a CHECK all of it,
// a key the partitions alone; since 18 each locks all of it, whatever it reaches.
func (j *judge) lockChildren(a alteration, k *pg.Constraint) {
	switch k.Contype {
	case pg.ConstrType_CONSTR_CHECK, pg.ConstrType_CONSTR_NOTNULL:
		if !k.IsNoInherit || j.major() >= 18 {
			j.lockAll(j.cat.Descendants(a.table), lock.AccessExclusive)
		}
	default:
		if j.major() >= 18 {
			j.lockAll(j.cat.Descendants(a.table), lock.AccessExclusive)
			return
		}
		j.lockAll(j.parts(a.table), j.partKeyMode(k))
	}
}

// partKeyMode: before 18 an index is made on a partition under SHARE, and the
// trigger of a key that is checked later under SHARE ROW EXCLUSIVE.
func (j *judge) partKeyMode(k *pg.Constraint) lock.Mode {
	switch {
	case j.major() >= 18:
		return lock.AccessExclusive
	case k.Deferrable:
		return lock.ShareRowExclusive
	}
	return lock.Share
}

// addKey judges UNIQUE, PRIMARY KEY and EXCLUDE, with or without USING INDEX.
func addKey(j *judge, a alteration, k *pg.Constraint) {
	columns := catalog.Strings(k.Keys)
	if k.Indexname != "" {
		columns = j.useIndex(a, k)
	} else {
		j.buildKey(a, k)
		j.note("builds its index under ACCESS EXCLUSIVE")
	}
	if k.Contype != pg.ConstrType_CONSTR_PRIMARY {
		return
	}
	for _, c := range columns {
		j.requireTree(a, c)
	}
	if k.Indexname != "" && len(columns) == 0 {
		j.scan(a.table)
		j.note("the columns of %s are not in the catalog: if one may be NULL, the table is read", k.Indexname)
	}
}

// buildKey reads the table, or those partitions that have no index of their own
// which can become a part of the new one.
func (j *judge) buildKey(a alteration, k *pg.Constraint) {
	j.scan(a.table)
	if a.only {
		return
	}
	whole := catalog.IndexDef{Columns: catalog.Strings(k.Keys), Include: catalog.Strings(k.Including), Method: "btree",
		Constraint: "?",
		Unique:     k.Contype != pg.ConstrType_CONSTR_EXCLUSION, Primary: k.Contype == pg.ConstrType_CONSTR_PRIMARY}
	j.buildParts(a.table, whole, j.partKeyMode(k))
}

// buildParts makes a part of an index on every partition.
func (j *judge) buildParts(table string, whole catalog.IndexDef, mode lock.Mode) {
	rel := j.cat.Seen(table)
	if rel == nil || rel.Kind != catalog.PartitionedTable {
		return
	}
	for _, child := range rel.Children {
		part := j.cat.Seen(child)
		j.lock(child, mode)
		if part != nil && part.Kind == catalog.ForeignTable {
			continue
		}
		own := slices.IndexFunc(j.indexes(child), func(i catalog.IndexDef) bool {
			return i.PartOf(whole) && !j.isPart(i.Name)
		})
		if own >= 0 {
			j.lock(part.Indexes[own].Name, j.partIndexMode())
			j.lockAll(j.parts(child), mode)
			continue
		}
		j.scan(child)
		j.buildParts(child, whole, mode)
	}
}

// partIndexMode is the lock on an index that becomes a part of another.
func (j *judge) partIndexMode() lock.Mode { return lock.Share }

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
	if j.major() >= 12 {
		return lock.ShareUpdateExclusive
	}
	return lock.AccessExclusive
}

// constraintNamed is the constraint that a subcommand names; since 18 it may be the
// NOT NULL of a column.
func (j *judge) constraintNamed(a alteration) *catalog.Constraint {
	if k := a.rel.Constraint(a.Name); k != nil || j.major() < 18 {
		return k
	}
	return j.cat.NotNullNamed(a.rel, a.Name)
}

func dropConstraint(j *judge, a alteration) {
	k := j.constraintNamed(a)
	if k == nil {
		j.unknownConstraint(a)
		return
	}
	cascade := a.Behavior == pg.DropBehavior_DROP_CASCADE
	switch k.Type {
	case catalog.ForeignKey:
		j.lock(k.References, lock.AccessExclusive)
		j.inverse(ReversibleSlow, "ADD CONSTRAINT %s FOREIGN KEY … NOT VALID, then VALIDATE", a.Name)
	case catalog.PrimaryKey, catalog.Unique, catalog.Exclude:
		j.inverse(ReversibleSlow, "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT %s … USING INDEX", a.Name)
		j.breaks(BreaksOld)
	default:
		j.inverse(ReversibleSlow, "ADD CONSTRAINT %s … NOT VALID, then VALIDATE", a.Name)
	}
	if k.Inherited && (k.Type != catalog.NotNull || j.cat.Source == catalog.SourceLive) {
		j.fails("42P16", "constraint %s comes from a parent of %s: it goes with that one", a.Name, a.table)
	}
	if k.Type == catalog.NotNull {
		j.lockAll(j.parts(a.table), lock.AccessExclusive) // with ONLY too
	}
	j.takeAlong(cascade, j.constraintsOf(a, *k)...)
}

// constraintsOf lists the constraints that go with that of a table. A CHECK goes
// from those children that have it from there alone; the others lose the tie.
func (j *judge) constraintsOf(a alteration, k catalog.Constraint) []catalog.Object {
	all := []catalog.Object{{Kind: catalog.ConstraintKind, Name: k.Name, On: a.table}}
	if k.Type != catalog.Check && k.Type != catalog.NotNull || k.NoInherit {
		return all
	}
	return j.withInherited(all, func(child string) bool {
		c := j.cat.Seen(child).Constraint(k.Name)
		if c == nil && k.Type == catalog.NotNull {
			c = j.cat.NotNullNamed(j.cat.Seen(child), k.Name)
		}
		return c != nil && !c.Local && !a.only
	})
}

func (j *judge) unknownConstraint(a alteration) {
	j.inverse(ReversibleSlow, "ADD CONSTRAINT %s … NOT VALID, then VALIDATE", a.Name)
	switch {
	case a.rel != nil && !a.rel.Partial && a.MissingOk:
		j.note("%s is not there: IF EXISTS takes the lock and does nothing", a.Name)
	case a.rel != nil && !a.rel.Partial && (j.major() < 18 || j.cat.Source == catalog.SourceLive):
		j.fails("42704", "constraint %s does not exist", a.Name)
	default:
		j.note("constraint %s is not in the catalog: if it is a foreign key, the table it points to is locked "+
			"ACCESS EXCLUSIVE too", a.Name)
	}
}

func validateConstraint(j *judge, a alteration) {
	j.inverse(ReversibleInstant, "nothing to take back: the constraint held for new rows already")
	k := j.constraintNamed(a)
	switch {
	case k == nil:
		if !a.only {
			j.lockAll(j.cat.Descendants(a.table), lock.ShareUpdateExclusive)
		}
		a.scanTree(j)
		j.note("constraint %s is not in the catalog: if it is a foreign key, the table it points to is locked ROW "+
			"SHARE", a.Name)
	case k.Valid:
		j.note("constraint %s is valid already: nothing is read", a.Name)
	case k.Type == catalog.ForeignKey:
		j.lock(k.References, lock.RowShare)
		j.validateForeignKey(a, k.References)
	case k.NoInherit:
		j.scan(a.table)
	default:
		for _, t := range a.tree(j.cat) {
			j.lock(t, lock.ShareUpdateExclusive)
			if own := j.cat.Seen(t).Constraint(a.Name); own == nil || !own.Valid {
				j.scan(t)
			}
		}
	}
}

func alterConstraint(j *judge, a alteration) {
	k := a.Def.GetConstraint()
	j.inverse(ReversibleInstant, "ALTER CONSTRAINT back")
	known := a.rel.Constraint(k.GetConname())
	if known == nil {
		j.note("constraint %s is not in the catalog", k.GetConname())
	}
	for _, part := range j.parts(a.table) {
		j.lock(part, lock.AccessExclusive)
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
		if !known.Enforced {
			j.lock(known.References, lock.ShareRowExclusive)
			j.validateForeignKey(a, known.References)
		}
	}
}
