package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CreateStmt)(nil), func(c *check,
		n *pg.Node) Failure {
		return c.createTable(n.GetCreateStmt())
	})
	_ = register((*pg.Node_CreateForeignTableStmt)(nil), func(c *check, n *pg.Node) Failure {
		return c.createTable(n.GetCreateForeignTableStmt().GetBaseStmt())
	})
)

// createTable is CREATE TABLE. Source: transformCreateStmt, then DefineRelation.
func (c *check) createTable(s *pg.CreateStmt) Failure {
	name, f := c.newName(s.GetRelation())
	if f.found() {
		return f
	}
	if s.IfNotExists && (c.cat.Relations.Get(name) != nil || !c.whole()) {
		return none
	}
	return first(
		func() Failure { return c.elements(s) },
		func() Failure { return c.twice(s) },
		func() Failure { return c.parents(s) },
		func() Failure { return each(columnsOf(s), func(d *pg.ColumnDef) Failure { return c.columnTypeOf(d) }) },
		func() Failure { return c.taken(name) },
		func() Failure { return c.typeTaken(name) },
		func() Failure { return c.made(s, name) },
	)
}

func (c *check) columnTypeOf(d *pg.ColumnDef) Failure {
	if d.TypeName == nil {
		return none
	}
	return c.columnType(d.Colname, d.TypeName)
}

func columnsOf(s *pg.CreateStmt) []*pg.ColumnDef {
	var all []*pg.ColumnDef
	for _, n := range s.TableElts {
		if d := n.GetColumnDef(); d != nil {
			all = append(all, d)
		}
	}
	return all
}

// elements are the columns by themselves, LIKE, and the keys over them, in the order
// of the text: keys come after all columns.
func (c *check) elements(s *pg.CreateStmt) Failure {
	if s.OfTypename != nil {
		if f := c.typeName(s.OfTypename); f.found() {
			return f
		}
		if t := c.cat.Types.Get(c.cat.NameOf(s.OfTypename.Names)); t != nil && !t.Composite {
			return fail("42809", "type %s is not composite", t.Name)
		}
	}
	if f := each(s.TableElts, func(n *pg.Node) Failure { return c.element(s, n) }); f.found() {
		return f
	}
	if f := c.keysOver(s); f.found() {
		return f
	}
	return each(columnsOf(s), func(d *pg.ColumnDef) Failure { return c.identityType(d) })
}

func (c *check) element(s *pg.CreateStmt, n *pg.Node) Failure {
	if l := n.GetTableLikeClause(); l != nil {
		r, f := c.find(l.Relation)
		if f.found() || r == nil {
			return f
		}
		if r.Kind == catalog.Index || r.Kind == catalog.Sequence {
			return fail("42809", "%s is a %s: a table cannot be like it", r.Name, r.Kind)
		}
		return none
	}
	if d := n.GetColumnDef(); d != nil {
		if f := c.typeName(d.TypeName); f.found() {
			return f
		}
		return columnClauses(d)
	}
	if k := n.GetConstraint(); k.GetContype() == pg.ConstrType_CONSTR_EXCLUSION && s.Partspec != nil &&
		c.version < 17 {
		return fail("0A000", "an EXCLUDE constraint on a partitioned table needs 17")
	}
	return none
}

// identityType is what the sequence of an identity column can count.
func (c *check) identityType(d *pg.ColumnDef) Failure {
	if t := c.cat.ColumnType(d.TypeName); identity(d) && t != "" && !slices.Contains(identityTypes, t) {
		return fail("22023", "an identity column is smallint, integer or bigint, not %s", t)
	}
	return none
}

