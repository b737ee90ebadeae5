package fix_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/steps/fix"
	"belay/steps/git"
	"belay/steps/rehearsal"

	"github.com/google/go-cmp/cmp"
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
	run(t, original, section["given.sql"])
	run(t, files, section["given.sql"])
	before := schema(t, files)
	p := propose(t, files, section["up.sql"])
	run(t, original, section["up.sql"])
	for _, m := range p.Made {
		run(t, files, string(m.Up.Bytes))
	}
	var got strings.Builder
	for _, f := range p.Files {
		fmt.Fprintln(&got, f.Path)
	}
	for _, line := range rehearsal.Diff(schema(t, original), schema(t, files)) {
		fmt.Fprintln(&got, line)
	}
	for _, k := range p.Kept {
		fmt.Fprintln(&got, "kept:", k)
	}
	for _, l := range p.Left {
		fmt.Fprintf(&got, "left: %s: %s\n", l.Rule, l.Why)
	}
	fmt.Fprintf(&got, "judged again: %d stop, %d warn\n", p.Stop, p.Warn)
	if q := section["same.sql"]; q != "" {
		if diff := cmp.Diff(dbtest.QueryCol[string](t, original, q), dbtest.QueryCol[string](t, files, q)); diff != "" {
			t.Errorf("the rows differ (-original +files):\n%s", diff)
		}
	}
	for i := range p.Made {
		down := p.Made[len(p.Made)-1-i].Down
		if down == nil {
			continue
		}
		run(t, files, string(down.Bytes))
	}
	for _, line := range rehearsal.Diff(before, schema(t, files)) {
		fmt.Fprintln(&got, "taken back:", line)
	}
	if *update {
		write(t, path, archive, got.String())
		return
	}
	if diff := cmp.Diff(section["want"], got.String()); diff != "" {
		t.Errorf("%s (-want +got); -update writes it anew:\n%s", path, diff)
	}
	if p.Stop > 0 {
		t.Errorf("%d hazards of level stop remain: %+v", p.Stop, p.Files)
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
func run(t *testing.T, d *dbtest.DB, sql string) {
	t.Helper()
	if _, err := d.Conn(t).PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

func propose(t *testing.T, d *dbtest.DB, sql string) fix.Proposal {
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
	snapshot, err := inspect.Catalog(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	p, err := fix.Propose(ctx, fix.Case{
		Format: format, Folder: folder, Migration: folder.Migrations[0], Mode: lint.Implicit, Snapshot: snapshot,
		Options: sqlview.Options{Version: snapshot.ServerVersion, Today: "2026-11-28"}, Asked: "shop",
		Source: func(m *migration.Migration) sqlview.Source {
			return sqlview.Source{Path: m.Up.Path, SQL: m.Up.Bytes, Version: m.Version, Mode: lint.Implicit, ByBelay: true}
		},
		Git: git.Facts{Unknown: git.NoRepository}, Now: time.Now().UTC().Format("20060102150405"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Made) == 0 || p.Refused != "" {
		t.Fatalf("nothing was proposed: %s %+v", p.Refused, p.Left)
	}
	return p
}

// schema is everything that a migration of the cases can change, a line each.
func schema(t *testing.T, d *dbtest.DB) string {
	t.Helper()
	return strings.Join(dbtest.QueryCol[string](t, d, `
SELECT 'relation ' || c.relkind::text || ' ' || c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || coalesce(' collate ' || nullif(l.collname, 'default'), '') || a.attgenerated::text || a.attidentity::text
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'p') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END || CASE WHEN i.indimmediate THEN '' ELSE ' deferrable' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT 'constraint ' || k.conrelid::regclass || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  FROM pg_constraint k WHERE k.connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger ' || tgname || ' ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1`), "\n")
}
