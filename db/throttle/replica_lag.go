package throttle

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReplicaLag waits for standbys that replay behind.
var ReplicaLag = add(Signal{
	Name: "replica_lag",
	Doc: "How far the slowest streaming standby or logical subscriber replays behind (pg_stat_replication: " +
		"replay_lag, " +
		"or the time the same gap in WAL has been there where that is NULL). Replay is one process; a backfill " +
		"writes " +
		"more WAL a second than the application does. A lag that the role may not see counts as unknown: wait.",
	Default: "10s",
	Over:    Wait,
	Check:   isDuration,
	Sample:  sampleReplicaLag,
})

// replay_lag is NULL where a standby has nothing to replay, and also where it
// has not answered for long: the gap in WAL tells the two apart. A role without
// pg_read_all_stats sees the row without its numbers.
const replicaLagSQL = `SELECT coalesce(nullif(application_name, ''), 'pid ' || pid), state IS NULL,
	(extract(epoch FROM replay_lag) * 1000)::float8,
	coalesce(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn), 0)::bigint,
	coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - reply_time) * 1000)::float8, 0),
	coalesce(state, ''), pg_catalog.quote_ident(current_user::text)
	FROM pg_catalog.pg_stat_replication ORDER BY 1`

type replica struct {
	name   string
	hidden bool
	lag    *float64 // ms
	behind int64    // bytes
	silent float64  // ms since its last answer
	state  string
	reader string // our role, quoted
}

func sampleReplicaLag(ctx context.Context, in Input) (Reading, error) {
	rows, err := in.DB.Query(ctx, replicaLagSQL)
	if err != nil {
		return Reading{}, err
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x replica, err error) {
		return x, r.Scan(&x.name, &x.hidden, &x.lag, &x.behind, &x.silent, &x.state, &x.reader)
	})
	if err != nil {
		return Reading{}, err
	}
	limit, _ := positive(in.Limit)
	worst := Reading{What: "replica lag", Value: "no replica", Limit: shown(limit), Absent: true}
	most := -1.0
	for _, x := range all {
		if x.hidden {
			return Reading{},
				fmt.Errorf("%s may not see how far a standby is; let the DBA run: %s, or set replica_lag = \"off\" in "+
					"belay.toml", x.reader, readAllStats(x.reader))
		}
		if x.state == "backup" {
			continue // pg_basebackup replays nothing
		}
		if ms := x.ms(limit); ms > most {
			most = ms
			worst = Reading{What: "replica " + x.name + " lag", Value: inMS(ms), Limit: shown(limit),
				Over: ms > float64(limit.Milliseconds()), Note: inBytes(x.behind) + " behind"}
		}
	}
	return worst, nil
}

// ms is the lag; a standby that is behind and does not answer lags at least as
// long as it has been silent.
func (x replica) ms(limit time.Duration) float64 {
	lag := 0.0
	if x.lag != nil {
		lag = *x.lag
	}
	if x.behind > 0 && x.silent > float64(limit.Milliseconds()) {
		lag = max(lag, x.silent)
	}
	return lag
}
