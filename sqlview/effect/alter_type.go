package effect

import (
	"slices"
	"strings"

	"belay/sqlview/cast"
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
	j.typeCasts(a, c, to, d.GetRawDefault())
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
	collated := d.CollClause != nil &&
		(c == nil || strings.Join(catalog.Strings(d.CollClause.Collname), ".") != c.Collation)
	for _, t := range a.tree(j.cat) {
		j.typeOf(t, a.Name, change, collated)
		if c := j.cat.Seen(t).Column(a.Name); c != nil && c.Identity {
			j.lockAll(j.cat.SequencesOf(t, a.Name), lock.ShareRowExclusive)
		}
	}
	if change.why != "" {
		j.note("%s", change.why)
	}
}

// typeOf judges the change for one table of the tree.
func (t *types) typeOf(table, column string, change typeChange, collated bool) {
	if change.rewrites {
		t.rewrite(table)
	}
	t.typeIndexes(table, column, change, collated)
	t.typeConstraints(table, column, change)
}

// typeIndexes locks the indexes that use the column: each is made anew, and
// keeps its file only where nothing about it changes.
func (t *types) typeIndexes(table, column string, change typeChange, collated bool) {
	for _, i := range t.indexes(table) {
		if !i.Uses(column) {
			continue
		}
		t.lock(i.Name, lock.AccessExclusive)
		depends := catalog.Mentions(i.Predicate, column) || catalog.Mentions(i.Expressions, column)
		if depends || collated || change.reindexes || t.isPart(i.Name) {
			t.rebuild(i.Name)
			t.scan(table)
			t.note("index %s is built again", i.Name)
		}
	}
	if r := t.cat.Seen(table); r == nil || r.Partial {
		if collated {
			t.scan(table)
			t.note("a collation change builds every index on the column again")
		}
	}
}

// typeConstraints follows CHECKs, which are verified again, and foreign keys of
// both directions, which are made anew.
func (t *types) typeConstraints(table, column string, change typeChange) {
	r := t.cat.Seen(table)
	if r == nil {
		return
	}
	for _, k := range r.Constraints {
		switch {
		case k.Type == catalog.Check && k.Enforced &&
			(slices.Contains(k.Columns, column) || catalog.Mentions(k.Expression, column)):
			if k.Valid {
				t.scan(table)
				t.note("the CHECK %s is verified again", k.Name)
			}
		case k.Type == catalog.ForeignKey && !k.Inherited && slices.Contains(k.Columns, column):
			t.remakeForeignKey(table, k.References, k.References, change)
		}
	}
	for _, k := range t.foreignKeysTo(table) {
		if slices.Contains(k.RefColumns, column) && k.Child != table {
			t.remakeForeignKey(k.Child, table, k.Child, change)
		}
	}
	for _, c := range r.Columns {
		if c.Generated == "stored" && catalog.Mentions(c.Default, column) {
			code := "0A000"
			if t.major() < 15 {
				code = "42601"
			}
			t.fails(code, "generated column %s uses it", c.Name)
		}
	}
}

// remakeForeignKey locks the other table of a foreign key that is dropped and
// made again, and reads both where the values changed.
func (t *types) remakeForeignKey(child, parent, other string, change typeChange) {
	for _, name := range append([]string{other}, t.parts(other)...) {
		mode := lock.AccessExclusive
		r := t.cat.Seen(name)
		if other == parent && t.major() < 15 && r != nil && r.Kind == catalog.PartitionedTable {
			mode = lock.ShareRowExclusive // it has no triggers of its own that are dropped
		}
		t.lock(name, mode)
	}
	if change.rewrites {
		t.validateForeignKey(alteration{table: child, only: true}, parent)
	}
}

// typeDependents finds what forbids a change of type.
func (t *types) typeDependents(a alteration) {
	if a.rel == nil {
		return
	}
	for _, d := range a.rel.Dependents {
		if len(d.Columns) == 0 || slices.Contains(d.Columns, a.Name) {
			t.fails("0A000", "%s %s uses the column", d.Kind, d.Name)
		}
	}
}

// typeCasts finds the changes that the server does not make by itself: of the
// values, where there is no USING, and of the default in any case.
func (t *types) typeCasts(a alteration, c *catalog.Column, to string, using *pg.Node) {
	dropped := a.has(func(o *pg.AlterTableCmd) bool {
		return o.Subtype == pg.AlterTableType_AT_ColumnDefault && o.Name == a.Name && o.Def == nil
	})
	switch {
	case c == nil || c.Generated != "":
	case using == nil && cast.Assignable(c.Type, to, t.cat) == cast.No:
		t.fails("42804", "%s does not become %s by itself: it takes USING", c.Type, to)
	case !dropped && cast.DefaultAssignable(c.Default, to, t.cat) == cast.No:
		t.fails("42804", "the default %s does not become %s by itself: DROP DEFAULT first, SET DEFAULT after",
			c.Default, to)
	}
}
