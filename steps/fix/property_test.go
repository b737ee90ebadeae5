package fix_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"belay/db/dbtest"
	"belay/steps/fix"
	"belay/steps/rehearsal"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	runs = flag.Int("runs", 0,
		"how many generated migrations are played; 0 = a few, or 150 where BELAY_TEST_LONG is set")
	first = flag.Uint64("seed", 1, "the first seed")
	shown = flag.Bool("shown", false, "show the world and the files of each run")
)

// TestPhasesDoWhatTheOriginalDoes plays generated migrations of generated schemas.
// The original runs on one copy of a database, the files of the proposal on
// another, one by one; between them code of before the migration goes on. What it
// may do and what fails must be as before the migration, or as after it, at every
// moment; what must go on does; at the end schema and rows are those of the
// original, but for what the proposal lists. Or nothing is proposed, with the
// reason. Seeds are printed: -seed N -runs 1 plays one again, -shown shows it.
func TestPhasesDoWhatTheOriginalDoes(t *testing.T) {
	n := *runs
	switch {
	case n > 0:
	case dbtest.Long():
		n = 150
	default:
		n = 2
	}
	count := tally{of: map[string]int{}}
	t.Cleanup(func() { count.log(t) })
	t.Run("seeds", func(t *testing.T) {
		for i := range n {
			seed := *first + uint64(i)
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				count.add(newPlay(t, seed).run())
			})
		}
	})
}

// tally counts how the runs ended.
type tally struct {
	sync.Mutex
	of map[string]int
}

func (c *tally) add(end string) {
	c.Lock()
	defer c.Unlock()
	c.of[end]++
}

func (c *tally) log(t *testing.T) {
	for _, end := range slices.Sorted(maps.Keys(c.of)) {
		t.Logf("%5d %s", c.of[end], end)
	}
}

// stage is one migration with the copies of its database: before stays as it was,
// after has had the original from the beginning, files gets the proposal's, and
// original gets the original when the files are through.
type stage struct {
	*testing.T
	*world
	before, after, files, original *pgx.Conn
	db                             *dbtest.DB
	proposal                       fix.Proposal
	failed                         bool
	written                        []string
}

func newPlay(t *testing.T, seed uint64) *stage {
	s := &stage{T: t, world: newWorld(seed), db: dbtest.New(t)}
	s.files = s.db.Conn(t)
	var kept []string
	for _, sql := range s.ddl {
		if _, err := s.files.PgConn().Exec(context.Background(), sql).ReadAll(); err == nil {
			kept = append(kept, sql)
		}
	}
	s.ddl = kept
	given := strings.Join(kept, ";\n") + ";\n"
	for _, c := range []**pgx.Conn{&s.before, &s.after, &s.original} {
		*c = dbtest.New(t).Conn(t)
		run(t, *c, given)
	}
	if *shown {
		t.Logf("-- given.sql --\n%s-- up.sql --\n%s", given, s.up)
	}
	return s
}

func (s *stage) run() string {
	ctx := context.Background()
	s.proposal, _ = propose(s.T, s.db, s.up)
	if len(s.proposal.Made) == 0 {
		return s.kind + ": left as it is: " + reason(s.proposal)
	}
	if *shown {
		s.Log(fix.Text(s.proposal.Rewrite, "m"))
	}
	_, refused := s.after.PgConn().Exec(ctx, s.up).ReadAll()
	if refused != nil {
		_, _ = s.after.PgConn().Exec(ctx, "ROLLBACK").ReadAll()
	}
	for _, l := range s.proposal.Left {
		if l.Rule == "rename-column" || l.Rule == "rename-table" {
			s.compatible = false
		}
	}
	s.code("before the first file", refused != nil)
	for i, m := range s.proposal.Made {
		// A tool's session is new: what the application's have cached goes on in them.
		if _, err := s.db.Conn(s.T).PgConn().Exec(ctx, string(m.Up.Bytes)).ReadAll(); err != nil {
			return s.stopped(m.Up.Path, err, refused)
		}
		if i < len(s.proposal.Made)-1 {
			s.code("after "+m.Up.Path, refused != nil)
		}
	}
	if refused != nil {
		s.Errorf("the server refuses the original, and the files went through: %v\n%s", refused, s.up)
		return s.kind + ": wrong"
	}
	for _, sql := range s.written {
		_, _ = s.original.PgConn().Exec(ctx, sql).ReadAll()
	}
	if _, err := s.original.PgConn().Exec(ctx, s.up).ReadAll(); err != nil {
		s.Errorf("the original fails on the rows of the files: %v", err)
		return s.kind + ": wrong"
	}
	s.after = s.original
	s.code("at the end", false)
	s.compare()
	if s.failed {
		return s.kind + ": wrong"
	}
	return s.kind + ": rewritten"
}

