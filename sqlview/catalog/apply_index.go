package catalog

import (
	"cmp"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func createIndex(e *evolution, n *pg.Node) {
	s := n.GetIndexStmt()
	table := e.Name(s.Relation)
	i := IndexDef{Unique: s.Unique, Valid: true, Ready: true, Immediate: true, Method: s.AccessMethod}
	if i.Method == "" {
		i.Method = "btree"
	}
	for _, p := range s.IndexParams {
		addIndexElem(&i, p.GetIndexElem())
	}
	for _, p := range s.IndexIncludingParams {
		i.Include = append(i.Include, p.GetIndexElem().GetName())
		i.label(p.GetIndexElem().GetName())
	}
	i.Predicate = Expression(s.WhereClause)
	if s.Idxname != "" {
		i.Name = Schema(table) + "." + Truncate(s.Idxname)
		if e.Relations.Get(i.Name) != nil {
			return
		}
	} else {
		i.Name = e.relationName(table, indexColumns(i), "idx")
	}
	r := e.edit(table)
	e.addIndex(r, i, s.TableSpace)
	if s.Relation.GetInh() && r.Kind == PartitionedTable {
		e.indexPartitions(r, i)
	} else if r.Kind == PartitionedTable {
		e.setValid(r, i.Name, false)
	}
}

// indexPartitions gives every partition its own part of the parent's index.
func (e *evolution) indexPartitions(parent *Relation, i IndexDef) {
	for _, name := range parent.Children {
		child := e.editKnown(name)
		if child == nil || child.Kind == ForeignTable {
			continue
		}
		if own := e.freeIndexLike(child, i); own != "" {
			e.attachIndex(i.Name, own)
			continue
		}
		e.indexPartitions(child, e.partIndex(child, i))
	}
}

// freeIndexLike is indexLike for an index that is no part of another yet.
func (e *evolution) freeIndexLike(r *Relation, i IndexDef) string {
	free := *r
	free.Indexes = without(r.Indexes, func(o IndexDef) bool {
		entry := e.Relations.Get(o.Name)
		return entry != nil && len(entry.Parents) > 0
	})
	return indexLike(&free, i)
}

// attachIndex links the entries of a partitioned index and one of its parts.
func (e *evolution) attachIndex(parent, part string) {
	p, c := e.editKnown(parent), e.editKnown(part)
	if p != nil && c != nil && p != c && !slices.Contains(e.Descendants(part), parent) {
		p.Children, c.Parents = with(p.Children, part), with(c.Parents, parent)
		e.completeIndex(p)
	}
}

// completeIndex: an index of a partitioned table is valid once every partition has
// its part of it.
func (e *evolution) completeIndex(whole *Relation) {
	table, i := e.Indexed(whole.Name)
	if i == nil || i.Valid || len(whole.Children) < len(table.Children) {
		return
	}
	for _, part := range whole.Children {
		if _, d := e.Indexed(part); d == nil || !d.Valid {
			return
		}
	}
	e.setValid(e.edit(table.Name), whole.Name, true)
	for _, above := range whole.Parents {
		if p := e.editKnown(above); p != nil {
			e.completeIndex(p)
		}
	}
}

func (e *evolution) setValid(r *Relation, index string, valid bool) {
	r.Indexes = mapped(r.Indexes, func(d IndexDef) IndexDef {
		if d.Name == index {
			d.Valid = valid
		}
		return d
	})
}

func addIndexElem(i *IndexDef, el *pg.IndexElem) {
	i.Columns = append(i.Columns, el.GetName())
	if el.GetExpr() == nil {
		i.label(el.GetName())
		return
	}
	i.label(cmp.Or(figured(el.Expr), "expr"))
	if i.Expressions != "" {
		i.Expressions += ", "
	}
	i.Expressions += Expression(el.Expr)
}

// addIndex puts an index on a relation under change and makes its own entry.
func (e *evolution) addIndex(r *Relation, i IndexDef, tablespace string) {
	r.Indexes = with(r.Indexes, i)
	e.add(&Relation{Name: i.Name, Kind: Index, FromTable: r.Name,
		Storage: Storage{Tablespace: e.tablespace(tablespace)}})
}

func labelOf(i IndexDef) string {
	switch {
	case i.Primary:
		return "pkey"
	case i.Constraint == "" && !i.Unique && i.Expressions == "" && i.Method == "btree":
		return "idx"
	case i.Unique && i.Constraint != "":
		return "key"
	case i.Constraint != "":
		return "excl"
	}
	return "idx"
}
