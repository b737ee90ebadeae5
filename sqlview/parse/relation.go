package parse

import pg "github.com/pganalyze/pg_query_go/v6"

// RelationName is the schema and name of a relation as written; the schema is
// "" where none is written. Which schema that means is the caller's to decide.
// A nil rv gives two empty strings.
func RelationName(rv *pg.RangeVar) (schema, name string) {
	return rv.GetSchemaname(), rv.GetRelname()
}

// QualifiedName is the schema and name of a list of name parts, as DROP and
// COMMENT hold them. A database before the schema is dropped.
func QualifiedName(parts []*pg.Node) (schema, name string) {
	n := len(parts)
	if n == 0 {
		return "", ""
	}
	if n > 1 {
		schema = parts[n-2].GetString_().GetSval()
	}
	return schema, parts[n-1].GetString_().GetSval()
}
