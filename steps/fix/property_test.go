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
// reason. After it is: as if the original had run at one moment between the statements
// of the code; of a migration of several changes also as if the first of them had.
// Seeds are printed: -seed N -runs 1 plays one again, -shown shows it.
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
// files gets the proposal's, after has had the original: from the beginning until the
// files are through, then at the moment that was chosen for what they made.
type stage struct {
	*testing.T
	*world
	before, after, files *pgx.Conn
	db                   *dbtest.DB
	proposal             fix.Proposal
	failed               bool
	// written are the statements that changed rows before the files were through, late those
	// after; ran is how many there were written when each file ran, chosen the number at the
	// moment chosen.
	written, late []string
	ran           []int
	chosen        int
	moments       map[choice]*moment
}

func newPlay(t *testing.T, seed uint64) *stage {
	s := &stage{T: t, world: newWorld(seed), db: dbtest.New(t), moments: map[choice]*moment{}}
	s.files = s.db.Conn(t)
	var kept []string
	for _, sql := range s.ddl {
		if _, err := s.files.PgConn().Exec(context.Background(), sql).ReadAll(); err == nil {
			kept = append(kept, sql)
		}
	}
	s.ddl = kept
	given := strings.Join(kept, ";\n") + ";\n"
	s.before = dbtest.New(t).Conn(t)
	run(t, s.before, given)
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
	beginning := s.at(s.parts, 0)
	refused := beginning.refused
	s.after = beginning.Conn
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
		s.ran = append(s.ran, len(s.written))
		if i < len(s.proposal.Made)-1 {
			s.code("after "+m.Up.Path, refused != nil)
		}
	}
	if refused != nil {
		s.Errorf("the server refuses the original, and the files went through: %v\n%s", refused, s.up)
		return s.kind + ": wrong"
	}
	if err := s.choose(); err != nil {
		s.Errorf("the original fails on the rows of the files: %v", err)
		return s.kind + ": wrong"
	}
	s.code("at the end", false)
	for _, line := range s.differs(s.after) {
		s.wrong("%s\nkept: %s", line, strings.Join(s.proposal.Differences, "\n"))
	}
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
		refused = s.at(s.parts, len(s.written)).refused
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

func codeOf(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return fmt.Sprint(err)
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
	for i, line := range lines {
		lines[i] = plain(line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

var (
	statisticsOn = regexp.MustCompile(`^(statistics .* ON )(.*)( FROM .*)$`)
	castNumeric  = regexp.MustCompile(`\((\w+|"\w+")\)::numeric\b`)
)

// plain is a line of the schema without what carries no meaning: the order of the columns
// of statistics, which is theirs in the table, and a cast to numeric of a column, which
// a type between two that are numeric leaves in a constraint: the column's own type
// stands in a line of its own.
func plain(line string) string {
	if m := statisticsOn.FindStringSubmatch(line); m != nil {
		columns := strings.Split(m[2], ", ")
		slices.Sort(columns)
		return m[1] + strings.Join(columns, ", ") + m[3]
	}
	if strings.HasPrefix(line, "constraint ") || strings.HasPrefix(line, "index ") {
		return castNumeric.ReplaceAllString(line, "$1")
	}
	return line
}

// rowsOf are the rows of a table, by the columns that it has in an original.
func (s *stage) rowsOf(original, c *pgx.Conn, table string) string {
	ctx := context.Background()
	var exists bool
	if err := original.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists); err != nil ||
		!exists {
		return ""
	}
	rows, err := original.Query(ctx,
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
