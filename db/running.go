package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// The server keeps the beginning of a long query only, which may end within a
// character: a query of about that length is held against the text's beginning, any
// other one against all of it.
const runningSQL = `
SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename, '')::text, coalesce(pg_catalog.host(a.client_addr), ''),
       (extract(epoch FROM a.backend_start) * 1000)::bigint
FROM pg_catalog.pg_stat_activity a,
     LATERAL (SELECT pg_catalog.btrim(a.query, E' \t\r\n;') AS text, pg_catalog.octet_length(a.query)
              >= (SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'track_activity_query_size') - 8 AS cut) q
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid() AND a.state = 'active'
  AND q.text <> '' AND EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) t WHERE t = q.text OR q.cut AND pg_catalog.starts_with(t, q.text))
ORDER BY a.backend_start NULLS LAST LIMIT 1`

// RunningOf finds a session of this database that runs one of the texts now, whether
// its client lives or not; nil = none does. The texts are without blanks and
// semicolons at their ends. A session whose query the login may not see is not found.
func RunningOf(ctx context.Context, c *Conn, texts []string) (*Holder, error) {
	var all []Holder
	err := c.As(ctx, "", func() error { // the login sees its own sessions
		rows, err := c.Query(ctx, runningSQL, texts)
		if err == nil {
			all, err = pgx.CollectRows(rows, ScanHolder)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("who runs a file: %w", err)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return &all[0], nil
}
