package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func prepConstraint(*check, target) Failure { return none }

func addConstraint(c *check, t target) Failure {
	k := t.Def.GetConstraint()
	if f := c.constraint(t.rel, k, t.only); f.found() {
		return f
	}
	return unless(k.GetContype() != pg.ConstrType_CONSTR_CHECK || k.IsNoInherit, c.ownedBelow(t, nil))
}

// constraint is the look at a constraint that a table gets.
func (c *check) constraint(r *catalog.Relation, k *pg.Constraint, only bool) Failure {
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_CHECK:
		return c.addCheck(r, k, only)
	case pg.ConstrType_CONSTR_FOREIGN:
		return c.addForeignKey(r, k, only)
	case pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_EXCLUSION:
		return c.addKey(r, k, only)
	case pg.ConstrType_CONSTR_NOTNULL:
		return each(catalog.Strings(k.Keys), func(name string) Failure {
			_, f := c.column(r, name)
			return f
		})
	}
	return none
}

func (c *check) constraintTaken(r *catalog.Relation, name string) Failure {
	if k := r.Constraint(catalog.Truncate(name)); name != "" && k != nil && !r.Doubted {
		return fail("42710", "constraint %s of %s exists already", name, r.Name)
	}
	return none
}

func (c *check) addCheck(r *catalog.Relation, k *pg.Constraint, only bool) Failure {
	if f := c.condition(r, k.RawExpr, "a CHECK", true); f.found() {
		return f
	}
	if old := r.Constraint(catalog.Truncate(k.Conname)); k.Conname != "" && old != nil && !r.Doubted {
		same := slices.Equal(sortedSet(old.Columns), sortedSet(catalog.Columns(k.RawExpr)))
		if old.Type == catalog.Check && old.Inherited && !old.Local && same {
			return none // the same CHECK becomes its own
		}
		return fail("42710", "constraint %s of %s exists already", k.Conname, r.Name)
	}
	switch {
	case k.IsNoInherit && r.Kind == catalog.PartitionedTable:
		return fail("42P16", "%s is partitioned: its CHECK cannot be NO INHERIT", r.Name)
	case only && !k.IsNoInherit && len(r.Children) > 0:
		return fail("42P16", "the CHECK must be added to child tables too: leave out ONLY")
	case k.Conname == "" || k.IsNoInherit:
		return none
	}
	return each(c.cat.Descendants(r.Name), func(child string) Failure {
		kid := c.cat.Relations.Get(child)
		old := kid.Constraint(catalog.Truncate(k.Conname))
		if !there(kid) || old == nil || old.Type == catalog.Check && catalog.Implies(old.Expression,
			catalog.Expression(k.RawExpr)) {
			return none
		}
		if old.Type == catalog.Check && !old.NoInherit {
			return none // perhaps the same in other words
		}
		return fail("42710", "constraint %s of %s exists already", k.Conname, child)
	})
}

