package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/sqlview/effect"
)

// A unit that needs strong locks on several tables takes them before its first
// statement, and all of them within one rung: lock_timeout is per lock, so ten
// tables might else stay closed for ten times as long. It also makes us the
// victim of every deadlock with the application: the whole wait ends before the
// server's deadlock_timeout lets anybody look for one.

// together is the strong locks of a block, one entry a relation, in the order of
// the statements; nil where one statement's lock_timeout bounds them anyway.
func (b block) together() []effect.On {
	var all []effect.On
	at := map[string]int{}
	for _, s := range b.statements {
		for _, on := range s.Effect.Locks {
			if !on.Mode.BlocksWrites() {
				continue
			}
			i, have := at[on.Relation]
			if !have {
				at[on.Relation], all = len(all), append(all, on)
				continue
			}
			all[i].Mode = max(all[i].Mode, on.Mode)
		}
	}
	if len(all) < 2 {
		return nil
	}
	return all
}

// lockableSQL keeps the tables that LOCK TABLE takes: it refuses indexes and
// views, and a table of another owner such as the parent of a foreign key.
const lockableSQL = `select n.name, c.oid::bigint from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality as n(name, at)
	join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) pg_catalog.to_regclass(n.name)
	where c.relkind operator(pg_catalog.=) any ('{r,p}'::pg_catalog."char"[]) and pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') order by n.at`

// lockTogether takes the block's locks. First comes the table that the attempt
// before waited for: nothing is closed yet while that wait is repeated.
func (r *run) lockTogether(ctx context.Context, b block, whole time.Duration) (ending, bool) {
	rung := r.guard.lock
	all := b.together()
	if all == nil || r.u.Hold > 0 {
		return ending{}, true // an accepted hold closes the later tables no longer than it must
	}
	lockable, err := r.lockable(ctx, all)
	if err != nil {
		return r.failed(Statement{Kind: "locks"}, answer{err: err}), false
	}
	if len(lockable) < 2 {
		return ending{}, true
	}
	if err := r.startHold(ctx, whole); err != nil {
		return r.failed(Statement{Kind: "settings"}, answer{err: err}), false
	}
	end := r.began.Add(rung)
	for i, on := range lockable {
		patience := min(time.Until(end), r.lim.FirstRung)
		if i == 0 {
			patience = rung // behind an autovacuum it may be long, and holds nothing
		}
		if e, ok := r.lockOne(ctx, on, max(patience, time.Millisecond)); !ok {
			return e, false
		}
	}
	// What the statements still wait for is not among these tables.
	if err := r.waitFor(ctx, rung); err != nil {
		return r.failed(Statement{Kind: "lock_timeout"}, answer{err: err}), false
	}
	return ending{}, true
}

// lockable lists what may be locked ahead, the latest obstacle first.
func (r *run) lockable(ctx context.Context, all []effect.On) ([]effect.On, error) {
	names, at := make([]string, len(all)), make(map[string]int, len(all))
	for i, on := range all {
		names[i] = quotedName(on.Relation)
		at[names[i]] = i
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.lim.Grace)
	defer cancel()
	rows, err := ask(limited, r.s.conn, lockableSQL, array(names))
	var out []effect.On
	for _, row := range rows {
		on := all[at[row[0]]]
		if row[1] == r.obstacle {
			out = append([]effect.On{on}, out...)
			continue
		}
		out = append(out, on)
	}
	return out, err
}

// lockOne waits for one table no longer than what is left of the rung.
func (r *run) lockOne(ctx context.Context, on effect.On, patience time.Duration) (ending, bool) {
	if reason := r.gate.pass(ctx); reason != "" {
		return r.stopped(reason, ending{}), false
	}
	if err := r.waitFor(ctx, patience); err != nil {
		return r.failed(Statement{Kind: "lock_timeout"}, answer{err: err}), false
	}
	sql := fmt.Sprintf("LOCK TABLE ONLY %s IN %s MODE", quotedName(on.Relation), on.Mode)
	a := r.fly(ctx, flight{limit: patience, deadline: r.deadline, over: r.over},
		func(ctx context.Context) (pgconn.CommandTag, error) {
			tag, _, err := exec(ctx, r.s.conn, sql)
			return tag, err
		})
	if a.err != nil {
		return r.failed(Statement{Kind: "lock of " + on.Relation}, a), false
	}
	return ending{}, true
}

func (r *run) waitFor(ctx context.Context, patience time.Duration) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.lim.Grace)
	defer cancel()
	_, err := ask(limited, r.s.conn, "select pg_catalog.set_config('lock_timeout', $1, true)", guc(patience))
	return err
}
