package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Moment reads what goes on now on the relations ("schema.name"): locks, old
// transactions, replicas, slots, how far their counters are; and, where columns
// are given, statements of others that name one of them. Any role may; what it
// cannot see is missing. Nothing is written and no table lock is waited for.
// FreeBytes is known only where this machine holds the server's own data
// directory.
func Moment(ctx context.Context, c *db.Conn, relations, columns []string) (*activity.Moment, error) {
	if relations == nil {
		relations = []string{}
	}
	var m *activity.Moment
	var err error
	// A lock that comes between the look and the read ends the read by lock_timeout.
	for range attempts {
		if m, err = readMoment(ctx, c, relations, columns); db.Classify(err) != db.LockTimeout {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("what goes on at %s: %w", c.Target, err)
	}
	return m, nil
}

func readMoment(ctx context.Context, c *db.Conn, relations, columns []string) (*activity.Moment, error) {
	sample, err := watch.New(c).Sample(ctx, relations)
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
	if len(columns) > 0 {
		reads = append(reads, read{"moment_queries", each(&m.Queries, scanQuery), []any{patterns(columns)}})
	}
	if err := readOnly(ctx, c, version{Version: c.ServerMajor(), Ours: ours, Locked: locked}, reads); err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return m, nil
	}
	counted, err := countedStatements(ctx, c, patterns(columns))
	m.Queries = append(m.Queries, counted...)
	return m, err
}

// countedStatements asks pg_stat_statements, where it is installed, loaded and may be
// read; elsewhere there are none.
func countedStatements(ctx context.Context, c *db.Conn, like []string) ([]activity.Query, error) {
	var schema string
	err := c.QueryRow(ctx, version{}.sql("moment_extension")).Scan(&schema)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pg_stat_statements: %w", err)
	}
	var found []activity.Query
	v := statementsVersion{c.ServerMajor(), quote(schema)}
	err = readOnly(ctx, c, v, []read{{"moment_statements", each(&found, scanStatement), []any{like}}})
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
