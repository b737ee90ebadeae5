package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func createTable(e *evolution, n *pg.Node) { e.createTable(n.GetCreateStmt(), Table) }

func createForeignTable(e *evolution, n *pg.Node) {
	s := n.GetCreateForeignTableStmt()
	e.createTable(s.GetBaseStmt(), ForeignTable)
	if r := e.editKnown(e.newName(s.GetBaseStmt().GetRelation())); r != nil && r.Kind == ForeignTable {
		r.Storage = Storage{Server: s.Servername}
	}
}

func (e *evolution) createTable(c *pg.CreateStmt, kind Kind) {
	name := e.newName(c.Relation)
	if old := e.Relations.Get(name); old != nil && c.IfNotExists {
		return
	}
	r := e.add(&Relation{Name: name, Kind: kind, Unlogged: c.Relation.Relpersistence == "u",
		Storage: Storage{Tablespace: e.tablespace(c.Tablespacename), AccessMethod: c.AccessMethod}})
	if c.Partspec != nil {
		r.Kind = PartitionedTable
		partitionKey(r, c.Partspec)
	}
	if c.OfTypename != nil {
		e.ofType(r, e.NameOf(c.OfTypename.Names))
	}
	for _, p := range c.InhRelations {
		e.inherit(r, e.Name(p.GetRangeVar()))
		parent := e.Relations.Get(e.Name(p.GetRangeVar()))
		r.Unlisted = r.Unlisted || parent == nil || parent.Partial || parent.Unlisted
	}
	if c.Partbound != nil {
		e.setBound(r, c.Partbound)
		if p := e.Relations.Get(e.Name(c.InhRelations[0].GetRangeVar())); p != nil && c.Tablespacename == "" {
			r.Storage.Tablespace = cmp.Or(p.Storage.Tablespace, r.Storage.Tablespace)
		}
	}
	for _, el := range c.TableElts {
		switch {
		case el.GetColumnDef() != nil:
			e.addColumn(r, el.GetColumnDef())
		case el.GetTableLikeClause() != nil:
			e.like(r, el.GetTableLikeClause())
		}
	}
	for _, el := range c.TableElts {
		if k := el.GetConstraint(); k != nil {
			e.addConstraint(r, k)
		}
	}
	for _, k := range c.Constraints {
		e.addConstraint(r, k.GetConstraint())
	}
}

// newName is the name of a relation that is being made: without a schema it
// goes to the first schema of the path.
func (e *evolution) newName(r *pg.RangeVar) string {
	if r.GetRelpersistence() == "t" {
		return TempSchema + "." + Truncate(r.GetRelname())
	}
	if r.GetSchemaname() != "" {
		return Truncate(r.Schemaname) + "." + Truncate(r.Relname)
	}
	return e.Path()[0] + "." + Truncate(r.GetRelname())
}

func partitionKey(r *Relation, p *pg.PartitionSpec) {
	r.PartitionStrategy = strings.TrimPrefix(p.Strategy.String(), "PARTITION_STRATEGY_")
	for _, k := range p.PartParams {
		r.PartitionColumns = append(r.PartitionColumns, k.GetPartitionElem().GetName())
	}
}

// inherit links a child that is still being made to its parent.
func (e *evolution) inherit(child *Relation, parentName string) {
	parent := e.edit(parentName)
	e.link(child, parent)
	if parent.Kind == PartitionedTable {
		e.inheritConstraints(child, parent)
		return
	}
	for _, k := range parent.Constraints {
		if k.Type == Check && !k.NoInherit && child.Constraint(k.Name) == nil {
			k.Local, k.Inherited = false, true
			child.Constraints = with(child.Constraints, k)
		}
	}
}

// link makes a relation a child of another, with its columns.
func (e *evolution) link(child, parent *Relation) {
	if child == parent || slices.Contains(parent.Children, child.Name) ||
		slices.Contains(e.Descendants(child.Name), parent.Name) {
		return // the server refuses it (42P07)
	}
	parent.Children = with(parent.Children, child.Name)
	child.Parents = with(child.Parents, parent.Name)
	for _, c := range parent.Columns {
		if child.Column(c.Name) != nil {
			editColumn(child, c.Name, func(o *Column) {
				o.Inherited, o.NotNull = o.Inherited+1, o.NotNull || c.NotNull
				o.Local = o.Local && parent.Kind != PartitionedTable // nothing of a partition is its own
			})
			continue
		}
		c.Local, c.Inherited, c.Identity = false, 1, c.Identity && parent.Kind == PartitionedTable && e.version >= 17
		child.Columns = with(child.Columns, c)
	}
}

