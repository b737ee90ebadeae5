package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = register((*pg.Node_IndexStmt)(nil), createIndex)

// newIndex is an index that a statement makes, for a constraint or by itself.
type newIndex struct {
	table                              *catalog.Relation
	unique, primary, exclude           bool
	constraint, only, concurrent, skip bool
	name, method                       string
	elements                           []*pg.IndexElem
	including                          []*pg.Node
	where                              *pg.Node
	columns                            []string // of a constraint
}

func createIndex(c *check, n *pg.Node) Failure {
	s := n.GetIndexStmt()
	table, f := c.find(s.Relation)
	if f.found() && c.cat.Source == catalog.SourceLive {
		return f
	}
	if f.found() || table == nil {
		// What an access method cannot do needs no table, which a file may lack.
		return first(func() Failure { return methodFits(indexOf(s, nil)) }, func() Failure { return f })
	}
	if f := c.owned(table); f.found() {
		return f
	}
	if !isTable(table) && table.Kind != catalog.MaterializedView {
		return fail("42809", "%s is a %s: it has no indexes", table.Name, table.Kind)
	}
	if f := c.mayCreate(catalog.Schema(table.Name)); f.found() {
		return f
	}
	i := indexOf(s, table)
	if f := c.indexWhere(i); f.found() && f.Code != "42P17" {
		return f
	}
	if f := each(i.elements, func(e *pg.IndexElem) Failure {
		return c.names(table, e.GetExpr(),
			"an index")
	}); f.found() {
		return f
	}
	return c.index(i)
}

// indexOf is what a CREATE INDEX makes.
func indexOf(s *pg.IndexStmt, table *catalog.Relation) newIndex {
	i := newIndex{
		table: table, unique: s.Unique, only: !s.Relation.GetInh(), concurrent: s.Concurrent, skip: s.IfNotExists,
		name: catalog.Truncate(s.Idxname), method: s.AccessMethod, where: s.WhereClause,
		including: s.IndexIncludingParams,
	}
	if i.method == "" {
		i.method = "btree"
	}
	for _, p := range s.IndexParams {
		i.elements = append(i.elements, p.GetIndexElem())
	}
	return i
}

// methods are the access methods of the server with what their indexes can be.
var methods = map[string]struct{ unique, columns, include, ordered bool }{
	"btree": {true, true, true, true}, "hash": {}, "gist": {false, true, true, false},
	"gin": {false, true, false, false}, "brin": {false, true, false, false}, "spgist": {false, false, true, false},
}

func builtInMethod(m string) bool { _, ok := methods[m]; return ok }

// index is the look at a new index. Source: DefineIndex in indexcmds.c.
func (c *check) index(i newIndex) Failure {
	if i.table.Kind == catalog.PartitionedTable {
		switch {
		case c.version < 11:
			return fail("42809", "an index on a partitioned table needs 11")
		case i.concurrent:
			return fail("0A000", "an index on a partitioned table cannot be built concurrently")
		case i.exclude && c.version < 17:
			return fail("0A000", "an EXCLUDE constraint on a partitioned table needs 17")
		}
	}
	if f := c.mayCreate(catalog.Schema(i.table.Name)); f.found() {
		return f
	}
	if !builtInMethod(i.method) {
		return none
	}
	if f := methodFits(i); f.found() {
		return f
	}
	if len(i.including) > 0 && i.method == "spgist" && c.version < 14 {
		return fail("0A000", "an index of access method spgist can have INCLUDE since 14")
	}
	return first(
		func() Failure { return c.indexWhere(i) },
		func() Failure { return c.indexElements(i, methods[i.method].ordered) },
		func() Failure {
			if i.primary && hasPrimary(i.table) {
				return fail("42P16", "%s has a primary key already", i.table.Name)
			}
			return none
		},
		func() Failure { return c.partitionKeyIn(i, i.table) },
		func() Failure { return c.indexName(i) },
		func() Failure { return c.indexBelow(i, i.table) },
	)
}