// reason is why nothing was proposed, without the names.
func reason(p fix.Proposal) string {
	if len(p.Left) == 0 {
		return p.Refused
	}
	why := p.Left[0].Why
	for _, n := range []struct{ found, as string }{
		{`line \d+`, "a line"}, {`\b[a-z]+_?[a-z]*\d+\w*`, "…"}, {`'[^']*'\S*`, "…"}, {`\bpublic\.\w+`, "…"},
		{`\b(alpha|beta|gamma|Gamma|note|state|renamed)\b`, "…"},
	} {
		why = regexp.MustCompile(n.found).ReplaceAllString(why, n.as)
	}
	return why
}

// stopped is right where the original fails too: a row does not fit.
func (s *stage) stopped(path string, err, refused error) string {
	if refused == nil {
		refused = s.withWritten()
	}
	if refused == nil {
		s.Errorf("%s fails: %v, and the original went through:\n%s%s", path, err, s.up,
			fix.Text(s.proposal.Rewrite, "m"))
		return s.kind + ": wrong"
	}
	s.code("after "+path+" failed", true)
	if s.failed {
		return s.kind + ": wrong"
	}
	return s.kind + ": fails as the original does: " + codeOf(refused)
}

// withWritten is what comes of the original on the rows that old code wrote while
// the files ran.
func (s *stage) withWritten() error {
	ctx := context.Background()
	for _, sql := range s.written {
		_, _ = s.original.PgConn().Exec(ctx, sql).ReadAll()
	}
	_, err := s.original.PgConn().Exec(ctx, s.up).ReadAll()
	if err != nil {
		_, _ = s.original.PgConn().Exec(ctx, "ROLLBACK").ReadAll()
	}
	return err
}

func codeOf(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return fmt.Sprint(err)
}

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
		if is.like(will) {
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
	if !ended {
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

// compare holds schema and rows of the files against those of the original.
func (s *stage) compare() {
	kept := strings.Join(s.proposal.Kept, "\n")
	for _, line := range rehearsal.Diff(schemaOf(s.T, s.original), schemaOf(s.T, s.files)) {
		if !explained(line, kept) {
			s.wrong("schema: %s\nkept: %s", line, kept)
		}
	}
	for _, table := range []string{s.table, "p", "child"} {
		a, b := s.rowsOf(s.original, table), s.rowsOf(s.files, table)
		if a != b {
			s.wrong("rows of %s:\n%s", table, strings.Join(rehearsal.Diff(a, b), "\n"))
		}
	}
}

// explained reports whether a line that differs is one of a thing that the proposal
// speaks of.
func explained(line, kept string) bool {
	if !strings.HasPrefix(line, "+ ") {
		return strings.HasPrefix(line, "- statistics ") && strings.Contains(kept, "keep their target")
	}
	for _, found := range []string{`\w+_drop_\d{8}`, `\w+_old\b`, `\w+_idx\d*\b`, `\bt_[a-z]\d+\b`, `\bzz_\w+?_sync`} {
		if name := regexp.MustCompile(found).FindString(line); name != "" &&
			strings.Contains(kept, strings.TrimSuffix(name, "_sync")) {
			return true
		}
	}
	if name, ok := strings.CutPrefix(line, "+ column "); ok {
		name = strings.Fields(name)[0]
		return strings.Contains(kept, "column public."+strings.ReplaceAll(name, `"`, "")) ||
			strings.Contains(kept, "view public."+strings.Split(name, ".")[0]+" ")
	}
	if name, ok := strings.CutPrefix(line, "+ relation v "); ok {
		return strings.Contains(kept, "view public."+strings.Fields(name)[0]+" ")
	}
	return strings.HasPrefix(line, "+ rule ") && strings.Contains(kept, "view public.t stands") ||
		strings.HasPrefix(line, "+ statistics ") && strings.Contains(kept, "keep their target")
}

func schemaOf(t *testing.T, c *pgx.Conn) string {
	t.Helper()
	rows, err := c.Query(context.Background(), schemaQuery)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// rowsOf are the rows of a table, by the columns that the original has.
func (s *stage) rowsOf(c *pgx.Conn, table string) string {
	ctx := context.Background()
	var exists bool
	if err := s.original.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists); err != nil ||
		!exists {
		return ""
	}
	rows, err := s.original.Query(ctx,
		"SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT "+
			"attisdropped ORDER BY attname", table)
	if err != nil {
		s.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "touched" && s.touched || n == "fresh" })
	for _, col := range s.columns {
		if col.unsteady {
			names = slices.DeleteFunc(names, func(n string) bool { return n == "copied" })
			names = slices.DeleteFunc(names, func(n string) bool {
				return n == quoted(col.name) || n == s.renamed[col.name]
			})
		}
	}
	var text string
	if err := c.QueryRow(ctx,
		"SELECT coalesce(string_agg(r, E'\\n' ORDER BY r), '') FROM (SELECT ROW("+strings.Join(names, ", ")+
			")::text AS r FROM "+table+") x").Scan(&text); err != nil {
		s.Fatal(err)
	}
	return text
}
