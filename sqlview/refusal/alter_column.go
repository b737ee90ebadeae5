package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func prepAddColumn(c *check, t target) Failure {
	if t.rel.OfType != "" {
		return fail("42809", "%s is made of type %s: no column can be added to it", t.rel.Name, t.rel.OfType)
	}
	return none
}

func addColumn(c *check, t target) Failure {
	d := t.Def.GetColumnDef()
	name := catalog.Truncate(d.GetColname())
	if _, serial := catalog.SerialBase(d.TypeName); serial || identity(d) { // its sequence is made first
		if f := c.mayCreate(catalog.Schema(t.rel.Name)); f.found() {
			return f
		}
	}
	if c.isPartition(t.rel) {
		return fail("42809", "%s is a partition: a column is added to its table", t.rel.Name)
	}
	if old := t.rel.Column(name); old != nil && !t.rel.Doubted {
		if t.MissingOk {
			return c.constrainedAgain(t.rel, d)
		}
		return fail("42701", "column %s of %s exists already", name, t.rel.Name)
	}
	if t.MissingOk && !c.complete(t.rel) {
		return none
	}
	if slices.Contains(systemColumns, name) {
		return fail("42701", "%s is the name of a system column", name)
	}
	return first(
		func() Failure { return c.columnDef(t.rel, d) },
		func() Failure {
			if identity(d) && t.children() && !t.only && (c.version < 17 || t.rel.Kind != catalog.PartitionedTable) {
				return fail("42P16", "%s has child tables: an identity column cannot be added to all of them",
					t.rel.Name)
			}
			return none
		},
		func() Failure {
			if t.only && t.children() {
				return fail("42P16", "the column must be added to child tables too: leave out ONLY")
			}
			return none
		},
		func() Failure { return c.ownedBelow(t, nil) },
		func() Failure { return c.mergesInto(t, d) },
		func() Failure {
			return c.addedConstraints(t.rel, d)
		},
	)
}

// constrainedAgain is the look at constraints that are added to a column that is there
// already.
func (c *check) constrainedAgain(r *catalog.Relation, d *pg.ColumnDef) Failure {
	if !catalog.ConstrainsAgain(c.version) {
		return none
	}
	return c.addedConstraints(r, d)
}

func identity(d *pg.ColumnDef) bool {
	return slices.ContainsFunc(d.Constraints, func(n *pg.Node) bool {
		return n.GetConstraint().GetContype() == pg.ConstrType_CONSTR_IDENTITY
	})
}

// mergesInto is the look at children that have such a column already.
func (c *check) mergesInto(t target, d *pg.ColumnDef) Failure {
	return each(t.rel.Children, func(child string) Failure {
		r := c.cat.Relations.Get(child)
		col := r.Column(catalog.Truncate(d.Colname))
		if col == nil || !listed(r) || col.Type == "" {
			return none
		}
		if text := c.cat.ColumnType(d.TypeName); typeBase(text) != typeBase(col.Type) {
			return fail("42804", "child table %s has another type for column %s: %s", child, col.Name, col.Type)
		}
		return none
	})
}

func typeBase(text string) string {
	base, _, array := catalog.SplitType(text)
	if array {
		base += "[]"
	}
	return base
}

func prepDropColumn(c *check, t target) Failure {
	if t.rel.OfType != "" {
		return fail("42809", "%s is made of type %s: no column can be dropped from it", t.rel.Name, t.rel.OfType)
	}
	return none
}

