package throttle

import (
	"context"
	"strconv"
)

// WALRetained waits where WAL piles up behind a slot.
var WALRetained = add(Signal{
	Name: "wal_retained",
	Doc: "The most WAL that a replication slot keeps from being removed (pg_replication_slots: restart_lsn). A slot " +
		"that " +
		"nobody reads fills the disk, and a backfill fills it fast. A slot that is lost or about to be " +
		"(wal_status unreserved) pauses the backfill for a person.",
	Default: "20GB",
	Over:    Wait,
	Check: func(limit string) error {
		_, err := parseBytes(limit)
		return err
	},
	Sample: sampleWALRetained,
})

const walRetainedSQL = `SELECT slot_name::text,
	coalesce(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn), 0)::bigint,
	coalesce(pg_catalog.to_jsonb(s)->>'wal_status', ''), active
	FROM pg_catalog.pg_replication_slots s
	WHERE restart_lsn IS NOT NULL
	ORDER BY coalesce(pg_catalog.to_jsonb(s)->>'wal_status', '') = 'unreserved' DESC, 2 DESC LIMIT 1`

func sampleWALRetained(ctx context.Context, in Input) (Reading, error) {
	limit, _ := parseBytes(in.Limit)
	r := Reading{What: "WAL kept by a slot", Value: "no slot", Limit: inBytes(limit), Absent: true}
	rows, err := in.DB.Query(ctx, walRetainedSQL)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, status string
		var behind int64
		var active bool
		if err := rows.Scan(&name, &behind, &status, &active); err != nil {
			return r, err
		}
		r.What, r.Value, r.Over, r.Absent = "WAL kept by slot "+name, inBytes(behind), behind > limit, false
		r.Note = "active " + strconv.FormatBool(active)
		if status == "unreserved" {
			r.Over, r.Action, r.Note = true, Pause, "the server is about to give the slot up"
		}
	}
	return r, rows.Err()
}
