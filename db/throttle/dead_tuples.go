package throttle

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// DeadTuples waits where the table bloats and nothing can clean it.
var DeadTuples = add(Signal{
	Name: "dead_tuples",
	Doc: "The share of dead rows in the table (pg_stat_user_tables) while an old snapshot, a prepared transaction or " +
		"a slot " +
		"keeps VACUUM from removing them: then the table only grows. Dead rows that VACUUM can remove count for " +
		"nothing. " +
		"The limit is in percent of all rows.",
	Default: "50",
	Over:    Wait,
	Check:   isPercent,
	Sample:  sampleDeadTuples,
})

func isPercent(limit string) error {
	if n, err := strconv.Atoi(strings.TrimSuffix(limit, "%")); err != nil || n < 1 {
		return fmt.Errorf("%q is no percentage such as 50", limit)
	}
	return nil
}

// horizonMinutes is how old a snapshot must be to count as one that holds back.
const horizonMinutes = 5

const deadTuplesSQL = `
WITH RECURSIVE t(oid) AS (SELECT $1::bigint::oid
  UNION SELECT h.inhrelid FROM pg_catalog.pg_inherits h JOIN t ON h.inhparent = t.oid),
held(who, minutes) AS (
  SELECT 'PID ' || pid || ' (' || application_name || ')', extract(epoch FROM pg_catalog.clock_timestamp() - xact_start) / 60
    FROM pg_catalog.pg_stat_activity WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
    AND pid <> pg_catalog.pg_backend_pid() AND datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  UNION ALL SELECT 'prepared transaction ' || gid, extract(epoch FROM pg_catalog.clock_timestamp() - prepared) / 60
    FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
  UNION ALL SELECT 'slot ' || slot_name, $2 + 1 FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL AND NOT active)
SELECT coalesce((SELECT pg_catalog.sum(s.n_dead_tup) FROM pg_catalog.pg_stat_user_tables s JOIN t ON t.oid = s.relid), 0)::bigint,
  coalesce((SELECT pg_catalog.sum(s.n_live_tup) FROM pg_catalog.pg_stat_user_tables s JOIN t ON t.oid = s.relid), 0)::bigint,
  coalesce((SELECT who FROM held WHERE minutes >= $2 ORDER BY minutes DESC LIMIT 1), '')`

func sampleDeadTuples(ctx context.Context, in Input) (Reading, error) {
	return deadTuples(ctx, in, horizonMinutes)
}

func deadTuples(ctx context.Context, in Input, minutes float64) (Reading, error) {
	var dead, live int64
	var holder string
	if err := in.DB.QueryRow(ctx, deadTuplesSQL, int64(in.Table), minutes).Scan(&dead, &live, &holder); err != nil {
		return Reading{}, err
	}
	limit, _ := strconv.ParseFloat(strings.TrimSuffix(in.Limit, "%"), 64)
	share := 100 * float64(dead) / max(float64(dead+live), 1)
	r := Reading{What: "dead rows", Value: fmt.Sprintf("%.0f %%", share), Limit: fmt.Sprintf("%.0f %%", limit)}
	if holder != "" {
		r.Over, r.Note = share > limit, "kept by "+holder
	}
	return r, nil
}
