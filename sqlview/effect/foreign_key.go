package effect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// keys knows foreign keys, both ends of them, and what partitions get of them.
type keys struct{ *record }

// foreignKey is a foreign key that a statement adds.
type foreignKey struct {
	parent              string
	columns, refColumns []string
	// skip is true where no row is checked: NOT VALID, NOT ENFORCED, all NULL, or
	// partitions that all have it already.
	skip bool
}

// addForeignKey judges ALTER TABLE … ADD FOREIGN KEY: SHARE ROW EXCLUSIVE on
// both tables, so reads go on.
func addForeignKey(j *judge, a alteration, k *pg.Constraint) {
	j.lock(a.table, lock.ShareRowExclusive)
	if a.rel != nil && a.rel.Kind == catalog.PartitionedTable {
		j.partitionedForeignKey(a, k)
	} else if j.major() >= 18 && !a.only { // what inherits is locked, and no more
		j.lockAll(j.cat.Descendants(a.table), lock.ShareRowExclusive)
	}
	notEnforced := j.Has(parse.NotEnforced, k.Location)
	taken, some := j.cat.TakesOver(a.table, k)
	if some {
		// The triggers of the partitions' own keys are dropped: those of the new one take over.
		j.lockForDouble(j.cat.Name(k.Pktable))
	}
	if taken && some {
		j.note("each partition has the same foreign key already: no row is read")
	}
	j.foreignKey(a, foreignKey{
		parent: j.cat.Name(k.Pktable), columns: catalog.Strings(k.FkAttrs), refColumns: catalog.Strings(k.PkAttrs),
		skip: k.SkipValidation || notEnforced || taken,
	})
}

func (fk *keys) partitionedForeignKey(a alteration, k *pg.Constraint) {
	fk.lockAll(fk.parts(a.table), lock.ShareRowExclusive)
	switch {
	case fk.major() == 10:
		fk.fails("42809", "foreign keys on partitioned tables need 11")
	case k.SkipValidation && !k.InitiallyValid && fk.major() < 18:
		fk.fails("42809", "a NOT VALID foreign key on a partitioned table needs 18")
	}
}

// foreignKey locks the parent and, where rows are checked, reads both tables.
func (fk *keys) foreignKey(a alteration, k foreignKey) {
	fk.lock(k.parent, lock.ShareRowExclusive)
	if p := fk.cat.Seen(k.parent); p != nil && p.Kind == catalog.PartitionedTable && fk.major() < 12 {
		fk.fails("42809", "a foreign key to a partitioned table needs 12")
	}
	fk.lockAll(fk.parts(k.parent), lock.ShareRowExclusive)
	if !k.skip && !fk.new(a.table) {
		fk.validateForeignKey(a, k.parent)
	}
}

// validateForeignKey is the join that looks for rows without a parent: it plans
// over all indexes of both tables. Rows of what inherits are not asked for.
func (k *keys) validateForeignKey(a alteration, parent string) {
	tables := []string{a.table}
	if !a.only {
		tables = append(tables, k.parts(a.table)...)
	}
	for _, t := range append(append(tables, parent), k.parts(parent)...) {
		k.lock(t, lock.AccessShare)
		k.scan(t)
		k.planIndexes(t, lock.AccessShare)
	}
}

// planIndexes locks the indexes that the planner looks at, with the mode that
// the query has on the table. Before 16 it does not look at those of a
// partitioned table.
func (k *keys) planIndexes(table string, mode lock.Mode) {
	if r := k.cat.Seen(table); r != nil && r.Kind == catalog.PartitionedTable && k.major() < 16 {
		return
	}
	k.lockIndexes(table, k.planned(mode))
}

// foreignKeysTo lists the foreign keys that point to a table, or to a partitioned
// table above it.
func (fk *keys) foreignKeysTo(table string) []catalog.Reference { return fk.cat.References(table) }

// copiedKeyMode is the lock on the parent of a foreign key that a new partition
// gets from its table.
func (k *keys) copiedKeyMode() lock.Mode {
	if k.major() < 12 {
		return lock.AccessShare
	}
	return lock.ShareRowExclusive
}

// lockReferencing locks the tables whose foreign keys point to a partitioned
// table that gets a partition.
func (fk *keys) lockReferencing(parent string) {
	mode := lock.ShareRowExclusive
	if fk.major() < 15 {
		mode = lock.AccessShare
	}
	for _, k := range fk.foreignKeysTo(parent) {
		if !k.Inherited {
			fk.lock(k.Child, mode)
		}
	}
}

// lockReferenced locks the parents of the foreign keys of a table; which = nil: all.
func (fk *keys) lockReferenced(table string, mode lock.Mode, which func(catalog.Constraint) bool) {
	r := fk.cat.Seen(table)
	if r == nil {
		return
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && (which == nil || which(k)) {
			fk.lockForTriggers(k.References, mode)
		}
	}
}