// keysOver are the keys of a new table: one of them primary, over its columns.
func (c *check) keysOver(s *pg.CreateStmt) Failure {
	has, primary := map[string]bool{}, false
	for _, d := range columnsOf(s) {
		has[d.Colname] = true
	}
	// What it has from LIKE, a type or parents is not told from its text.
	plain := s.OfTypename == nil && len(columnsOf(s)) == len(s.TableElts)-len(keyNodes(s))
	for _, v := range s.InhRelations {
		p := c.cat.Relations.Get(c.cat.Name(v.GetRangeVar()))
		plain = plain && p != nil && c.complete(p)
		if p != nil {
			for _, col := range p.Columns {
				has[col.Name] = true
			}
		}
	}
	all, _ := constraints(s)
	for _, k := range all {
		if k.Contype == pg.ConstrType_CONSTR_PRIMARY {
			if primary {
				return fail("42P16", "there is more than one primary key")
			}
			primary = true
		}
		seen := map[string]bool{}
		for _, column := range catalog.Strings(k.Keys) {
			switch {
			case plain && !has[column] && !slices.Contains(systemColumns, column):
				return fail("42703", "column %s, which a key names, does not exist", column)
			case seen[column]:
				return fail("42701", "column %s is twice in the key", column)
			}
			seen[column] = true
		}
	}
	return none
}

// twice is a column that is there twice.
func (c *check) twice(s *pg.CreateStmt) Failure {
	seen := map[string]bool{}
	add := func(name string) Failure {
		if seen[name] {
			return fail("42701", "column %s is there twice", name)
		}
		seen[name] = true
		return none
	}
	return each(s.TableElts, func(n *pg.Node) Failure {
		if d := n.GetColumnDef(); d != nil {
			return add(d.Colname)
		}
		r := c.cat.Relations.Get(c.cat.Name(n.GetTableLikeClause().GetRelation()))
		if n.GetTableLikeClause() == nil || !there(r) {
			return none
		}
		return each(r.Columns, func(col catalog.Column) Failure { return add(col.Name) })
	})
}

func keyNodes(s *pg.CreateStmt) []*pg.Constraint {
	var all []*pg.Constraint
	for _, n := range s.TableElts {
		if k := n.GetConstraint(); k != nil {
			all = append(all, k)
		}
	}
	return all
}

// parents are what a table inherits from, or is a partition of.
func (c *check) parents(s *pg.CreateStmt) Failure {
	return each(s.InhRelations, func(n *pg.Node) Failure {
		p, f := c.find(n.GetRangeVar())
		if f.found() || p == nil {
			return f
		}
		switch {
		case !isTable(p) && p.Kind != catalog.ForeignTable:
			return fail("42809", "%s is a %s: nothing inherits from it", p.Name, p.Kind)
		case s.Partbound == nil && p.Kind == catalog.PartitionedTable:
			return fail("42809", "%s is partitioned: nothing can inherit from it", p.Name)
		case s.Partbound == nil && c.isPartition(p):
			return fail("42809", "%s is a partition: nothing can inherit from it", p.Name)
		}
		if f := c.owned(p); f.found() {
			return f
		}
		return each(columnsOf(s), func(d *pg.ColumnDef) Failure {
			col := p.Column(catalog.Truncate(d.Colname))
			if col == nil || d.TypeName == nil || col.Type == "" || !listed(p) {
				return none
			}
			if to := c.cat.ColumnType(d.TypeName); to != col.Type {
				return fail("42804", "column %s is %s in %s, not %s", col.Name, col.Type, p.Name, to)
			}
			return none
		})
	})
}

// newPartition is the look at the bound of a new partition.
func (c *check) newPartition(s *pg.CreateStmt, name string) Failure {
	if s.Partbound == nil || len(s.InhRelations) == 0 {
		return none
	}
	p, f := c.find(s.InhRelations[0].GetRangeVar())
	if f.found() || p == nil {
		return f
	}
	if p.Kind != catalog.PartitionedTable {
		return fail("42P17", "%s is not partitioned", p.Name)
	}
	if f := c.bound(p, s.Partbound); f.found() {
		return f
	}
	return c.overlaps(p, s.Partbound, name)
}

