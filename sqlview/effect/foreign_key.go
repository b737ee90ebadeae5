package effect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// foreignKey is a foreign key that a statement adds.
type foreignKey struct {
	parent              string
	columns, refColumns []string
	// skip is true where no row is checked: NOT VALID, NOT ENFORCED, all NULL.
	skip bool
}

// addForeignKey judges ALTER TABLE … ADD FOREIGN KEY: SHARE ROW EXCLUSIVE on
// both tables, so reads go on.
func addForeignKey(j *judge, a alteration, k *pg.Constraint) {
	j.lock(a.table, lock.ShareRowExclusive)
	if a.rel != nil && a.rel.Kind == catalog.PartitionedTable {
		j.partitionedForeignKey(a, k)
	}
	notEnforced := j.Has(parse.NotEnforced, k.Location)
	j.foreignKey(a, foreignKey{
		parent: j.cat.Name(k.Pktable), columns: catalog.Strings(k.FkAttrs), refColumns: catalog.Strings(k.PkAttrs),
		skip: k.SkipValidation || notEnforced,
	})
}

func (j *judge) partitionedForeignKey(a alteration, k *pg.Constraint) {
	j.lockAll(j.cat.Descendants(a.table), lock.ShareRowExclusive)
	switch {
	case j.version == 10:
		j.fails("42809", "foreign keys on partitioned tables need 11")
	case k.SkipValidation && j.version < 18:
		j.fails("42809", "a NOT VALID foreign key on a partitioned table needs 18")
	}
}

// foreignKey locks the parent and, where rows are checked, reads both tables.
func (j *judge) foreignKey(a alteration, k foreignKey) {
	j.lock(k.parent, lock.ShareRowExclusive)
	if p := j.cat.Seen(k.parent); p != nil && p.Kind == catalog.PartitionedTable && j.version < 12 {
		j.fails("42809", "a foreign key to a partitioned table needs 12")
	}
	j.lockAll(j.cat.Descendants(k.parent), lock.ShareRowExclusive)
	if !k.skip && !j.new(a.table) {
		j.validateForeignKey(a, k.parent)
	}
}

// validateForeignKey is the join that looks for rows without a parent: it plans
// over all indexes of both tables.
func (j *judge) validateForeignKey(a alteration, parent string) {
	for _, t := range append(a.tree(j), append([]string{parent}, j.cat.Descendants(parent)...)...) {
		j.lock(t, lock.AccessShare)
		j.scan(t)
		j.planIndexes(t, lock.AccessShare)
	}
}

// planIndexes locks the indexes that the planner looks at, with the mode that
// the query has on the table. Before 16 it does not look at those of a
// partitioned table.
func (j *judge) planIndexes(table string, mode lock.Mode) {
	if r := j.cat.Seen(table); r != nil && r.Kind == catalog.PartitionedTable && j.version < 16 {
		return
	}
	j.lockIndexes(table, j.planned(mode))
}

// reference is a foreign key with the table that has it.
type reference struct {
	child string
	catalog.Constraint
}

// foreignKeysTo lists the foreign keys that point to a table.
func (j *judge) foreignKeysTo(table string) []reference {
	var all []reference
	r := j.cat.Seen(table)
	if r == nil {
		return nil
	}
	for _, child := range r.ReferencedBy {
		c := j.cat.Seen(child)
		if c == nil {
			continue
		}
		for _, k := range c.Constraints {
			if k.Type == catalog.ForeignKey && k.References == table {
				all = append(all, reference{child, k})
			}
		}
	}
	return all
}

// dropReference is what happens to a foreign key whose parent's key goes.
func (j *judge) dropReference(k reference, table string, cascade bool) {
	switch {
	case k.child == table:
	case cascade:
		j.lock(k.child, lock.AccessExclusive)
		j.note("CASCADE drops the foreign key %s of %s", k.Name, k.child)
		j.inverse(ReversibleNone, "")
	default:
		j.fails("2BP01", "the foreign key %s of %s depends on it", k.Name, k.child)
	}
}

// copiedKeyMode is the lock on the parent of a foreign key that a new partition
// gets from its table.
func (j *judge) copiedKeyMode() lock.Mode {
	if j.version < 12 {
		return lock.AccessShare
	}
	return lock.ShareRowExclusive
}

// lockReferencing locks the tables whose foreign keys point to a partitioned
// table that gets a partition.
func (j *judge) lockReferencing(parent string) {
	mode := lock.ShareRowExclusive
	if j.version < 15 {
		mode = lock.AccessShare
	}
	for _, k := range j.foreignKeysTo(parent) {
		j.lock(k.child, mode)
	}
}

// lockReferenced locks the parents of all foreign keys of a table.
func (j *judge) lockReferenced(table string, mode lock.Mode) {
	r := j.cat.Seen(table)
	if r == nil {
		return
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && k.References != table {
			// Before 15 a partitioned table has no triggers of its own to drop.
			p := j.cat.Seen(k.References)
			if mode < lock.AccessExclusive || j.version >= 15 || p == nil || p.Kind != catalog.PartitionedTable {
				j.lock(k.References, mode)
			}
			j.lockAll(j.cat.Descendants(k.References), mode)
		}
	}
}

// checkedByRows locks what the checks of foreign keys read when rows of a table
// are written: parents of the columns that are set, and children of the keys
// that change or go. An empty list of columns means all.
func (j *judge) checkedByRows(table string, columns []string, insert bool) {
	r := j.cat.Seen(table)
	if r == nil {
		return
	}
	touches := func(key []string) bool {
		return len(columns) == 0 || slices.ContainsFunc(key, func(c string) bool { return slices.Contains(columns, c) })
	}
	mode := lock.RowShare
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && k.Enforced && touches(k.Columns) {
			j.lock(k.References, mode)
			j.planIndexes(k.References, mode)
		}
	}
	if insert {
		return
	}
	for _, k := range j.foreignKeysTo(table) {
		if touches(k.RefColumns) {
			j.lookedUp(k, table)
		}
	}
}

// lookedUp is the check that no row of a child points to a key that changes or
// goes. Without an index on the child's columns it reads the whole child, for
// every row.
func (j *judge) lookedUp(k reference, table string) {
	if k.child == table {
		return
	}
	j.lock(k.child, lock.RowShare)
	j.planIndexes(k.child, lock.RowShare)
	indexed := slices.ContainsFunc(j.indexes(k.child), func(i catalog.IndexDef) bool {
		return i.Valid && len(i.Columns) > 0 && i.Columns[0] == k.Columns[0]
	})
	if !indexed {
		j.scan(k.child)
		j.note("%s has no index on %s: it is read whole for every row", k.child, strings.Join(k.Columns, ", "))
	}
}

// planned is the lock on the indexes of a table that the planner looks at:
// since 12 that of the table, before it ACCESS SHARE unless rows are written.
func (j *judge) planned(mode lock.Mode) lock.Mode {
	if j.version < 12 && mode == lock.RowShare {
		return lock.AccessShare
	}
	return mode
}