// lockForDouble locks what foreign keys point to where the triggers that a partition's
// own key has there give way to those of its table's.
func (fk *keys) lockForDouble(table string) {
	r := fk.cat.Seen(table)
	switch {
	case fk.major() >= 15:
		fk.lockForTriggers(table, lock.AccessExclusive)
	case r == nil || r.Kind != catalog.PartitionedTable:
		fk.lock(table, lock.AccessExclusive)
	default:
		for _, part := range fk.parts(table) {
			if fk.cat.Seen(part).Kind != catalog.PartitionedTable {
				fk.lock(part, lock.AccessExclusive)
			}
		}
	}
}

// lockForTriggers locks a table that foreign keys point to, and its partitions, for
// the triggers that a key has there. Before 15 a partitioned table has none of its
// own that could be dropped.
func (fk *keys) lockForTriggers(table string, mode lock.Mode) {
	for _, t := range append([]string{table}, fk.parts(table)...) {
		r := fk.cat.Seen(t)
		if mode < lock.AccessExclusive || fk.major() >= 15 || r == nil || r.Kind != catalog.PartitionedTable {
			fk.lock(t, mode)
		}
	}
}

// checkedByRows locks what the checks of foreign keys read when rows of a table
// are written: parents of the columns that are set, and children of the keys
// that change or go. An empty list of columns means all.
func (q *queries) checkedByRows(table string, columns []string, insert bool) {
	r := q.cat.Seen(table)
	if r == nil {
		return
	}
	touches := func(key []string) bool {
		return len(columns) == 0 || slices.ContainsFunc(key, func(c string) bool { return slices.Contains(columns, c) })
	}
	mode := lock.RowShare
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && k.Enforced && touches(k.Columns) {
			q.lock(k.References, mode)
			q.planIndexes(k.References, mode)
		}
	}
	if insert {
		return
	}
	q.altered(table, columns)
}

// change is what happens to rows: they go, or get other values in some columns.
type change struct {
	table   string
	goes    bool
	columns string // those that change, joined by blanks
}

// deleted follows the rows that go to those that point to them; altered does
// the same for columns that change, all of them where columns is empty.
func (q *queries) deleted(table string) { q.ripple(change{table: table, goes: true}) }

func (q *queries) altered(table string, columns []string) {
	q.ripple(change{table: table, columns: strings.Join(columns, " ")})
}

// ripple goes from table to table along what the foreign keys do. It ends where a
// change was seen before.
func (q *queries) ripple(first change) {
	queue, seen := []change{first}, map[change]bool{first: true}
	for len(queue) > 0 {
		c := queue[0]
		queue = queue[1:]
		for _, k := range q.foreignKeysTo(c.table) {
			next, ok := q.act(c, k)
			if ok && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
}

// act is what one foreign key does when rows that it points to change; false =
// nothing that other foreign keys could see.
func (q *queries) act(c change, k catalog.Reference) (change, bool) {
	columns := strings.Fields(c.columns)
	if !c.goes && len(columns) > 0 &&
		!slices.ContainsFunc(k.RefColumns, func(r string) bool { return slices.Contains(columns, r) }) {
		return change{}, false
	}
	action := k.OnUpdate
	if c.goes {
		action = k.OnDelete
	}
	if action == "" || action == "RESTRICT" {
		q.lookedUp(k, c.table)
		return change{}, false
	}
	q.lock(k.Child, lock.RowExclusive)
	q.lockAll(q.parts(k.Child), lock.RowExclusive)
	q.planIndexes(k.Child, lock.RowExclusive)
	q.unindexed(k)
	q.firesTriggers(k.Child)
	if c.goes && action == "CASCADE" {
		q.note("rows of %s that point to them are deleted too (ON DELETE CASCADE)", k.Child)
		q.inverse(ReversibleNone, "")
		return change{table: k.Child, goes: true}, true
	}
	q.note("rows of %s that point to them are changed too (%s)", k.Child, action)
	return change{table: k.Child, columns: strings.Join(k.Columns, " ")}, true
}

// lookedUp is the check that no row of a child points to a key that changes or
// goes. Without an index on the child's columns it reads the whole child, for
// every row.
func (q *queries) lookedUp(k catalog.Reference, table string) {
	if k.Child == table {
		return
	}
	q.lock(k.Child, lock.RowShare)
	q.planIndexes(k.Child, lock.RowShare)
	q.unindexed(k)
}

// unindexed notes a foreign key whose columns no index finds.
func (q *queries) unindexed(k catalog.Reference) {
	indexed := slices.ContainsFunc(q.indexes(k.Child), func(i catalog.IndexDef) bool {
		return i.Valid && len(i.Columns) > 0 && i.Columns[0] == k.Columns[0]
	})
	if !indexed {
		q.scan(k.Child)
		q.note("%s has no index on %s: it is read whole for every row", k.Child, strings.Join(k.Columns, ", "))
	}
}

// planned is the lock on the indexes of a table that the planner looks at:
// since 12 that of the table, before it ACCESS SHARE unless rows are written.
func (k *keys) planned(mode lock.Mode) lock.Mode {
	if mode == lock.RowShare && k.major() < 12 {
		return lock.AccessShare
	}
	return mode
}
