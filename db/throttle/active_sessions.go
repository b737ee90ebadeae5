package throttle

import (
	"context"
	"strconv"
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
	pg_catalog.count(*) FILTER (WHERE state IS NULL AND query = '<insufficient privilege>')
	FROM pg_catalog.pg_stat_activity WHERE datid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()`

func sampleActiveSessions(ctx context.Context, in Input) (Reading, error) {
	var n, hidden int64
	if err := in.DB.QueryRow(ctx, activeSessionsSQL).Scan(&n, &hidden); err != nil {
		return Reading{}, err
	}
	if hidden > 0 {
		return Reading{}, errHidden(hidden)
	}
	return Reading{
		What: "active sessions", Value: strconv.FormatInt(n, 10), Limit: in.Limit, Over: n > count(in.Limit),
	}, nil
}

type errHidden int64

func (n errHidden) Error() string {
	return strconv.FormatInt(int64(n), 10) + " sessions of other roles are hidden; GRANT pg_monitor to this role"
}
