package inspect

import (
	"context"

	"belay/db"
)

// Columns lists the columns of the tables of a name, in any schema where schema is "".
// Neither name is quoted. It is empty where there is none.
func Columns(ctx context.Context, c *db.Conn, schema, table string) (columns []string, err error) {
	err = c.QueryRow(ctx, `SELECT pg_catalog.array_agg(a.attname::pg_catalog.text)
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
		JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
			AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
		WHERE c.relname OPERATOR(pg_catalog.=) $1 AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m,f}')
			AND (n.nspname OPERATOR(pg_catalog.=) $2 OR $2 OPERATOR(pg_catalog.=) '')`, table, schema).Scan(&columns)
	return columns, err
}

// TablesLike lists at most five tables whose names begin with the same two letters.
func TablesLike(ctx context.Context, c *db.Conn, table string) (tables []string, err error) {
	letters := []rune(table)
	err = c.QueryRow(ctx, `SELECT pg_catalog.array_agg(x.relname::pg_catalog.text) FROM (
		SELECT c.relname FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
		WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}')
			AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
			AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
			AND pg_catalog.starts_with(c.relname::pg_catalog.text, $1)
		ORDER BY c.relname LIMIT 5) x`, string(letters[:min(len(letters), 2)])).Scan(&tables)
	return tables, err
}
