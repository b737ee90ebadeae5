package effect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = subcommandsOf(map[pg.AlterTableType]subcommand{
	pg.AlterTableType_AT_AlterColumnType: {lock.AccessExclusive, true, alterType},
})

func alterType(j *judge, a alteration) {
	d := a.Def.GetColumnDef()
	to := catalog.TypeText(d.GetTypeName())
	c := a.rel.Column(a.Name)
	from := ""
	if c != nil {
		from = c.Type
	}
	j.breaks(BreaksOld)
	j.typeDependents(a)
	change := j.typeChange(from, to, a.Name, d.GetRawDefault())
	switch {
	case from == "" && change.rewrites:
		j.inverse(ReversibleLossy, "TYPE back to what it was (rewrites; values that the change altered stay altered)")
	case change.lossy:
		j.inverse(ReversibleLossy, "TYPE %s (values that the change altered stay altered)", from)
	case j.typeChange(to, from, a.Name, nil).rewrites:
		j.inverse(ReversibleSlow, "TYPE %s (rewrites)", from)
	default:
		j.inverse(ReversibleInstant, "TYPE %s", from)
	}
	collated := d.CollClause != nil && (c == nil || strings.Join(catalog.Strings(d.CollClause.Collname), ".") != c.Collation)
	for _, t := range a.tree(j) {
		j.typeOf(t, a.Name, change, collated)
	}
	if change.why != "" {
		j.note("%s", change.why)
	}
}

// typeOf judges the change for one table of the tree.
func (j *judge) typeOf(table, column string, change typeChange, collated bool) {
	if change.rewrites {
		if r := j.cat.Seen(table); r == nil || r.Kind != catalog.PartitionedTable {
			j.rewrite(table)
		}
	}
	j.typeIndexes(table, column, change, collated)
	j.typeConstraints(table, column, change)
}

// typeIndexes locks the indexes that use the column: each is made anew, and
// keeps its file only where nothing about it changes.
func (j *judge) typeIndexes(table, column string, change typeChange, collated bool) {
	for _, i := range j.indexes(table) {
		if !i.Uses(column) {
			continue
		}
		j.lock(i.Name, lock.AccessExclusive)
		depends := catalog.Mentions(i.Predicate, column) || catalog.Mentions(i.Expressions, column)
		if depends || collated || change.reindexes {
			j.rebuild(i.Name)
			j.scan(table)
			j.note("index %s is built again", i.Name)
		}
	}
	if r := j.cat.Seen(table); r == nil || r.Partial {
		if collated {
			j.scan(table)
			j.note("a collation change builds every index on the column again")
		}
	}
}

// typeConstraints follows CHECKs, which are verified again, and foreign keys of
// both directions, which are made anew.
func (j *judge) typeConstraints(table, column string, change typeChange) {
	r := j.cat.Seen(table)
	if r == nil {
		return
	}
	for _, k := range r.Constraints {
		switch {
		case k.Type == catalog.Check && k.Enforced && (slices.Contains(k.Columns, column) || catalog.Mentions(k.Expression, column)):
			if k.Valid {
				j.scan(table)
				j.note("the CHECK %s is verified again", k.Name)
			}
		case k.Type == catalog.ForeignKey && slices.Contains(k.Columns, column):
			j.remakeForeignKey(table, k.References, k.References, change)
		}
	}
	for _, k := range j.foreignKeysTo(table) {
		if slices.Contains(k.RefColumns, column) && k.child != table {
			j.remakeForeignKey(k.child, table, k.child, change)
		}
	}
	for _, c := range r.Columns {
		if c.Generated == "stored" && catalog.Mentions(c.Default, column) {
			code := "0A000"
			if j.version < 15 {
				code = "42601"
			}
			j.fails(code, "generated column %s uses it", c.Name)
		}
	}
}

// remakeForeignKey locks the other table of a foreign key that is dropped and
// made again, and reads both where the values changed.
func (j *judge) remakeForeignKey(child, parent, other string, change typeChange) {
	j.lock(other, lock.AccessExclusive)
	if change.rewrites {
		j.validateForeignKey(alteration{table: child, only: true}, parent)
	}
}

// typeDependents finds what forbids a change of type.
func (j *judge) typeDependents(a alteration) {
	if a.rel == nil {
		return
	}
	for _, d := range a.rel.Dependents {
		if len(d.Columns) == 0 || slices.Contains(d.Columns, a.Name) {
			j.fails("0A000", "%s %s uses the column", d.Kind, d.Name)
		}
	}
}
