package execute

import (
	"context"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/journal"
)

// sofar is what this engine has changed before its first unit: another before it may have
// left something.
func (r *runner) sofar() string {
	if r.env.Resumed {
		return "nothing has changed since it was left"
	}
	return "nothing has changed"
}

// own takes belay's advisory lock of this database: one run at a time. Nobody
// ever waits for it.
func (r *runner) own(ctx context.Context) error {
	ok, holder, err := db.TryLock(ctx, r.trio.Executor, db.LockKey)
	if err != nil {
		return steps.Database("belay's advisory lock", err)
	}
	if ok {
		return nil
	}
	who := r.othersHold(ctx, r.trio.Executor, holder)
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "another run is open on this database: " + who,
		Advice: "wait for it, or watch it with `belay attach` on its host; " + r.sofar(),
	}
}

// keyPatience is how long the team's tool may keep its own key before the run
// gives up; keyPause is how often it is asked.
const (
	keyPatience = 30 * time.Second
	keyPause    = 200 * time.Millisecond
)

// takeKeys takes the tool's advisory keys by polling: waiting in
// pg_advisory_lock would hold a snapshot that an index build waits for.
func (r *runner) takeKeys(ctx context.Context) error {
	deadline := time.Now().Add(keyPatience)
	for _, k := range r.keys {
		for {
			ok, holder, err := db.TryLock(ctx, r.trio.Executor, k)
			if err != nil {
				return steps.Database("the tool's advisory lock", err)
			}
			if ok {
				break
			}
			if time.Now().After(deadline) {
				return &steps.Exit{
					Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
					Summary: fmt.Sprintf("%s is migrating this database: %v holds its lock", r.folder.Format.Name,
						holder),
					Advice: "wait until it is done, then run again; " + r.sofar(),
				}
			}
			if err := r.pause(ctx, keyPause); err != nil {
				return err
			}
		}
	}
	return nil
}

// othersHold turns belay's lock in other hands into the sentence of who has it:
// the ledger knows more of them than the session says.
func (r *runner) othersHold(ctx context.Context, c *db.Conn, holder *db.Holder) string {
	if holder == nil {
		return "another session"
	}
	run, ok := strings.CutPrefix(holder.Application, "belay/")
	if short, _, cut := strings.Cut(run, "/"); ok && cut && r.ledger.Use {
		all, err := ledger.OpenRuns(ctx, c.Conn, r.target.Identity.Key())
		for _, o := range all {
			if err == nil && o.Short() == short {
				return o.Says("runs on this database")
			}
		}
	}
	return holder.String()
}

const dumpingSQL = `select coalesce(max(pid), 0) from pg_catalog.pg_stat_activity
where application_name like 'pg\_dump belay/%' and datname = pg_catalog.current_database()`

// dumpEnds is how long the session of a pg_dump that has ended may still be seen.
const dumpEnds = 3 * time.Second

// noOwnDump ends a run whose database a dump of belay's still reads: it
// holds a lock on every table. The session of one that is done goes in a moment.
func (r *runner) noOwnDump(ctx context.Context) error {
	for deadline := time.Now().Add(dumpEnds); ; {
		var pid int
		err := r.env.Sessions.Monitor(ctx, func(c *db.Conn) error { return c.QueryRow(ctx, dumpingSQL).Scan(&pid) })
		switch {
		case err != nil:
			return steps.Database("looking for a dump", err)
		case pid == 0:
			return nil
		case time.Now().After(deadline):
			return &steps.Exit{
				Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
				Summary: fmt.Sprintf("a pg_dump of belay's still reads this database (pid %d): it holds every table",
					pid),
				Advice: "wait until it is done; " + r.sofar(),
			}
		}
		if err := r.pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}
