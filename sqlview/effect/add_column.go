package effect

import (
	"belay/sqlview/cast"
	"belay/sqlview/catalog"
	"belay/sqlview/lock"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// newColumn is what the definition of an added column says.
type newColumn struct {
	*pg.ColumnDef
	notNull, identity, serial, stored, virtual bool
	// value is the default expression; nil = none or NULL, which explicit says.
	value    *pg.Node
	explicit bool
	// constraints are CHECK, REFERENCES, UNIQUE, PRIMARY KEY.
	constraints []*pg.Constraint
}

func (j *judge) column(d *pg.ColumnDef) newColumn {
	c := newColumn{ColumnDef: d, notNull: d.IsNotNull, value: d.RawDefault}
	_, c.serial = catalog.SerialBase(d.TypeName)
	for _, n := range d.Constraints {
		k := n.GetConstraint()
		switch k.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			c.notNull = true
		case pg.ConstrType_CONSTR_DEFAULT:
			c.value = k.RawExpr
		case pg.ConstrType_CONSTR_IDENTITY:
			c.identity = true
		case pg.ConstrType_CONSTR_GENERATED:
			c.virtual = j.Has(parse.Virtual, k.Location)
			c.stored = !c.virtual
		case pg.ConstrType_CONSTR_CHECK, pg.ConstrType_CONSTR_FOREIGN,
			pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_PRIMARY:
			c.constraints = append(c.constraints, k)
		}
	}
	c.explicit = c.value != nil
	if c.value.GetAConst().GetIsnull() {
		c.value = nil
	}
	return c
}

func addColumn(j *judge, a alteration) {
	d := a.Def.GetColumnDef()
	j.inverse(ReversibleInstant, "DROP COLUMN %s (what was written to it since is lost)", catalog.Quote(d.GetColname()))
	if a.MissingOk && a.rel.Column(catalog.Truncate(d.GetColname())) != nil && !a.rel.Doubted {
		j.note("the column is there already: IF NOT EXISTS takes the lock and does nothing")
		if catalog.ConstrainsAgain(j.major()) {
			j.constrainAgain(a, d)
		}
		return
	}
	if a.only && a.rel != nil && len(a.rel.Children) > 0 {
		j.fails("42P16", "the column must be added to child tables too")
	}
	if a.MissingOk && a.rel != nil && a.rel.Doubted {
		j.note("a block of code ran that may have changed %s: whether the column is there is not known", a.table)
	}
	if !a.only {
		j.lockUntilThere(a.rel, catalog.Truncate(d.GetColname()))
	}
	c := j.column(d)
	if why := j.rewritesFor(c); why != "" {
		j.note("rewrites: %s", why)
		a.rewriteTree(j)
	}
	for _, k := range c.constraints {
		j.inlineConstraint(a, c, k)
	}
	j.addedNotNull(a, c)
}

// constrainAgain adds the constraints behind a column to one that is there already.
func (j *judge) constrainAgain(a alteration, d *pg.ColumnDef) {
	for i := range d.GetConstraints() {
		k := catalog.OfColumn(catalog.Truncate(d.GetColname()), d.GetConstraints(), i)
		if k == nil {
			continue
		}
		// A key of a column without a default is not checked: the server takes it for new.
		k.SkipValidation = k.Contype == pg.ConstrType_CONSTR_FOREIGN && j.column(d).value == nil
		j.note("before 13 the constraint behind it is added all the same, once more each time this runs")
		if k.Contype == pg.ConstrType_CONSTR_PRIMARY {
			k.Contype = pg.ConstrType_CONSTR_UNIQUE // NOT NULL would have come with the column
		}
		again := a
		again.AlterTableCmd = &pg.AlterTableCmd{
			Subtype: pg.AlterTableType_AT_AddConstraint,
			Def:     &pg.Node{Node: &pg.Node_Constraint{Constraint: k}},
		}
		addConstraint(j, again)
		j.lockAll(j.parts(a.table), lock.AccessExclusive) // as strong as the rest of the statement
	}
}

