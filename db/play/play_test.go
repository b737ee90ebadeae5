package play_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/db/play"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/effect/facts"
	"belay/sqlview/lock"
	"belay/sqlview/parse"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/txtar"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// scene is a statement and what must be there before it.
type scene struct{ name, setup, statement string }

// TestFactsOnServer plays the oracle on the server at hand: what is predicted
// for its version must be what it does.
func TestFactsOnServer(t *testing.T) {
	all, err := facts.All()
	if err != nil {
		t.Fatal(err)
	}
	var scenes []scene
	for _, f := range all {
		scenes = append(scenes, scene{f.ID, f.Setup, f.Statement})
	}
	playAll(t, slices.CompactFunc(scenes, func(a, b scene) bool { return a == b }))
}

// TestScenes plays testdata/*.txtar: each file of an archive is a setup, a line
// "-->" and the statement.
func TestScenes(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no scenes", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			playAll(t, readScenes(t, path))
		})
	}
}

func readScenes(t *testing.T, path string) []scene {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var scenes []scene
	for _, f := range a.Files {
		setup, statement, ok := strings.Cut(string(f.Data), "-->\n")
		if !ok {
			t.Fatalf("%s: %s has no line -->", path, f.Name)
		}
		scenes = append(scenes, scene{f.Name, string(a.Comment) + setup, strings.TrimSpace(statement)})
	}
	return scenes
}

// inShort is that of so many scenes, or rules, a plain go test takes one.
const inShort = 12

func playAll(t *testing.T, scenes []scene) {
	scenes = dbtest.OneIn(inShort, scenes)
	sources := make([][]byte, 0, 2*len(scenes))
	for _, s := range scenes {
		sources = append(sources, []byte(s.setup), []byte(s.statement))
	}
	files, err := parse.Parse(context.Background(), sources...)
	if err != nil {
		t.Fatal(err)
	}
	database := dbtest.New(t)
	monitor := watching(t, database.DSN)
	right, notHere := 0, 0
	for i, s := range scenes {
		switch differs, reason := playOne(t, database, monitor, s, files[2*i], files[2*i+1]); {
		case reason != "":
			notHere++
			t.Logf("%s: not played: %s", s.name, reason)
		case len(differs) > 0:
			t.Errorf("%s: %s\n\t%s", s.name, s.statement, strings.Join(differs, "\n\t"))
		default:
			right++
		}
	}
	t.Logf("%d of %d right, %d not played here", right, len(scenes), notHere)
}

func playOne(t *testing.T, database *dbtest.DB, monitor *db.Conn, s scene, setup,
	statement parse.File) (differs []string, reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), dbtest.Timeout)
	defer cancel()
	conn, version := fresh(ctx, t, database)
	defer conn.Close(context.Background())
	for _, st := range setup.Statements {
		if _, err := conn.Exec(ctx, st.SQL); err != nil && !thereForAll(st, err) {
			return nil, fmt.Sprintf("setup %.40q: %v", st.SQL, err)
		}
	}
	seer := anew(ctx, t, database, setup)
	defer seer.Close(context.Background())
	snap := catalog.FromStatements(catalog.SourceSchema, setup.Statements, version)
	for _, st := range setup.Statements {
		if st.Kind == "SET" {
			snap.Replay(st, version)
		}
	}
	if len(statement.Statements) != 1 || statement.Analysed() != 1 {
		return []string{"the statement is not analysed"}, ""
	}
	predicted := effect.Of(statement.Statements[0], snap, version)
	seen, err := play.Observe(ctx, seer, s.statement)
	if err != nil {
		t.Fatal(err)
	}
	bare := empty(ctx, t, seer)
	if unknownHere[seen.Code] && seen.Code != predicted.Fails.Code {
		return nil, seen.Message
	}
	pruned := strings.HasSuffix(s.name, "~pruned")
	differs = compare(withoutScans(predicted, bare), seen, pruned)
	for _, d := range compare(withoutScans(effect.Of(statement.Statements[0], inspected(ctx, t, monitor, setup),
		version), bare), seen, pruned) {
		differs = append(differs, "by the live catalog: "+d)
	}
	if seen.Code == "" &&
		!slices.ContainsFunc(setup.Statements, func(st parse.Statement) bool { return st.Kind == "DO" }) {
		differs = append(differs, follows(ctx, t, monitor, conn, snap, setup, statement, version)...)
	}
	return differs, ""
}

// thereForAll is a tablespace that a scene before has made: it is no part of a database.
func thereForAll(st parse.Statement, err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == "42710" && st.Kind == "CREATE TABLESPACE"
}

// watching is a session of belay's that reads the catalog of all scenes: most of
// what a catalog costs the server is planned once then.
func watching(t *testing.T, dsn string) *db.Conn {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "the test")
	if err != nil {
		t.Fatal(err)
	}
	monitor, err := db.Connect(t.Context(), cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = monitor.Close() })
	return monitor
}

// inspected is the catalog as belay reads it from the server.
func inspected(ctx context.Context, t *testing.T, monitor *db.Conn, setup parse.File) *catalog.Snapshot {
	t.Helper()
	live, err := inspect.Catalog(ctx, monitor)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range setup.Statements {
		if st.Kind == "SET" {
			live.Replay(st, live.ServerVersion)
		}
	}
	return live
}