// ofType gives a typed table the columns of its type.
func (e *evolution) ofType(r *Relation, name string) {
	r.OfType = name
	if t := e.Types.Get(name); t != nil {
		r.Columns = with(r.Columns, t.Attributes...)
	}
	r.Unlisted = len(r.Columns) == 0
}

// inheritConstraints gives a partition the parent's indexes, keys and checks.
func (e *evolution) inheritConstraints(child, parent *Relation) {
	for _, k := range parent.Constraints {
		switch k.Type {
		case PrimaryKey, Unique, Exclude:
		case ForeignKey:
			if child.Constraint(k.Name) != nil {
				k.Name = e.constraintName(child, strings.Join(k.Columns, "_"), "fkey")
			}
			k.Local, k.Inherited = false, true
			child.Constraints = with(child.Constraints, k)
			e.referenced(k.References, child.Name)
		default:
			if k.NoInherit || child.Constraint(k.Name) != nil {
				continue
			}
			k.Local, k.Inherited = false, true
			child.Constraints = with(child.Constraints, k)
		}
	}
	for _, i := range parent.Indexes {
		if own := e.partIndex(child, i); child.Kind == PartitionedTable {
			e.indexPartitions(child, own)
		}
	}
	for _, t := range parent.Triggers {
		if t.ForEachRow {
			t.Cloned = true
			child.Triggers = with(child.Triggers, t)
		}
	}
}

// partIndex gives a partition its part of an index of the parent.
func (e *evolution) partIndex(child *Relation, i IndexDef) IndexDef {
	whole := i.Name
	i.Name = e.indexName(child.Name, i)
	i.Definition = ""
	if i.Constraint != "" {
		i.Constraint = Base(i.Name)
		child.Constraints = with(child.Constraints, Constraint{
			Name: i.Constraint, Type: keyType(i), Columns: i.Columns, Valid: true, Enforced: true})
	}
	e.addIndex(child, i, e.storageOf(whole))
	e.attachIndex(whole, i.Name)
	return i
}

func keyType(i IndexDef) ConstraintType {
	switch {
	case i.Primary:
		return PrimaryKey
	case i.Unique:
		return Unique
	}
	return Exclude
}

func (e *evolution) setBound(r *Relation, b *pg.PartitionBoundSpec) {
	r.PartitionBound = BoundText(b)
	if !b.IsDefault || len(r.Parents) == 0 {
		return
	}
	if p := e.editKnown(r.Parents[0]); p != nil {
		p.DefaultPartition = r.Name
	}
}

// BoundText writes a partition bound as pg_get_expr prints relpartbound.
func BoundText(b *pg.PartitionBoundSpec) string {
	var out strings.Builder
	switch {
	case b == nil:
		return ""
	case b.IsDefault:
		return "DEFAULT"
	case len(b.Listdatums) > 0:
		out.WriteString("FOR VALUES IN (")
		writeList(&out, b.Listdatums, ", ", 0)
	case len(b.Lowerdatums) > 0:
		out.WriteString("FOR VALUES FROM (")
		writeList(&out, b.Lowerdatums, ", ", 0)
		out.WriteString(") TO (")
		writeList(&out, b.Upperdatums, ", ", 0)
	default:
		fmt.Fprintf(&out, "FOR VALUES WITH (modulus %d, remainder %d", b.Modulus, b.Remainder)
	}
	return out.String() + ")"
}

func (e *evolution) like(r *Relation, l *pg.TableLikeClause) {
	source := e.Relations.Get(e.Name(l.Relation))
	if source == nil {
		r.Partial = true
		return
	}
	r.Unlisted = r.Unlisted || source.Unlisted || source.Partial
	const constraints, defaults, generated, identity, indexes = 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6
	for _, c := range source.Columns {
		if l.Options&defaults == 0 {
			c.Default = ""
		}
		if l.Options&generated == 0 {
			c.Generated = ""
		}
		c.Identity, c.Local, c.Inherited = c.Identity && l.Options&identity != 0, true, 0
		r.Columns = with(r.Columns, c)
		if c.Identity {
			e.ownedSequence(r, c.Name)
		}
	}
	for _, k := range source.Constraints {
		if k.Type == Check && l.Options&constraints != 0 {
			k.Local, k.Inherited = true, false
			r.Constraints = with(r.Constraints, k)
		}
	}
	if l.Options&indexes != 0 {
		e.likeIndexes(r, source)
	}
}

