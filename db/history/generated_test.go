package history_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/history"
	"belay/sqlview/migration"
)

var (
	generatedSeed = flag.Uint64("generated-seed", 1, "where the generated folders begin")
	generatedRuns = flag.Int("generated-folders", 0, "how many of each tool; 0 = few, or 40 in the long form")
)

// generatedTool is a tool with the names of its files and what it does with a file that
// comes late.
type generatedTool struct {
	realTool
	// name and text make a file of a version.
	name func(version int) string
	text string
	// contiguous is true where versions have no gap.
	contiguous bool
	late       lateRule
}

// lateRule is what a tool does with a file below the newest that ran.
type lateRule int

const (
	lateRefused lateRule = iota
	lateRun
	latePassedOver
)

var generatedTools = []generatedTool{
	{
		realTool: realTools[0], text: "-- +goose Up\n%s\n-- +goose Down\nSELECT 1;\n", late: lateRefused,
		name: func(v int) string { return fmt.Sprintf("%05d_%s.sql", v, word()) },
	},
	{
		realTool: realTools[1], text: "%s\n---- create above / drop below ----\nSELECT 1;\n", contiguous: true,
		name: func(v int) string { return fmt.Sprintf("%03d_%s.sql", v, word()) },
	},
	{
		realTool: realTools[2], text: "-- migrate:up\n%s\n-- migrate:down\nSELECT 1;\n", late: lateRun,
		name: func(v int) string { return fmt.Sprintf("%d_%s.sql", v, word()) },
	},
	{
		realTool: realTools[3], text: "-- Up Migration\n%s\n-- Down Migration\nSELECT 1;\n", late: lateRefused,
		name: func(v int) string { return fmt.Sprintf("%d_%s.sql", 1700000000000+v, word()) },
	},
	{
		realTool: realTool{
			format: "golang-migrate", variable: "BELAY_TEST_MIGRATE", program: "migrate",
			install: "go install -tags pgx5 github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1",
			all:     []string{"-path", "{dir}", "-database", "{dsn}", "up"},
		},
		text: "%s\n", late: latePassedOver,
		name: func(v int) string { return fmt.Sprintf("%06d_%s.up.sql", v, word()) },
	},
}

// random is what the folder at hand is made of; word a title of its files.
var random *rand.Rand

func word() string {
	return []string{"a", "b", "c"}[random.IntN(3)] + string(rune('a'+random.IntN(26)))
}

// Folders made by chance from a seed, of which a part has run: what belay says of order, duplicates
// and late files is what the tool itself then does.
func TestGeneratedFolders(t *testing.T) {
	n := *generatedRuns
	switch {
	case n > 0:
	case dbtest.Long():
		n = 40
	default:
		n = 2
	}
	for _, g := range generatedTools {
		t.Run(g.format, func(t *testing.T) {
			program := os.Getenv(g.variable)
			if program == "" {
				program, _ = exec.LookPath(g.program)
			}
			if program == "" {
				t.Skipf("no %s here: set %s to the program of %s", g.program, g.variable, g.install)
			}
			for i := range n {
				seed := *generatedSeed + uint64(i)
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { g.play(t, program, seed) })
			}
		})
	}
}

// generated is a folder: what ran first, and what comes then.
type generated struct {
	first, then []string
}

func (g generatedTool) generate() generated {
	var out generated
	version := 0
	var names []string
	for range 3 + random.IntN(4) {
		version++
		if !g.contiguous {
			version += random.IntN(12)
		}
		names = append(names, g.name(version))
	}
	cut := 1 + random.IntN(len(names)-1)
	out.first, out.then = names[:cut], slices.Clone(names[cut:])
	switch random.IntN(3) {
	case 0: // a file of the past comes late
		if at := random.IntN(cut); !g.contiguous && cut > 1 && at < cut-1 {
			out.first = slices.Delete(slices.Clone(names[:cut]), at, at+1)
			out.then = append(out.then, names[at])
		}
	case 1: // two of one version
		at := cut + random.IntN(len(names)-cut)
		number, rest, _ := strings.Cut(names[at], "_")
		out.then = append(out.then, number+"_z"+rest)
	}
	return out
}

