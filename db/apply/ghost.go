package apply

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
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
}

// String names it for a person.
func (g Ghost) String() string {
	s := fmt.Sprintf("PID %d (%s, %s for %s)", g.PID, g.Application, g.State, g.Age.Round(time.Second))
	if g.Waits != "" {
		s += " waiting for " + g.Waits
	}
	return s
}

// working reports whether the backend may still change something. An idle one
// has ended its transaction; its state is hidden from roles that are neither its
// own nor pg_read_all_stats, and then it may.
func (g Ghost) working() bool { return g.State != "idle" }

const ghostSQL = `select pid, coalesce(application_name, ''), coalesce(state, ''),
	coalesce((extract(epoch from backend_start) * 1000000)::int8, 0),
	case when state = 'active' then coalesce(wait_event_type || ': ' || wait_event, '') else '' end,
	coalesce(pg_catalog.left(query, 1000), ''),
	coalesce((extract(epoch from pg_catalog.clock_timestamp() - query_start) * 1000)::int8, 0)
from pg_catalog.pg_stat_activity where pid <> pg_catalog.pg_backend_pid() and `

// Ghosts looks for the backend of a trace: by pid and start, because a pid alone
// is given out again.
func Ghosts(ctx context.Context, c *pgx.Conn, at Trace) ([]Ghost, error) {
	return ghosts(ctx, c, `pid = $1::int4 and (backend_start is null or (extract(epoch from backend_start) * 1000000)::int8 = $2::int8)`,
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

func ghosts(ctx context.Context, c *pgx.Conn, where string, args ...string) ([]Ghost, error) {
	rows, err := ask(ctx, c, ghostSQL+where+" order by pid", args...)
	if err != nil {
		return nil, fmt.Errorf("look for backends of the run: %w", err)
	}
	var out []Ghost
	for _, r := range rows {
		pid, _ := strconv.Atoi(r[0])
		out = append(out, Ghost{PID: pid, Application: r[1], State: r[2], Started: micros(r[3]), Waits: r[4],
			Query: visible(r[5]), Age: millis(r[6])})
	}
	return out, nil
}
