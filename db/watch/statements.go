package watch

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/activity"
)

// statementsEvery is how often pg_stat_statements is asked: it goes through all
// of its entries each time. topStatements is how many are followed.
const (
	statementsEvery = 10 * time.Second
	topStatements   = 3
)

// Pulse reads the health of a server again and again, with the statements that
// take most time on the tables, where pg_stat_statements counts them. It
// remembers which ones it follows. The zero value is ready; it belongs to one
// goroutine.
type Pulse struct {
	relations []string
	picked    bool
	asked     time.Time
	view, sum string
	have      []activity.Statement
	why       string
}

// Read is Health with the statements. That they cannot be read is no error: the
// moment says why.
func (p *Pulse) Read(ctx context.Context, c *db.Conn, relations []string) (activity.Health, error) {
	h, err := Health(ctx, c, relations)
	if err != nil {
		return h, err
	}
	if !p.picked || !slices.Equal(p.relations, relations) {
		p.pick(ctx, c, relations)
	} else if p.why == "" && time.Since(p.asked) >= statementsEvery {
		p.count(ctx, c)
	}
	h.Statements, h.NoStatements = slices.Clone(p.have), p.why
	return h, nil
}

// pick chooses the statements to follow.
func (p *Pulse) pick(ctx context.Context, c *db.Conn, relations []string) {
	*p = Pulse{relations: slices.Clone(relations), picked: true, asked: time.Now()}
	if len(relations) == 0 {
		p.why = "no table is touched"
		return
	}
	var schema string
	var exec bool
	err := c.QueryRow(ctx, sql("statements_where", c.ServerMajor())).Scan(&schema, &exec)
	if errors.Is(err, pgx.ErrNoRows) {
		p.why = "pg_stat_statements is not installed in this database"
		return
	}
	if err != nil {
		p.why = reason(err)
		return
	}
	p.view, p.sum = pgx.Identifier{schema, "pg_stat_statements"}.Sanitize(), "total_time"
	if exec {
		p.sum = "total_exec_time"
	}
	got, err := c.Query(ctx,
		fmt.Sprintf(`SELECT s.queryid::text, min(s.query), sum(s.calls)::bigint, sum(s.%s)::float8 FROM %s s
WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND s.queryid IS NOT NULL AND s.query ~* ANY ($1::text[]) AND s.query ~* '^\s*(select|insert|update|delete|with)\M'
GROUP BY s.queryid ORDER BY 4 DESC LIMIT %d`, p.sum, p.view, topStatements), mentions(relations))
	if err == nil {
		p.have, err = pgx.CollectRows(got, func(r pgx.CollectableRow) (s activity.Statement, err error) {
			return s, r.Scan(&s.ID, &s.Text, &s.Calls, &s.TotalMS)
		})
	}
	switch {
	case err != nil:
		p.why = reason(err)
	case len(p.have) == 0:
		p.why = "pg_stat_statements has no statement of these tables that this role may see"
	}
	for i := range p.have {
		p.have[i].Text = brief(p.have[i].Text)
	}
}

// count reads the counters of the statements that are followed, without texts.
func (p *Pulse) count(ctx context.Context, c *db.Conn) {
	p.asked = time.Now()
	var ids []string
	for _, s := range p.have {
		ids = append(ids, s.ID)
	}
	got, err := c.Query(ctx,
		fmt.Sprintf(`SELECT s.queryid::text, sum(s.calls)::bigint, sum(s.%s)::float8 FROM %s(false) s
WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) AND s.queryid::text = ANY ($1::text[])
GROUP BY 1`, p.sum, p.view), ids)
	if err != nil {
		return
	}
	now, err := pgx.CollectRows(got, func(r pgx.CollectableRow) (s activity.Statement, err error) {
		return s, r.Scan(&s.ID, &s.Calls, &s.TotalMS)
	})
	if err != nil {
		return
	}
	for i := range p.have {
		for _, s := range now {
			if s.ID == p.have[i].ID {
				p.have[i].Calls, p.have[i].TotalMS = s.Calls, s.TotalMS
			}
		}
	}
}

func reason(err error) string {
	if state := db.SQLState(err); state != "" {
		return "pg_stat_statements cannot be read (SQLSTATE " + state + ")"
	}
	return "pg_stat_statements cannot be read now"
}

// mentions are patterns that find the tables' names in a statement.
func mentions(relations []string) []string {
	out := []string{}
	for _, r := range relations {
		name := r[strings.LastIndexByte(r, '.')+1:]
		out = append(out, `\m`+regexp.QuoteMeta(name)+`\M`)
	}
	return out
}

// brief is a statement on one line, as much as a row has room for.
func brief(text string) string {
	const room = 60
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) <= room {
		return string(r)
	}
	return string(r[:room-1]) + "…"
}
