package effect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// ATTACH and DETACH take a mode that depends on the version and the statement.
var _ = subcommandsOf(map[pg.AlterTableType]subcommand{
	pg.AlterTableType_AT_AttachPartition:         {lock.None, false, attachPartition},
	pg.AlterTableType_AT_DetachPartition:         {lock.None, false, detachPartition},
	pg.AlterTableType_AT_DetachPartitionFinalize: {lock.ShareUpdateExclusive, false, detachFinalize},
	pg.AlterTableType_AT_AddInherit:              {lock.AccessExclusive, false, addInherit},
	pg.AlterTableType_AT_DropInherit:             {lock.AccessExclusive, false, dropInherit},
})

func attachPartition(j *judge, a alteration) {
	p := a.Def.GetPartitionCmd()
	part := j.cat.Name(p.GetName())
	mode := lock.ShareUpdateExclusive
	if j.major() < 12 {
		mode = lock.AccessExclusive
	}
	j.lock(a.table, mode)
	j.lock(part, lock.AccessExclusive)
	j.lockAll(j.cat.Descendants(part), lock.AccessExclusive)
	j.inverse(ReversibleInstant, "DETACH PARTITION %s CONCURRENTLY", catalog.Base(part))
	r := j.cat.Seen(part)
	if a.rel == nil || !impliesBound(a.rel, r, p.Bound) {
		j.scanTree(part)
	} else {
		j.note("a valid CHECK of %s proves the bound: no scan", part)
	}
	j.attachDefault(a.rel, part, p.Bound)
	j.attachForeignKeys(a, part, r)
	j.lockAll(j.cat.Partitioned(a.table), lock.AccessShare)
	j.attachIndexes(a, part, r)
}

// attachDefault: rows of the DEFAULT partition may belong to the new one. Where
// that one is partitioned itself, all its partitions are looked at.
func (j *judge) attachDefault(rel *catalog.Relation, part string, b *pg.PartitionBoundSpec) {
	if rel == nil || rel.DefaultPartition == "" || rel.DefaultPartition == part {
		return
	}
	j.lock(rel.DefaultPartition, lock.AccessExclusive)
	j.lockAll(j.parts(rel.DefaultPartition), lock.AccessExclusive)
	if deniesBound(rel, j.cat.Relation(rel.DefaultPartition), b) {
		j.note("a valid CHECK of %s says that it has no row of the bound: no scan", rel.DefaultPartition)
		return
	}
	j.scanTree(rel.DefaultPartition)
}

// deniesBound reports whether a CHECK of the default partition says word for word
// that it has no row of a new bound.
func deniesBound(parent, rest *catalog.Relation, b *pg.PartitionBoundSpec) bool {
	if rest == nil || len(parent.PartitionColumns) == 0 {
		return false
	}
	want := catalog.BoundConditions(parent, b)
	return slices.ContainsFunc(rest.Constraints, func(k catalog.Constraint) bool {
		return k.Type == catalog.Check && k.Valid && k.Enforced && catalog.Denies(k.Expression, want...)
	})
}

// attachForeignKeys: the partition gets the parent's foreign keys, checked
// unless it has the same one, valid, already.
func (fk *keys) attachForeignKeys(a alteration, part string, r *catalog.Relation) {
	if a.rel == nil {
		return
	}
	for _, k := range a.rel.Constraints {
		if k.Type != catalog.ForeignKey {
			continue
		}
		mode := lock.ShareRowExclusive
		if fk.major() < 12 {
			mode = lock.RowShare
		}
		fk.lock(k.References, mode)
		fk.lockAll(fk.parts(k.References), mode)
		if r != nil &&
			slices.ContainsFunc(r.Constraints, func(o catalog.Constraint) bool {
				return o.SameKey(k) && o.Valid && !o.Inherited
			}) {
			// Its triggers are dropped: those of the parent's take over.
			if fk.major() >= 13 || k.References != a.table {
				fk.lockForDouble(k.References)
			}
			continue
		}
		if !fk.new(part) {
			fk.validateForeignKey(alteration{table: part}, k.References)
		}
	}
	fk.lockReferencing(a.table)
}

// partIndexes locks the indexes of a partitioned table that get a new part,
// since 12.
func (fk *keys) partIndexes(parent string) {
	if fk.major() >= 12 {
		fk.lockIndexes(parent, lock.ShareUpdateExclusive)
	}
}

func (j *judge) attachIndexes(a alteration, part string, r *catalog.Relation) {
	j.partIndexes(a.table)
	for _, i := range j.indexes(a.table) {
		has := r != nil &&
			slices.ContainsFunc(r.Indexes, func(o catalog.IndexDef) bool { return o.PartOf(i) && !j.isPart(o.Name) })
		if !has && !j.new(part) {
			j.scanTree(part)
			j.note("builds an index like %s on %s", i.Name, part)
		}
	}
}

