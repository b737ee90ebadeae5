package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/sqlview/measure"
	"belay/sqlview/parse"
	"belay/sqlview/usage"
)

// like is a pattern that finds a word anywhere.
func like(word string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word) + "%"
}

// extensionSQL finds pg_stat_statements. Its view is the extension's own, or it is not
// taken for it.
const extensionSQL = `SELECT n.nspname::text, coalesce(pg_catalog.current_setting('pg_stat_statements.track', true), '')
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' AND d.refobjid = e.oid
WHERE e.extname = 'pg_stat_statements'`

const mostStatements = 5000

// StatementKey begins the keys of statements in a Baseline.
const StatementKey = "statement/"

const hidden = "<insufficient privilege>"

// sent is a statement that somebody sends.
type sent struct {
	id, who, text string
	calls         int64
	last          time.Time
}

func (g *gathering) statements(ctx context.Context, s *Source) error {
	var schema, track string
	err := g.c.QueryRow(ctx, extensionSQL).Scan(&schema, &track)
	if errors.Is(err, pgx.ErrNoRows) {
		s.Verdict, s.Why = CouldNot, "pg_stat_statements is not installed in this database"
		return nil
	}
	if err != nil {
		return err
	}
	view := pgx.Identifier{schema, "pg_stat_statements"}.Sanitize()
	reset, err := g.info(ctx, s, pgx.Identifier{schema, "pg_stat_statements_info"}.Sanitize())
	if err != nil {
		return err
	}
	g.period(s, reset)
	if track != "all" {
		s.blind("statements inside functions (pg_stat_statements.track is not all)")
	}
	s.blind("which application sent a statement: the role alone is counted")
	s.blind("a name that something else has by now: a statement keeps the text that it was first counted with")
	rows, err := g.c.Query(ctx, fmt.Sprintf(`SELECT coalesce(s.queryid::text, ''), pg_catalog.pg_get_userbyid(s.userid)::text, s.query, sum(s.calls)::bigint
FROM %s s WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND (s.query ILIKE $1 OR s.query = '%s') GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT %d`, view, hidden, mostStatements), like(g.s.Relation))
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (q sent, err error) {
		return q, r.Scan(&q.id, &q.who, &q.text, &q.calls)
	})
	if err != nil {
		return err
	}
	if len(all) == mostStatements {
		s.blind("all but the %d most frequent statements that have the word", mostStatements)
	}
	all = g.grown(all, reset)
	if g.c.ServerMajor() < 14 && g.forgotten() {
		s.Since, s.Ever = g.now, false
		s.blind("what was sent before: they are counted less often than they were, so they were reset")
	}
	return g.judge(ctx, s, all, "statements")
}

// forgotten reports whether the statements of the baseline were counted less than half as
// often as then: before 14 nothing else tells of a reset, and not for long.
func (g *gathering) forgotten() bool {
	b := g.before()
	if b == nil {
		return false
	}
	var was, is int64
	for key, n := range b.Counts {
		if strings.HasPrefix(key, g.key(StatementKey)) {
			was, is = was+n, is+g.counts[key]
		}
	}
	return 2*is < was
}

// grown leaves out what was not sent since the baseline.
func (g *gathering) grown(all []sent, reset *time.Time) []sent {
	var out []sent
	for _, q := range all {
		key := StatementKey + q.id + "/" + q.who
		if q.text != hidden {
			q.calls = g.counted(key, q.calls, reset)
		}
		if q.calls > 0 && !slices.Contains(g.o.Older, g.key(key)) {
			out = append(out, q)
		}
	}
	return out
}

// info reads when the statements were reset, and how many were forgotten.
func (g *gathering) info(ctx context.Context, s *Source, view string) (*time.Time, error) {
	if g.c.ServerMajor() < 14 {
		s.blind("when pg_stat_statements was reset: it says so from 14 on, and here only counts tell of it")
		return g.reset, nil
	}
	var reset *time.Time
	var dropped int64
	if err := g.c.QueryRow(ctx, "SELECT i.stats_reset, i.dealloc FROM "+view+" i").Scan(&reset, &dropped); err != nil {
		return nil, err
	}
	if dropped > 0 {
		s.blind("rare statements: pg_stat_statements was full %s and forgot some",
			measure.Noun(measure.Grouped(dropped), "time"))
	}
	return reset, nil
}

// judge adds the statements that use the subject. What may not be seen is said.
func (g *gathering) judge(ctx context.Context, s *Source, all []sent, what string) error {
	var texts [][]byte
	var seen []sent
	hid := 0
	for _, q := range all {
		switch {
		case q.text == hidden:
			hid++
		case !usage.Own(q.text):
			seen, texts = append(seen, q), append(texts, []byte(q.text))
		}
	}
	files, err := parse.Parse(ctx, texts...)
	if err != nil {
		return err
	}
	for i, f := range files {
		u := usage.Use{}
		for _, st := range f.Statements {
			if more := g.s.Statement(st); more.Verdict > u.Verdict {
				u = more
			}
		}
		if found, ok := finding(u); ok {
			q := seen[i]
			found.What, found.Who, found.Calls, found.Last = shown(q.text), q.who, q.calls, q.last
			s.add(found)
		}
	}
	if hid > 0 {
		s.Verdict = CouldNot
		s.Why = fmt.Sprintf("%d %s of other roles may not be seen: this role needs pg_read_all_stats", hid, what)
	}
	return nil
}

