package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// newColumn is what the definition of an added column says.
type newColumn struct {
	*pg.ColumnDef
	notNull, identity, serial, stored, virtual bool
	// value is the default expression; nil = none or NULL.
	value *pg.Node
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
	if c.value.GetAConst().GetIsnull() {
		c.value = nil
	}
	return c
}

func addColumn(j *judge, a alteration) {
	d := a.Def.GetColumnDef()
	j.inverse(ReversibleInstant, "DROP COLUMN %s (what was written to it since is lost)", catalog.Quote(d.GetColname()))
	if a.MissingOk && a.rel.Column(catalog.Truncate(d.GetColname())) != nil {
		j.note("the column is there already: IF NOT EXISTS takes the lock and does nothing")
		return
	}
	if a.only && a.rel != nil && len(a.rel.Children) > 0 {
		j.fails("42P16", "the column must be added to child tables too")
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

// rewritesFor says why adding the column rewrites the table; "" = it does not.
func (j *judge) rewritesFor(c newColumn) string {
	t := j.cat.Type(catalog.TypeText(c.TypeName))
	switch {
	case c.serial:
		return "a serial's nextval differs for every row"
	case c.identity:
		return "an identity's nextval differs for every row"
	case c.stored:
		return "a stored generated column is computed for every row"
	case c.virtual:
		return ""
	case t != nil && t.Domain && constrained(j.cat, t):
		return "the domain " + t.Name + " has a constraint, which is checked for every row"
	case c.value != nil && j.version <= 10:
		return "before 11 every default does"
	}
	if t == nil && c.value == nil {
		j.mayBeDomain(c)
	}
	return j.volatile(c.value)
}

func (j *judge) mayBeDomain(c newColumn) {
	text := catalog.TypeText(c.TypeName)
	if !builtIn(text) && !j.cat.Known() {
		j.note("type %s is not in the catalog: if it is a domain with a constraint, the table is rewritten", text)
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
			skip: c.value == nil && !c.serial && !c.identity && !c.stored && !c.virtual || j.Has(parse.NotEnforced, k.Location),
		})
	default:
		a.scanTree(j)
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
	case c.value == nil && !c.serial && !c.identity && !c.stored && !j.new(a.table):
		j.breaks(BreaksOld)
		j.fails("23502", "column %s has no value for the rows that are there", c.Colname)
		j.e.Fails.IfRows = true
		j.scan(a.table)
	}
}
