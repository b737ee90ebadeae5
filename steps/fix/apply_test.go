package fix_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/steps/fix"
	"belay/steps/git"
	"belay/steps/rehearsal"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the want sections anew")

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestFilesMakeTheSchemaOfTheOriginal applies the original to one copy of a
// database with rows, the files to another, as golang-migrate would, and
// compares the schemas and what the query of the case sees. Then the ways back
// run, newest first, and the schema of before must be there again.
func TestFilesMakeTheSchemaOfTheOriginal(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			play(t, path)
		})
	}
}

func play(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section := map[string]string{}
	for _, f := range archive.Files {
		section[f.Name] = string(f.Data)
	}
	original, files := dbtest.New(t), dbtest.New(t)
	originals, filed := original.Conn(t), files.Conn(t)
	run(t, originals, section["given.sql"])
	run(t, filed, section["given.sql"])
	before := schema(t, files)
	p, snapshot := propose(t, files, section["up.sql"])
	var got strings.Builder
	if len(p.Made) == 0 {
		compare(t, path, archive, section["want"], refused(p))
		return
	}
	probe := probes{always: lines(section["always.sql"]), never: lines(section["never.sql"])}
	probe.run(t, filed, "before")
	run(t, originals, section["up.sql"])
	for _, m := range p.Made {
		run(t, filed, string(m.Up.Bytes))
		probe.run(t, filed, "after "+m.Up.Path)
	}
	for _, f := range p.Files {
		fmt.Fprintln(&got, f.Path)
	}
	for _, line := range rehearsal.Diff(schema(t, original), schema(t, files)) {
		fmt.Fprintln(&got, line)
	}
	for _, k := range p.Differences {
		fmt.Fprintln(&got, "kept:", k)
	}
	for _, l := range p.Left {
		fmt.Fprintf(&got, "left: %s: %s\n", l.Rule, l.Why)
	}
	fmt.Fprintf(&got, "judged again: %d stop, %d warn\n", p.Stop, p.Warn)
	for _, line := range breaks(t, p, snapshot) {
		fmt.Fprintln(&got, line)
	}
	if q := section["same.sql"]; q != "" {
		if diff := cmp.Diff(dbtest.QueryCol[string](t, original, q), dbtest.QueryCol[string](t, files, q)); diff != "" {
			t.Errorf("the rows differ (-original +files):\n%s", diff)
		}
	}
	for i := range p.Made {
		down := p.Made[len(p.Made)-1-i].Down
		if down == nil {
			fmt.Fprintln(&got, "no way back from", p.Made[len(p.Made)-1-i].Up.Path)
			break
		}
		run(t, filed, string(down.Bytes))
	}
	for _, line := range rehearsal.Diff(before, schema(t, files)) {
		fmt.Fprintln(&got, "taken back:", line)
	}
	compare(t, path, archive, section["want"], got.String())
	if p.Stop > 0 {
		t.Errorf("%d hazards of level stop remain: %+v", p.Stop, p.Files)
	}
}

// compare holds what came out against the want section.
func compare(t *testing.T, path string, archive *txtar.Archive, want, got string) {
	t.Helper()
	if *update {
		write(t, path, archive, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got); -update writes it anew:\n%s", path, diff)
	}
}

// refused is why nothing is proposed.
func refused(p fix.Proposal) string {
	var b strings.Builder
	fmt.Fprintln(&b, "nothing is written:", p.Refused)
	for _, l := range p.Left {
		fmt.Fprintf(&b, "left: line %d: %s: %s\n", l.Line, l.Rule, l.Why)
	}
	return b.String()
}

// probes are statements of the application that must go through, or fail, before
// and after every file. They leave nothing behind.
type probes struct{ always, never []string }

func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

func (p probes) run(t *testing.T, c *pgx.Conn, when string) {
	t.Helper()
	try := func(sql string) error {
		_, err := c.PgConn().Exec(context.Background(), "BEGIN; "+sql).ReadAll()
		_, undone := c.PgConn().Exec(context.Background(), "ROLLBACK").ReadAll()
		return errors.Join(err, undone)
	}
	for _, sql := range p.always {
		if err := try(sql); err != nil {
			t.Errorf("%s: %s: %v", when, sql, err)
		}
	}
	for _, sql := range p.never {
		if try(sql) == nil {
			t.Errorf("%s: %s goes through", when, sql)
		}
	}
}

func write(t *testing.T, path string, archive *txtar.Archive, want string) {
	var files []txtar.File
	for _, f := range archive.Files {
		if f.Name != "want" {
			files = append(files, f)
		}
	}
	archive.Files = append(files, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run sends a text as one simple query, as golang-migrate sends a file.
func run(t *testing.T, c *pgx.Conn, sql string) {
	t.Helper()
	if _, err := c.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

func propose(t *testing.T, d *dbtest.DB, sql string) (fix.Proposal, *catalog.Snapshot) {
	t.Helper()
	ctx := context.Background()
	format, err := migration.Find("golang-migrate")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := format.Load(fstest.MapFS{"m/000041_sample.up.sql": {Data: []byte(sql)}}, "m")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := db.ParseConfig(d.DSN, "test")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	snapshot, err := inspect.Named(ctx, c, inspect.Names{Words: words.FindAllString(strings.ToLower(sql), -1)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := fix.Propose(ctx, fix.Case{
		Format: format, Folder: folder, Migration: folder.Migrations[0], Mode: lint.Implicit, Snapshot: snapshot,
		Options: sqlview.Options{Version: snapshot.ServerVersion, Today: "2026-11-28"}, Asked: "shop",
		Source: source,
		Git:    git.Facts{Unknown: git.NoRepository}, Now: time.Now().UTC().Format("20060102150405"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, snapshot
}

func source(m *migration.Migration) sqlview.Source {
	return sqlview.Source{Path: m.Up.Path, SQL: m.Up.Bytes, Version: m.Version, Mode: lint.Implicit, ByBelay: true}
}

// breaks lists the statements of a proposal that the review says break code.
func breaks(t *testing.T, p fix.Proposal, snapshot *catalog.Snapshot) []string {
	t.Helper()
	var sources []sqlview.Source
	for i := range p.Made {
		sources = append(sources, source(&p.Made[i]))
	}
	r, err := sqlview.Review(context.Background(), sources, sqlview.Options{
		Version: snapshot.ServerVersion, Snapshot: snapshot,
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range r.Files {
		for _, s := range f.Statements {
			if s.Breaks == effect.BreaksOld || s.Breaks == effect.BreaksNew {
				all = append(all,
					fmt.Sprintf("breaks %s code: %s: %s", s.Breaks, f.Path, strings.Split(s.SQL, "\n")[0]))
			}
		}
	}
	return all
}

var words = regexp.MustCompile(`[a-z_0-9]+`)
