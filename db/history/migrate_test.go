package history_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
	"belay/sqlview/migration"
)

// tool is the real golang-migrate on a database and the sample folder.
type tool struct {
	program, dir, url string
}

// realMigrate needs the program: BELAY_TEST_MIGRATE names it, else PATH.
func realMigrate(t *testing.T, d *dbtest.DB, folder migration.Folder) tool {
	t.Helper()
	program := os.Getenv("BELAY_TEST_MIGRATE")
	if program == "" {
		program, _ = exec.LookPath("migrate")
	}
	if program == "" {
		t.Skip("no golang-migrate here: set BELAY_TEST_MIGRATE to a program built with " +
			"go install -tags pgx5 github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1")
	}
	dir := t.TempDir()
	for _, m := range folder.Migrations {
		for _, f := range []migration.File{m.Up, *m.Down} {
			if err := os.WriteFile(filepath.Join(dir, f.Path), f.Bytes, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, rest, _ := strings.Cut(d.DSN, "://")
	return tool{program: program, dir: dir, url: "pgx5://" + rest}
}

func (m tool) command(ctx context.Context, out *bytes.Buffer, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, m.program, append([]string{"-path", m.dir, "-database", m.url}, args...)...)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}

func (m tool) run(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), dbtest.Timeout)
	defer cancel()
	var out bytes.Buffer
	err := m.command(ctx, &out, args...).Run()
	if err != nil {
		out.WriteString("[" + err.Error() + "]")
	}
	return strings.TrimSpace(out.String())
}

// runFile runs a file as the executor does: with what the tool would have had.
func runFile(t *testing.T, conn *db.Conn, file migration.File) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), conn.Conn, func(tx pgx.Tx) error {
		sql, args := conn.TeamSQL(db.ForTransaction)
		if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), string(file.Bytes))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What belay writes, the tool reads; what the tool writes, belay reads; the
// tool goes on from where belay stopped.
func TestMigrateAgrees(t *testing.T) {
	f := format(t, "golang-migrate")
	folder, _, _ := sample(t, f)
	d := dbtest.New(t)
	migrate := realMigrate(t, d, folder)
	conn := session(t, d.DSN)
	if got := migrate.run(t, "up", "1"); !strings.HasPrefix(got, "1/u create_shipment") {
		t.Fatal(got)
	}
	table := open(t, conn, f, "")
	if got := said(t, conn, table); got != "1 clean" {
		t.Fatalf("the tool wrote %q", got)
	}
	h, one, two := table.Variant, folder.Migrations[0], folder.Migrations[1]
	version := func(want string) {
		t.Helper()
		if got := migrate.run(t, "version"); got != want {
			t.Errorf("migrate version: %q, want %q", got, want)
		}
	}
	write(t, conn, h.Begin(table.Quoted, two))
	version("2 (dirty)")
	runFile(t, conn, two.Up)
	write(t, conn, h.Record(table.Quoted, two))
	version("2")
	write(t, conn, h.BeginDown(table.Quoted, two, &one))
	version("1 (dirty)")
	write(t, conn, h.Record(table.Quoted, two))
	if got := migrate.run(t, "up"); !strings.HasPrefix(got, "3/u index_order_ref") {
		t.Error(got)
	}
	if got := said(t, conn, table); got != "3 clean" {
		t.Errorf("the tool wrote %q", got)
	}
	write(t, conn, h.Unrecord(table.Quoted, one, nil))
	version("error: no migration\n[exit status 1]")
}

// The first key stops the command line tool for as long as it is held; the
// second, the library's, does not: that is why belay takes both.
func TestMigrateWaitsForTheKey(t *testing.T) {
	f := format(t, "golang-migrate")
	folder, ddl, _ := sample(t, f)
	d := dbtest.New(t)
	migrate := realMigrate(t, d, folder)
	d.Exec(t, ddl)
	holder, conn := session(t, d.DSN), session(t, d.DSN)
	keys := open(t, conn, f, "").Keys(d.Name)

	hold(t, holder, keys[1])
	if got := migrate.run(t, "version"); got != "2" {
		t.Errorf("with the library's key held: %q", got)
	}
	hold(t, holder, keys[0])
	var out bytes.Buffer
	cmd := migrate.command(t.Context(), &out, "version")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	untilWaiting(t, conn, keys[0])
	runSQL(t, holder, `SELECT pg_advisory_unlock_all()`)
	if err := cmd.Wait(); err != nil || strings.TrimSpace(out.String()) != "2" {
		t.Errorf("after the key was given back: %v %s", err, &out)
	}
}

func hold(t *testing.T, conn *db.Conn, key int64) {
	t.Helper()
	var got bool
	if err := conn.QueryRow(t.Context(), `SELECT pg_try_advisory_lock($1)`, key).Scan(&got); err != nil || !got {
		t.Fatal("the key is taken", err)
	}
}

// untilWaiting returns when a session waits for the key.
func untilWaiting(t *testing.T, conn *db.Conn, key int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), dbtest.Timeout)
	defer cancel()
	for {
		var waiting bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
 AND classid::bigint = $1::bigint >> 32 AND objid::bigint = $1::bigint & 4294967295 AND objsubid = 1)`, key).Scan(&waiting)
		if err != nil {
			t.Fatal("nobody waits for the key:", err)
		}
		if waiting {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
