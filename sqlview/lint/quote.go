package lint

import "strings"

// Quote writes "schema.name" as SQL, each part quoted where it must be.
func Quote(name string) string {
	schema, base, ok := strings.Cut(name, ".")
	if !ok {
		return Ident(name)
	}
	return Ident(schema) + "." + Ident(base)
}

// Ident writes one identifier as SQL, quoted where it must be.
func Ident(name string) string {
	if plain(name) && !Reserved(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Idents writes identifiers as SQL, separated by commas.
func Idents(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = Ident(n)
	}
	return strings.Join(quoted, ", ")
}

// plain reports whether an unquoted spelling means the same name.
func plain(name string) bool {
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '$'):
		default:
			return false
		}
	}
	return name != ""
}

// Reserved reports whether PostgreSQL reserves the lower-case word, so that it
// must be quoted as a table or column name. Source: the documentation's
// appendix "SQL Key Words", reserved and reserved (can be function or type).
func Reserved(word string) bool { return reserved[word] }

var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(reservedWords) {
		m[w] = true
	}
	return m
}()

const reservedWords = `all analyse analyze and any array as asc asymmetric
authorization binary both case cast check collate collation column concurrently
constraint create cross current_catalog current_date current_role current_schema
current_time current_timestamp current_user default deferrable desc distinct do
else end except false fetch for foreign freeze from full grant group having ilike
in initially inner intersect into is isnull join lateral leading left like limit
localtime localtimestamp natural not notnull null offset on only or order outer
overlaps placing primary references returning right select session_user similar
some symmetric system_user table tablesample then to trailing true union unique
user using variadic verbose when where window with`
