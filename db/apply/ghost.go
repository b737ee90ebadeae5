package apply

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/measure"
)

// Ghost is a backend of a run that outlived its client.
type Ghost struct {
	PID         int       `json:"pid"`
	Application string    `json:"application"`
	State       string    `json:"state"`
	Started     time.Time `json:"backend_start"`
	// Waits is the wait event, such as "Lock: relation"; "" = it works.
	Waits string `json:"waits,omitempty"`
	Query string `json:"query,omitempty"`
	// Age is how old its statement is.
	Age time.Duration `json:"age"`
	// Progress is how far an index build of it is; nil = it builds none.
	Progress *Progress `json:"progress,omitempty"`
	// Blocked is how many sessions wait for it. Only Probe counts them.
	Blocked int `json:"blocked,omitempty"`
}

// String names it for a person.
func (g Ghost) String() string {
	s := fmt.Sprintf("pid %d (%s, %s for %s)", g.PID, g.Application, g.State, measure.Elapsed(g.Age))
	if g.Waits != "" {
		s += " waiting for " + g.Waits
	}
	if p := g.Progress; p != nil {
		s += ", " + p.String()
	}
	return s
}

// Runs reports whether the backend runs a statement. Its state is hidden from
// roles that are neither its own nor pg_read_all_stats, and then it may. One that
// runs nothing still holds locks of its session and may yet be sent something:
// what it did is decided once it is gone.
func (g Ghost) Runs() bool { return !strings.HasPrefix(g.State, "idle") }

const ghostSQL = `select pid, coalesce(application_name, ''), coalesce(state, ''),
	coalesce((extract(epoch from backend_start) * 1000000)::int8, 0),
	case when state = 'active' then coalesce(wait_event_type || ': ' || wait_event, '') else '' end,
	coalesce(pg_catalog.left(query, 1000), ''),
	coalesce((extract(epoch from pg_catalog.clock_timestamp() - query_start) * 1000)::int8, 0)
from pg_catalog.pg_stat_activity where pid <> pg_catalog.pg_backend_pid() and `

// Ghosts looks for the backend of a trace: by pid and start, because a pid alone
// is given out again.
func Ghosts(ctx context.Context, c *pgx.Conn, at Trace) ([]Ghost, error) {
	return ghosts(ctx, c,
		`pid = $1::int4 and (backend_start is null or (extract(epoch from backend_start) * 1000000)::int8 = $2::int8)`,
		strconv.Itoa(int(at.PID)), strconv.FormatInt(at.BackendStart.UnixMicro(), 10))
}

// GhostsOfRun looks for every executor session of a run in this database by its
// name; run is the first eight characters of the run's id. except are pids of
// our own.
func GhostsOfRun(ctx context.Context, c *pgx.Conn, run string, except ...uint32) ([]Ghost, error) {
	all, err := ghosts(ctx, c, `datname = pg_catalog.current_database()
		and pg_catalog.starts_with(application_name, 'belay/' || $1::text || '/')
		and not pg_catalog.starts_with(application_name, 'belay/' || $1::text || '/+')`, run)
	var out []Ghost
	for _, g := range all {
		own := false
		for _, pid := range except {
			own = own || g.PID == int(pid)
		}
		if !own {
			out = append(out, g)
		}
	}
	return out, err
}

// regard adds how far the ghost's index build is, and who waits for it.
func (g *Ghost) regard(ctx context.Context, c *pgx.Conn) error {
	pid := strconv.Itoa(g.PID)
	rows, err := ask(ctx, c, progressSQL, pid)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		g.Progress = progress(rows[0])
	}
	rows, err = ask(ctx, c,
		`select pg_catalog.count(*) from (select distinct pid from pg_catalog.pg_locks where not granted) w
		where $1::int4 = any(pg_catalog.pg_blocking_pids(w.pid))`, pid)
	if err == nil {
		g.Blocked, _ = strconv.Atoi(rows[0][0])
	}
	return err
}

func ghosts(ctx context.Context, c *pgx.Conn, where string, args ...string) ([]Ghost, error) {
	rows, err := askAs(ctx, c, asLogin, ghostSQL+where+" order by pid", args...)
	if err != nil {
		return nil, fmt.Errorf("look for backends of the run: %w", err)
	}
	var out []Ghost
	for _, r := range rows {
		pid, _ := strconv.Atoi(r[0])
		out = append(out, Ghost{PID: pid, Application: r[1], State: r[2], Started: micros(r[3]), Waits: r[4],
			Query: db.ShownQuery(r[5]), Age: millis(r[6])})
	}
	return out, nil
}
