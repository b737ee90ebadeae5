package watch

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// NameError is a name that is no relation, or several.
type NameError struct {
	Name string
	// Found are those of the name, as schema.name; empty = there is none.
	Found []string
}

// Error says which name it is.
func (e *NameError) Error() string {
	if len(e.Found) == 0 {
		return "there is no relation " + e.Name + " in this database, or the role may not see its schema"
	}
	return fmt.Sprintf("%d relations are called %s", len(e.Found), e.Name)
}

// Hint is what to do now.
func (e *NameError) Hint() string {
	if len(e.Found) == 0 {
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
		case len(found) != 1:
			return nil, &NameError{Name: name, Found: found}
		}
		all = append(all, found[0])
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