func sortedSet(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

// addKey is the look at PRIMARY KEY, UNIQUE and EXCLUDE.
func (c *check) addKey(r *catalog.Relation, k *pg.Constraint, only bool) Failure {
	if r.Kind == catalog.ForeignTable {
		return fail("0A000", "%s is a foreign table: it has no keys", r.Name)
	}
	if k.Indexname != "" {
		return c.useIndex(r, k)
	}
	i := newIndex{
		table: r, unique: k.Contype != pg.ConstrType_CONSTR_EXCLUSION,
		primary: k.Contype == pg.ConstrType_CONSTR_PRIMARY, exclude: k.Contype == pg.ConstrType_CONSTR_EXCLUSION,
		constraint: true, only: only, name: catalog.Truncate(k.Conname), method: k.AccessMethod,
		where: k.WhereClause, columns: catalog.Strings(k.Keys),
	}
	if i.method == "" {
		i.method = "btree"
	}
	for _, x := range k.Exclusions {
		if items := x.GetList().GetItems(); len(items) > 0 {
			i.elements = append(i.elements, items[0].GetIndexElem())
		}
	}
	if f := c.keyColumns(r, i.columns); f.found() {
		return f
	}
	if f := c.keyColumns(r, catalog.Strings(k.Including)); f.found() {
		return f
	}
	if only && i.primary {
		if f := c.notNullBelow(r, i.columns); f.found() {
			return f
		}
	}
	return c.index(i)
}

// notNullBelow: a primary key makes its columns NOT NULL, in partitions too.
func (c *check) notNullBelow(r *catalog.Relation, columns []string) Failure {
	if r.Kind != catalog.PartitionedTable && c.version < 18 {
		return none // what inherits may have NULL where its table has not
	}
	return each(columns, func(name string) Failure {
		if col := r.Column(name); col == nil || col.NotNull || r.Doubted {
			return none
		}
		return each(r.Children, func(child string) Failure {
			kid := c.cat.Relations.Get(child)
			if col := kid.Column(name); col != nil && !col.NotNull && there(kid) {
				if c.version >= 18 { // its own word for it
					return fail("XX000", "column %s of %s is not NOT NULL: leave out ONLY", name, child)
				}
				return fail("42P16", "column %s must be NOT NULL in child tables too: leave out ONLY", name)
			}
			return none
		})
	})
}

// keyColumns are the columns of a key: there, and each once.
func (c *check) keyColumns(r *catalog.Relation, columns []string) Failure {
	seen := map[string]bool{}
	if f := each(columns, func(name string) Failure {
		if seen[name] {
			return fail("42701", "column %s is twice in the key", name)
		}
		seen[name] = true
		return none
	}); f.found() {
		return f
	}
	return each(columns, func(name string) Failure {
		_, f := c.column(r, name)
		if f.Code == "42703" {
			return f
		}
		return none
	})
}

func (c *check) useIndex(r *catalog.Relation, k *pg.Constraint) Failure {
	name := catalog.Schema(r.Name) + "." + catalog.Truncate(k.Indexname)
	i := r.Index(name)
	if i == nil {
		switch other := c.cat.Relations.Get(name); {
		case !c.complete(r):
			return none
		case other == nil:
			return fail("42704", "index %s does not exist", name)
		case other.Kind == catalog.Index:
			return fail("55000", "index %s does not belong to %s", name, r.Name)
		}
		return none
	}
	switch {
	case r.Kind == catalog.PartitionedTable:
		return fail("0A000", "%s is partitioned: USING INDEX does not work there", r.Name)
	case i.Constraint != "":
		return fail("55000", "index %s is the index of constraint %s already", name, i.Constraint)
	case !i.Valid:
		return fail("55000", "index %s is INVALID", name)
	case !i.Unique:
		return fail("42809", "index %s is not unique", name)
	case i.Expressions != "":
		return fail("42809", "index %s is over an expression", name)
	case i.Predicate != "":
		return fail("42809", "index %s is partial", name)
	case k.Contype == pg.ConstrType_CONSTR_PRIMARY && hasPrimary(r):
		return fail("42P16", "%s has a primary key already", r.Name)
	case k.Conname != "" && k.Conname != k.Indexname:
		return first(
			func() Failure { return c.taken(catalog.Schema(r.Name) + "." + catalog.Truncate(k.Conname)) },
			func() Failure { return c.constraintTaken(r, k.Conname) },
		)
	}
	return none
}

func hasPrimary(r *catalog.Relation) bool {
	return !r.Doubted && slices.ContainsFunc(r.Indexes, func(i catalog.IndexDef) bool { return i.Primary })
}

func dropConstraint(c *check, t target) Failure {
	k := t.rel.Constraint(t.Name)
	if k == nil {
		if c.allNamed(t.rel) && !t.MissingOk {
			return fail("42704", "constraint %s of %s does not exist", t.Name, t.rel.Name)
		}
		return none
	}
	live := c.cat.Source == catalog.SourceLive // which alone tells of a NOT NULL where it is from
	if k.Inherited && (k.Type != catalog.NotNull || live) && !t.rel.Doubted {
		return fail("42P16", "constraint %s comes from a parent of %s: it goes with that one", k.Name, t.rel.Name)
	}
	if k.Type == catalog.Check && t.only && t.rel.Kind == catalog.PartitionedTable && t.children() && !k.NoInherit &&
		c.version < 18 {
		return fail("42P16", "a constraint cannot be dropped from the partitioned table alone: leave out ONLY")
	}
	if t.rel.Doubted {
		return none
	}
	if f := keyNeeds(t.rel, k); f.found() {
		return f
	}
	return c.inTheWay(t, catalog.Object{Kind: catalog.ConstraintKind, Name: k.Name, On: t.rel.Name})
}

// keyNeeds is the failure of dropping the NOT NULL of a column of the primary key.
func keyNeeds(r *catalog.Relation, k *catalog.Constraint) Failure {
	for _, i := range r.Indexes {
		for _, column := range k.Columns {
			if k.Type == catalog.NotNull && i.Primary && slices.Contains(i.Columns, column) {
				return fail("42P16", "column %s is in the primary key of %s", column, r.Name)
			}
		}
	}
	return none
}

func alterConstraint(c *check, t target) Failure {
	k := t.Def.GetConstraint()
	name := k.GetConname()
	if name == "" && t.Name != "" {
		name = t.Name
	}
	old := t.rel.Constraint(name)
	switch {
	case old == nil && c.allNamed(t.rel):
		return fail("42704", "constraint %s of %s does not exist", name, t.rel.Name)
	case old == nil || t.rel.Doubted:
		return none
	case old.Type != catalog.ForeignKey && len(c.st.Features) == 0:
		return fail("42809", "constraint %s of %s is no foreign key", name, t.rel.Name)
	case old.Type == catalog.ForeignKey && old.Inherited:
		return fail("XX000", "constraint %s comes from a parent of %s: it is altered there", name, t.rel.Name)
	}
	return none
}

func validateConstraint(c *check, t target) Failure {
	old := t.rel.Constraint(t.Name)
	switch {
	case old == nil && c.allNamed(t.rel):
		return fail("42704", "constraint %s of %s does not exist", t.Name, t.rel.Name)
	case old == nil || t.rel.Doubted:
		return none
	case old.Type != catalog.ForeignKey && old.Type != catalog.Check && !(old.Type == catalog.NotNull &&
		c.version >= 18):
		return fail("42809", "constraint %s of %s is neither a foreign key nor a CHECK", t.Name, t.rel.Name)
	case old.Type == catalog.Check && !old.Valid && t.only && t.children() && !old.NoInherit:
		return fail("42P16", "the CHECK must be validated on child tables too: leave out ONLY")
	}
	return none
}
