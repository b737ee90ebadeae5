package throttle

import (
	"context"
	"fmt"
	"strconv"

	"belay/sqlview/measure"
)

// ActiveSessions waits while the server is busy.
var ActiveSessions = add(Signal{
	Name: "active_sessions",
	Doc: "Sessions that run a statement now, our own not counted (pg_stat_activity: state active, client backends). " +
		"Set it to about twice the server's cores: SQL cannot tell how many it has, so it is off until set.",
	Over:   Wait,
	Check:  isCount,
	Sample: sampleActiveSessions,
})

// Without pg_read_all_stats the state of others is hidden, and a count of what
// is seen would be too low.
const activeSessionsSQL = `SELECT pg_catalog.count(*) FILTER (WHERE state = 'active' AND application_name NOT LIKE 'belay/%'),
	pg_catalog.count(*) FILTER (WHERE state IS NULL AND query = '<insufficient privilege>'),
	pg_catalog.quote_ident(current_user::text)
	FROM pg_catalog.pg_stat_activity WHERE datid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()`

func sampleActiveSessions(ctx context.Context, in Input) (Reading, error) {
	var n, hidden int64
	var me string
	if err := in.DB.QueryRow(ctx, activeSessionsSQL).Scan(&n, &hidden, &me); err != nil {
		return Reading{}, err
	}
	if hidden > 0 {
		return Reading{}, fmt.Errorf("%s of other roles %s hidden; let the DBA run: %s",
			measure.Plural(int(hidden), "session"), measure.Verb(hidden, "is", "are"), readAllStats(me))
	}
	return Reading{
		What: "active sessions", Value: strconv.FormatInt(n, 10), Limit: in.Limit, Over: n > count(in.Limit),
	}, nil
}

// readAllStats is what lets a role, quoted, see what sessions and standbys do.
func readAllStats(role string) string { return "GRANT pg_read_all_stats TO " + role }
