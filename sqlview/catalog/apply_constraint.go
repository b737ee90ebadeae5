package catalog

import (
	"slices"
	"strings"

	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// OfColumn is the CHECK, key or foreign key at a place of a column's list as it would
// be written for the table; nil = another kind of constraint.
func OfColumn(column string, list []*pg.Node, at int) *pg.Constraint {
	k := list[at].GetConstraint()
	deferrable, deferred := Deferral(list, at)
	name := []*pg.Node{{Node: &pg.Node_String_{String_: &pg.String{Sval: column}}}}
	c := &pg.Constraint{
		Contype: k.GetContype(), Conname: k.GetConname(), RawExpr: k.GetRawExpr(),
		SkipValidation: k.GetSkipValidation(),
		InitiallyValid: !k.GetSkipValidation(), Pktable: k.GetPktable(), PkAttrs: k.GetPkAttrs(),
		Deferrable: deferrable, Initdeferred: deferred, FkMatchtype: k.GetFkMatchtype(),
		FkDelAction: k.GetFkDelAction(), FkUpdAction: k.GetFkUpdAction(), Location: k.GetLocation(),
		IsNoInherit: k.GetIsNoInherit(),
	}
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE:
		c.Keys = name
	case pg.ConstrType_CONSTR_FOREIGN:
		c.FkAttrs = name
	case pg.ConstrType_CONSTR_CHECK:
	default:
		return nil
	}
	return c
}

// Deferral reads DEFERRABLE and INITIALLY DEFERRED of a constraint: behind a column
// they stand as nodes of their own.
func Deferral(list []*pg.Node, at int) (deferrable, deferred bool) {
	k := list[at].GetConstraint()
	deferrable, deferred = k.GetDeferrable(), k.GetInitdeferred()
	for _, n := range list[at+1:] {
		switch n.GetConstraint().GetContype() {
		case pg.ConstrType_CONSTR_ATTR_DEFERRABLE:
			deferrable = true
		case pg.ConstrType_CONSTR_ATTR_DEFERRED:
			deferrable, deferred = true, true
		case pg.ConstrType_CONSTR_ATTR_NOT_DEFERRABLE, pg.ConstrType_CONSTR_ATTR_IMMEDIATE:
		default:
			return deferrable, deferred
		}
	}
	return deferrable, deferred
}

// addColumnConstraint gives a column constraint the column it stands behind.
func (e *evolution) addColumnConstraint(r *Relation, column string, list []*pg.Node, at int) {
	if c := OfColumn(column, list, at); c != nil {
		e.addConstraint(r, c)
	}
}

// ConstrainsAgain reports whether ADD COLUMN IF NOT EXISTS adds the constraints behind
// a column that is there: before 13 it does, once more each time it runs.
func ConstrainsAgain(version int) bool { return version != 0 && version < 13 }

// addConstraint puts a table constraint on a relation under change.
// maxConstraints is how many constraints of a table are noted. The server knows
// no bound; each one more makes the next dearer here.
const maxConstraints = 5000

func (e *evolution) addConstraint(r *Relation, k *pg.Constraint) {
	if len(r.Constraints) >= maxConstraints {
		return
	}
	c := Constraint{
		Name: Truncate(k.Conname), Valid: !k.SkipValidation, Enforced: true, Deferrable: k.Deferrable, Local: true,
		Deferred: k.Initdeferred, MatchFull: k.FkMatchtype == "f",
		NoInherit: k.IsNoInherit,
	}
	if e.st.Has(parse.NotEnforced, k.Location) {
		c.Enforced, c.Valid = false, false
	}
	switch k.Contype {
	case pg.ConstrType_CONSTR_NOTNULL:
		if len(k.Keys) > 0 {
			e.addNotNull(r, c.Name, Strings(k.Keys)[0], c.Valid)
		}
	case pg.ConstrType_CONSTR_CHECK:
		e.addCheck(r, c, k)
	case pg.ConstrType_CONSTR_FOREIGN:
		e.addForeignKey(r, c, k)
	case pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_EXCLUSION:
		e.addKey(r, c, k)
	}
}

func (e *evolution) addNotNull(r *Relation, name, column string, valid bool) {
	if name == "" {
		name = e.constraintName(r, column, "not_null")
	}
	r.Constraints = with(r.Constraints, Constraint{
		Name: Truncate(name), Type: NotNull, Columns: []string{column}, Valid: valid, Enforced: true})
	if valid {
		setNotNull(r, column, true)
	}
}

func setNotNull(r *Relation, column string, on bool) {
	r.Columns = mapped(r.Columns, func(c Column) Column {
		if c.Name == column {
			c.NotNull = on
		}
		return c
	})
	if on && r.Column(column) == nil && r.Partial {
		r.Columns = with(r.Columns, Column{Name: column, NotNull: true})
	}
}

func (e *evolution) addCheck(r *Relation, c Constraint, k *pg.Constraint) {
	c.Type, c.Expression, c.Columns = Check, Expression(k.RawExpr), Columns(k.RawExpr)
	if c.Name == "" {
		column := ""
		if len(c.Columns) == 1 {
			column = c.Columns[0]
		}
		c.Name = e.constraintName(r, column, "check")
	}
	r.Constraints = with(r.Constraints, c)
	if !k.IsNoInherit && !e.only {
		e.passCheck(r, c)
	}
}

// passCheck gives the children of a table its CHECK, unless they have it.
func (e *evolution) passCheck(r *Relation, c Constraint) {
	c.Local, c.Inherited = false, true
	for _, child := range r.Children {
		kid := e.edit(child)
		if has := kid.Constraint(c.Name); has != nil && has.Type == Check {
			kid.Constraints = mapped(kid.Constraints, func(o Constraint) Constraint {
				o.Inherited = o.Inherited || o.Name == c.Name
				return o
			})
			continue
		}
		kid.Constraints = with(kid.Constraints, c)
		e.passCheck(kid, c)
	}
}

