package refusal

import (
	"slices"

	"belay/sqlview/cast"
	"belay/sqlview/catalog"
	"belay/sqlview/measure"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// addForeignKey is the look at a foreign key. Source: ATAddForeignKeyConstraint.
func (c *check) addForeignKey(r *catalog.Relation, k *pg.Constraint, only bool) Failure {
	if r.Kind == catalog.ForeignTable {
		return fail("0A000", "%s is a foreign table: it has no foreign keys", r.Name)
	}
	if f := c.constraintTaken(r, k.Conname); f.found() {
		return f
	}
	return c.foreignKey(r, k, only)
}

// foreignKey is addForeignKey but for the name.
func (c *check) foreignKey(r *catalog.Relation, k *pg.Constraint, only bool) Failure {
	parent := r
	if c.cat.Name(k.Pktable) != r.Name {
		var f Failure
		if parent, f = c.find(k.Pktable); f.found() {
			return f
		}
	}
	if r.Kind == catalog.PartitionedTable {
		switch {
		case c.version < 11:
			return fail("42809", "foreign keys on partitioned tables need 11")
		case only && len(r.Children) > 0, only && c.version < 18:
			return fail("42809", "a foreign key of the partitioned table alone: leave out ONLY")
		case k.SkipValidation && !k.InitiallyValid && c.version < 18:
			return fail("42809", "a NOT VALID foreign key on a partitioned table needs 18")
		}
	}
	if parent == nil {
		return none
	}
	switch {
	case !isTable(parent):
		return fail("42809", "%s is a %s: a foreign key needs a table", parent.Name, parent.Kind)
	case parent.Kind == catalog.PartitionedTable && c.version < 12:
		return fail("42809", "a foreign key to a partitioned table needs 12")
	case temporary(r) != temporary(parent):
		return fail("42P16", "only one of %s and %s is temporary", r.Name, parent.Name)
	case parent.Unlogged && !r.Unlogged && !temporary(r):
		return fail("42P16", "%s is unlogged and %s is not", parent.Name, r.Name)
	}
	if f := c.keyOf(r, parent, k); f.found() {
		return f
	}
	if r.Kind == catalog.PartitionedTable && slices.Contains(c.cat.Descendants(r.Name), parent.Name) {
		return fail("55006", "%s is a partition of %s itself: the statement has it in use already", parent.Name, r.Name)
	}
	return none
}

func temporary(r *catalog.Relation) bool { return catalog.Schema(r.Name) == catalog.TempSchema }

// keyOf finds the key that a foreign key points to.
func (c *check) keyOf(r, parent *catalog.Relation, k *pg.Constraint) Failure {
	columns := catalog.Strings(k.FkAttrs)
	if f := each(columns, func(name string) Failure { return c.foreignColumn(r, name) }); f.found() {
		return f
	}
	if c.st.Has(parse.Period, k.Location) {
		return none
	}
	wanted := catalog.Strings(k.PkAttrs)
	if len(wanted) == 0 {
		i := slices.IndexFunc(parent.Indexes, func(i catalog.IndexDef) bool { return i.Primary && i.Valid })
		if i < 0 {
			if c.complete(parent) {
				return fail("42704", "%s has no primary key", parent.Name)
			}
			return none
		}
		wanted = parent.Indexes[i].Columns
		if !parent.Indexes[i].Immediate {
			return fail("55000", "the primary key of %s is checked later", parent.Name)
		}
	} else if f := c.uniqueOver(parent, wanted); f.found() {
		return f
	}
	if len(columns) != len(wanted) {
		return fail("42830", "%s %s to %d of %s", measure.Plural(len(columns), "column"),
			measure.Verb(int64(len(columns)), "points", "point"), len(wanted), parent.Name)
	}
	for i := range columns {
		from, to := r.Column(columns[i]), parent.Column(wanted[i])
		if from == nil || to == nil || r.Doubted || parent.Doubted {
			continue
		}
		if c.incomparable(from.Type, to.Type) {
			return fail("42804", "%s is %s and %s of %s is %s", columns[i], from.Type, wanted[i], parent.Name,
				to.Type)
		}
	}
	return none
}

func (c *check) foreignColumn(r *catalog.Relation, name string) Failure {
	_, f := c.column(r, name)
	if f.Code == "0A000" {
		return none
	}
	return f
}

// uniqueOver is the failure where no unique index is over exactly these columns.
func (c *check) uniqueOver(parent *catalog.Relation, columns []string) Failure {
	if f := each(columns, func(name string) Failure { return c.foreignColumn(parent, name) }); f.found() {
		return f
	}
	if len(slices.Compact(slices.Sorted(slices.Values(columns)))) < len(columns) {
		return fail("42830", "a column of %s is named twice", parent.Name)
	}
	later := false
	for _, i := range parent.Indexes {
		if !i.Unique || !i.Valid || i.Predicate != "" || i.Expressions != "" ||
			!slices.Equal(slices.Sorted(slices.Values(i.Columns)), slices.Sorted(slices.Values(columns))) {
			continue
		}
		if i.Immediate {
			return none
		}
		later = true
	}
	switch {
	case later:
		return fail("55000", "the unique constraint of %s is checked later", parent.Name)
	case c.complete(parent):
		return fail("42830", "%s has no unique constraint over the columns that it points to", parent.Name)
	}
	return none
}

// comparable are families of types that one operator class compares.
var comparable = [][]string{
	{"smallint", "integer", "bigint"}, {"real", "double precision"},
	{"date", "timestamp without time zone", "timestamp with time zone"},
	{"text", "character varying", "character", "bpchar", "name", "citext"},
	{"bit", "bit varying"}, {"inet", "cidr"},
}

var numbers = []string{"smallint", "integer", "bigint", "numeric", "real", "double precision"}

// incomparable reports whether no operator compares a column with the key that it
// points to.
func (c *check) incomparable(from, to string) bool {
	from, to = c.plainType(from), c.plainType(to)
	if from == "" || to == "" || from == to {
		return false
	}
	for _, family := range comparable {
		if slices.Contains(family, from) && slices.Contains(family, to) {
			return false
		}
	}
	if f, t := slices.Index(numbers, from), slices.Index(numbers, to); f >= 0 && t >= 0 {
		return f > t
	}
	own := func(text string) bool { t := c.cat.Type(text); return t != nil && len(t.Enum) > 0 }
	known := func(text string) bool { return scalar[text] || own(text) }
	return known(from) && known(to)
}

// scalar are types that compare with nothing but their own family.
var scalar = map[string]bool{
	"smallint": true, "integer": true, "bigint": true, "numeric": true, "real": true, "double precision": true,
	"text": true, "character varying": true, "boolean": true, "uuid": true, "date": true, "bytea": true,
	"timestamp without time zone": true, "timestamp with time zone": true, "jsonb": true,
}

// plainType is the base of a type, through domains; "" = not known.
func (c *check) plainType(text string) string {
	base := typeBase(text)
	for range 8 {
		t := c.cat.Type(base)
		switch {
		case t == nil && !cast.BuiltIn(base):
			return ""
		case t == nil || !t.Domain:
			return base
		}
		base = typeBase(t.Base)
	}
	return ""
}
