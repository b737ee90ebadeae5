package throttle

import (
	"context"
	"strconv"

	"belay/sqlview/measure"
)

// Archiver waits where WAL archiving falls behind.
var Archiver = add(Signal{
	Name: "archiver",
	Doc: "How many WAL segments are finished and not archived (pg_stat_archiver and the current WAL file; 0 where " +
		"archive_mode is off). They stay on the server's disk, and a recovery to a point in time ends before them. " +
		"GitLab stops its background migrations at 42.",
	Default: "42",
	Over:    Wait,
	Check:   isCount,
	Sample:  sampleArchiver,
})

// A WAL file's name is timeline, high and low number of the segment, in hex.
// Another timeline or a backup history file says nothing of the distance.
const archiverSQL = `SELECT pg_catalog.current_setting('archive_mode') <> 'off',
	CASE WHEN a.last_archived_wal ~ '^[0-9A-F]{24}$' AND pg_catalog.left(a.last_archived_wal, 8) = pg_catalog.left(w.file, 8)
	  THEN greatest(0, w.segment - (('x' || pg_catalog.substr(a.last_archived_wal, 9, 8))::bit(32)::bigint * w.per
	    + ('x' || pg_catalog.substr(a.last_archived_wal, 17, 8))::bit(32)::bigint) - 1) END,
	coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false), a.failed_count
	FROM pg_catalog.pg_stat_archiver a, (SELECT f.file, f.per,
	    ('x' || pg_catalog.substr(f.file, 9, 8))::bit(32)::bigint * f.per + ('x' || pg_catalog.substr(f.file, 17, 8))::bit(32)::bigint AS segment
	  FROM (SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) AS file,
	    4294967296 / pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size')) AS per) f) w`

func sampleArchiver(ctx context.Context, in Input) (Reading, error) {
	var on, failing bool
	var behind *int64
	var failed int64
	if err := in.DB.QueryRow(ctx, archiverSQL).Scan(&on, &behind, &failing, &failed); err != nil {
		return Reading{}, err
	}
	r := Reading{What: "WAL segments not archived", Limit: in.Limit}
	switch {
	case !on:
		r.Value, r.Absent = "archiving is off", true
	case behind != nil:
		r.Value, r.Over = strconv.FormatInt(*behind, 10), *behind > count(in.Limit)
	case failing:
		r.Value, r.Over = "unknown", true
	default:
		r.Value = "none archived yet"
	}
	if on && failing {
		r.Note = "archive_command fails, " + measure.Noun(measure.Grouped(failed), "time") + " so far"
	}
	return r, nil
}