// shown is a statement on one line, without its secrets.
func shown(text string) string {
	const room = 300
	r := []rune(strings.Join(strings.Fields(db.ShownQuery(text)), " "))
	if len(r) > room {
		return string(r[:room-1]) + "…"
	}
	return string(r)
}

const sessionsSQL = `SELECT a.pid::text || '/' || coalesce(pg_catalog.date_part('epoch', a.backend_start), 0)::text, pg_catalog.concat_ws(', ', nullif(a.application_name, ''), 'role ' || a.usename, 'pid ' || a.pid, a.state),
  a.query, coalesce(a.query_start, pg_catalog.now())
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid() AND a.backend_type = 'client backend'
  AND a.application_name NOT LIKE 'belay/%' AND a.application_name !~ '^pg_(dump|restore)'
  AND ($2::timestamptz IS NULL OR a.query_start >= $2 OR a.state <> 'idle') AND (a.query ILIKE $1 OR a.query = '<insufficient privilege>')
ORDER BY 1 LIMIT 1000`

// sessions looks at what runs now, and at what each session ran last.
func (g *gathering) sessions(ctx context.Context, s *Source) error {
	s.Since = g.now
	s.blind("statements that began and ended between two looks, and sessions that are gone")
	var before *time.Time
	if b := g.before(); b != nil {
		before = &b.At
	}
	var all []sent
	for i := range max(g.o.Samples, 1) {
		if i > 0 {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(g.o.Pause):
			}
		}
		rows, err := g.c.Query(ctx, sessionsSQL, like(g.s.Relation), before)
		if err != nil {
			return err
		}
		more, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (q sent, err error) {
			return q, r.Scan(&q.id, &q.who, &q.text, &q.last)
		})
		if err != nil {
			return err
		}
		for _, q := range more {
			if !slices.ContainsFunc(all, func(o sent) bool { return o.id == q.id && o.text == q.text }) {
				all = append(all, q)
			}
		}
	}
	if err := g.c.QueryRow(ctx, "SELECT pg_catalog.clock_timestamp()").Scan(&s.Until); err != nil {
		return err
	}
	return g.judge(ctx, s, all, "sessions")
}

// Sessions looks once at the sessions of now, for statements that were sent after a moment:
// also for a thing whose name is not there any more.
func Sessions(ctx context.Context, c *db.Conn, s Subject, after time.Time) (Source, error) {
	g := &gathering{c: c, s: s, o: Options{Before: &Baseline{At: after}}, counts: map[string]int64{}}
	out := Source{Name: "sessions", Found: []Finding{}, Blind: []string{}}
	if err := g.sessions(ctx, &out); err != nil {
		return out, fmt.Errorf("evidence: sessions: %w", err)
	}
	out.Found = slices.DeleteFunc(out.Found, func(f Finding) bool { return !f.Last.After(after) })
	out.Since, out.Verdict = after, cmp.Or(out.Verdict, Nothing)
	out.Settle()
	return out, nil
}

// Sent is a statement that pg_stat_statements counted.
type Sent struct {
	SQL, Who string
	Calls    int64
}

// Statements are those that were sent to this database, the most frequent first, without
// belay's own. why says why none can be read; "" = they were.
func Statements(ctx context.Context, c *db.Conn) (all []Sent, why string, err error) {
	var schema, track string
	err = c.QueryRow(ctx, extensionSQL).Scan(&schema, &track)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "pg_stat_statements is not installed in this database", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("pg_stat_statements: %w", err)
	}
	rows, err := c.Query(ctx, fmt.Sprintf(`SELECT s.query, pg_catalog.pg_get_userbyid(s.userid)::text, sum(s.calls)::bigint
FROM %s s WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND s.query <> '%s' GROUP BY 1, 2 ORDER BY 3 DESC LIMIT %d`, pgx.Identifier{schema, "pg_stat_statements"}.Sanitize(),
		hidden, mostStatements))
	if err == nil {
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (s Sent, err error) {
			return s, r.Scan(&s.SQL, &s.Who, &s.Calls)
		})
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return nil, refused.Message + " (SQLSTATE " + refused.Code + ")", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("pg_stat_statements: %w", err)
	}
	var hid int
	if err := c.QueryRow(ctx, fmt.Sprintf(`SELECT pg_catalog.count(*) FROM %s s WHERE s.query = '%s'`,
		pgx.Identifier{schema, "pg_stat_statements"}.Sanitize(), hidden)).Scan(&hid); err != nil {
		return nil, "", fmt.Errorf("pg_stat_statements: %w", err)
	}
	if hid > 0 {
		why = measure.Plural(int(hid), "statement") +
			" of other roles may not be seen: this role needs pg_read_all_stats"
	}
	return slices.DeleteFunc(all, func(s Sent) bool { return usage.Own(s.SQL) }), why, nil
}