func (e *evolution) likeIndexes(r, source *Relation) {
	for _, i := range source.Indexes {
		i.Name, i.Definition = e.indexName(r.Name, i), ""
		if i.Constraint != "" {
			i.Constraint = Base(i.Name)
			r.Constraints = with(r.Constraints, Constraint{
				Name: i.Constraint, Type: keyType(i), Columns: i.Columns, Valid: true, Enforced: true})
		}
		e.addIndex(r, i, "")
	}
}

// addColumn puts a column and its own constraints on a relation under change.
// maxColumns is how many columns the server gives a table (MaxHeapAttributeNumber).
// What is beyond makes the statement fail and is not noted.
const maxColumns = 1600

func (e *evolution) addColumn(r *Relation, d *pg.ColumnDef) {
	if len(r.Columns) >= maxColumns {
		return
	}
	c := Column{Name: Truncate(d.Colname), Type: e.ColumnType(d.TypeName), NotNull: d.IsNotNull, Local: true}
	if d.CollClause != nil {
		c.Collation = strings.Join(Strings(d.CollClause.Collname), ".")
	}
	if d.RawDefault != nil {
		c.Default = Expression(d.RawDefault)
	}
	if _, serial := SerialBase(d.TypeName); serial {
		seq := e.ownedSequence(r, c.Name)
		c.NotNull, c.Default = true, "nextval('"+seq+"'::regclass)"
	}
	var later []int
	for i, n := range d.Constraints {
		k := n.GetConstraint()
		switch k.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			c.NotNull = true
		case pg.ConstrType_CONSTR_DEFAULT:
			c.Default = Expression(k.RawExpr)
		case pg.ConstrType_CONSTR_IDENTITY:
			e.ownedSequence(r, c.Name)
			c.NotNull, c.Identity = true, true
		case pg.ConstrType_CONSTR_GENERATED:
			c.Generated, c.Default = "stored", Expression(k.RawExpr)
			if e.st.Has(parse.Virtual, k.Location) {
				c.Generated = "virtual"
			}
		default:
			later = append(later, i)
		}
	}
	if existing := r.Column(c.Name); existing != nil {
		c.merge(*existing)
		r.Columns = mapped(r.Columns, func(o Column) Column {
			if o.Name == c.Name {
				return c
			}
			return o
		})
	} else {
		r.Columns = with(r.Columns, c)
	}
	for _, i := range later {
		e.addColumnConstraint(r, c.Name, d.Constraints, i)
	}
}

// merge is what a column that a table declares again keeps of the one it has from
// its parents or its type.
func (c *Column) merge(has Column) {
	c.Inherited, c.NotNull = has.Inherited, c.NotNull || has.NotNull
	if c.Type == "" {
		c.Type, c.Collation = has.Type, has.Collation
	}
	if c.Default == "" {
		c.Default, c.Generated = has.Default, has.Generated
	}
}

func (e *evolution) ownedSequence(r *Relation, column string) string {
	name := e.relationName(r.Name, column, "seq")
	e.add(&Relation{Name: name, Kind: Sequence, FromTable: r.Name})
	return name
}

// explain with ANALYZE runs its statement.
func explain(e *evolution, n *pg.Node) {
	s := n.GetExplainStmt()
	inner := s.GetQuery().GetCreateTableAsStmt()
	for _, o := range s.GetOptions() {
		if inner != nil && o.GetDefElem().GetDefname() == "analyze" {
			createTableAs(e, s.Query)
		}
	}
}

func createTableAs(e *evolution, n *pg.Node) {
	c := n.GetCreateTableAsStmt()
	name := e.newName(c.GetInto().GetRel())
	if c.IfNotExists && e.Relations.Get(name) != nil {
		return
	}
	kind := Table
	if c.Objtype == pg.ObjectType_OBJECT_MATVIEW {
		kind = MaterializedView
	}
	r := e.add(&Relation{Name: name, Kind: kind, Columns: e.outputColumns(c.Query, c.Into.ColNames)})
	r.Storage = Storage{Tablespace: e.tablespace(c.Into.GetTableSpaceName()), AccessMethod: c.Into.GetAccessMethod()}
	r.Unlogged, r.Unlisted = c.Into.GetRel().GetRelpersistence() == "u", true
	if kind == MaterializedView {
		e.dependOn(r, c.Query)
	}
}
