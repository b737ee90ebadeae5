package apply

import (
	"context"
	"fmt"
	"time"

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
func (t *attempt) lockTogether(ctx context.Context) (ending, bool) {
	rung := t.guard.lock
	all := t.block.together()
	if all == nil || t.u.Hold > 0 {
		return ending{}, true // an accepted hold closes the later tables no longer than it must
	}
	lockable, err := t.s.lockable(ctx, all, t.eyes.obstacle)
	if err != nil {
		return t.failed(Statement{Kind: "locks"}, answer{err: err}), false
	}
	if len(lockable) < 2 {
		return ending{}, true
	}
	if err := t.startHold(ctx); err != nil {
		return t.failed(Statement{Kind: "settings"}, answer{err: err}), false
	}
	end := t.began.Add(rung)
	for i, on := range lockable {
		patience := min(time.Until(end), t.lim.FirstRung)
		if i == 0 {
			patience = rung // behind an autovacuum it may be long, and holds nothing
		}
		if e, ok := t.lockOne(ctx, on, max(patience, time.Millisecond)); !ok {
			return e, false
		}
	}
	// What the statements still wait for is not among these tables.
	if err := t.s.waitFor(ctx, rung); err != nil {
		return t.failed(Statement{Kind: "lock_timeout"}, answer{err: err}), false
	}
	return ending{}, true
}

// lockable lists what may be locked ahead, the latest obstacle, an oid, first.
func (s session) lockable(ctx context.Context, all []effect.On, obstacle string) ([]effect.On, error) {
	names, at := make([]string, len(all)), make(map[string]int, len(all))
	for i, on := range all {
		names[i] = quotedName(on.Relation)
		at[names[i]] = i
	}
	rows, err := s.ask(ctx, lockableSQL, array(names))
	var out []effect.On
	for _, row := range rows {
		on := all[at[row[0]]]
		if row[1] == obstacle {
			out = append([]effect.On{on}, out...)
			continue
		}
		out = append(out, on)
	}
	return out, err
}

// lockOne waits for one table no longer than what is left of the rung.
func (t *attempt) lockOne(ctx context.Context, on effect.On, patience time.Duration) (ending, bool) {
	if reason := t.gate.pass(ctx); reason != "" {
		return t.stopped(reason, ending{}), false
	}
	if err := t.s.waitFor(ctx, patience); err != nil {
		return t.failed(Statement{Kind: "lock_timeout"}, answer{err: err}), false
	}
	sql := fmt.Sprintf("LOCK TABLE ONLY %s IN %s MODE", quotedName(on.Relation), on.Mode)
	f := t.bound()
	f.limit = patience
	if a := t.send.exec(ctx, f, sql); a.err != nil {
		return t.failed(Statement{Kind: "lock of " + on.Relation}, a), false
	}
	return ending{}, true
}

func (s session) waitFor(ctx context.Context, patience time.Duration) error {
	_, err := s.ask(ctx, "select pg_catalog.set_config('lock_timeout', $1, true)", guc(patience))
	return err
}