// methodFits is what an access method cannot do, whatever the table is.
func methodFits(i newIndex) Failure {
	m, known := methods[i.method]
	switch {
	case !known:
		return none
	case i.unique && !m.unique:
		return fail("0A000", "an index of access method %s cannot be UNIQUE", i.method)
	case len(i.including) > 0 && !m.include:
		return fail("0A000", "an index of access method %s cannot have INCLUDE", i.method)
	case len(i.elements)+len(i.columns) > 1 && !m.columns:
		return fail("0A000", "an index of access method %s has one column", i.method)
	case i.exclude && i.method == "gin", i.exclude && i.method == "brin":
		return fail("0A000", "access method %s cannot serve EXCLUDE", i.method)
	}
	return none
}

func (c *check) indexName(i newIndex) Failure {
	if i.name == "" {
		return none
	}
	name := catalog.Schema(i.table.Name) + "." + i.name
	if f := c.taken(name); f.found() {
		if i.skip {
			return none
		}
		return f
	}
	if i.constraint {
		return c.constraintTaken(i.table, i.name)
	}
	return none
}

func (c *check) indexWhere(i newIndex) Failure {
	if i.where == nil {
		return none
	}
	if f := c.condition(i.table, i.where, "the WHERE of an index", true); f.found() {
		return f
	}
	return c.steady(i.where)
}

// steady is the failure of a function that is not immutable.
func (c *check) steady(n *pg.Node) Failure {
	var f Failure
	catalog.Walk(n, func(m any) bool {
		call, ok := m.(*pg.FuncCall)
		if !ok || f.found() {
			return true
		}
		words := catalog.Strings(call.Funcname)
		known := c.cat.Functions.Get(c.cat.NameOf(call.Funcname))
		if known != nil && known.Volatility != "" && known.Volatility != "immutable" ||
			len(words) == 1 && known == nil && unsteady[words[0]] {
			f = fail("42P17", "function %s is not immutable", words[len(words)-1])
		}
		return true
	})
	return f
}

var unsteady = set("now random clock_timestamp statement_timestamp transaction_timestamp gen_random_uuid nextval")

func (c *check) indexElements(i newIndex, ordered bool) Failure {
	if f := each(i.columns, func(name string) Failure { return c.indexedColumn(i, name, nil) }); f.found() {
		return f
	}
	if f := each(i.elements, func(e *pg.IndexElem) Failure { return c.indexElement(i, e, ordered) }); f.found() {
		return f
	}
	return each(i.including, func(n *pg.Node) Failure {
		e := n.GetIndexElem()
		if e.GetExpr() != nil {
			return fail("0A000", "INCLUDE has columns, not expressions")
		}
		_, f := c.column(i.table, e.GetName())
		return f
	})
}

func (c *check) indexElement(i newIndex, e *pg.IndexElem, ordered bool) Failure {
	if e.GetExpr() == nil {
		if f := c.indexedColumn(i, e.GetName(), e); f.found() {
			return f
		}
	} else {
		if f := c.names(i.table, e.Expr, "an index"); f.found() {
			return f
		}
		if f := c.steady(e.Expr); f.found() {
			return f
		}
	}
	if !ordered && (e.Ordering == pg.SortByDir_SORTBY_DESC || e.Ordering == pg.SortByDir_SORTBY_ASC) {
		return fail("0A000", "an index of access method %s has no ASC and DESC", i.method)
	}
	if !ordered && e.NullsOrdering > pg.SortByNulls_SORTBY_NULLS_DEFAULT {
		return fail("0A000", "an index of access method %s has no NULLS FIRST and LAST", i.method)
	}
	return none
}

