package watch

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dsn"
)

// NameError is a name that is no relation, or several.
type NameError struct {
	Name string
	// Found are those of the name, as schema.name; empty = there is none. Near are then
	// those whose names are written almost so.
	Found, Near []string
}

// Error says which name it is.
func (e *NameError) Error() string {
	if len(e.Found) == 0 {
		return "there is no relation " + e.Name + " in this database, or the role may not see its schema"
	}
	return fmt.Sprintf("%d relations are called %s", len(e.Found), e.Name)
}

// Short says both on one line of a small screen.
func (e *NameError) Short() string {
	if len(e.Found) > 0 {
		return e.Error() + "; " + e.Hint()
	}
	return "there is no relation " + e.Name + "; " + e.Hint()
}

// Hint is what to do now.
func (e *NameError) Hint() string {
	switch {
	case len(e.Near) > 0:
		return "did you mean " + strings.Join(e.Near, " or ") + "?"
	case len(e.Found) == 0:
		return "give it as schema.name, spelled as in pg_class"
	}
	return "name one of " + strings.Join(e.Found, ", ")
}

const findSQL = `SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY ('{r,p,m,i,I}') AND (n.nspname || '.' || c.relname = $1 OR c.relname = $1 AND n.nspname !~ '^pg_(toast|temp)')
ORDER BY 1`

// Find gives names as the watch has them, schema.name. One that is no relation is
// a *NameError: nothing would ever be shown of it.
func Find(ctx context.Context, c *db.Conn, names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		rows, err := c.Query(ctx, findSQL, name)
		if err != nil {
			return nil, fmt.Errorf("relation %s: %w", name, err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		switch {
		case err != nil:
			return nil, fmt.Errorf("relation %s: %w", name, err)
		case len(found) > 1:
			return nil, &NameError{Name: name, Found: found}
		case len(found) == 0:
			near, err := near(ctx, c, name)
			return nil, cmp.Or(err, error(&NameError{Name: name, Near: near}))
		}
		all = append(all, found[0])
	}
	return all, nil
}

const namesSQL = `SELECT n.nspname || '.' || c.relname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY ('{r,p,m}') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY pg_catalog.abs(pg_catalog.length(c.relname::text) - pg_catalog.length($1)), 1 LIMIT 2000`

// near are the tables whose names differ from a name by two letters at most, or by case
// alone; three of them at most.
func near(ctx context.Context, c *db.Conn, name string) ([]string, error) {
	last := name[strings.LastIndexByte(name, '.')+1:]
	rows, err := c.Query(ctx, namesSQL, last)
	if err != nil {
		return nil, fmt.Errorf("names like %s: %w", name, err)
	}
	var all []string
	var full, short string
	_, err = pgx.ForEachRow(rows, []any{&full, &short}, func() error {
		d := dsn.Edits(strings.ToLower(last), strings.ToLower(short))
		if d <= 2 && 3*d <= len(last) && len(all) < 3 {
			all = append(all, full)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("names like %s: %w", name, err)
	}
	return all, nil
}

const partsSQL = `WITH RECURSIVE part(oid) AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname || '.' || c.relname = $1
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN part p ON p.oid = i.inhparent
)
SELECT n.nspname || '.' || c.relname FROM part p JOIN pg_catalog.pg_class c ON c.oid = p.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY 1`

// Parts are a relation, named as Find gives it, and its partitions.
func Parts(ctx context.Context, c *db.Conn, relation string) ([]string, error) {
	rows, err := c.Query(ctx, partsSQL, relation)
	if err != nil {
		return nil, fmt.Errorf("partitions of %s: %w", relation, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("partitions of %s: %w", relation, err)
	}
	return all, nil
}

const largestSQL = `SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY ('{r,m}') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.relpages DESC, 1 LIMIT $1`

// Largest lists the largest tables, as schema.name: what is watched where nobody has
// named any.
func Largest(ctx context.Context, c *db.Conn, most int) ([]string, error) {
	rows, err := c.Query(ctx, largestSQL, most)
	if err != nil {
		return nil, fmt.Errorf("largest tables: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("largest tables: %w", err)
	}
	return all, nil
}
