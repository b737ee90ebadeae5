package apply

import (
	"context"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// A plain role sees neither backend_type nor query of an autovacuum worker, but
// pg_stat_progress_vacuum shows its pid to everyone, and it has no user.
const sessionsSQL = `select b.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), coalesce(a.client_addr::text, ''),
	coalesce(a.backend_type, ''), coalesce(a.state, ''),
	coalesce((extract(epoch from a.xact_start) * 1000000)::int8, 0),
	coalesce((extract(epoch from pg_catalog.clock_timestamp() - a.xact_start) * 1000)::int8, 0),
	coalesce(pg_catalog.left(a.query, 1000), ''),
	coalesce(a.backend_type = 'autovacuum worker', v.pid is not null and a.usesysid is null),
	coalesce(a.query like '%(to prevent wraparound)%', false),
	coalesce((select l.virtualxid from pg_catalog.pg_locks l
		where l.pid = b.pid and l.locktype = 'virtualxid' and l.granted limit 1), '')
from (select distinct pid from pg_catalog.unnest(` + pidsMark + `) as p(pid)) b
left join pg_catalog.pg_stat_activity a on a.pid = b.pid
left join pg_catalog.pg_stat_progress_vacuum v on v.pid = b.pid
where ` + db.OthersSQL + `
order by b.pid`

// pidsMark stands in sessionsSQL where the sessions are listed.
const pidsMark = "/* pids */"

var (
	blockersSQL = strings.Replace(sessionsSQL, pidsMark, "pg_catalog.pg_blocking_pids($1::int4)", 1)
	namedSQL    = strings.Replace(sessionsSQL, pidsMark, "$1::int4[]", 1)
)

// A statement that needs a lock waits for one on the relation, a CONCURRENTLY for
// the transaction itself.
const preparedSQL = `select distinct p.gid, coalesce(p.owner::text, ''), (extract(epoch from p.prepared) * 1000000)::int8,
	(extract(epoch from pg_catalog.clock_timestamp() - p.prepared) * 1000)::int8
from pg_catalog.pg_prepared_xacts p
join pg_catalog.pg_locks x on x.pid is null and x.locktype = 'transactionid' and x.transactionid = p.transaction
join pg_catalog.pg_locks l on l.pid is null and l.virtualtransaction = x.virtualtransaction
where l.granted and l.locktype = 'relation' and l.relation = $1::int8::oid
	or x.transactionid in (select w.transactionid from pg_catalog.pg_locks w where w.pid = $2::int4 and not w.granted)`

// blockers lists the sessions that pid waits for. on is the oid of the relation.
func blockers(ctx context.Context, c *pgx.Conn, pid, on string) ([]Blocker, error) {
	rows, err := ask(ctx, c, blockersSQL, pid)
	if err != nil {
		return nil, err
	}
	return described(ctx, c, rows, pid, on)
}

// described makes blockers of what sessionsSQL answers.
func described(ctx context.Context, c *pgx.Conn, rows [][]string, pid, on string) ([]Blocker, error) {
	var out []Blocker
	for _, r := range rows {
		if r[0] == "0" { // the server's number for a prepared transaction
			prepared, err := preparedBlockers(ctx, c, on, pid)
			if err != nil {
				return nil, err
			}
			out = append(out, prepared...)
			continue
		}
		n, _ := strconv.Atoi(r[0])
		out = append(out, Blocker{PID: n, Application: r[1], User: r[2], Client: r[3], BackendType: r[4], State: r[5],
			Started: micros(r[6]), Age: millis(r[7]), Query: db.ShownQuery(r[8]), Autovacuum: r[9] == "t",
			Wraparound: r[10] == "t", vxid: r[11]})
	}
	return out, nil
}

func preparedBlockers(ctx context.Context, c *pgx.Conn, on, pid string) ([]Blocker, error) {
	rows, err := ask(ctx, c, preparedSQL, on, pid)
	if err != nil {
		return nil, err
	}
	var out []Blocker
	for _, r := range rows {
		out = append(out, Blocker{Prepared: r[0], User: r[1], Started: micros(r[2]), Age: millis(r[3])})
	}
	return out, nil
}

// stayed lists those of the blockers that are still in the same transaction.
func stayed(ctx context.Context, c *pgx.Conn, seen []Blocker) ([]Blocker, error) {
	var vxids []string
	for _, b := range seen {
		if b.vxid != "" {
			vxids = append(vxids, b.vxid)
		}
	}
	rows, err := ask(ctx, c, `select virtualxid from pg_catalog.pg_locks
		where locktype = 'virtualxid' and granted and virtualxid = any($1::text[])`, "{"+strings.Join(vxids, ",")+"}")
	if err != nil {
		return nil, err
	}
	alive := map[string]bool{}
	for _, r := range rows {
		alive[r[0]] = true
	}
	var out []Blocker
	for _, b := range seen {
		if alive[b.vxid] || b.Prepared != "" {
			out = append(out, b)
		}
	}
	return out, nil
}

func micros(s string) time.Time {
	n, _ := strconv.ParseInt(s, 10, 64)
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

func millis(s string) time.Duration {
	n, _ := strconv.ParseInt(s, 10, 64)
	return time.Duration(n) * time.Millisecond
}

// tally counts in how many attempts each blocker was seen.
type tally map[string]Blocker

func (b Blocker) key() string {
	if b.Prepared != "" {
		return "prepared " + b.Prepared
	}
	return strconv.Itoa(b.PID)
}

func (t tally) add(seen []Blocker) {
	for _, b := range seen {
		b.Attempts = t[b.key()].Attempts + 1
		t[b.key()] = b
	}
}

// list is the blockers, the most frequent first.
func (t tally) list() []Blocker {
	var out []Blocker
	for _, b := range t {
		out = append(out, b)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Attempts != out[j].Attempts {
			return out[i].Attempts > out[j].Attempts
		}
		return out[i].key() < out[j].key()
	})
	return out
}
