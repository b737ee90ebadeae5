package fix_test

import (
	"context"
	"strings"

	"belay/db/dbtest"
	"belay/steps/rehearsal"

	"github.com/jackc/pgx/v5"
)

// moment is a copy of the database in which changes of the original ran at one moment:
// when a part of what the application wrote was written, and the rest was not.
type moment struct {
	*pgx.Conn
	// refused is why they did not run; the copy is of no use then.
	refused error
	// renames is true where old code meets another name.
	renames bool
}

// choice says which moment it is: the text of the changes, and how many of the
// application's statements had been written.
type choice struct {
	changes string
	written int
}

// at is the copy in which the changes ran behind the first of the statements written.
func (s *stage) at(changes []part, written int) *moment {
	var sql strings.Builder
	m := &moment{}
	for _, c := range changes {
		sql.WriteString(c.sql)
		m.renames = m.renames || c.renames
	}
	key := choice{sql.String(), written}
	if made := s.moments[key]; made != nil {
		return made
	}
	m.Conn = dbtest.New(s.T).Conn(s.T)
	run(s.T, m.Conn, strings.Join(s.ddl, ";\n")+";\n")
	m.all(s.written[:written])
	if _, m.refused = m.PgConn().Exec(context.Background(), key.changes).ReadAll(); m.refused == nil {
		m.all(s.written[written:])
		m.all(s.late)
	}
	s.moments[key] = m
	return m
}

func (m *moment) all(statements []string) {
	for _, sql := range statements {
		_, _ = m.PgConn().Exec(context.Background(), sql).ReadAll()
	}
}

// between are what the original may be at: all of its changes or those up to one, at
// each moment at which a file ran, the last first. Where old code goes on to the end,
// also without the renames: it meets the others.
func (s *stage) between(yield func(*moment) bool) {
	var some [][]part
	for n := len(s.parts); n > 0; n-- {
		some = append(some, s.parts[:n])
		if kept := withoutRenames(s.parts[:n]); s.compatible && len(kept) < n {
			some = append(some, kept)
		}
	}
	for i := len(s.ran) - 1; i >= 0; i-- {
		for _, changes := range some {
			if m := s.at(changes, s.ran[i]); m.refused == nil && !yield(m) {
				return
			}
		}
	}
}

func withoutRenames(all []part) []part {
	var kept []part
	for _, c := range all {
		if !c.renames {
			kept = append(kept, c)
		}
	}
	return kept
}

// meets reports whether old code may meet an outcome because the original has it too
// when it runs at one of the moments between. What went on before fails only where it
// fails without the renames as well.
func (s *stage) meets(sql string, is, was outcome, blank bool) bool {
	for m := range s.between {
		o := m.try(sql)
		if blank {
			o.rows = ""
		}
		if is.like(o) && !(s.compatible && m.renames && was.code == "" && is.code != "") {
			return true
		}
	}
	return false
}

func (m *moment) try(sql string) outcome {
	_, _ = m.Exec(context.Background(), "DISCARD PLANS")
	return try(m.Conn, sql)
}

// stays reports whether new code works where after the original it fails, because what
// the proposal says it keeps is still there: the old name, or the column's place.
func (s *stage) stays(sql string, is, will outcome) bool {
	kept := strings.Join(s.proposal.Differences, "\n")
	switch {
	case is.code != "" || will.code == "":
		return false
	case strings.Contains(kept, "takes rows of the table as they are (*)") && is.like(try(s.before, sql)):
		return true
	case !strings.Contains(kept, "when no code") || will.code != "42703" && will.code != "42P01":
		return false
	}
	return is.like(s.at(withoutRenames(s.parts), s.chosen).try(sql))
}

// choose finds the moment at which the original makes the schema and the rows that the
// files made. Without one it takes the moment of the last file; the error is why the
// original runs at none.
func (s *stage) choose() (refused error) {
	var last *moment
	for i := len(s.ran) - 1; i >= 0; i-- {
		m := s.at(s.parts, s.ran[i])
		switch {
		case m.refused != nil:
			refused = m.refused
		case len(s.differs(m.Conn)) == 0:
			s.after, s.chosen = m.Conn, s.ran[i]
			return nil
		case last == nil:
			last, s.chosen = m, s.ran[i]
		}
	}
	if last == nil {
		return refused
	}
	s.after = last.Conn
	return nil
}

// differs are the lines of schema and rows in which the files differ from a copy, but
// for what the proposal lists.
func (s *stage) differs(c *pgx.Conn) []string {
	kept := strings.Join(s.proposal.Differences, "\n")
	var all []string
	for _, line := range rehearsal.Diff(schemaOf(s.T, c), schemaOf(s.T, s.files)) {
		if !explained(strings.ReplaceAll(line, " "+s.table+".", " t."), kept) {
			all = append(all, "schema: "+line)
		}
	}
	for _, table := range []string{s.table, "p", "child"} {
		if a, b := s.rowsOf(c, c, table), s.rowsOf(c, s.files, table); a != b {
			all = append(all, "rows of "+table+":\n"+strings.Join(rehearsal.Diff(a, b), "\n"))
		}
	}
	return all
}
