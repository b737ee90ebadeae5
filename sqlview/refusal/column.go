package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// columnDef is the look at a new column by itself: its type, its default, what is
// generated. Its constraints come later.
func (c *check) columnDef(r *catalog.Relation, d *pg.ColumnDef) Failure {
	return first(
		func() Failure { return c.typeName(d.TypeName) },
		func() Failure { return columnClauses(d) },
		func() Failure { return c.identityType(d) },
		func() Failure { return c.columnType(d.Colname, d.TypeName) },
		func() Failure { return c.columnValue(r, d) },
	)
}

// columnClauses is what may stand behind a column only once, or not beside another.
func columnClauses(d *pg.ColumnDef) Failure {
	has := map[pg.ConstrType]int{}
	for _, n := range d.Constraints {
		has[n.GetConstraint().GetContype()]++
	}
	if _, serial := catalog.SerialBase(d.TypeName); serial && d.TypeName != nil {
		if len(d.TypeName.ArrayBounds) > 0 {
			return fail("0A000", "there is no array of serial")
		}
		has[pg.ConstrType_CONSTR_DEFAULT]++
	}
	defaults, identity, generated := has[pg.ConstrType_CONSTR_DEFAULT], has[pg.ConstrType_CONSTR_IDENTITY],
		has[pg.ConstrType_CONSTR_GENERATED]
	switch {
	case defaults > 1:
		return fail("42601", "column %s has more than one default", d.Colname)
	case identity > 1:
		return fail("42601", "column %s has more than one identity", d.Colname)
	case generated > 1:
		return fail("42601", "column %s is generated twice", d.Colname)
	case defaults > 0 && identity > 0:
		return fail("42601", "column %s has both a default and identity", d.Colname)
	case defaults > 0 && generated > 0:
		return fail("42601", "column %s has both a default and a generation expression", d.Colname)
	case identity > 0 && generated > 0:
		return fail("42601", "column %s has both identity and a generation expression", d.Colname)
	case has[pg.ConstrType_CONSTR_NULL] > 0 && has[pg.ConstrType_CONSTR_NOTNULL]+identity > 0:
		return fail("42601", "column %s is declared NULL and NOT NULL", d.Colname)
	}
	return none
}

func (c *check) columnValue(r *catalog.Relation, d *pg.ColumnDef) Failure {
	col := &catalog.Column{Name: catalog.Truncate(d.Colname), Type: c.cat.ColumnType(d.TypeName)}
	if d.RawDefault != nil {
		if f := c.defaultFits(col, d.RawDefault); f.found() {
			return f
		}
	}
	for _, n := range d.Constraints {
		k := n.GetConstraint()
		switch k.GetContype() {
		case pg.ConstrType_CONSTR_DEFAULT:
			if f := c.defaultFits(col, k.RawExpr); f.found() {
				return f
			}
		case pg.ConstrType_CONSTR_GENERATED:
			if f := c.generated(r, col, k.RawExpr); f.found() {
				return f
			}
		}
	}
	return none
}

// generated is the look at the expression of a generated column.
func (c *check) generated(r *catalog.Relation, col *catalog.Column, n *pg.Node) Failure {
	if r == nil {
		return none
	}
	with := *r
	with.Columns = append(slices.Clip(r.Columns), *col)
	if f := c.names(&with, n, "a generated column"); f.found() {
		return f
	}
	var f Failure
	catalog.Walk(n, func(m any) bool {
		ref, ok := m.(*pg.ColumnRef)
		if !ok || f.found() {
			return true
		}
		name := words0(catalog.Strings(ref.Fields))
		if used := with.Column(name); len(ref.Fields) == 1 && used != nil && (used.Generated != "" ||
			name == col.Name) {
			f = fail("42P17", "generated column %s cannot use %s, which is generated too", col.Name, name)
		}
		return true
	})
	if f.found() {
		return f
	}
	if f = c.assigns(c.typeOf(r, n), col.Type); f.found() {
		f.Message = "the expression of column " + col.Name + ": " + f.Message
	}
	return f
}

// addedConstraints are those behind a new column, in the order in which they are made.
func (c *check) addedConstraints(r *catalog.Relation, d *pg.ColumnDef) Failure {
	with := *r
	with.Columns = append(slices.Clip(r.Columns), catalog.Column{
		Name: catalog.Truncate(d.Colname), Type: c.cat.ColumnType(d.TypeName),
	})
	order := []pg.ConstrType{pg.ConstrType_CONSTR_CHECK, pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE,
		pg.ConstrType_CONSTR_FOREIGN}
	return each(order, func(t pg.ConstrType) Failure {
		for i, n := range d.Constraints {
			if n.GetConstraint().GetContype() != t {
				continue
			}
			k := catalog.OfColumn(catalog.Truncate(d.Colname), d.Constraints, i)
			if f := c.constraint(&with, k, false); f.found() {
				return f
			}
		}
		return none
	})
}