// made is the look at a table as it would be: its defaults, checks, keys and
// foreign keys.
func (c *check) made(s *pg.CreateStmt, name string) Failure {
	after := *c
	after.cat = c.cat.Clone()
	after.cat.Apply(c.st, c.version)
	r := after.cat.Relations.Get(name)
	if r == nil {
		return none
	}
	bare := *r
	bare.Indexes, bare.Constraints, bare.Children = nil, nil, nil
	if f := first(
		func() Failure {
			return each(columnsOf(s), func(d *pg.ColumnDef) Failure { return c.columnValue(&bare, d) })
		},
		func() Failure { return c.newPartition(s, name) },
		func() Failure { return after.partitionSpec(s, &bare) },
	); f.found() {
		return f
	}
	keys, foreign := constraints(s)
	if f := each(keys, func(k *pg.Constraint) Failure {
		if k.Contype == pg.ConstrType_CONSTR_CHECK {
			return c.condition(&bare, k.RawExpr, "a CHECK", true)
		}
		return none
	}); f.found() {
		return f
	}
	if f := each(keys, func(k *pg.Constraint) Failure {
		if k.Contype == pg.ConstrType_CONSTR_CHECK {
			return none
		}
		return c.addKey(&bare, k, false)
	}); f.found() {
		return f
	}
	return each(foreign, func(k *pg.Constraint) Failure { return after.foreignKey(r, k, false) })
}

func (c *check) partitionSpec(s *pg.CreateStmt, r *catalog.Relation) Failure {
	if spec := s.GetPartspec(); spec.GetStrategy() == pg.PartitionStrategy_PARTITION_STRATEGY_LIST &&
		len(spec.PartParams) > 1 {
		return fail("42P17", "a key of LIST has one column")
	}
	return each(s.GetPartspec().GetPartParams(), func(n *pg.Node) Failure {
		e := n.GetPartitionElem()
		if e.GetName() == "" {
			return c.names(r, e.GetExpr(), "a partition key")
		}
		col, f := c.column(r, e.Name)
		switch {
		case f.Code == "0A000":
			return fail("42P17", "system column %s cannot be a partition key", e.Name)
		case f.found() || col == nil:
			return f
		case col.Generated != "":
			return fail("42P17", "generated column %s cannot be a partition key", e.Name)
		}
		return none
	})
}

// constraints lists the checks and keys of a CREATE TABLE, and its foreign keys,
// those behind columns with their column.
func constraints(s *pg.CreateStmt) (keys, foreign []*pg.Constraint) {
	put := func(list []*pg.Node, at int, column string) {
		k := list[at].GetConstraint()
		deferrable, deferred := catalog.Deferral(list, at)
		one := &pg.Constraint{
			Contype: k.Contype, Conname: k.Conname, RawExpr: k.RawExpr, SkipValidation: k.SkipValidation,
			InitiallyValid: true, Pktable: k.Pktable, PkAttrs: k.PkAttrs, FkAttrs: k.FkAttrs, Keys: k.Keys,
			Deferrable: deferrable, Initdeferred: deferred, FkMatchtype: k.FkMatchtype,
			FkDelAction: k.FkDelAction, FkUpdAction: k.FkUpdAction, Location: k.Location,
			AccessMethod: k.AccessMethod, Exclusions: k.Exclusions, WhereClause: k.WhereClause, Including: k.Including,
			IsNoInherit: k.IsNoInherit,
		}
		self := []*pg.Node{{Node: &pg.Node_String_{String_: &pg.String{Sval: column}}}}
		switch k.Contype {
		case pg.ConstrType_CONSTR_FOREIGN:
			if column != "" {
				one.FkAttrs = self
			}
			foreign = append(foreign, one)
		case pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE:
			if column != "" {
				one.Keys = self
			}
			keys = append(keys, one)
		case pg.ConstrType_CONSTR_CHECK, pg.ConstrType_CONSTR_EXCLUSION:
			keys = append(keys, one)
		}
	}
	for at, n := range s.TableElts {
		if n.GetConstraint() != nil {
			put(s.TableElts, at, "")
		}
		list := n.GetColumnDef().GetConstraints()
		for i := range list {
			if list[i].GetConstraint() != nil {
				put(list, i, n.GetColumnDef().Colname)
			}
		}
	}
	return keys, foreign
}
