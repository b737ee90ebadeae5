package rehearsal

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/dump"
	"belay/db/scratch"
)

//go:embed testdata/carriers.sql
var carriersSQL string

// carried is what a migration does that meets each carrier.
const carried = `UPDATE evil.t SET v = v + 1; INSERT INTO evil.t (id, v) VALUES (9, 9); UPDATE evil.w SET v = 1; REFRESH MATERIALIZED VIEW evil.m;
SELECT evil.sums(id), evil.set_path() FROM evil.t GROUP BY id; SELECT x FROM evil.w; SELECT 1 OPERATOR(evil.<) 2, 1::evil.pair; SELECT * FROM evil.secret;
INSERT INTO evil.secret VALUES (2); INSERT INTO evil.p VALUES (2); ALTER TABLE evil.t ADD COLUMN n int; ANALYZE evil.t;
DO 'BEGIN PERFORM evil.pay(''do''); END'`

// reach is a folder of which the payload knows, and that the server may write to.
type reach struct {
	dir string
	d   *dbtest.DB
}

// emptyDir is a folder that every user may write to.
func emptyDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "belay-reach-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func carriers(t *testing.T) reach {
	t.Helper()
	dir, d := emptyDir(t), dbtest.New(t)
	d.Exec(t, `DO $$ BEGIN CREATE ROLE mallory; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	d.Exec(t, strings.ReplaceAll(carriersSQL, "$DIR", dir))
	r := reach{dir, d}
	if got := r.files(t); len(got) > 0 {
		t.Fatalf("the lesser role alone reached %v", got)
	}
	return r
}

func (r reach) files(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(r.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var ranLine = regexp.MustCompile(`LOG:  RAN (\S+) super=(\S+)`)

// Whatever a dump holds, restored and met by a migration, it does not reach the
// machine: none of it runs as a superuser. What is legitimate is there.
func TestNothingOfADumpReachesTheMachine(t *testing.T) {
	r := carriers(t)
	for name, o := range map[string]dump.Options{"schema, with its roles": {SchemaOnly: true}, "dump with rows": {}} {
		t.Run(name, func(t *testing.T) {
			s := r.open(t, o)
			w := work(t, s.Config, "1", carried, "")
			var rec Record
			if err := Run(t.Context(),
				Order{Config: s.Config, Whole: s.Whole, Works: []Work{w}, Client: client(t, r.d), Withheld: true},
				&rec); err != nil {
				t.Fatal(err)
			}
			if !rec.Passed() {
				t.Fatal(rec.Verdict())
			}
			r.judge(t, s, !o.SchemaOnly)
			sealed(t, s)
		})
	}
	// The payload does reach it where it may: else all of this shows nothing.
	r.d.Exec(t, "SELECT evil.pay('control', 3)")
	for _, ending := range []string{"program", "copy", "lo"} {
		if !slices.Contains(r.files(t), filepath.Join(r.dir, "control."+ending)) {
			t.Errorf("a superuser's own call did not write control.%s: %v", ending, r.files(t))
		}
	}
}

func (r reach) open(t *testing.T, o dump.Options) *Scratch {
	t.Helper()
	cfg, c := config(t, r.d.DSN), client(t, r.d)
	o.Dir, o.Name, o.ServerMajor = t.TempDir(), "x", r.d.Cluster().Major()
	taken, err := dump.Take(t.Context(), c, cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	with := CopyOfDump("")
	if o.SchemaOnly {
		with = r.copied(t)
	}
	s, err := Open(t.Context(), r.d.Cluster().Binaries(), c, taken.Path, with)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// copied is what is taken along from the database itself.
func (r reach) copied(t *testing.T) Copy {
	t.Helper()
	conn, err := db.Connect(t.Context(), config(t, r.d.DSN), db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	with, err := ReadCopy(t.Context(), conn, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return with
}

func (r reach) judge(t *testing.T, s *Scratch, rows bool) {
	t.Helper()
	if len(s.Missing) > 0 {
		t.Errorf("not restored: %s", strings.Join(s.Missing, "\n"))
	}
	slices.Sort(s.LeftOut)
	if want := []string{
		"event trigger et", "operator class evil ops", "operator family evil fam",
	}; !slices.Equal(s.LeftOut, want) {
		t.Errorf("left out %q, want %q", s.LeftOut, want)
	}
	if got := r.files(t); len(got) > 0 {
		t.Errorf("the machine was reached: %v", got)
	}
	log, err := os.ReadFile(s.Cluster.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.Index(string(log), "REACHED"); i >= 0 {
		t.Errorf("reached: %.400s", log[i:])
	}
	ran := map[string]bool{}
	for _, m := range ranLine.FindAllStringSubmatch(string(log), -1) {
		ran[m[1]] = true
		if m[2] != "f" {
			t.Errorf("%s ran as a superuser", m[1])
		}
	}
	want := []string{
		"aggregate", "cast", "check", "default", "definer", "do", "domain", "generated", "index", "insert", "operator",
		"partition",
	}
	if rows {
		want = append(want, "matview", "rule", "statistics", "trigger", "view")
	}
	for _, carrier := range want {
		if !ran[carrier] {
			t.Errorf("%s never ran: its case shows nothing", carrier)
		}
	}
}

// sealed fails where anybody can become a superuser of the cluster.
func sealed(t *testing.T, s *Scratch) {
	t.Helper()
	for _, dsn := range []string{s.Cluster.SocketDSN(database), s.Cluster.DSN(database)} {
		if c, err := pgx.Connect(t.Context(), dsn); err == nil {
			c.Close(context.Background())
			t.Errorf("%s still logs in", scratch.PrivateSuperuser)
		}
	}
	conn, err := pgx.Connect(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var super, mighty int
	err = conn.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE rolsuper AND rolname <> $1),
		count(*) FILTER (WHERE NOT rolsuper AND (rolreplication OR pg_has_role(oid, 'pg_execute_server_program', 'MEMBER') OR pg_has_role(oid, 'pg_read_server_files', 'MEMBER')
			OR pg_has_role(oid, 'pg_write_server_files', 'MEMBER') OR pg_has_role(oid, $1, 'MEMBER')))
		FROM pg_roles WHERE rolname !~ '^pg_'`, scratch.PrivateSuperuser).Scan(&super, &mighty)
	if err != nil || super > 0 || mighty > 0 {
		t.Errorf("%d superusers beside its own, %d mighty roles: %v", super, mighty, err)
	}
}