func dropColumn(c *check, t target) Failure {
	if t.MissingOk && t.rel.Column(t.Name) == nil && !slices.Contains(systemColumns, t.Name) {
		return none
	}
	col, f := c.column(t.rel, t.Name)
	switch {
	case f.found():
		return f
	case col == nil:
		return none
	case col.Inherited > 0:
		return fail("42P16", "column %s of %s comes from a parent: it is dropped there", t.Name, t.rel.Name)
	case slices.Contains(t.rel.PartitionColumns, t.Name):
		return fail("42P16", "column %s is part of the partition key of %s", t.Name, t.rel.Name)
	case t.rel.Kind == catalog.PartitionedTable && t.only && t.children():
		return fail("42P16", "a column cannot be dropped from the partitioned table alone: leave out ONLY")
	}
	if !t.only {
		if f := c.keyBelow(t.rel, t.Name); f.found() {
			return f
		}
	}
	goesToo := func(kid *catalog.Relation) bool {
		own := kid.Column(t.Name)
		return own != nil && !own.Local && own.Inherited == 1
	}
	if f := c.ownedBelow(t, goesToo); f.found() {
		return f
	}
	gone := []catalog.Object{{Kind: catalog.ColumnKind, Name: t.Name, On: t.rel.Name}}
	for i := 0; i < len(gone) && !t.only; i++ {
		r := c.cat.Relations.Get(gone[i].On)
		if r == nil {
			continue
		}
		for _, child := range r.Children { // one that keeps its own keeps what is below it
			o := catalog.Object{Kind: catalog.ColumnKind, Name: t.Name, On: child}
			if kid := c.cat.Relations.Get(child); kid != nil && goesToo(kid) && !slices.Contains(gone, o) {
				gone = append(gone, o)
			}
		}
	}
	return c.inTheWay(t, gone...)
}

// keyBelow is the failure of a column that a partition below uses as its own key.
func (c *check) keyBelow(r *catalog.Relation, column string) Failure {
	return each(c.cat.Descendants(r.Name), func(child string) Failure {
		kid := c.cat.Relations.Get(child)
		if col := kid.Column(column); col != nil && !col.Local && col.Inherited == 1 &&
			slices.Contains(kid.PartitionColumns, column) {
			return fail("42P16", "column %s is part of the partition key of %s", column, child)
		}
		return none
	})
}

// namesColumn is a subcommand that only needs its column.
func namesColumn(c *check, t target) Failure {
	if t.Name == "" {
		return none // by number: of an index
	}
	_, f := c.column(t.rel, t.Name)
	return f
}

func columnDefault(c *check, t target) Failure {
	col, f := c.column(t.rel, t.Name)
	switch {
	case f.found():
		return f
	case col == nil:
		return none
	case col.Identity:
		return fail("42601", "column %s of %s is an identity column", t.Name, t.rel.Name)
	case col.Generated != "":
		return fail("42601", "column %s of %s is a generated column", t.Name, t.rel.Name)
	case t.Def == nil:
		return none
	}
	return c.defaultFits(col, t.Def)
}

func prepNotNull(c *check, t target) Failure {
	if t.only && t.rel.Kind == catalog.PartitionedTable && t.children() && c.version >= 12 && c.version < 18 {
		if col := t.rel.Column(t.Name); col != nil && !col.NotNull {
			return each(t.rel.Children, func(child string) Failure {
				if own := c.cat.Relations.Get(child).Column(t.Name); own != nil && !own.NotNull {
					return fail("42P16", "partition %s has no NOT NULL on %s: leave out ONLY", child, t.Name)
				}
				return none
			})
		}
	}
	return none
}

func setNotNull(c *check, t target) Failure {
	if _, f := c.column(t.rel, t.Name); f.found() {
		return f
	}
	return unless(c.version < 18, c.ownedBelow(t, nil))
}

func prepDropNotNull(c *check, t target) Failure {
	if t.only && t.rel.Kind == catalog.PartitionedTable && t.children() && c.version < 18 {
		return fail("42P16", "NOT NULL cannot be dropped from the partitioned table alone: leave out ONLY")
	}
	return none
}

func dropNotNull(c *check, t target) Failure {
	col, f := c.column(t.rel, t.Name)
	switch {
	case f.found():
		return f
	case col == nil || !col.NotNull && c.version >= 18:
		return none
	case col.Identity:
		return fail("42601", "column %s of %s is an identity column", t.Name, t.rel.Name)
	}
	for _, i := range t.rel.Indexes {
		if i.Primary && slices.Contains(i.Columns, t.Name) {
			return fail("42P16", "column %s is in the primary key of %s", t.Name, t.rel.Name)
		}
	}
	if above := c.cat.Partitioned(t.rel.Name); len(above) > 0 {
		if own := c.cat.Relations.Get(above[0]).Column(t.Name); own != nil && own.NotNull {
			return fail("42P16", "column %s is NOT NULL in the partitioned table %s", t.Name, above[0])
		}
	}
	return each(t.rel.Constraints, func(k catalog.Constraint) Failure {
		if c.version >= 18 && c.cat.Source == catalog.SourceLive && k.Type == catalog.NotNull && k.Inherited &&
			slices.Contains(k.Columns, t.Name) {
			return fail("42P16", "NOT NULL of column %s comes from a parent of %s", t.Name, t.rel.Name)
		}
		return none
	})
}

