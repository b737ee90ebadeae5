// Package grant writes the script by which a DBA gives belay the least rights:
// one role for each task, none of them the owner's. belay prints it and never
// runs it.
package grant

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// The roles of the script. Where a login may take Dump or Smoke, belay does so
// for that task: what the login itself may do stays small.
const (
	// Run logs in and runs the migrations. It becomes the owner for the length of a
	// unit, by role in belay.toml.
	Run = "belay_run"
	// Become stands between Run and the roles that it may take: what they may do is
	// not inherited.
	Become = "belay_become"
	// View logs in to look: review, estimate, watch, status.
	View = "belay_view"
	// Dump reads every row, for pg_dump.
	Dump = "belay_dump"
	// Smoke reads tables, for the SQL probes.
	Smoke = "belay_smoke"
)

// Facts are what the script depends on.
type Facts struct {
	Database string
	Major    int
	// Schemas are those of the team, Owners the roles that own relations in them,
	// the most frequent first.
	Schemas, Owners []string
	// History is the tool's table as SQL quotes it; "" = there is none yet.
	History string
	// RowSecurity is true where a table has it: a dump must bypass it.
	RowSecurity bool
	// Ledger is the ledger's version by its tables; 0 = schema belay is not there.
	Ledger int
}

const factsSQL = `
WITH team AS (SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
              WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'belay'))
SELECT pg_catalog.current_database()::text, pg_catalog.current_setting('server_version_num')::int / 10000,
  coalesce((SELECT pg_catalog.array_agg(t.nspname::text ORDER BY t.nspname) FROM team t), '{}'),
  coalesce((SELECT pg_catalog.array_agg(o.owner ORDER BY o.n DESC, o.owner) FROM (
    SELECT pg_catalog.pg_get_userbyid(c.relowner)::text AS owner, count(*) AS n FROM pg_catalog.pg_class c JOIN team t ON t.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') GROUP BY 1) o), '{}'),
  EXISTS (SELECT FROM pg_catalog.pg_class c JOIN team t ON t.oid = c.relnamespace WHERE c.relrowsecurity),
  (SELECT (count(DISTINCT n.oid) + count(c.oid))::int FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c
    ON c.relnamespace = n.oid AND c.relname = 'approval' WHERE n.nspname = 'belay')`

// Read reads the facts of the database. history is the tool's table, quoted; ""
// where there is none.
func Read(ctx context.Context, q db.Querier, history string) (Facts, error) {
	f := Facts{History: history}
	err := q.QueryRow(ctx, factsSQL).Scan(&f.Database, &f.Major, &f.Schemas, &f.Owners, &f.RowSecurity, &f.Ledger)
	if err != nil {
		return f, fmt.Errorf("grants: %w", err)
	}
	return f, nil
}

// Taken is the role if the session may take it, else "". A superuser takes none:
// every role is open to it, and none would narrow what it may do by a DBA's word.
func Taken(ctx context.Context, q db.Querier, role string) (string, error) {
	var taken string
	err := q.QueryRow(ctx,
		`SELECT r.rolname::text FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_roles me ON me.rolname = session_user
		WHERE r.rolname = $1 AND r.oid <> me.oid AND NOT me.rolsuper AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')`, role).Scan(&taken)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return taken, err
}
