package apply

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

// holdersSQL lists who holds a lock on a relation; 0 = a prepared transaction. A
// parallel worker holds what its leader holds, who is the one to name.
const holdersSQL = `select distinct coalesce(l.pid, 0), l.relation::int8, n.name, l.mode
from pg_catalog.unnest($1::text[]) as n(name)
join pg_catalog.pg_locks l on l.relation = pg_catalog.to_regclass(n.name)
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation' and l.granted and l.pid is distinct from $2::int4
	and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
	and a.backend_type is distinct from 'parallel worker'`

// holders lists the sessions that hold what our session wanted. It is asked where a
// wait ended before anybody looked: who is in the way is known all the same.
func (w *watch) holders(ctx context.Context, wanted []effect.On) (out []Blocker, err error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	err = w.ask(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
		out, err = holders(ctx, c, w.pid, wanted)
		return err
	})
	return out, err
}

func holders(ctx context.Context, c *pgx.Conn, pid string, wanted []effect.On) ([]Blocker, error) {
	names := make([]string, len(wanted))
	for i, on := range wanted {
		names[i] = quotedName(on.Relation)
	}
	rows, err := ask(ctx, c, holdersSQL, array(names), pid)
	if err != nil {
		return nil, err
	}
	on, pids := "", []string{}
	for _, r := range rows {
		if wanted[slices.Index(names, r[2])].Mode.Conflicts(lock.FromPgLocks(r[3])) {
			on, pids = r[1], append(pids, r[0])
		}
	}
	if len(pids) == 0 {
		return nil, nil
	}
	rows, err = ask(ctx, c, namedSQL, "{"+strings.Join(pids, ",")+"}")
	if err != nil {
		return nil, err
	}
	return described(ctx, c, rows, pid, on)
}

// wanted is the locks of the transaction that an attempt was at.
func (r *run) wanted() []effect.On {
	all := r.u.body()
	if r.u.Wrap == OneByOne {
		at := min(r.trace.Statement, len(all))
		all = all[at:min(at+1, len(all))]
	}
	var locks []effect.On
	for _, s := range all {
		locks = append(locks, s.Effect.Locks...)
	}
	return locks
}
