package apply

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/activity"
)

const progressSQL = `select phase, lockers_total, lockers_done, blocks_total, blocks_done, tuples_total, tuples_done
from pg_catalog.pg_stat_progress_create_index where pid = $1::int4`

const waitersSQL = `select l.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), coalesce(a.state, '')
from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and not l.granted and l.objsubid = 1
	and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
	and ((l.classid::int8 << 32) | l.objid::int8) = any($1::int8[])`

// lookAtBuild adds what only a CONCURRENTLY has: how far it is, and who waits
// for the tool's key with a snapshot that the build will have to wait for.
func (w *watch) lookAtBuild(ctx context.Context, c *pgx.Conn, s *sight) error {
	rows, err := ask(ctx, c, progressSQL, w.pid)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		s.progress = progress(rows[0])
	}
	if s.rests, err = rests(ctx, c, w.pid); err != nil {
		return err
	}
	if len(w.keys) == 0 {
		return nil
	}
	rows, err = ask(ctx, c, waitersSQL, keyArray(w.keys))
	for _, r := range rows {
		pid, _ := strconv.Atoi(r[0])
		s.tools = append(s.tools, Blocker{PID: pid, Application: r[1], User: r[2], State: r[3]})
	}
	return err
}

// rests reports whether a session runs nothing, or is gone. One whose state the
// role may not see may still run.
func rests(ctx context.Context, c *pgx.Conn, pid string) (bool, error) {
	rows, err := ask(ctx, c, `select pg_catalog.count(*) from pg_catalog.pg_stat_activity
		where pid = $1::int4 and coalesce(state, 'active') = 'active'`, pid)
	return err == nil && rows[0][0] == "0", err
}

func keyArray(keys []int64) string {
	var out []string
	for _, k := range keys {
		out = append(out, strconv.FormatInt(k, 10))
	}
	return "{" + strings.Join(out, ",") + "}"
}

func progress(r []string) *Progress {
	p := &Progress{Phase: activity.Phase(r[0])}
	for i, unit := range []string{"sessions", "blocks", "tuples"} {
		total, _ := strconv.ParseInt(r[1+2*i], 10, 64)
		if total > 0 {
			p.Unit, p.Total = unit, total
			p.Done, _ = strconv.ParseInt(r[2+2*i], 10, 64)
			break
		}
	}
	return p
}