func (e *evolution) addForeignKey(r *Relation, c Constraint, k *pg.Constraint) {
	c.Type, c.Columns = ForeignKey, Strings(k.FkAttrs)
	c.References, c.RefColumns = e.Name(k.Pktable), Strings(k.PkAttrs)
	c.OnDelete, c.OnUpdate = ForeignKeyAction(k.FkDelAction), ForeignKeyAction(k.FkUpdAction)
	if c.Name == "" {
		c.Name = e.constraintName(r, strings.Join(c.Columns, "_"), "fkey")
	}
	if len(c.RefColumns) == 0 {
		c.RefColumns = primaryColumns(e.Relations.Get(c.References))
	}
	r.Constraints = with(r.Constraints, c)
	e.referenced(c.References, r.Name)
	if r.Kind == PartitionedTable {
		e.passForeignKey(r.Name, c)
	}
}

// ForeignKeyAction spells pg_constraint.confdeltype and confupdtype; NO ACTION is "".
func ForeignKeyAction(letter string) string {
	return map[string]string{"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}[letter]
}

// passForeignKey gives every partition the foreign key of its parent.
func (e *evolution) passForeignKey(parent string, c Constraint) {
	for _, name := range e.Descendants(parent) {
		kid := e.edit(name)
		own := slices.IndexFunc(kid.Constraints, func(o Constraint) bool { return o.sameAs(c) })
		if own >= 0 {
			kid.Constraints = slices.Clone(kid.Constraints)
			kid.Constraints[own].Inherited = true
			continue
		}
		copied := c
		copied.Local, copied.Inherited = false, true
		if kid.Constraint(c.Name) != nil {
			copied.Name = e.constraintName(kid, strings.Join(c.Columns, "_"), "fkey")
		}
		kid.Constraints = with(kid.Constraints, copied)
		e.referenced(c.References, name)
	}
}

// referenced notes on a parent that a child's foreign key points to it.
func (e *evolution) referenced(parent, child string) {
	p := e.edit(parent)
	if !slices.Contains(p.ReferencedBy, child) {
		p.ReferencedBy = with(p.ReferencedBy, child)
	}
}

func primaryColumns(r *Relation) []string {
	if r == nil {
		return nil
	}
	for _, i := range r.Indexes {
		if i.Primary {
			return i.Columns
		}
	}
	return nil
}

func (e *evolution) addKey(r *Relation, c Constraint, k *pg.Constraint) {
	i := IndexDef{
		Valid: true, Ready: true, Method: "btree", Immediate: !k.Deferrable, Columns: Strings(k.Keys),
		Include: Strings(k.Including),
	}
	switch k.Contype {
	case pg.ConstrType_CONSTR_PRIMARY:
		c.Type, i.Primary, i.Unique = PrimaryKey, true, true
	case pg.ConstrType_CONSTR_UNIQUE:
		c.Type, i.Unique, i.Constraint = Unique, true, "?"
	default:
		c.Type, i.Constraint = Exclude, "?"
		exclusion(&i, k)
	}
	for _, name := range slices.Concat(Strings(k.Keys), i.Include) {
		i.label(name)
	}
	if k.Indexname != "" {
		e.useIndex(r, c, k.Indexname)
		return
	}
	if c.Name == "" {
		c.Name = Base(e.keyName(r.Name, indexColumns(i), labelOf(i)))
	}
	c.Columns, i.Constraint = i.Columns, c.Name
	i.Name = Schema(r.Name) + "." + c.Name
	r.Constraints = with(r.Constraints, c)
	e.addIndex(r, i, k.Indexspace)
	if r.Kind == PartitionedTable {
		if e.only && len(r.Children) > 0 {
			e.setValid(r, i.Name, false)
		} else {
			e.indexPartitions(r, i)
		}
	}
	if c.Type == PrimaryKey {
		e.keyNotNull(r, i.Columns)
	}
}

// keyNotNull is what a primary key says of its columns.
func (e *evolution) keyNotNull(r *Relation, columns []string) {
	for _, column := range columns {
		setNotNull(r, column, true)
		if e.only {
			continue
		}
		for _, child := range e.Descendants(r.Name) {
			setNotNull(e.edit(child), column, true)
		}
	}
}

func exclusion(i *IndexDef, k *pg.Constraint) {
	if k.AccessMethod != "" {
		i.Method = k.AccessMethod
	}
	i.Predicate = Expression(k.WhereClause)
	for _, x := range k.Exclusions {
		if items := x.GetList().GetItems(); len(items) > 0 {
			addIndexElem(i, items[0].GetIndexElem())
		}
	}
}

// useIndex turns an index into the index of a constraint, renamed to it.
func (e *evolution) useIndex(r *Relation, c Constraint, index string) {
	old := Schema(r.Name) + "." + Truncate(index)
	if c.Name == "" {
		c.Name = Truncate(index)
	}
	fresh := Schema(r.Name) + "." + c.Name
	if d := r.Index(old); d != nil {
		c.Columns = d.Columns
	}
	r.Indexes = mapped(r.Indexes, func(d IndexDef) IndexDef {
		if d.Name == old {
			d.Name, d.Constraint, d.Primary = fresh, c.Name, c.Type == PrimaryKey
		}
		return d
	})
	e.moveEntry(old, fresh)
	r.Constraints = with(r.Constraints, c)
	if c.Type == PrimaryKey {
		e.keyNotNull(r, c.Columns)
	}
}
