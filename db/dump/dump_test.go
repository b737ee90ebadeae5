package dump

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// shop is a database with some rows, and how to reach it.
func shop(t *testing.T) (*dbtest.DB, db.Config, Client) {
	t.Helper()
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY, note text);
		INSERT INTO orders SELECT i, md5(i::text) FROM generate_series(1, 5000) i;
		CREATE TABLE "odd "" name" (id int); CREATE VIEW paid AS SELECT id FROM orders`)
	return d, config(t, d.DSN), client(t, d)
}

func config(t *testing.T, dsn string) db.Config {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "test")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func client(t *testing.T, d *dbtest.DB) Client {
	t.Helper()
	c, err := Find(t.Context(), d.Cluster().Binaries().Dir, d.Cluster().Major())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(t *testing.T, d *dbtest.DB) Options {
	return Options{
		Dir: filepath.Join(t.TempDir(), "backups"), Name: d.Name, ServerMajor: d.Cluster().Major(), Run: "test",
	}
}

func take(t *testing.T, c Client, cfg db.Config, o Options) Dump {
	t.Helper()
	d, err := Take(t.Context(), c, cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTakenDumpIsPrivateNamedAndRestores(t *testing.T) {
	for _, o := range []Options{
		{}, {SchemaOnly: true}, {Format: Directory, Jobs: 2}, {Tables: []string{"public.orders"}},
	} {
		t.Run(fmt.Sprintf("%s schema=%t tables=%d", o.Format, o.SchemaOnly, len(o.Tables)), func(t *testing.T) {
			d, cfg, c := shop(t)
			base := options(t, d)
			o.Dir, o.Name, o.ServerMajor, o.Run = base.Dir, base.Name, base.ServerMajor, base.Run
			got := take(t, c, cfg, o)
			modes(t, o.Dir)
			if err := Check(t.Context(), c, got.Path); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(got.Path, ".partial") || got.Bytes == 0 || len(got.SHA256) != 64 {
				t.Errorf("dump: %+v", got)
			}
			restored(t, d, c, got, o)
		})
	}
}

// modes fails where anybody else has a right on anything below dir.
func modes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", p, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func restored(t *testing.T, d *dbtest.DB, c Client, got Dump, o Options) {
	t.Helper()
	copied := dbtest.Named(t, d.Name+"_copy")
	r, err := Restore(t.Context(), c, config(t, copied.DSN), got.Path)
	if err != nil || len(r.Errors) > 0 {
		t.Fatalf("restore: %v %v", err, r.Errors)
	}
	want := int64(5000)
	if o.SchemaOnly {
		want = 0
	}
	if n := copied.Count(t, "orders"); n != want {
		t.Errorf("%d rows, want %d", n, want)
	}
	major, err := ServerMajor(t.Context(), c, got.Path)
	if err != nil || major != d.Cluster().Major() {
		t.Errorf("server major %d, %v", major, err)
	}
}

func TestSchemaOfACopyIsTheSame(t *testing.T) {
	d, cfg, c := shop(t)
	o := options(t, d)
	o.SchemaOnly = true
	first := take(t, c, cfg, o)
	text, err := Schema(t.Context(), c, first.Path)
	if err != nil || !strings.Contains(text, "CREATE TABLE public.orders") {
		t.Fatalf("%s, %v", text, err)
	}
	copied := dbtest.Named(t, d.Name+"_copy")
	if _, err := Restore(t.Context(), c, config(t, copied.DSN), first.Path); err != nil {
		t.Fatal(err)
	}
	again, err := Schema(t.Context(), c, take(t, c, config(t, copied.DSN), o).Path)
	if err != nil || again != text {
		t.Errorf("the copy differs: %v\n%s\n---\n%s", err, text, again)
	}
}

// Half a dump lists fine; only decoding all of it tells.
func TestDamageIsFound(t *testing.T) {
	d, cfg, c := shop(t)
	whole := take(t, c, cfg, options(t, d))
	bytes, err := os.ReadFile(whole.Path)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		cut := bytes[:len(bytes)/4+r.IntN(len(bytes)*3/4)]
		if err := ReadBack(t.Context(), c, damaged(t, cut, "")); !isDamaged(err) {
			t.Errorf("cut at %d of %d: %v", len(cut), len(bytes), err)
		}
		flipped := append([]byte(nil), bytes...)
		at := r.IntN(len(flipped))
		flipped[at] ^= 1 << r.IntN(8)
		if err := Check(t.Context(), c, damaged(t, flipped, whole.SHA256)); !isDamaged(err) {
			t.Errorf("bit flipped at %d: %v", at, err)
		}
	}
}

func isDamaged(err error) bool {
	var d *DamagedError
	return errors.As(err, &d)
}

func damaged(t *testing.T, b []byte, sum string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.dump")
	if err := errors.Join(os.WriteFile(path, b, 0o600),
		os.WriteFile(path+sumEnding, []byte(sum+"  x.dump\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// A dump that cannot have a table's lock gives up, and leaves no backup.
func TestLockWaitIsShort(t *testing.T) {
	d, cfg, c := shop(t)
	_, release := d.Blocker(t, "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	defer release()
	o := options(t, d)
	o.LockWait = 200 * time.Millisecond
	began := time.Now()
	_, err := Take(t.Context(), c, cfg, o)
	var failed *ProgramError
	if !errors.As(err, &failed) || failed.Exit == 0 || failed.Hint() == "" {
		t.Fatalf("error %v", err)
	}
	if took := time.Since(began); took < o.LockWait {
		t.Errorf("gave up after %s", took)
	}
	nothingLeft(t, o.Dir)
}

// nothingLeft fails where a dump that was given up left something.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Fatalf("left: %v, %v", entries, err)
	}
}

// A dump that waits is cancelled at once, and its session is gone. While it
// waits, nobody finds the password in its arguments.
func TestCancelAndArguments(t *testing.T) {
	d, cfg, c := shop(t)
	_, release := d.Blocker(t, "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	defer release()
	o := options(t, d)
	o.LockWait = dbtest.Timeout
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	ended := make(chan error, 1)
	go func() {
		_, err := Take(ctx, c, cfg, o)
		ended <- err
	}()
	pid := d.WaitForLockWaitBy(t, "pg_dump belay/test")
	if seen := arguments(t, cfg.Password().Reveal(), "pg_dump"); seen == "" {
		t.Error("no pg_dump in the process list")
	}
	cancel(stopped)
	if err := <-ended; !errors.Is(err, stopped) {
		t.Errorf("error %v", err)
	}
	d.WaitForGone(t, pid)
	nothingLeft(t, o.Dir)
}

// arguments fails where a process shows the secret, and gives the arguments of
// one that runs a program.
func arguments(t *testing.T, secret, program string) (found string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || secret == "" {
		t.Fatalf("no secret to look for, or no /proc: %v", err)
	}
	for _, l := range lines {
		b, _ := os.ReadFile(l) // a process may have ended meanwhile
		if strings.Contains(string(b), secret) {
			t.Errorf("%s shows the password", l)
		}
		if strings.HasSuffix(strings.Split(string(b), "\x00")[0], program) {
			found = string(b)
		}
	}
	return found
}

func TestProgressNamesTables(t *testing.T) {
	d, cfg, c := shop(t)
	o := options(t, d)
	var mu sync.Mutex
	seen := map[string]bool{}
	o.Progress = func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		seen[p.Phase+" "+p.Table] = true
	}
	take(t, c, cfg, o)
	for _, want := range []string{"dumping public.orders", "reading back ", "hashing "} {
		if !seen[want] {
			t.Errorf("never said %q: %v", want, seen)
		}
	}
}

// A pg_dump that is older than the server is refused before it is started.
func TestOldClientIsNamed(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pg_dump", "pg_restore"} {
		script := "#!/bin/sh\necho '" + name + " (PostgreSQL) 12.4'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Find(t.Context(), dir, 15)
	var old *ClientError
	if !errors.As(err, &old) || old.Need != 15 || len(old.Found) != 1 || old.Found[0] != "12.4" {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(err.Error(), "12.4") || !strings.Contains(old.Hint(), "15") {
		t.Errorf("%v; %s", err, old.Hint())
	}
	if _, err := Find(t.Context(), t.TempDir(), 15); !IsMissing(err) {
		t.Errorf("error %v", err)
	}
	if c, err := Find(t.Context(), dir, 12); err != nil || c.Version() != "12.4" || c.Outdated() == "" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestConninfoHoldsNoSecret(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:secret@h:5433/shop?sslmode=require&pool_max_conns=3": "dbname='shop' host='h' port='5433' " +
			"sslmode='require' user='u'",
		"postgres://h/shop?password=secret&user=u":                          "dbname='shop' host='h' user='u'",
		"host=h password='se cret' dbname=shop passfile=/x":                 "dbname='shop' host='h'",
		"host='a b' user=u":                                                 "host='a b' user='u'",
		"pgx5://u:secret@h/shop?search_path=billing&x-multi-statement=true": "dbname='shop' host='h' user='u'",
		"": "",
	} {
		cfg, err := db.ParseConfig(dsn, "test")
		if got := cfg.Conninfo(); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", dsn, got, err, want)
		}
	}
}

func TestOptionsReachThePrograms(t *testing.T) {
	cfg, err := db.ParseConfig("postgres://u@h/shop?options=-c%20role%3Downer&search_path=a%20b", "test")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cfg.Options(), `-c role=owner -c search_path=a\ b`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for given, want := range map[string]string{
		"-c%20statement_timeout%3D1":                            `-c statement_timeout=1 -c statement_timeout=0`,
		"--idle-in-transaction-session-timeout%3D1":             `--idle-in-transaction-session-timeout=1 -c idle_in_transaction_session_timeout=0`,
		"-c%20deadlock_timeout%3D1%20-c%20lock_timeout%3D200ms": `-c deadlock_timeout=1 -c lock_timeout=200ms -c lock_timeout=0`,
	} {
		hurried, err := db.ParseConfig("postgres://u@h/shop?options="+given, "test")
		if err != nil {
			t.Fatal(err)
		}
		if got := hurried.Options(); got != want {
			t.Errorf("a program that ends before it has limits of its own: %q, want %q", got, want)
		}
	}
	env := environ(cfg, 15, "x", "")
	if got, want := env[len(env)-1],
		`PGOPTIONS=-c role=owner -c search_path=a\ b -c client_connection_check_interval=1000`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSweepRemovesWhatNobodyHolds: what a killed process left is named and removed,
// what a living one writes and what is no dump of ours stays.
func TestSweepRemovesWhatNobodyHolds(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 11, 2, 14, 5, 9, 0, time.UTC)
	alive, err := newPartial(Options{Dir: dir, Name: "alive"}, at)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, f := range []Format{Custom, Directory} {
		p, err := newPartial(Options{Dir: dir, Name: "killed", Format: f}, at)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.lock.Close(); err != nil { // as the end of its process does
			t.Fatal(err)
		}
		left = append(left, p.path)
	}
	done := filepath.Join(dir, "killed-20261102T140509.000Z.dump")
	own := filepath.Join(dir, "notes.dump.partial")
	target := filepath.Join(t.TempDir(), "elsewhere")
	link := filepath.Join(dir, "link-20261102T140509.000Z.dump.partial")
	for _, path := range []string{done, own, target} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	swept, err := Sweep(dir)
	if err != nil || len(swept) != len(left) {
		t.Fatalf("swept %v, %v", swept, err)
	}
	for _, path := range left {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
	for _, path := range []string{alive.path, done, own, link, target} {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s is gone: %v", path, err)
		}
	}
	if swept, err := Sweep(filepath.Join(dir, "nowhere")); err != nil || len(swept) > 0 {
		t.Errorf("of a folder that is not there: %v, %v", swept, err)
	}
}