// impliesBound reports whether the partition's constraints prove the bound word
// for word. Expressions as keys and hash bounds are never proved.
func impliesBound(parent, part *catalog.Relation, b *pg.PartitionBoundSpec) bool {
	if part == nil || len(parent.PartitionColumns) == 0 {
		return false
	}
	want := catalog.BoundConditions(parent, b)
	if len(want) == 0 {
		return false
	}
	have := map[string]bool{}
	for _, c := range part.Columns {
		if c.NotNull {
			have[strings.Join(catalog.Conjuncts(catalog.Quote(c.Name)+" IS NOT NULL"), "")] = true
		}
	}
	for _, k := range part.Constraints {
		if k.Type == catalog.Check && k.Valid && k.Enforced {
			for _, c := range catalog.Conjuncts(k.Expression) {
				have[c] = true
			}
		}
	}
	return !slices.ContainsFunc(want, func(w string) bool {
		return !have[strings.Join(catalog.Conjuncts(w), "")]
	})
}

func detachPartition(j *judge, a alteration) {
	p := a.Def.GetPartitionCmd()
	part := j.cat.Name(p.GetName())
	j.breaks(BreaksOld)
	j.inverse(ReversibleSlow, "ATTACH PARTITION %s (reads it whole unless a CHECK proves the bound)",
		catalog.Base(part))
	if p.Concurrent {
		j.detachConcurrently(a, part)
		return
	}
	j.lock(a.table, lock.AccessExclusive)
	mode := lock.AccessExclusive
	if j.major() < 14 && len(j.foreignKeysTo(a.table)) == 0 {
		mode = lock.ShareUpdateExclusive
	}
	j.lock(part, mode)
	j.lockAll(j.parts(part), lock.AccessExclusive)
	if a.rel != nil {
		j.lock(a.rel.DefaultPartition, lock.AccessExclusive)
	}
	cloned := func(t catalog.Trigger) bool { return t.Cloned }
	if r := j.cat.Seen(part); r != nil && slices.ContainsFunc(r.Triggers, cloned) {
		j.lock(part, lock.AccessExclusive) // the triggers that it has of its table's go
	}
	for _, i := range j.indexes(part) {
		if j.isPart(i.Name) {
			j.lock(i.Name, lock.AccessExclusive)
		}
	}
	j.lockReferenced(part, lock.ShareRowExclusive, func(k catalog.Constraint) bool {
		// Before 15 a self-reference goes.
		return k.Inherited && (j.major() >= 15 || !slices.Contains(j.cat.Partitioned(part), k.References))
	})
	for _, k := range append(j.foreignKeysTo(a.table), j.copiesTo(part)...) {
		if k.Inherited && k.References != part {
			continue // the key of a partition's table is looked at, once for all of them
		}
		j.lock(k.Child, lock.AccessExclusive)
		for _, t := range append([]string{k.Child}, j.parts(k.Child)...) {
			j.lock(t, lock.AccessShare)
			j.scan(t)
			j.planIndexes(t, lock.AccessShare)
		}
		j.lockAll(j.cat.Partitioned(a.table), lock.AccessShare) // for the bounds
		j.note("rows of %s are looked up in %s", k.Child, part)
	}
}

// copiesTo are the foreign keys that partitions have of their table's and that point
// to a partition itself: the server takes them for copies of a key to its table, and
// drops them when it is detached.
func (k *keys) copiesTo(part string) []catalog.Reference {
	return slices.DeleteFunc(k.foreignKeysTo(part), func(r catalog.Reference) bool {
		return r.References != part || !r.Inherited
	})
}

// detachConcurrently works in two transactions: SHARE UPDATE EXCLUSIVE on both
// first, then, once everyone who saw the partition is gone, ACCESS EXCLUSIVE on
// the partition alone. In between it holds nothing.
func (j *judge) detachConcurrently(a alteration, part string) {
	j.e.Transactional = false
	j.lock(a.table, lock.ShareUpdateExclusive)
	j.lock(part, lock.AccessExclusive)
	j.e.Duration = Slow
	j.note("between its two transactions it holds nothing and waits for everyone who uses %s", a.table)
	if j.major() < 14 {
		j.refused("42601", "DETACH PARTITION CONCURRENTLY needs 14")
	}
	if a.rel != nil && a.rel.DefaultPartition != "" {
		j.refused("55000", "cannot detach concurrently while there is a DEFAULT partition")
	}
}

func detachFinalize(j *judge, a alteration) {
	j.lock(j.cat.Name(a.Def.GetPartitionCmd().GetName()), lock.AccessExclusive)
}

func addInherit(j *judge, a alteration) {
	j.lock(j.cat.Name(a.Def.GetRangeVar()), lock.ShareUpdateExclusive)
	j.inverse(ReversibleInstant, "NO INHERIT")
}

func dropInherit(j *judge, a alteration) {
	j.breaks(BreaksOld)
	j.lock(j.cat.Name(a.Def.GetRangeVar()), lock.AccessShare)
	j.inverse(ReversibleInstant, "INHERIT")
}