func setExpression(c *check, t target) Failure {
	col, f := c.column(t.rel, t.Name)
	if f.found() || col == nil {
		return f
	}
	if col.Generated == "" {
		return fail("55000", "column %s of %s is no generated column", t.Name, t.rel.Name)
	}
	return none
}

func prepDropExpression(c *check, t target) Failure {
	if t.only && t.children() {
		return fail("0A000", "DROP EXPRESSION must be done to child tables too: leave out ONLY")
	}
	if c.version < 16 && slices.ContainsFunc(t.rel.Children, func(child string) bool {
		kid := c.cat.Relations.Get(child)
		return kid != nil && len(kid.Children) > 0
	}) {
		return fail("0A000", "before 16 DROP EXPRESSION does not go down to grandchildren")
	}
	col, f := c.column(t.rel, t.Name)
	if f.found() || col == nil {
		return f
	}
	if col.Inherited > 0 {
		return fail("42P16", "column %s of %s comes from a parent: its expression is dropped there", t.Name,
			t.rel.Name)
	}
	return none
}

func dropExpression(c *check, t target) Failure {
	col, f := c.column(t.rel, t.Name)
	if f.found() || col == nil {
		return f
	}
	if col.Generated != "stored" && !t.MissingOk {
		return fail("55000", "column %s of %s is no stored generated column", t.Name, t.rel.Name)
	}
	return none
}

var identityTypes = []string{"smallint", "integer", "bigint"}

func addIdentity(c *check, t target) Failure {
	col, f := c.column(t.rel, t.Name)
	if f.found() && f.Code == "0A000" {
		return none
	}
	switch {
	case f.found() || col == nil:
		return f
	case col.Type != "" && !slices.Contains(identityTypes, col.Type):
		return fail("22023", "an identity column is smallint, integer or bigint, not %s", col.Type)
	case c.version >= 17 && c.isPartition(t.rel):
		return fail("42P16", "%s is a partition: identity is added to its table", t.rel.Name)
	case c.version >= 17 && t.only && t.rel.Kind == catalog.PartitionedTable && t.children():
		return fail("42P16", "identity cannot be added to the partitioned table alone: leave out ONLY")
	case !col.NotNull:
		return fail("55000", "column %s of %s must be NOT NULL before identity can be added", t.Name, t.rel.Name)
	case col.Identity:
		return fail("55000", "column %s of %s is an identity column already", t.Name, t.rel.Name)
	case col.Default != "":
		return fail("55000", "column %s of %s has a default: DROP DEFAULT first", t.Name, t.rel.Name)
	}
	return none
}

func setIdentity(c *check, t target) Failure { return c.hasIdentity(t, false) }

func dropIdentity(c *check, t target) Failure { return c.hasIdentity(t, t.MissingOk) }

func (c *check) hasIdentity(t target, missingOK bool) Failure {
	col, f := c.column(t.rel, t.Name)
	if f.found() || col == nil {
		return f
	}
	if !col.Identity && !missingOK {
		return fail("55000", "column %s of %s is no identity column", t.Name, t.rel.Name)
	}
	return none
}

// fixedTypes are types whose values are never stored apart.
var fixedTypes = []string{"smallint", "integer", "bigint", "boolean", "real", "double precision", "date", "uuid",
	"timestamp without time zone", "timestamp with time zone", "oid"}

func setStorage(c *check, t target) Failure {
	col, f := c.column(t.rel, t.Name)
	if f.found() || col == nil {
		return f
	}
	fixed := slices.Contains(fixedTypes, col.Type) || !strings.HasSuffix(col.Type, "]") && c.enum(col.Type)
	if word := t.Def.GetString_().GetSval(); fixed && word != "" && word != "plain" && word != "PLAIN" &&
		word != "default" && word != "DEFAULT" {
		return fail("0A000", "a column of type %s can only have storage PLAIN", col.Type)
	}
	return none
}

func (c *check) enum(text string) bool {
	t := c.cat.Type(text)
	return t != nil && len(t.Enum) > 0 && typeBase(text) == text
}
