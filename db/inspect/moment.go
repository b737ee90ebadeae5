package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Question is what a Moment is read for.
type Question struct {
	// Relations are "schema.name".
	Relations []string
	// Columns are names that statements of others are searched for.
	Columns []string
	// Window is how long the traffic of tables of at most Rows rows is measured;
	// 0 = it is not, and stays unknown.
	Window time.Duration
	Rows   float64
}

// Moment reads what goes on now on the relations ("schema.name"): locks, old
// transactions, replicas, slots, how far their counters are; and, where columns
// are given, statements of others that name one of them. Any role may; what it
// cannot see is missing. Nothing is written and no table lock is waited for.
// FreeBytes is known only where this machine holds the server's own data
// directory.
func Moment(ctx context.Context, c *db.Conn, q Question) (*activity.Moment, error) {
	if q.Relations == nil {
		q.Relations = []string{}
	}
	var m *activity.Moment
	var err error
	// A lock that comes between the look and the read ends the read by lock_timeout.
	for range attempts {
		if m, err = readMoment(ctx, c, q); db.Classify(err) != db.LockTimeout {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("what goes on at %s: %w", c.Target, err)
	}
	return m, nil
}

func readMoment(ctx context.Context, c *db.Conn, q Question) (*activity.Moment, error) {
	relations, columns := q.Relations, q.Columns
	sample, err := measured(ctx, c, q)
	if err != nil {
		return nil, err
	}
	m := &activity.Moment{Sample: sample}
	home := home{free: &m.FreeBytes}
	reads := []read{
		{"facts_slots", each(&m.Slots, scanSlot), nil},
		{"moment_sequences", each(&m.Sequences, scanSequence), []any{relations}},
		{"moment_home", home.row, nil},
	}
	var counters []string // the schema that pg_stat_statements lives in
	if len(columns) > 0 {
		reads = append(reads, read{"moment_queries", each(&m.Queries, scanQuery), []any{patterns(columns)}},
			read{"moment_extension", each(&counters, scanName), nil})
	}
	if err := readOnly(ctx, c, version{Version: c.ServerMajor(), Ours: ours, Locked: locked}, reads); err != nil {
		return nil, err
	}
	if len(counters) == 0 {
		return m, nil
	}
	counted, err := countedStatements(ctx, c, counters[0], patterns(columns))
	m.Queries = append(m.Queries, counted...)
	return m, err
}

// measured samples once, or twice where a small table's traffic is asked for. A
// second may be quiet by chance, so the mean since the counters were reset
// stands where it is more.
func measured(ctx context.Context, c *db.Conn, q Question) (activity.Sample, error) {
	w := watch.New(c)
	sample, err := w.Sample(ctx, q.Relations)
	if err != nil || q.Window == 0 ||
		!slices.ContainsFunc(sample.Tables, func(t activity.Table) bool { return t.Rows >= 0 && t.Rows <= q.Rows }) {
		return sample, err
	}
	select {
	case <-ctx.Done():
		return sample, context.Cause(ctx)
	case <-time.After(q.Window):
	}
	if sample, err = w.Sample(ctx, q.Relations); err != nil {
		return sample, err
	}
	means := map[string]activity.Table{}
	err = readOnly(ctx, c, version{Version: c.ServerMajor()}, []read{{"moment_traffic", func(r pgx.Rows) error {
		var t activity.Table
		err := r.Scan(&t.Relation, &t.ReadsPerSecond, &t.WritesPerSecond)
		means[t.Relation] = t
		return err
	}, []any{q.Relations}}})
	for i := range sample.Tables {
		t := &sample.Tables[i]
		mean, ok := means[t.Relation]
		if !ok { // a partitioned table: the sample adds its parts up, the counters do not
			t.ReadsPerSecond, t.WritesPerSecond = -1, -1
			continue
		}
		t.ReadsPerSecond, t.WritesPerSecond = max(t.ReadsPerSecond, mean.ReadsPerSecond),
			max(t.WritesPerSecond, mean.WritesPerSecond)
	}
	return sample, err
}

// countedStatements asks pg_stat_statements in the schema where it is installed, if it is
// loaded and may be read; elsewhere there are none.
func countedStatements(ctx context.Context, c *db.Conn, schema string, like []string) ([]activity.Query, error) {
	var found []activity.Query
	v := statementsVersion{c.ServerMajor(), quote(schema)}
	err := readOnly(ctx, c, v, []read{{"moment_statements", each(&found, scanStatement), []any{like}}})
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		// Not loaded (55000), or not for this role: as if it were not there.
		return nil, nil
	}
	return found, err
}

// statementsVersion is a version with the schema that the extension lives in.
type statementsVersion struct {
	Version int
	Schema  string
}

func (v statementsVersion) major() int             { return v.Version }
func (v statementsVersion) sql(name string) string { return render(name, v) }

// patterns are LIKE patterns that a text with one of the words matches.
func patterns(words []string) []string {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = "%" + escape.Replace(w) + "%"
	}
	return out
}

func scanSequence(r pgx.Rows, s *activity.Sequence) error {
	return r.Scan(&s.Name, &s.Relation, &s.Column, &s.Last, &s.Max)
}

func scanQuery(r pgx.Rows, q *activity.Query) error {
	return r.Scan(&q.Text, &q.PID, &q.Application, &q.User, &q.State)
}

func scanStatement(r pgx.Rows, q *activity.Query) error {
	var since *time.Time
	err := r.Scan(&q.Text, &q.Calls, &since)
	if since != nil {
		q.Since = since.UTC()
	}
	return err
}
