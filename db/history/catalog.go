package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/sqlview/migration"
)

// place is where a table is looked for, and under which names.
type place struct {
	schema string
	names  []string // the one to be created first
	pinned bool     // the team named the schema
	// missing is true where the tool has a schema of its own that is not there.
	missing bool
}

// lookFor finds out where the table is looked for, and every relation of one of the names
// that it or any tool's table may have: in one round trip, after the one in which the
// server reads a configured name.
func lookFor(ctx context.Context, q *db.Conn, f migration.Format,
	configured string) (p place, all []relation, err error) {
	p = place{names: f.Tables(), schema: f.History.Schema}
	if configured != "" {
		parts, err := parseIdent(ctx, q, configured)
		if err != nil {
			return p, nil, err
		}
		p.names = parts[len(parts)-1:]
		if p.pinned = len(parts) == 2; p.pinned {
			p.schema = parts[0]
		}
	}
	var b pgx.Batch
	var schemas []string
	there, named := true, p.pinned || p.schema != ""
	if named {
		b.Queue(`SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $1)`, p.schema).
			QueryRow(func(r pgx.Row) error { return r.Scan(&there) })
	} else {
		q.QueueSchemas(&b, &schemas)
	}
	b.Queue(byNameSQL, append(knownNames(), p.names...)).Query(func(r pgx.Rows) (err error) {
		all, err = collect(r)
		return err
	})
	switch err := q.Send(ctx, &b); {
	case err != nil:
		return p, nil, fmt.Errorf("history table: read the catalog: %w", err)
	case named && !there && p.pinned:
		return p, nil, &NoSchemaError{Schema: p.schema}
	case !named && len(schemas) == 0:
		return p, nil, &NoSchemaError{}
	case !named:
		p.schema = schemas[0]
	}
	p.missing = !there
	return p, all, nil
}

func parseIdent(ctx context.Context, q Querier, name string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT pg_catalog.parse_ident($1)`, name)
	if err != nil {
		return nil, fmt.Errorf("history table: read the name: %w", err)
	}
	parts, err := pgx.CollectOneRow(rows, pgx.RowTo[[]string])
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "22023" || err == nil && len(parts) > 2 {
		return nil, &NameError{Name: name}
	}
	if err != nil {
		return nil, fmt.Errorf("history table: read the name: %w", err)
	}
	return parts, nil
}

// relation is one candidate of the catalog.
type relation struct {
	migration.Table
	oid  uint32
	kind string // pg_class.relkind
	has  []string
}

func (r relation) lacks(needs []string) []string {
	var lacks []string
	for _, privilege := range needs {
		if !slices.Contains(r.has, privilege) {
			lacks = append(lacks, privilege)
		}
	}
	return lacks
}

const columnsSQL = `
SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text,
       ARRAY(SELECT p FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
              WHERE pg_catalog.has_table_privilege(c.oid, p)),
       a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> ''
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`

const orderSQL = ` ORDER BY n.nspname, c.relname, c.oid, a.attnum`

// byNameSQL reads every relation of one of the names, in any case: a tool may have
// quoted what belay.toml spells without quotes.
const byNameSQL = columnsSQL + `
   AND pg_catalog.lower(c.relname) = ANY (SELECT pg_catalog.lower(w) FROM pg_catalog.unnest($1::text[]) AS w)` + orderSQL

// candidates reads what byNameSQL does, and every relation that has all of the columns: a
// tool may be told to call its table something else. It is one question, so that a table
// that somebody makes meanwhile is not taken for one of another name.
func candidates(ctx context.Context, q Querier, names []string, columns []migration.Column) ([]relation, error) {
	var of []string
	for _, c := range columns {
		of = append(of, c.Name)
	}
	return find(ctx, q, columnsSQL+`
   AND (pg_catalog.lower(c.relname) = ANY (SELECT pg_catalog.lower(w) FROM pg_catalog.unnest($1::text[]) AS w)
        OR c.oid IN (SELECT w.attrelid FROM pg_catalog.pg_attribute AS w WHERE w.attname = ANY ($2::text[]) AND NOT w.attisdropped
                     GROUP BY w.attrelid HAVING pg_catalog.count(*) = pg_catalog.cardinality($2::text[])))`+orderSQL,
		names, of)
}

// find reads relations with their columns.
func find(ctx context.Context, q Querier, sql string, args ...any) ([]relation, error) {
	rows, err := q.Query(ctx, sql, args...)
	var found []relation
	if err == nil {
		found, err = collect(rows)
	}
	if err != nil {
		return nil, fmt.Errorf("history table: read the catalog: %w", err)
	}
	return found, nil
}

func collect(rows pgx.Rows) (found []relation, err error) {
	var r relation
	var col migration.TableColumn
	into := []any{&r.oid, &r.Schema, &r.Name, &r.kind, &r.has, &col.Name, &col.Type, &col.NotNull, &col.Default}
	_, err = pgx.ForEachRow(rows, into, func() error {
		if n := len(found); n == 0 || found[n-1].oid != r.oid {
			found = append(found, relation{oid: r.oid, kind: r.kind, has: slices.Clone(r.has),
				Table: migration.Table{Schema: r.Schema, Name: r.Name}})
		}
		last := &found[len(found)-1]
		last.Columns = append(last.Columns, col)
		return nil
	})
	return found, err
}

// split parts the relations of this place from those elsewhere.
func (p place) split(all []relation) (here, elsewhere []relation) {
	for _, r := range all {
		switch {
		case r.Schema == p.schema && slices.Contains(p.names, r.Name):
			here = append(here, r)
		case !p.pinned || strings.EqualFold(r.Schema, p.schema):
			elsewhere = append(elsewhere, r)
		}
	}
	return here, elsewhere
}