// unsorted are types without a default operator class, by access method.
var unsorted = map[string]map[string]bool{
	"btree": setOf("json", "xml", "point", "box", "path", "polygon", "circle", "line", "lseg"),
	"hash":  setOf("json", "xml", "point", "box", "path", "polygon", "circle", "line", "lseg", "tsvector"),
	"gin": setOf("integer", "bigint", "smallint", "text", "boolean", "json", "numeric", "date", "uuid",
		"timestamp with time zone", "timestamp without time zone", "character varying"),
	"gist": setOf("json", "jsonb", "xml", "integer", "bigint", "smallint", "text", "boolean", "numeric", "date",
		"uuid",
		"timestamp with time zone", "timestamp without time zone", "character varying", "bytea"),
	"brin": setOf("json", "jsonb", "xml", "boolean"),
}

func setOf(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, n := range names {
		all[n] = true
	}
	return all
}

// indexedColumn is a key column: there, and of a type that the method can hold.
func (c *check) indexedColumn(i newIndex, name string, e *pg.IndexElem) Failure {
	col, f := c.column(i.table, name)
	switch {
	case f.Code == "0A000":
		return fail("0A000", "%s is a system column: it cannot be indexed", name)
	case f.found() || col == nil:
		return f
	case col.Generated == "virtual":
		return fail("0A000", "column %s is a virtual generated column: it cannot be indexed", name)
	case e != nil && len(e.Opclass) > 0:
		return none
	}
	if base := c.plainType(col.Type); unsorted[i.method][base] && (i.method == "btree" || i.method == "hash" ||
		!c.extended()) {
		return fail("42704", "type %s has no operator class of access method %s to take by itself", base, i.method)
	}
	return none
}

// extended reports whether extensions may have brought operator classes.
func (c *check) extended() bool {
	return c.cat.Extensions == nil || len(c.cat.Extensions) > 1 || !c.cat.Extensions["plpgsql"]
}

// partitionKeyIn: a unique index of a partitioned table has its whole key.
func (c *check) partitionKeyIn(i newIndex, r *catalog.Relation) Failure {
	if r.Kind != catalog.PartitionedTable || !i.unique && !i.exclude || len(r.PartitionColumns) == 0 || r.Doubted {
		return none
	}
	columns := slices.Clone(i.columns)
	for _, e := range i.elements {
		columns = append(columns, e.GetName())
	}
	return each(r.PartitionColumns, func(key string) Failure {
		switch {
		case key == "":
			return fail("0A000", "%s is partitioned by an expression: it can have no unique index", r.Name)
		case !slices.Contains(columns, key):
			return fail("0A000", "a unique index of %s must have its partition key %s too", r.Name, key)
		}
		return none
	})
}

// indexBelow goes to the partitions that get their own part of the index.
func (c *check) indexBelow(i newIndex, r *catalog.Relation) Failure {
	if r.Kind != catalog.PartitionedTable || i.only {
		return none
	}
	return each(r.Children, func(child string) Failure {
		kid := c.cat.Relations.Get(child)
		switch {
		case !there(kid):
			return none
		case kid.Kind == catalog.ForeignTable && (i.unique || i.primary):
			return fail("42809", "partition %s is a foreign table: it has no unique index", child)
		case c.part(kid, i):
			return none
		case i.primary && hasPrimary(kid):
			return fail("42P16", "partition %s has another primary key already", child)
		}
		if f := c.partitionKeyIn(i, kid); f.found() {
			return f
		}
		return c.indexBelow(i, kid)
	})
}

// part reports whether a partition has an index that can become a part, or may
// have one: what a text cannot tell is left to the server.
func (c *check) part(kid *catalog.Relation, i newIndex) bool {
	columns := slices.Clone(i.columns)
	for _, e := range i.elements {
		columns = append(columns, e.GetName())
	}
	return slices.ContainsFunc(kid.Indexes, func(o catalog.IndexDef) bool {
		return o.Unique == i.unique && slices.Equal(o.Columns, columns) && (!i.constraint || o.Constraint != "") &&
			(!i.primary || o.Primary)
	})
}
