package backfill

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Key is what a leaf is walked by: the columns of a unique btree index, all NOT
// NULL, or the row's place in the table.
type Key struct {
	// Index is the index's name as SQL writes it; "" = by ctid.
	Index   string   `json:"index,omitempty"`
	Columns []string `json:"columns"`
	// Types are qualified names without a length, for casts of the key's text.
	Types []string `json:"types"`
	// Collations are qualified names, "" where the column has the index's own.
	Collations []string `json:"collations,omitempty"`
	// Schemas are where the operators of the columns' order live; "" = pg_catalog.
	Schemas []string `json:"schemas,omitempty"`
	// Primary is true for the primary key.
	Primary bool `json:"primary,omitempty"`
	// Numeric is true where the leading column can be read as a number, so that
	// progress inside a histogram bucket can be told.
	Numeric bool `json:"numeric,omitempty"`
}

// ByPlace reports whether the rows are walked by ctid, for want of a key.
func (k Key) ByPlace() bool { return k.Index == "" }

// operator is one of a column's order, in its schema.
func (k Key) operator(column int, name string) string {
	schema := "pg_catalog"
	if column < len(k.Schemas) && k.Schemas[column] != "" {
		schema = k.Schemas[column]
	}
	return "OPERATOR(" + schema + "." + name + ")"
}

// oneSchema reports whether the operators of all columns live in the same one.
func (k Key) oneSchema() bool { return len(slices.Compact(slices.Clone(k.Schemas))) < 2 }

// String is "id", "tenant_id, id" or "ctid".
func (k Key) String() string { return strings.Join(k.Columns, ", ") }

// placeKey is the key of a leaf that has none. The cursor carries the file that
// the places belong to, and which pass over it this is.
func placeKey() Key {
	return Key{Columns: []string{"ctid", "relfilenode", "pass"},
		Types: []string{"pg_catalog.tid", "pg_catalog.oid", "pg_catalog.int4"}}
}

// candidate is a unique index with why it can or cannot be used.
type candidate struct {
	Key
	unfit string // "" = fit
	width int    // bytes of a key; 0 = varies
}

// Row comparison is an index condition only where all columns run the same way
// and by the type's own order; a NULL would never be reached at all.
const candidatesSQL = `
SELECT i.indexrelid::regclass::text, i.indisprimary,
  coalesce(k.cols, '{}'), coalesce(k.types, '{}'), coalesce(k.collations, '{}'), coalesce(k.schemas, '{}'), coalesce(k.width, 0), coalesce(k.numeric, false),
  CASE WHEN am.amname <> 'btree' THEN 'it is no btree'
    WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'it is INVALID'
    WHEN i.indpred IS NOT NULL THEN 'it covers only a part of the table'
    WHEN i.indexprs IS NOT NULL THEN 'it is over an expression'
    WHEN NOT i.indimmediate THEN 'it is DEFERRABLE'
    WHEN k.nullable THEN 'a column of it may be NULL'
    WHEN k.directions > 1 THEN 'its columns run in different directions'
    WHEN k.foreign_order THEN 'it is not in the order of the type'
    WHEN k.stale THEN 'the version of its collation changed: its order may be wrong until REINDEX'
    ELSE '' END
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = ic.relam
CROSS JOIN LATERAL (
  SELECT pg_catalog.array_agg(a.attname::text ORDER BY n) AS cols,
    pg_catalog.array_agg(pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.typname) ORDER BY n) AS types,
    pg_catalog.array_agg(CASE WHEN i.indcollation[n] IN (0, a.attcollation) THEN ''
      ELSE pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) END ORDER BY n) AS collations,
    pg_catalog.array_agg(coalesce((SELECT CASE s.nspname WHEN 'pg_catalog' THEN '' ELSE pg_catalog.quote_ident(s.nspname) END
      FROM pg_catalog.pg_amop ao JOIN pg_catalog.pg_operator o ON o.oid = ao.amopopr JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
      WHERE ao.amopfamily = oc.opcfamily AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype AND ao.amopstrategy = 1), '') ORDER BY n) AS schemas,
    CASE WHEN pg_catalog.bool_or(a.attlen < 0) THEN 0 ELSE pg_catalog.sum(a.attlen)::int END AS width,
    (pg_catalog.array_agg(tn.nspname = 'pg_catalog' AND t.typname IN ('int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'date', 'timestamp', 'timestamptz') ORDER BY n))[1] AS numeric,
    pg_catalog.bool_or(NOT a.attnotnull) AS nullable,
    pg_catalog.count(DISTINCT i.indoption[n] & 1) AS directions,
    pg_catalog.bool_or(NOT EXISTS (SELECT FROM pg_catalog.pg_opclass d WHERE d.opcfamily = oc.opcfamily AND d.opcdefault)) AS foreign_order,
    pg_catalog.bool_or(coalesce(co.collversion <> pg_catalog.pg_collation_actual_version(co.oid), false)%s) AS stale
  FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) n
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n]
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
  JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[n]
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = i.indcollation[n] AND i.indcollation[n] <> 0
  LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
) k
WHERE i.indrelid = $1::bigint::oid AND i.indisunique
ORDER BY i.indisprimary DESC, ic.relname`

// From 15 on the database remembers the version of its own collation.
const databaseStale = ` OR co.collname = 'default' AND coalesce((SELECT d.datcollversion <>
  pg_catalog.pg_database_collation_actual_version(d.oid) FROM pg_catalog.pg_database d
  WHERE d.datname = pg_catalog.current_database()), false)`

func candidatesFor(major int) string {
	if major >= 15 {
		return fmt.Sprintf(candidatesSQL, databaseStale)
	}
	return fmt.Sprintf(candidatesSQL, "")
}

func scanCandidate(r pgx.CollectableRow) (c candidate, err error) {
	return c,
		r.Scan(&c.Index, &c.Primary, &c.Columns, &c.Types, &c.Collations, &c.Schemas, &c.width, &c.Numeric, &c.unfit)
}

// choose picks the key of a leaf: the one asked for, else the primary key, else
// the one with fewest columns and bytes. ok is false where there is none; why
// then says what is wrong with each unique index.
func choose(all []candidate, asked []string, st *Statement) (key Key, ok bool, why []string) {
	var fit []candidate
	for _, c := range all {
		if i := slices.IndexFunc(c.Columns, st.sets); c.unfit == "" && i >= 0 {
			c.unfit = "the statement sets " + c.Columns[i]
		}
		switch {
		case len(asked) > 0 && !slices.Equal(c.Columns, asked):
			why = append(why, c.Index+" is ("+c.String()+")")
		case c.unfit != "":
			why = append(why, c.Index+": "+c.unfit)
		default:
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return Key{}, false, why
	}
	best := slices.MinFunc(fit, func(a, b candidate) int { return a.cost() - b.cost() })
	return best.Key, true, nil
}

// cost orders fit keys; a text key costs as much as a wide one.
func (c candidate) cost() int {
	width := c.width
	if width == 0 {
		width = 100
	}
	if c.Primary {
		return width
	}
	return 1000*len(c.Columns) + width
}