func (g generatedTool) play(t *testing.T, program string, seed uint64) {
	random = rand.New(rand.NewPCG(seed, 0))
	made := g.generate()
	d := dbtest.New(t)
	d.Exec(t, "CREATE TABLE ran (id serial, name text)")
	dir := filepath.Join(t.TempDir(), "migrations")
	add := func(names []string) {
		for _, name := range names {
			sql := fmt.Sprintf("INSERT INTO ran (name) VALUES ('%s');", name)
			writeFile(t, filepath.Join(dir, name), fmt.Appendf(nil, g.text, sql))
		}
	}
	dsn := d.ForDrivers(t)
	if g.format == "golang-migrate" {
		_, rest, _ := strings.Cut(d.DSN, "://")
		dsn = "pgx5://" + rest
	}
	add(made.first)
	if out, err := g.try(t, program, dsn, dir); err != nil {
		t.Fatalf("the first files: %v\n%s", err, out)
	}
	add(made.then)
	conn, f := session(t, d.DSN), format(t, g.format)
	before := ranOf(t, conn)
	folder, err := f.Load(os.DirFS(filepath.Dir(dir)), "migrations")
	if err != nil {
		t.Fatal(err)
	}
	table := open(t, conn, f, "")
	status := migration.Compare(folder, rowsOf(t, conn, table), table.Variant)
	out, err := g.try(t, program, dsn, dir)
	g.check(t, checked{made, folder, status, ranOf(t, conn)[len(before):], err, out})
}

// checked is what belay said of a folder, and what the tool then did.
type checked struct {
	made   generated
	folder migration.Folder
	status migration.Status
	ran    []string
	err    error
	out    string
}

func (g generatedTool) check(t *testing.T, c checked) {
	var want []string
	stops := len(c.folder.Stopping(c.status.Pending)) > 0
	switch {
	case len(c.status.Late) > 0 && g.late == lateRefused:
		stops = true
	case len(c.status.Late) > 0 && g.late == lateRun:
		c.status = c.status.LateToo()
	}
	for _, m := range c.status.Pending {
		want = append(want, m.Up.Path)
	}
	failed := fmt.Sprintf("first %q, then %q; belay says pending %q, late %d, problems %+v; the tool ran %q, %v\n%s",
		c.made.first, c.made.then, want, len(c.status.Late), c.folder.Problems, c.ran, c.err, c.out)
	switch {
	case c.err != nil && !stops:
		t.Error("the tool refuses, and belay does not: " + failed)
	case !stops && !slices.Equal(c.ran, want):
		t.Error("not what belay says is pending, in its order: " + failed)
	case stops && len(c.status.Duplicates) == 0 && c.err == nil:
		t.Error("belay stops, and the tool has nothing against it: " + failed)
	case stops && len(c.status.Late) > 0 && g.late == lateRefused && len(c.ran) > 0:
		t.Error("the tool is said to refuse a late file, and ran: " + failed)
	}
}

func ranOf(t *testing.T, conn *db.Conn) []string {
	t.Helper()
	var all []string
	rows, err := conn.Query(t.Context(), "SELECT name FROM public.ran ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

func rowsOf(t *testing.T, conn *db.Conn, table *history.Table) []migration.Row {
	t.Helper()
	rows, err := table.Rows(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// try runs all that is pending; the error is the tool's own exit.
func (r realTool) try(t *testing.T, program, dsn, dir string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), dbtest.Timeout)
	defer cancel()
	put := strings.NewReplacer("{dir}", dir, "{dsn}", dsn)
	var args []string
	for _, a := range r.all {
		args = append(args, put.Replace(a))
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = filepath.Dir(dir), append(os.Environ(), "DATABASE_URL="+dsn)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), err
}
