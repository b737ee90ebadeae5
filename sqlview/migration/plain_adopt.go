package migration

import "slices"

var (
	numbers = []string{"smallint", "integer", "bigint", "numeric"}
	times   = []string{"timestamp with time zone", "timestamp without time zone", "date"}
)

// adoptMigrations takes a table migrations(id, name, applied_at) as it is. An
// id with a default is a row number, so the version stands in the name; an id
// without one was written by hand and is the version.
func adoptMigrations(t Table) (History, bool) {
	id, name, at := t.Column("id"), t.Column("name"), t.Column("applied_at")
	if id == nil || name == nil || at == nil || !isText(name.Type) || !slices.Contains(times, at.Type) {
		return History{}, false
	}
	if !id.Default && !slices.Contains(numbers, id.Type) && !isText(id.Type) {
		return History{}, false
	}
	h := History{
		Table: "migrations",
		Columns: []Column{
			{Name: "id", Types: []string{id.Type}},
			{Name: "name", Types: []string{name.Type}},
			{Name: "applied_at", Types: []string{at.Type}},
		},
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		Keys:       plainKeys,
	}
	if id.Default {
		versionInName(&h)
	} else {
		versionInID(&h, isText(id.Type))
	}
	return h, true
}

func isText(t string) bool {
	return t == "text" || t == "character varying" ||
		len(t) > 18 && t[:18] == "character varying("
}

// nameStyle spells a name as the newest row does: with .sql, without it, or as
// the title alone; with .sql where there is no row. $1 is the version, $2 the
// file's name, $3 without its extension, $4 the title.
func nameStyle(table string) string {
	return `coalesce((SELECT CASE WHEN h.name OPERATOR(pg_catalog.~) '\.sql$' THEN $2::pg_catalog.text
    WHEN h.name OPERATOR(pg_catalog.~) '^V?[0-9]+[_-]' THEN $3::pg_catalog.text ELSE $4::pg_catalog.text END
  FROM ` + table + ` AS h ORDER BY h.applied_at DESC NULLS LAST, h.id DESC LIMIT 1), $2::pg_catalog.text)`
}

func nameArgs(m Migration) []any {
	file, stem := stemOf(m)
	return []any{m.Version, file, stem, m.Title}
}

func versionInName(h *History) {
	h.Read = func(table string) string {
		return `SELECT coalesce(pg_catalog.substring(name, '^V?([0-9]+)'), ''), name, applied_at::pg_catalog.text, false
  FROM ` + table + ` WHERE name IS NOT NULL ORDER BY applied_at DESC NULLS LAST, id DESC`
	}
	h.Record = func(table string, m Migration) []Write {
		args := nameArgs(m)
		return []Write{{SQL: `INSERT INTO ` + table + ` (name, applied_at)
SELECT ` + nameStyle(table) + `, pg_catalog.now() WHERE $1::pg_catalog.text OPERATOR(pg_catalog.<>) ''`, Args: args}}
	}
	h.Unrecord = func(table string, m Migration, _ *Migration) []Write {
		file, stem := stemOf(m)
		return []Write{{
			SQL: `DELETE FROM ` + table + ` WHERE name OPERATOR(pg_catalog.=) $2 OR name OPERATOR(pg_catalog.=) $3
   OR pg_catalog.ltrim(pg_catalog.substring(name, '^V?([0-9]+)'), '0') OPERATOR(pg_catalog.=) pg_catalog.ltrim($1, '0')
   OR name OPERATOR(pg_catalog.=) $4 AND name OPERATOR(pg_catalog.!~) '^V?[0-9]'`,
			Args: []any{m.Version, file, stem, m.Title},
		}}
	}
}

func versionInID(h *History, text bool) {
	arg := "$1::pg_catalog.text::numeric"
	same := "id OPERATOR(pg_catalog.=) " + arg
	if text {
		arg = "$1::pg_catalog.text"
		same = "pg_catalog.ltrim(id, '0') OPERATOR(pg_catalog.=) pg_catalog.ltrim(" + arg + ", '0')"
	}
	h.Read = func(table string) string {
		return `SELECT id::pg_catalog.text, coalesce(name, ''), applied_at::pg_catalog.text, false
  FROM ` + table + ` ORDER BY applied_at DESC NULLS LAST, id DESC`
	}
	h.Record = func(table string, m Migration) []Write {
		return []Write{{SQL: `INSERT INTO ` + table + ` (id, name, applied_at)
SELECT ` + arg + `, ` + nameStyle(table) + `, pg_catalog.now()`, Args: nameArgs(m)}}
	}
	h.Unrecord = func(table string, m Migration, _ *Migration) []Write {
		return []Write{{SQL: `DELETE FROM ` + table + ` WHERE ` + same, Args: []any{m.Version}}}
	}
}
