package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// whole reports whether what is not in the snapshot is not in the database.
func (c *check) whole() bool {
	return (c.cat.Source == catalog.SourceLive || c.cat.Source == catalog.SourceSchema) && !c.cat.Unsure
}

// there reports whether a relation is in the database beyond doubt.
func there(r *catalog.Relation) bool {
	return r != nil && !r.Doubted && (!r.Partial || r.OID != 0)
}

// listed reports whether all columns of a relation are known.
func listed(r *catalog.Relation) bool { return there(r) && !r.Partial && !r.Unlisted }

// complete reports whether all parts of a relation are known: constraints,
// triggers, indexes. What the run makes is known whatever the catalog is.
func (c *check) complete(r *catalog.Relation) bool {
	return listed(r) && (c.whole() || r.CreatedHere) && !c.cat.Unsure
}

// allNamed reports whether all constraints of a relation are known by their names.
// Since 18 a column's NOT NULL has one too, which only the server tells.
func (c *check) allNamed(r *catalog.Relation) bool {
	return c.complete(r) && (c.version < 18 || c.cat.Source == catalog.SourceLive)
}

// system reports whether the snapshot leaves out a schema's objects.
func system(schema string) bool {
	return schema == "information_schema" || strings.HasPrefix(schema, "pg_")
}

// noSchema reports whether there is no such schema.
func (c *check) noSchema(schema string) bool {
	if schema == "" || system(schema) || !c.whole() || c.cat.Schemas[schema] {
		return false
	}
	if c.cat.Source == catalog.SourceLive {
		return c.cat.Schemas != nil
	}
	// A dump does not make public.
	return schema != "public" && c.cat.Relations.Len() > 0 && !c.hasPart(schema)
}

// find looks a relation up. Nil without a failure = not known.
func (c *check) find(v *pg.RangeVar) (*catalog.Relation, Failure) {
	if v == nil || v.Catalogname != "" {
		return nil, none
	}
	if f := c.mayUse(v.Schemaname); f.found() {
		return nil, f
	}
	name := c.cat.Name(v)
	if r := c.cat.Relations.Get(name); r != nil {
		if there(r) {
			return r, none
		}
		return nil, none
	}
	if c.composite(name) {
		return nil, none
	}
	return nil, c.missing(v.Schemaname, name)
}

// missing is a relation that is not there.
func (c *check) missing(schema, name string) Failure {
	switch {
	case c.cat.Relations.Get(name) == nil && c.noSchema(schema):
		return fail("3F000", "schema %s does not exist", schema)
	case !c.absent(schema, name):
		return none
	}
	return fail("42P01", "relation %s does not exist", name)
}

// absent reports whether there is no relation of that name beyond doubt.
func (c *check) absent(schema, name string) bool {
	if !c.whole() || !c.asked(catalog.Base(name)) || system(catalog.Schema(name)) ||
		c.cat.Relations.Get(name) != nil || c.composite(name) {
		return false
	}
	if schema == "" && c.elsewhere(name) {
		return false
	}
	// A file that has nothing of a schema may have been made without it.
	return c.cat.Source == catalog.SourceLive || c.hasPart(catalog.Schema(name))
}

// asked reports whether a name was looked for when the catalog was read.
func (c *check) asked(name string) bool { return c.cat.Asked == nil || c.cat.Asked[name] }

// hasPart reports whether the catalog has a relation of a schema.
func (c *check) hasPart(schema string) bool {
	return c.cat.Relations.Any(func(name string) bool { return catalog.Schema(name) == schema })
}

// elsewhere reports whether another schema has a relation of that name: the path
// of the team's sessions may lead there.
func (c *check) elsewhere(name string) bool {
	return c.cat.Relations.Any(func(other string) bool { return catalog.Base(other) == catalog.Base(name) })
}

func (c *check) composite(name string) bool {
	t := c.cat.Types.Get(name)
	return t != nil && t.Composite
}

// named looks a relation up by name parts, as DROP writes them.
func (c *check) named(parts []*pg.Node) (*catalog.Relation, Failure) {
	words := catalog.Strings(parts)
	switch len(words) {
	case 1:
		return c.find(&pg.RangeVar{Relname: words[0], Inh: true})
	case 2:
		return c.find(&pg.RangeVar{Schemaname: words[0], Relname: words[1], Inh: true})
	}
	return nil, none
}

