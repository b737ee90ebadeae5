package apply

import (
	"context"
	"fmt"
	"strconv"
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
	f := t.bound()
	f.limit = rung
	t.startClock()
	f.deadline, f.over = t.deadline, t.over
	return t.turn(ctx, f, t.lockParts(lockable, rung))
}

// The wait for a table is what those before it have left of the rung. The server counts
// that by itself: an answer in between would hold them for as long as the line is.
const (
	clockSQL     = `(extract(epoch from pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000)::pg_catalog.int8`
	beginRungSQL = `select pg_catalog.set_config('belay.rung', ` + clockSQL + `::pg_catalog.text, true),
	pg_catalog.set_config('lock_timeout', $1, true)`
	leftOfRungSQL = `select pg_catalog.set_config('lock_timeout', pg_catalog.concat(greatest(1, least($1::pg_catalog.int8,
	$2::pg_catalog.int8 operator(pg_catalog.-) (` + clockSQL + ` operator(pg_catalog.-)
	pg_catalog.current_setting('belay.rung')::pg_catalog.int8))), 'ms'), true)`
)

// lockParts are the commands that take tables one after the other.
func (t *attempt) lockParts(tables []effect.On, rung time.Duration) []part {
	settings := Statement{Kind: "lock_timeout"}
	var parts []part
	if p, ok := t.clockPart(); ok {
		parts = append(parts, p)
	}
	for i, on := range tables {
		// The first may be long, behind an autovacuum, and nothing is held meanwhile.
		wait := command(settings, beginRungSQL, guc(rung))
		if i > 0 {
			wait = command(settings, leftOfRungSQL, milliseconds(t.lim.FirstRung), milliseconds(rung))
		}
		parts = append(parts, wait, command(Statement{Kind: "lock of " + on.Relation},
			fmt.Sprintf("LOCK TABLE ONLY %s IN %s MODE", quotedName(on.Relation), on.Mode)))
	}
	// What the statements still wait for is not among these tables.
	return append(parts, command(settings, "select pg_catalog.set_config('lock_timeout', $1, true)", guc(rung)))
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

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