// lockUntilThere locks what is below a table that gets a column, as far down as it
// is not there yet.
func (j *judge) lockUntilThere(r *catalog.Relation, column string) {
	if r == nil {
		return
	}
	for _, child := range j.cat.Descendants(r.Name) {
		if above := j.cat.Seen(child); above != nil && !j.merges(r.Name, above, column) {
			j.lock(child, lock.AccessExclusive)
		}
	}
}

// merges reports whether every parent of a child that is below the table has the
// column already, so that the server goes no further down.
func (j *judge) merges(top string, child *catalog.Relation, column string) bool {
	for _, p := range child.Parents {
		if p == top || j.cat.Seen(p).Column(column) == nil {
			return false
		}
	}
	return len(child.Parents) > 0
}

// rewritesFor says why adding the column rewrites the table; "" = it does not.
func (ty *types) rewritesFor(c newColumn) string {
	t := ty.cat.Type(catalog.TypeText(c.TypeName))
	switch {
	case c.serial:
		return "a serial's nextval differs for every row"
	case c.identity:
		return "an identity's nextval differs for every row"
	case c.stored:
		return "a stored generated column is computed for every row"
	case c.virtual:
		return ""
	case t != nil && t.Domain && constrained(ty.cat, t):
		return "the domain " + t.Name + " has a constraint, which is checked for every row"
	case c.value != nil && ty.major() <= 10:
		return "before 11 every default does"
	}
	if t == nil && c.value == nil {
		ty.mayBeDomain(c)
	}
	if t != nil && t.Domain && !c.explicit {
		if ty.major() == 11 || ty.major() == 12 { // those leave the rows without it
			return ""
		}
		return ty.volatileText(t.Default, 0)
	}
	if why := ty.volatileCast(c.value, catalog.TypeText(c.TypeName)); why != "" && c.value != nil {
		return why
	}
	return ty.volatile(c.value)
}

func (t *types) mayBeDomain(c newColumn) {
	text := catalog.TypeText(c.TypeName)
	if !cast.BuiltIn(text) && !t.cat.Known() {
		t.note("type %s is not in the catalog: if it is a domain with a constraint, the table is rewritten", text)
	}
}

// constrained reports whether a domain, or one below it, checks its values.
func constrained(cat *catalog.Snapshot, t *catalog.Type) bool {
	for range 32 {
		if t == nil || !t.Domain {
			return false
		}
		if len(t.Constraints) > 0 || t.NotNull {
			return true
		}
		t = cat.Type(t.Base)
	}
	return true
}

// inlineConstraint judges a constraint written behind the new column.
func (j *judge) inlineConstraint(a alteration, c newColumn, k *pg.Constraint) {
	switch k.Contype {
	case pg.ConstrType_CONSTR_CHECK:
		if !j.Has(parse.NotEnforced, k.Location) {
			a.scanTree(j)
			j.note("the CHECK is verified for every row although all have the same value")
		}
	case pg.ConstrType_CONSTR_FOREIGN:
		j.foreignKey(a, foreignKey{
			parent: j.cat.Name(k.Pktable), columns: []string{c.Colname}, refColumns: catalog.Strings(k.PkAttrs),
			skip: c.value == nil && !c.serial && !c.identity && !c.stored && !c.virtual ||
				j.Has(parse.NotEnforced, k.Location),
		})
	default:
		keyed := &pg.Constraint{
			Contype: k.Contype, Deferrable: k.Deferrable,
			Keys: []*pg.Node{{Node: &pg.Node_String_{String_: &pg.String{Sval: c.Colname}}}},
		}
		j.lockChildren(a, keyed)
		j.buildKey(a, keyed)
		j.note("builds a unique index under the table's lock")
	}
}

// addedNotNull is NOT NULL behind a new column: true by the default's value,
// false for every row without one.
func (j *judge) addedNotNull(a alteration, c newColumn) {
	switch {
	case !c.notNull:
	case c.virtual:
		a.scanTree(j)
	case !c.explicit && j.cat.Type(catalog.TypeText(c.TypeName)).HasDefault():
	case c.value == nil && !c.serial && !c.identity && !c.stored && !j.new(a.table):
		j.breaks(BreaksOld)
		j.fails("23502", "column %s has no value for the rows that are there", c.Colname)
		j.e.Fails.IfRows = true
		j.scan(a.table)
	}
}
