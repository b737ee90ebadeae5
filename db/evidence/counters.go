package evidence

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/measure"
)

// tableSQL adds up the counters of a table and of its partitions.
const tableSQL = `WITH RECURSIVE all_of(oid) AS (SELECT $1::oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN all_of a ON i.inhparent = a.oid)
SELECT coalesce(sum(t.seq_scan), 0)::bigint, coalesce(sum(t.idx_scan), 0)::bigint, coalesce(sum(t.n_tup_ins + t.n_tup_upd + t.n_tup_del), 0)::bigint%s
FROM pg_catalog.pg_stat_all_tables t WHERE t.relid IN (SELECT a.oid FROM all_of a)`

// indexesSQL are the counters of one index, or of those that have a column in them; leads
// is true where it is the first.
const indexesSQL = `WITH RECURSIVE all_of(oid) AS (SELECT $1::oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN all_of a ON i.inhparent = a.oid)
SELECT s.schemaname || '.' || s.indexrelname, s.idx_scan, x.indexrelid = $1 OR x.indkey[0] = $2 AND x.indnatts = 1%s
FROM pg_catalog.pg_stat_all_indexes s JOIN pg_catalog.pg_index x ON x.indexrelid = s.indexrelid
WHERE x.indexrelid IN (SELECT a.oid FROM all_of a) OR $2 <> 0 AND x.indrelid = $1 AND $2 = ANY (x.indkey::int2[])
ORDER BY 1`

func (g *gathering) counters(ctx context.Context, s *Source) error {
	g.period(s, g.reset)
	g.fell = false
	look := g.table
	if g.s.Number != 0 || g.s.Kind == "index" {
		look = g.indexes
	}
	if err := look(ctx, s); err != nil || !g.fell {
		return err
	}
	// They were lost since the baseline: at a start of the server, or by hand a moment ago.
	if b := g.before(); b != nil && !s.Since.After(b.At) {
		s.Since = g.now
		if g.started.After(b.At) {
			s.Since = g.started.UTC()
		}
		s.blind("what was counted before: the counters are less than they were, so they were lost or reset")
	}
	return nil
}

// last is an expression for when a counter last moved, which 16 began to keep.
func (g *gathering) last(of string) string {
	if g.c.ServerMajor() < 16 {
		return ", NULL::timestamptz"
	}
	return ", " + of
}

func (g *gathering) table(ctx context.Context, s *Source) error {
	s.blind("who it was: a counter has no name, and a dump or a check reads a table too")
	var seq, idx, writes int64
	var last *time.Time
	err := g.c.QueryRow(ctx, fmt.Sprintf(tableSQL, g.last("GREATEST(max(t.last_seq_scan), max(t.last_idx_scan))")),
		g.s.OID).
		Scan(&seq, &idx, &writes, &last)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		key, what string
		n         int64
		level     Level
		why       string
	}{
		{"writes", "rows written", writes, Uses, ""}, {"index scans", "reads through an index", idx, Uses, ""},
		{"sequential scans", "reads of the whole table", seq, Maybe, "pg_dump and checks read so too"},
	} {
		if n := g.counted(c.key, c.n, g.reset); n > 0 {
			f := Finding{Level: c.level, What: c.what, Why: c.why, Calls: n}
			if last != nil && c.key != "writes" {
				f.Last = last.UTC()
			}
			s.add(f)
		}
	}
	return nil
}

func (g *gathering) indexes(ctx context.Context, s *Source) error {
	if g.s.Kind == "index" {
		s.blind("what the index forbids: a unique one is used by every write")
	} else {
		s.blind("reads that go through no index: the server does not count columns")
	}
	rows, err := g.c.Query(ctx, fmt.Sprintf(indexesSQL, g.last("s.last_idx_scan")), g.s.OID, g.s.Number)
	if err != nil {
		return err
	}
	var name string
	var scans int64
	var leads bool
	var last *time.Time
	_, err = pgx.ForEachRow(rows, []any{&name, &scans, &leads, &last}, func() error {
		n := g.counted("index/"+name, scans, g.reset)
		if n == 0 {
			return nil
		}
		f := Finding{Level: Uses, What: "reads through index " + name, Calls: n}
		if !leads {
			f.Level, f.Why = Maybe, "the index has other columns too"
		}
		if last != nil {
			f.Last = last.UTC()
		}
		s.add(f)
		return nil
	})
	return err
}

const slotsSQL = `SELECT s.slot_name::text, s.plugin::text, s.active FROM pg_catalog.pg_replication_slots s
WHERE s.slot_type = 'logical' AND s.database = pg_catalog.current_database() ORDER BY 1`

// publishedSQL are the publications that send the relation, and whether the column too.
const publishedSQL = `SELECT t.pubname::text, $2::int2 = 0 OR %s FROM pg_catalog.pg_publication_tables t
WHERE t.schemaname = $1 AND t.tablename = $3 ORDER BY 1`

func (g *gathering) subscribers(ctx context.Context, s *Source) error {
	s.blind("what a subscriber, or a change feed, does with what it gets")
	rows, err := g.c.Query(ctx, slotsSQL)
	if err != nil {
		return err
	}
	var slot, plugin string
	var active bool
	native := 0
	_, err = pgx.ForEachRow(rows, []any{&slot, &plugin, &active}, func() error {
		if plugin == "pgoutput" {
			native++
			return nil
		}
		s.add(Finding{Level: Maybe, What: "replication slot " + slot, Why: "its plugin " + plugin +
			" may read every table"})
		return nil
	})
	if err != nil {
		return err
	}
	return g.published(ctx, s, native)
}

func (g *gathering) published(ctx context.Context, s *Source, slots int) error {
	listed := "true"
	if g.c.ServerMajor() >= 15 {
		listed = "t.attnames IS NULL OR $4::name = ANY (t.attnames)"
	} else {
		listed = "$4::text IS NOT NULL"
	}
	rows, err := g.c.Query(ctx, fmt.Sprintf(publishedSQL, listed), g.s.Schema, g.s.Number, g.s.Relation, g.s.Column)
	if err != nil {
		return err
	}
	var name string
	var sends bool
	_, err = pgx.ForEachRow(rows, []any{&name, &sends}, func() error {
		switch {
		case !sends:
		case slots > 0:
			s.add(Finding{Level: Uses, What: "publication " + name,
				Why: fmt.Sprintf("it sends it, and this database has %s",
					measure.Plural(slots, "replication slot"))})
		default:
			s.add(Finding{Level: Maybe, What: "publication " + name,
				Why: "it sends it; no subscriber has a slot here now"})
		}
		return nil
	})
	return err
}