// newName is "schema.name" of a relation that is made; false = not known where.
func (c *check) newName(v *pg.RangeVar) (string, Failure) {
	switch {
	case v.GetRelpersistence() == "t" || v.GetCatalogname() != "":
		return catalog.TempSchema + "." + catalog.Truncate(v.Relname), none
	case v.GetSchemaname() != "":
		if c.noSchema(v.Schemaname) {
			return "", fail("3F000", "schema %s does not exist", v.Schemaname)
		}
		return catalog.Truncate(v.Schemaname) + "." + catalog.Truncate(v.GetRelname()), c.mayCreate(v.Schemaname)
	}
	return c.cat.Path()[0] + "." + catalog.Truncate(v.GetRelname()), c.mayCreate(c.cat.Path()[0])
}

// newNameOf is newName for name parts.
func (c *check) newNameOf(parts []*pg.Node) (string, Failure) {
	words := catalog.Strings(parts)
	switch len(words) {
	case 1:
		return c.newName(&pg.RangeVar{Relname: words[0]})
	case 2:
		return c.newName(&pg.RangeVar{Schemaname: words[0], Relname: words[1]})
	}
	return "", none
}

// taken is the failure of a new relation whose name is in use.
func (c *check) taken(name string) Failure {
	if name == "" {
		return none
	}
	if r := c.cat.Relations.Get(name); there(r) {
		return fail("42P07", "%s %s exists already", r.Kind, name)
	}
	if c.composite(name) && !c.cat.Unsure {
		return fail("42P07", "type %s has that name already", name)
	}
	return none
}

// typeTaken is the failure of a new type, or of a relation's row type.
func (c *check) typeTaken(name string) Failure {
	if name == "" || c.cat.Unsure {
		return none
	}
	if c.cat.Types.Get(name) != nil || c.cat.OtherTypes[name] {
		return fail("42710", "type %s exists already", name)
	}
	if r := c.cat.Relations.Get(name); there(r) && rowType(r, c.version) {
		return fail("42710", "%s %s has a type of that name", r.Kind, name)
	}
	return none
}

func rowType(r *catalog.Relation, version int) bool {
	return r.Kind != catalog.Index && (r.Kind != catalog.Sequence || version < 14)
}

var systemColumns = []string{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}

var sequenceColumns = []string{"last_value", "log_cnt", "is_called"}

// column is a column that a statement names; what the server says of one that is
// missing or its own.
func (c *check) column(r *catalog.Relation, name string) (*catalog.Column, Failure) {
	switch {
	case r == nil || r.Kind == catalog.Index:
		return nil, none
	case r.Kind == catalog.Sequence:
		if slices.Contains(systemColumns, name) || slices.Contains(sequenceColumns, name) || !c.whole() {
			return nil, none
		}
		return nil, c.noColumn(r, name)
	}
	col := r.Column(name)
	switch {
	case col != nil && r.Doubted:
		return nil, none
	case col != nil:
		return col, none
	case slices.Contains(systemColumns, name):
		return nil, fail("0A000", "%s is a system column", name)
	case c.complete(r):
		return nil, c.noColumn(r, name)
	}
	return nil, none
}

func (c *check) noColumn(r *catalog.Relation, name string) Failure {
	return fail("42703", "column %s of %s does not exist", name, r.Name)
}

// isTable reports a table, partitioned or not.
func isTable(r *catalog.Relation) bool {
	return r != nil && (r.Kind == catalog.Table || r.Kind == catalog.PartitionedTable)
}

// isPartition reports a table that is a partition of another.
func (c *check) isPartition(r *catalog.Relation) bool {
	return isTable(r) && len(c.cat.Partitioned(r.Name)) > 0 || r.Kind == catalog.ForeignTable &&
		r.PartitionBound != ""
}

func wrongKind(r *catalog.Relation, wanted string) Failure {
	return fail("42809", "%s is a %s, not a %s", r.Name, r.Kind, wanted)
}
