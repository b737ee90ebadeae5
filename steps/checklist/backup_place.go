package checklist

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"belay/db"
	"belay/db/grant"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/project"
)

func targetConfig(e *steps.Env) (db.Config, error) {
	return db.ParseConfig(e.Project.DSN, e.Project.DSNFrom)
}

// roleFor is the role of belay's grants that is taken for a task; "" = the
// login's own, because there is none or the login may not take it.
func roleFor(ctx context.Context, e *steps.Env, role string) (taken string) {
	_ = e.Sessions.Monitor(func(c *db.Conn) (err error) {
		taken, err = grant.Taken(ctx, c, role)
		return err
	})
	return taken
}

// backupDir is [backup] directory of belay.toml, or the user's own place: a
// dump holds personal data and belongs into no repository.
func backupDir(e *steps.Env) (string, error) {
	dir := e.Project.Config.Backup.Directory
	if dir == "" {
		return project.BackupsDir()
	}
	if filepath.IsAbs(dir) {
		return dir, nil
	}
	return filepath.Join(e.Project.Dir, dir), nil
}

const writtenSQL = `select coalesce(sum(tup_inserted + tup_updated + tup_deleted), 0)::float8,
	coalesce(extract(epoch from pg_catalog.clock_timestamp() - coalesce(min(stats_reset), pg_catalog.pg_postmaster_start_time())), 0)::float8
from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()`

// rate is how much is written: since the first look where that is long enough
// ago, else on average since the statistics began.
func rate(ctx context.Context, e *steps.Env, f *fact.Backup) {
	var rows, age float64
	err := e.Sessions.Monitor(func(c *db.Conn) error { return c.QueryRow(ctx, writtenSQL).Scan(&rows, &age) })
	if err != nil || age <= 0 {
		return
	}
	now := e.Now()
	first := e.Bench.Written
	if first.At.IsZero() {
		e.Bench.Written = steps.Written{At: now, Rows: rows}
	}
	f.WritesPerSecond, f.RateOver = rows/age, "on average since the statistics began"
	if over := now.Sub(first.At); !first.At.IsZero() && over >= 5*time.Second && rows >= first.Rows {
		f.WritesPerSecond, f.RateOver = (rows-first.Rows)/over.Seconds(), fmt.Sprintf("over the last %.0f s", over.Seconds())
	}
}

const dumpingSQL = `select coalesce(max(pid), 0) from pg_catalog.pg_stat_activity
where application_name like 'pg\_dump belay/%' and datname = pg_catalog.current_database()`

// dumpEnds is how long the session of a pg_dump that has ended may still be seen.
const dumpEnds = 3 * time.Second

// refuseOwnDump ends a run whose database a dump of belay's still reads: it
// holds a lock on every table. The session of one that is done goes in a moment.
func refuseOwnDump(ctx context.Context, e *steps.Env) error {
	for deadline := time.Now().Add(dumpEnds); ; {
		var pid int
		err := e.Sessions.Monitor(func(c *db.Conn) error { return c.QueryRow(ctx, dumpingSQL).Scan(&pid) })
		switch {
		case err != nil:
			return steps.Database("looking for a dump", err)
		case pid == 0:
			return nil
		case time.Now().After(deadline):
			return &steps.Exit{
				Code: steps.ExitPerson, Outcome: steps.OutcomePerson,
				Summary: fmt.Sprintf("a pg_dump of belay's still reads this database (pid %d): it holds every table", pid),
				Advice:  "wait until it is done; nothing has changed",
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
