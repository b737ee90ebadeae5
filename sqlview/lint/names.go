package lint

import (
	"maps"
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Name resolves a relation of the statement to "schema.name"; "" for none.
func (s Stmt) Name(r *pg.RangeVar) string {
	if r == nil {
		return ""
	}
	return s.Catalog().Resolve(r.Schemaname, r.Relname)
}

// NameOf resolves a list of name parts, as DROP and COMMENT write them.
func (s Stmt) NameOf(parts []*pg.Node) string {
	words := catalog.Strings(parts)
	switch len(words) {
	case 0:
		return ""
	case 1:
		return s.Catalog().Resolve("", words[0])
	}
	return s.Catalog().Resolve(words[len(words)-2], words[len(words)-1])
}

// Mentioned lists every mention of a relation in the statement.
func (s Stmt) Mentioned() []*pg.RangeVar { return s.pass.facts.named[s.Index] }

// Relation looks a relation up in what the statement meets; nil = not known.
func (s Stmt) Relation(r *pg.RangeVar) *catalog.Relation {
	return s.Catalog().Relation(s.Name(r))
}

// Existed reports whether others can know the relation already: it was not
// made by the run under review. What the catalog does not know existed.
func (s Stmt) Existed(name string) bool {
	r := s.Catalog().Seen(name)
	return r == nil || !r.CreatedHere
}

// Dropped yields the names that a DROP takes away, resolved to "schema.name".
func (s Stmt) Dropped(d *pg.DropStmt) []string {
	var names []string
	for _, o := range d.Objects {
		switch {
		case o.GetList() != nil:
			names = append(names, s.NameOf(o.GetList().Items))
		case o.GetString_() != nil:
			names = append(names, o.GetString_().Sval)
		case o.GetTypeName() != nil:
			names = append(names, s.NameOf(o.GetTypeName().Names))
		}
	}
	return names
}

// SchemasOf lists the known schemas that have a relation of that bare name, sorted.
func (s Stmt) SchemasOf(name string) []string {
	c := s.Catalog()
	schemas := slices.AppendSeq(slices.Clone(c.Path()), maps.Keys(c.Schemas))
	schemas = append(schemas, "public")
	slices.Sort(schemas)
	schemas = slices.Compact(schemas)
	return slices.DeleteFunc(schemas, func(schema string) bool {
		return schema == "pg_catalog" || schema == "information_schema" || c.Relation(schema+"."+name) == nil
	})
}
