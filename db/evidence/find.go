package evidence

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/usage"
)

// NameError is a name by which nothing can be found.
type NameError struct{ problem, hint string }

func (e *NameError) Error() string { return e.problem }

// Hint is what to do now.
func (e *NameError) Hint() string { return e.hint }

const relationSQL = `SELECT c.oid, n.nspname::text, c.relname::text, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
  WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'index' END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $2 AND c.relkind = ANY ('{r,p,v,m,f,i,I}') AND CASE WHEN $1::text = '' THEN n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema' ELSE n.nspname = $1 END
ORDER BY 2`

const columnSQL = `SELECT a.attnum,
  ARRAY(SELECT DISTINCT c.relname::text FROM pg_catalog.pg_attribute o JOIN pg_catalog.pg_class c ON c.oid = o.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE o.attname = a.attname AND o.attnum > 0 AND NOT o.attisdropped AND c.relkind = ANY ('{r,p,v,m,f}') AND c.oid <> a.attrelid
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1)
FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1 AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped`

// Find finds what a person names: TABLE, TABLE.COLUMN, with its schema before it or
// without, spelled as in SQL. A *NameError says what is wrong with the name.
func Find(ctx context.Context, c *db.Conn, name string) (Subject, error) {
	parts := usage.Parts(name)
	if len(parts) == 0 || len(parts) > 3 {
		return Subject{},
			&NameError{name + " is no name",
				"name it as SQL does: users, users.email, shop.users.email, \"Users\".\"Email\""}
	}
	type reading struct{ schema, relation, column string }
	var readings []reading
	switch len(parts) {
	case 1:
		readings = []reading{{"", parts[0], ""}}
	case 2:
		readings = []reading{{"", parts[0], parts[1]}, {parts[0], parts[1], ""}}
	default:
		readings = []reading{{parts[0], parts[1], parts[2]}}
	}
	var errs []error
	for _, r := range readings {
		s, err := find(ctx, c, r.schema, r.relation, r.column)
		if err == nil {
			return s, nil
		}
		if !isName(err) {
			return s, err
		}
		errs = append(errs, err)
	}
	return Subject{}, plainest(parts, errs)
}

// plainest is the error that helps most, of all that a name may mean: one that found a part
// of it says more than that there is nothing.
func plainest(parts []string, errs []error) error {
	for _, err := range errs {
		if none, ok := errors.AsType[*watch.NameError](err); !ok || len(none.Found) > 0 {
			return err
		}
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return &NameError{
		fmt.Sprintf("there is no table %s in this database, and no schema %s with a relation %s", parts[0], parts[0],
			parts[1]),
		"spell it as in pg_class; a role that may not use a schema does not see what is in it",
	}
}

func isName(err error) bool {
	_, ours := errors.AsType[*NameError](err)
	_, theirs := errors.AsType[*watch.NameError](err)
	return ours || theirs
}

func find(ctx context.Context, c *db.Conn, schema, relation, column string) (Subject, error) {
	rows, err := c.Query(ctx, relationSQL, schema, relation)
	if err != nil {
		return Subject{}, fmt.Errorf("relation %s: %w", relation, err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s Subject, err error) {
		return s, r.Scan(&s.OID, &s.Schema, &s.Relation, &s.Kind)
	})
	if err != nil {
		return Subject{}, fmt.Errorf("relation %s: %w", relation, err)
	}
	title := strings.TrimPrefix(schema+"."+relation, ".")
	if len(all) != 1 {
		none := &watch.NameError{Name: title}
		for _, s := range all {
			none.Found = append(none.Found, s.Title())
		}
		return Subject{}, none
	}
	s := all[0]
	if err := twins(ctx, c, &s); err != nil || column == "" {
		return s, err
	}
	if s.Kind == "index" {
		return s, &NameError{title + " is an index: it has no column to ask for",
			"name the index alone: belay evidence " + title}
	}
	s.Column = column
	err = c.QueryRow(ctx, columnSQL, s.OID, column).Scan(&s.Number, &s.Sharing)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, &NameError{s.Schema + "." + s.Relation + " has no column " + column,
			"spell it as in pg_attribute; capitals need quotes"}
	}
	if err != nil {
		return s, fmt.Errorf("column %s: %w", s.Title(), err)
	}
	return s, nil
}

// twins finds the schemas with a relation of the same name.
func twins(ctx context.Context, c *db.Conn, s *Subject) error {
	rows, err := c.Query(ctx, relationSQL, "", s.Relation)
	if err != nil {
		return fmt.Errorf("relation %s: %w", s.Relation, err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (o Subject, err error) {
		return o, r.Scan(&o.OID, &o.Schema, &o.Relation, &o.Kind)
	})
	for _, o := range all {
		if o.OID != s.OID {
			s.Twins = append(s.Twins, o.Schema)
		}
	}
	return err
}
