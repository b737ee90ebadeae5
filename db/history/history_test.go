package history_test

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/txtar"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/history"
	"belay/sqlview/migration"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func format(t *testing.T, name string) migration.Format {
	t.Helper()
	f, err := migration.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// session is an executor's: it may write, and keeps to belay's own search_path.
func session(t *testing.T, dsn string) *db.Conn {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "test")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect(t.Context(), cfg, db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "history"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func open(t *testing.T, conn *db.Conn, f migration.Format, configured string) *history.Table {
	t.Helper()
	table, err := history.Open(t.Context(), conn, f, configured)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// write runs what a format writes as a unit does: in one transaction, each INSERT
// and each UPDATE of one row.
func write(t *testing.T, conn *db.Conn, writes []migration.Write) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), conn.Conn, func(tx pgx.Tx) error {
		for _, w := range writes {
			tag, err := tx.Exec(t.Context(), w.SQL, append([]any{pgx.QueryExecModeExec}, w.Args...)...)
			if err != nil {
				return err
			}
			if n := tag.RowsAffected(); n != 1 && (tag.Insert() || tag.Update()) {
				return fmt.Errorf("%q wrote %d rows, not one", w.SQL, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runSQL(t *testing.T, conn *db.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// said spells the rows as the samples do: version, state and name.
func said(t *testing.T, conn *db.Conn, table *history.Table) string {
	t.Helper()
	rows, err := table.Rows(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range rows {
		state := "clean"
		if r.Dirty {
			state = "dirty"
		}
		lines = append(lines, strings.TrimSpace(r.Version+" "+state+" "+r.Name))
	}
	return strings.Join(lines, "\n")
}

// sample is the format's own sample: its folder, its table as SQL, its rows.
func sample(t *testing.T, f migration.Format) (folder migration.Folder, table, rows string) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("..", "..", "sqlview", "migration", "testdata", f.Name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root := fstest.MapFS{}
	for _, file := range archive.Files {
		switch name, ok := strings.CutPrefix(file.Name, "repo/"); {
		case ok:
			root[name] = &fstest.MapFile{Data: file.Data}
		case file.Name == "table.sql":
			table = string(file.Data)
		case file.Name == "rows":
			rows = string(file.Data)
		}
	}
	if table == "" {
		t.Fatalf("the sample of %s has no table.sql", f.Name)
	}
	dir := "migrations"
	if _, err := fs.Stat(root, dir); err != nil {
		dir = "supabase/migrations"
	}
	folder, err = f.Load(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	return folder, table, rows
}

// Every format's sample is played: the tool's own table is found and read, one
// migration is recorded, taken back, and recorded again around a dirty row.
func TestSamples(t *testing.T) {
	for _, f := range migration.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			folder, ddl, rows := sample(t, f)
			d := dbtest.New(t)
			d.Exec(t, ddl)
			conn := session(t, d.DSN)
			table := open(t, conn, f, "")
			if !table.Exists || table.OID == 0 || table.Schema != cmp.Or(f.History.Schema, "public") ||
				len(table.Lacks) > 0 || table.Refused != nil {
				t.Fatalf("opened %+v", table)
			}
			known, err := history.Everyone(t.Context(), conn)
			if own := len(known) > 0 && known[0].Quoted == table.Quoted &&
				slices.Equal(known[0].Tools, []string{f.Name}); err != nil || own != (table.Name == f.History.Table) {
				t.Errorf("the history tables in the database: %+v, %v", known, err)
			}
			before := said(t, conn, table)
			if diff := gocmp.Diff(sorted(rows), sorted(before)); diff != "" {
				t.Fatal(diff)
			}
			playUpAndDown(t, conn, table, folder, before)
		})
	}
}

func sorted(lines string) []string {
	var all []string
	for line := range strings.Lines(lines) {
		all = append(all, strings.TrimSpace(line))
	}
	if len(all) > 1 && all[0] > all[len(all)-1] {
		for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
			all[i], all[j] = all[j], all[i]
		}
	}
	return all
}

func playUpAndDown(t *testing.T, conn *db.Conn, table *history.Table, folder migration.Folder, before string) {
	t.Helper()
	h, prev, last := table.Variant, &folder.Migrations[1], folder.Migrations[2]
	pending := func(want ...string) {
		t.Helper()
		rows, err := table.Rows(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range migration.Compare(folder, rows, h).Pending {
			got = append(got, m.Version)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
	pending(last.Version)
	write(t, conn, h.Record(table.Quoted, last))
	pending()
	write(t, conn, h.Unrecord(table.Quoted, last, prev))
	if after := said(t, conn, table); after != before {
		t.Errorf("taken back: %q, want %q", after, before)
	}
	pending(last.Version)
}

// An adopted table is written as its newest row is.
func TestAdopted(t *testing.T) {
	f := format(t, "plain")
	folder, _, _ := sample(t, f)
	last := folder.Migrations[2]
	for _, c := range []struct{ name, ddl, want string }{
		{"no row: the file's name",
			`CREATE TABLE migrations (id bigint GENERATED ALWAYS AS IDENTITY, name varchar(200), applied_at timestamp)`,
			"20240117101500 clean 20240117101500_index_order_ref.sql"},
		{"without extension", `CREATE TABLE migrations (id serial, name text, applied_at timestamptz);
			INSERT INTO migrations (name, applied_at) VALUES ('0_a.sql', '2020-01-01'), ('1_b', '2021-01-01')`,
			"20240117101500 clean 20240117101500_index_order_ref\n1 clean 1_b\n0 clean 0_a.sql"},
		{"title alone", `CREATE TABLE migrations (id serial, name text, applied_at timestamptz);
			INSERT INTO migrations (name, applied_at) VALUES ('add_carrier', '2020-01-01')`,
			"clean index_order_ref\nclean add_carrier"},
		{"the id is the version", `CREATE TABLE migrations (id bigint PRIMARY KEY, name text, applied_at date);
			INSERT INTO migrations VALUES (20240116093000, 'add_carrier', '2020-01-01')`,
			"20240117101500 clean index_order_ref\n20240116093000 clean add_carrier"},
		{"the id is a text", `CREATE TABLE migrations (id varchar(20) PRIMARY KEY, name text, applied_at timestamptz);
			INSERT INTO migrations VALUES ('007', '007_bond.sql', '2020-01-01')`,
			"20240117101500 clean 20240117101500_index_order_ref.sql\n007 clean 007_bond.sql"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t)
			d.Exec(t, c.ddl)
			conn := session(t, d.DSN)
			table := open(t, conn, f, "")
			if table.Name != "migrations" || table.Refused != nil {
				t.Fatalf("opened %+v", table)
			}
			before := said(t, conn, table)
			write(t, conn, table.Variant.Record(table.Quoted, last))
			if got := said(t, conn, table); got != c.want {
				t.Errorf("recorded:\n%s\nwant:\n%s", got, c.want)
			}
			write(t, conn, table.Variant.Unrecord(table.Quoted, last, nil))
			if got := said(t, conn, table); got != before {
				t.Errorf("taken back:\n%s\nwant:\n%s", got, before)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	const own = `(version bigint PRIMARY KEY, dirty boolean NOT NULL)`
	for _, c := range []struct {
		name, format, ddl, configured string
		want                          string // Quoted and whether it exists, or how the error begins
	}{
		{
			"in the search path", "golang-migrate", `CREATE TABLE schema_migrations ` + own, "",
			`"public"."schema_migrations" true`,
		},
		{
			"configured", "golang-migrate", `CREATE SCHEMA ops; CREATE TABLE ops."Done" ` + own, `ops."Done"`,
			`"ops"."Done" true`,
		},
		{"configured, not there yet", "golang-migrate", `CREATE SCHEMA ops`, `Ops.Done`, `"ops"."done" false`},
		{
			"configured, bare", "plain", `CREATE TABLE done (id serial, name text, applied_at timestamptz)`, `done`,
			`"public"."done" true`,
		},
		{
			"elsewhere", "golang-migrate", `CREATE SCHEMA ops; CREATE TABLE ops.schema_migrations ` + own, "",
			`schema "public" has no history table "schema_migrations", but there is "ops"."schema_migrations"`,
		},
		{
			"elsewhere, configured bare", "golang-migrate", `CREATE SCHEMA ops; CREATE TABLE ops.done ` + own, "done",
			`schema "public" has no history table "done", but there is "ops"."done"`,
		},
		{
			"under another name", "golang-migrate", `CREATE TABLE "Done" ` + own, "",
			`schema "public" has no history table "schema_migrations", but there is "public"."Done"`,
		},
		{
			"configured without its quotes", "golang-migrate", `CREATE TABLE "Done" ` + own, "public.Done",
			`schema "public" has no history table "done", but there is "public"."Done"`,
		},
		{
			"configured, and another elsewhere", "golang-migrate", `CREATE SCHEMA ops; CREATE TABLE ops.done ` + own,
			"public.done", `"public"."done" false`,
		},
		{
			"adopted elsewhere", "plain",
			`CREATE SCHEMA ops; CREATE TABLE ops.migrations (id serial, name text, applied_at timestamptz)`, "",
			`schema "public" has no history table "belay_migrations", but there is "ops"."migrations"`,
		},
		{
			"another tool's elsewhere", "golang-migrate",
			`CREATE SCHEMA auth; CREATE TABLE auth.schema_migrations (version varchar PRIMARY KEY)`, "",
			`"public"."schema_migrations" false`,
		},
		{
			"a name of the application's", "sequelize", `CREATE TABLE users (id serial, name text)`, "",
			`"public"."SequelizeMeta" false`,
		},
		{
			"one column under another name", "sequelize", `CREATE TABLE meta (name varchar PRIMARY KEY)`, "",
			`schema "public" has no history table "SequelizeMeta", but there is "public"."meta"`,
		},
		{
			"no such schema", "golang-migrate", `SELECT 1`, "nowhere.done",
			`schema "nowhere" of the history table does not exist`,
		},
		{"no identifier", "golang-migrate", `SELECT 1`, `a b`, `history_table "a b" is neither`},
		{"three parts", "golang-migrate", `SELECT 1`, `a.b.c`, `history_table "a.b.c" is neither`},
		{"dbmate's", "golang-migrate", `CREATE TABLE schema_migrations (version varchar PRIMARY KEY)`, "",
			`belay does not write to "public"."schema_migrations": it is not golang-migrate's table (it looks like dbmate's): version is character varying, not bigint, dirty is missing`},
		{
			"a view", "golang-migrate", `CREATE VIEW schema_migrations AS SELECT 1::bigint AS version, false AS dirty`,
			"", `belay does not write to`,
		},
		{
			"migrations of another shape", "plain", `CREATE TABLE migrations (id serial, migration text, batch int)`,
			"", `"public"."belay_migrations" false`,
		},
		{"belay's own before an adopted one", "plain",
			`CREATE TABLE migrations (id serial, name text, applied_at timestamptz);` +
				format(t, "plain").History.Create("belay_migrations"), "", `"public"."belay_migrations" true`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t)
			d.Exec(t, c.ddl)
			table, err := history.Open(t.Context(), session(t, d.DSN), format(t, c.format), c.configured)
			got := ""
			switch {
			case err != nil:
				got = err.Error()
			case table.Exists:
				got = table.Quoted + " true"
			default:
				got = table.Quoted + " false"
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestNoSearchPath(t *testing.T) {
	conn := session(t, dbtest.New(t).DSN+"&search_path=nowhere")
	_, err := history.Open(t.Context(), conn, format(t, "golang-migrate"), "")
	if none, ok := errors.AsType[*history.NoSchemaError](err); !ok || none.Schema != "" {
		t.Errorf("Open = %v, want a NoSchemaError", err)
	}
}

// A column the tool does not know: its rows are still worth reading.
func TestUnknownColumnRefusesWriting(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t,
		`CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL, host text, at timestamptz DEFAULT now());
INSERT INTO schema_migrations VALUES (3, false)`)
	conn := session(t, d.DSN)
	table := open(t, conn, format(t, "golang-migrate"), "")
	if table.Refused == nil || !strings.Contains(table.Refused.Error(), "host is not one of the tool's") ||
		strings.Contains(table.Refused.Error(), "at is not") {
		t.Errorf("refused: %v", table.Refused)
	}
	if got := said(t, conn, table); got != "3 clean" {
		t.Errorf("rows %q", got)
	}
}

func TestPrivileges(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)`)
	d.Exec(t, `GRANT SELECT ON schema_migrations TO pg_monitor`)
	conn := session(t, d.DSN)
	runSQL(t, conn, `SET ROLE pg_monitor`)
	table := open(t, conn, format(t, "golang-migrate"), "")
	if diff := gocmp.Diff([]string{"INSERT", "DELETE"}, table.Lacks); diff != "" {
		t.Error(diff)
	}
}

// What is opened once means the same table after a migration moved search_path.
func TestQuotedOutlivesSearchPath(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO schema_migrations VALUES (3, false)`)
	conn := session(t, d.DSN)
	table := open(t, conn, format(t, "golang-migrate"), "")
	runSQL(t, conn,
		`CREATE SCHEMA other; CREATE TABLE other.schema_migrations (version bigint, dirty boolean); SET search_path = other`)
	if got := said(t, conn, table); got != "3 clean" {
		t.Errorf("rows %q", got)
	}
}
