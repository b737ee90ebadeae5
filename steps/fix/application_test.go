package fix_test

import (
	"context"
	"fmt"
	"strings"

	"belay/steps/fix"

	"github.com/jackc/pgx/v5"
)

// outcome is what came of a statement: its error or its rows.
type outcome struct {
	code, rows string
}

// try runs a statement and takes it back.
func try(c *pgx.Conn, sql string) outcome {
	ctx := context.Background()
	results, err := c.PgConn().Exec(ctx, "BEGIN; "+sql+"; SET CONSTRAINTS ALL IMMEDIATE").ReadAll()
	_, _ = c.PgConn().Exec(ctx, "ROLLBACK").ReadAll()
	var o outcome
	if err != nil {
		o.code = codeOf(err)
		return o
	}
	var b strings.Builder
	for _, r := range results {
		for _, row := range r.Rows {
			fmt.Fprintf(&b, "%q\n", row)
		}
	}
	o.rows = b.String()
	return o
}

// like reports whether two outcomes are the same for an application.
func (o outcome) like(other outcome) bool {
	return (o.code == "") == (other.code == "") && (o.code != "" || o.rows == other.rows)
}

// code plays some of the application's statements. Where the original cannot run
// at all, everything has to go on as before.
func (s *stage) code(when string, never bool) {
	ended := when == "at the end"
	for _, c := range []*pgx.Conn{s.before, s.files, s.after} { // what is cached goes on where a new session fails
		if _, err := c.Exec(context.Background(), "DISCARD PLANS"); err != nil {
			s.Fatal(err)
		}
	}
	for _, st := range s.statements(14, false) {
		was, is, will := try(s.before, st.sql), try(s.files, st.sql), try(s.after, st.sql)
		if s.converts && !ended {
			is.rows, was.rows, will.rows = "", "", ""
		}
		right := is.like(was) || is.like(will) && !never
		if s.compatible && was.code == "" && is.code != "" {
			right = false
		}
		right = right || !never && s.meets(st.sql, is, was, s.converts && !ended)
		if !right {
			s.wrong("%s: %s\nhere %v, before the migration %v, after it %v", when, st.sql, is, was, will)
		}
		if st.writes && was.code == "" && is.code == "" && (will.code == "" || never) && s.chance(60) {
			s.write(st.sql, ended, never)
		}
	}
	if !ended {
		return
	}
	for _, st := range s.statements(14, true) {
		is, will := try(s.files, st.sql), try(s.after, st.sql)
		if is.like(will) || s.stays(st.sql, is, will) {
			continue
		}
		s.wrong("new code, %s: %s\nhere %v, after the original %v", when, st.sql, is, will)
	}
}

// write does a statement for good, in every copy.
func (s *stage) write(sql string, ended, never bool) {
	copies := []*pgx.Conn{s.before, s.files}
	if !never {
		copies = append(copies, s.after)
	}
	for _, m := range s.moments {
		if m.refused == nil && m.Conn != s.after {
			m.all([]string{sql})
		}
	}
	if ended {
		s.late = append(s.late, sql)
	} else {
		s.written = append(s.written, sql)
	}
	for _, c := range copies {
		if _, err := c.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
			s.wrong("%s: %v", sql, err)
		}
	}
}

func (s *stage) wrong(format string, args ...any) {
	s.Helper()
	if !s.failed {
		s.Errorf("-- up.sql --\n%s%s", s.up, fix.Text(s.proposal.Rewrite, "m"))
	}
	s.failed = true
	s.Errorf(format, args...)
}
