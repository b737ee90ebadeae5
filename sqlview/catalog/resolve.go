package catalog

import (
	"strings"
	"unicode/utf8"
)

// MaxName is the longest identifier in bytes (NAMEDATALEN - 1); the server cuts
// the rest with a NOTICE.
const MaxName = 63

// TempSchema is where the temporary relations of the run are: before all others.
const TempSchema = "pg_temp"

// Relation finds a relation by "schema.name", or by a bare name along the
// search path. Nil = not known, or known only in part (see Seen).
func (s *Snapshot) Relation(name string) *Relation {
	if r := s.Seen(name); r != nil && !r.Partial {
		return r
	}
	return nil
}

// Seen is Relation that also gives relations known only in part: a fact that is
// missing there is unknown, not false.
func (s *Snapshot) Seen(name string) *Relation {
	if s == nil {
		return nil
	}
	if !strings.Contains(name, ".") {
		name = s.Resolve("", name)
	}
	return s.Relations.Get(name)
}

// Path is the search path as far as it is known, never empty. "$user" is left
// out: whether a schema of that name exists is not known here.
func (s *Snapshot) Path() []string {
	var path []string
	if s != nil {
		for _, p := range s.SearchPath {
			if p != "$user" && p != "" {
				path = append(path, p)
			}
		}
	}
	if len(path) == 0 {
		return []string{"public"}
	}
	return path
}

// Resolve completes a name to "schema.name" as the server would: a schema that
// is given stands, else the first schema of the path that has such an object,
// else the first schema of the path. Names are cut at 63 bytes.
func (s *Snapshot) Resolve(schema, name string) string {
	name = Truncate(name)
	if schema != "" {
		return Truncate(schema) + "." + name
	}
	path := s.Path()
	if strings.HasPrefix(name, "pg_") && systemRelations[name] {
		return "pg_catalog." + name
	}
	if s != nil && s.Relations.Get(TempSchema+"."+name) != nil {
		return TempSchema + "." + name
	}
	for _, p := range path {
		if s.has(p + "." + name) {
			return p + "." + name
		}
	}
	return path[0] + "." + name
}

func (s *Snapshot) has(name string) bool {
	if s == nil {
		return false
	}
	return s.Relations.Get(name) != nil || s.Types.Get(name) != nil || s.Functions.Get(name) != nil
}

// Truncate cuts an identifier as the server does: at most 63 bytes, never
// inside a character.
func Truncate(name string) string {
	if len(name) <= MaxName {
		return name
	}
	cut := MaxName
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut]
}

// Base is the name without its schema.
func Base(name string) string {
	_, base, ok := strings.Cut(name, ".")
	if !ok {
		return name
	}
	return base
}

// Schema is the schema of a "schema.name"; "" where there is none.
func Schema(name string) string {
	schema, _, ok := strings.Cut(name, ".")
	if !ok {
		return ""
	}
	return schema
}

// Indexed finds an index by "schema.name" with the table that has it; both nil
// = not known.
func (s *Snapshot) Indexed(name string) (*Relation, *IndexDef) {
	i := s.Seen(name)
	if i == nil || i.FromTable == "" {
		return nil, nil
	}
	table := s.Seen(i.FromTable)
	return table, table.Index(name)
}

// Index finds an index of a table by "schema.name"; nil = not known.
func (r *Relation) Index(name string) *IndexDef {
	if r == nil {
		return nil
	}
	for i := range r.Indexes {
		if r.Indexes[i].Name == name {
			return &r.Indexes[i]
		}
	}
	return nil
}

// Constraint finds a constraint by name; nil = not known.
func (r *Relation) Constraint(name string) *Constraint {
	if r == nil {
		return nil
	}
	for i := range r.Constraints {
		if r.Constraints[i].Name == name {
			return &r.Constraints[i]
		}
	}
	return nil
}
