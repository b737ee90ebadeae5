package watch

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/activity"
)

// Health reads one moment of the server's own counters in one round trip, with
// those of the relations ("schema.name") and their partitions. It needs no
// extension and waits for no lock; the monitor session's statement_timeout
// bounds it.
func Health(ctx context.Context, c *db.Conn, relations []string) (activity.Health, error) {
	if relations == nil {
		relations = []string{}
	}
	major := c.ServerMajor()
	var batch pgx.Batch
	batch.Queue(sql("health", major))
	batch.Queue(sql("health_tables", major), relations)
	batch.Queue(sql("health_invalid", major), relations)
	batch.Queue(sql("replicas", major))
	results := c.SendBatch(ctx, &batch)
	h, err := scanHealth(results)
	return h, closed(results, err)
}

func scanHealth(r pgx.BatchResults) (h activity.Health, err error) {
	var at int64
	if err := r.QueryRow().Scan(&at, &h.Waiting, &h.LongestWaitMS, &h.Rollbacks, &h.Deadlocks, &h.Sessions,
		&h.Max); err != nil {
		return h, err
	}
	h.At = time.UnixMicro(at).UTC()
	h.Tables, err = rows(r, "tables", func(r pgx.CollectableRow) (t activity.TableHealth, err error) {
		return t, r.Scan(&t.Relation, &t.SeqScans, &t.Live, &t.Dead)
	})
	if err != nil {
		return h, err
	}
	if h.Invalid, err = rows(r, "invalid indexes", pgx.RowTo[string]); err != nil {
		return h, err
	}
	h.Replicas, err = rows(r, "replicas", scanReplica)
	return h, err
}
