package ledger

import (
	"context"
	"fmt"
	"strings"

	"belay/db"
)

// ObstacleKind names why a ledger would do harm or cannot be made.
type ObstacleKind string

// The obstacles.
const (
	// AllTables: a publication FOR ALL TABLES would publish the ledger, and its
	// subscriber stops at a table it does not have.
	AllTables ObstacleKind = "publication for all tables"
	// DDLTrigger: an event trigger on DDL would fire for ours.
	DDLTrigger ObstacleKind = "event trigger on DDL"
	// NoRight: the role may not create a schema in this database.
	NoRight ObstacleKind = "no CREATE right"
	// Taken: a schema belay is there that is not ours.
	Taken ObstacleKind = "schema belay is taken"
)

// Obstacle is one reason not to create the ledger.
type Obstacle struct {
	Kind ObstacleKind `json:"kind"`
	// Name is the publication, event trigger, database or schema.
	Name string `json:"name"`
}

// RefusedError says why the ledger was not created. Nothing was changed.
type RefusedError struct{ Obstacles []Obstacle }

// Error names every obstacle.
func (e *RefusedError) Error() string {
	all := make([]string, len(e.Obstacles))
	for i, o := range e.Obstacles {
		all[i] = fmt.Sprintf("%s (%s)", o.Kind, o.Name)
	}
	return "the ledger is not created: " + strings.Join(all, ", ")
}

// Hint is what to do now.
func (e *RefusedError) Hint() string {
	return `let the DBA create it from "belay doctor --print-ledger", or go on without: ledger = "local"`
}

const obstaclesSQL = `
SELECT 'publication for all tables', pubname::text FROM pg_catalog.pg_publication WHERE puballtables
UNION ALL
SELECT 'event trigger on DDL', evtname::text FROM pg_catalog.pg_event_trigger
 WHERE evtenabled IN ('O', 'A') AND evtevent IN ('ddl_command_start', 'ddl_command_end')
UNION ALL
SELECT 'schema belay is taken', nspname::text FROM pg_catalog.pg_namespace WHERE nspname = 'belay'
UNION ALL
SELECT 'no CREATE right', pg_catalog.current_database()::text
 WHERE NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
ORDER BY 1, 2`

// Obstacles lists what stands against creating the ledger; empty = nothing
// does. It changes nothing. Ask where [Read] says there is none.
func Obstacles(ctx context.Context, q db.Querier) ([]Obstacle, error) {
	var kinds, names []string
	err := q.QueryRow(ctx, `SELECT coalesce(pg_catalog.array_agg(k), '{}'), coalesce(pg_catalog.array_agg(n), '{}')
		FROM (`+obstaclesSQL+`) AS o(k, n)`).Scan(&kinds, &names)
	if err != nil {
		return nil, fmt.Errorf("ledger: obstacles: %w", err)
	}
	var out []Obstacle
	for i := range kinds {
		out = append(out, Obstacle{Kind: ObstacleKind(kinds[i]), Name: names[i]})
	}
	return out, nil
}