// unknownHere are the errors of a server that has no such object, function,
// syntax or parameter.
var unknownHere = map[string]bool{"42704": true, "42883": true, "42601": true, "22023": true}

// anew connects for the statement alone: plans that the setup left in its
// session would hide locks.
func anew(ctx context.Context, t *testing.T, database *dbtest.DB, setup parse.File) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(ctx, database.DSN)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range setup.Statements {
		if st.Kind == "SET" {
			if _, err := conn.Exec(ctx, st.SQL); err != nil {
				t.Fatal(err)
			}
		}
	}
	return conn
}

// fresh empties the test's database and connects to it.
func fresh(ctx context.Context, t *testing.T, database *dbtest.DB) (*pgx.Conn, int) {
	t.Helper()
	conn, err := pgx.Connect(ctx, database.DSN)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range clean {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	var version int
	if err := conn.QueryRow(ctx,
		`SELECT pg_catalog.current_setting('server_version_num')::int / 10000`).Scan(&version); err != nil {
		t.Fatal(err)
	}
	return conn, version
}

var clean = []string{
	`SET client_min_messages = error`,
	`DO $$ DECLARE p text; BEGIN
		FOR p IN SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
			EXECUTE pg_catalog.format('DROP SCHEMA %I CASCADE', p);
		END LOOP;
		FOR p IN SELECT pubname FROM pg_catalog.pg_publication LOOP
			EXECUTE pg_catalog.format('DROP PUBLICATION %I', p);
		END LOOP;
		FOR p IN SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper LOOP
			EXECUTE pg_catalog.format('DROP FOREIGN DATA WRAPPER %I CASCADE', p);
		END LOOP;
		FOR p IN SELECT lanname FROM pg_catalog.pg_language WHERE lanname = 'pl2' LOOP
			EXECUTE 'DROP LANGUAGE pl2 CASCADE';
		END LOOP;
		FOR p IN SELECT amname FROM pg_catalog.pg_am WHERE amname = 'heap2' LOOP
			EXECUTE 'DROP ACCESS METHOD heap2 CASCADE';
		END LOOP;
		IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = 'belay_r') THEN
			CREATE ROLE belay_r;
		END IF;
		CREATE SCHEMA public;
	END $$`,
}

// compare lists where the prediction differs from what the server did. pruned
// allows weak locks more than seen: the values decide which partitions count.
func compare(p effect.Effect, o play.Observation, pruned bool) []string {
	var differs []string
	say := func(format string, args ...any) { differs = append(differs, fmt.Sprintf(format, args...)) }
	if o.Code != "" && o.Code == p.Fails.Code {
		return nil
	}
	if apart := o.Code == "25001"; apart == p.Transactional {
		say("transactional %v, but the server said %q", p.Transactional, o.Code)
	}
	if o.Code == "25001" {
		return differs
	}
	if o.Code != p.Fails.Code {
		say("fails with %q, the server said %q %s", p.Fails.Code, o.Code, o.Message)
	}
	if o.Code != "" || len(differs) > 0 {
		return differs
	}
	differs = append(differs, compareLocks(p.Locks, o.Locks, pruned)...)
	if !sameSet(p.Rewrites, o.Rewrites) {
		say("rewrites %v, seen %v", p.Rewrites, o.Rewrites)
	}
	for _, s := range o.Scans {
		if !slices.Contains(p.Scans, s) && !slices.Contains(p.Rewrites, s) {
			say("scans %v, seen %v", p.Scans, o.Scans)
		}
	}
	if len(p.Scans) > 0 && len(o.Scans) == 0 && !copied(p) {
		say("scans %v, seen none", p.Scans)
	}
	return differs
}

// empty lists the tables without rows: nobody sees them being read.
func empty(ctx context.Context, t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(ctx,
		`SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND pg_catalog.pg_relation_size(c.oid) = 0`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func withoutScans(e effect.Effect, of []string) effect.Effect {
	e.Scans = slices.DeleteFunc(slices.Clone(e.Scans), func(name string) bool { return slices.Contains(of, name) })
	return e
}

// copied is for SET TABLESPACE, which copies files without a scan.
func copied(p effect.Effect) bool { return len(p.Rewrites) > 0 && len(p.Rebuilds) == 0 }

func compareLocks(predicted, seen []effect.On, pruned bool) []string {
	var differs []string
	want := map[string]lock.Mode{}
	for _, l := range seen {
		want[l.Relation] = l.Mode
	}
	for _, l := range predicted {
		extra := pruned && want[l.Relation] == lock.None && l.Mode <= lock.RowExclusive
		if want[l.Relation] != l.Mode && !extra {
			differs = append(differs, fmt.Sprintf("%s: %s, seen %q", l.Relation, l.Mode, want[l.Relation]))
		}
		delete(want, l.Relation)
	}
	for name, mode := range want {
		differs = append(differs, fmt.Sprintf("%s: no lock, seen %s", name, mode))
	}
	return differs
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
