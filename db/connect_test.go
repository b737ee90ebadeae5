package db_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"

	"github.com/jackc/pgx/v5"
)

func TestConnectNamesAndReadsBack(t *testing.T) {
	d := dbtest.New(t)
	if d.Cluster().Major() >= 14 { // what a server has by default must not matter
		d.Exec(t, "ALTER DATABASE "+pgx.Identifier{d.Name}.Sanitize()+" SET idle_session_timeout = '1h'")
	}
	d.Exec(t, "ALTER DATABASE "+pgx.Identifier{d.Name}.Sanitize()+" SET lock_timeout = '1h'")
	for _, s := range []db.Session{
		{Kind: db.Executor, Run: "7f3c9a21", Step: "run"}, {Kind: db.Monitor}, {Kind: db.Escape, Run: "7f3c9a21"},
	} {
		c := connect(t, d.DSN, s)
		want := map[string]string{
			"lock_timeout": "200ms", "tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2",
			"tcp_keepalives_count": "3", "tcp_user_timeout": "11000",
		}
		if c.ServerMajor() >= 14 {
			want["client_connection_check_interval"], want["idle_session_timeout"] = "1s", "0"
		}
		switch s.Kind {
		case db.Executor:
			want["statement_timeout"], want["idle_in_transaction_session_timeout"] = "1min", "30s"
		case db.Monitor:
			want["statement_timeout"], want["default_transaction_read_only"] = "500ms", "on"
		}
		for name, value := range want {
			var shown string
			if err := c.QueryRow(bounded(t), "SELECT pg_catalog.current_setting($1)", name).Scan(&shown); err != nil {
				t.Fatal(err)
			}
			if shown != value || c.Settings.Get(name) != value {
				t.Errorf("%s %s: server %q, settings %q, want %q", s.Kind, name, shown, c.Settings.Get(name), value)
			}
		}
		if r := c.Settings.Refused(); len(r) > 0 {
			t.Errorf("%s: refused %v", s.Kind, r)
		}
		if n := dbtest.QueryVal[int64](t, d, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
			s.ApplicationName()); n != 1 {
			t.Errorf("%d sessions named %s", n, s.ApplicationName())
		}
	}
}

func TestConnectOnSocketAsksForNoKeepalives(t *testing.T) {
	c := connect(t, dbtest.New(t).SocketDSN, db.Session{Kind: db.Monitor})
	if c.Settings.Get("tcp_keepalives_idle") != "" || len(c.Settings.Refused()) > 0 {
		t.Errorf("got %v", c.Settings)
	}
}

func TestMonitorCannotWrite(t *testing.T) {
	c := connect(t, dbtest.New(t).DSN, db.Session{Kind: db.Monitor})
	_, err := c.Exec(bounded(t), "CREATE TABLE t ()")
	if db.Classify(err) != db.ReadOnly {
		t.Errorf("got %v", err)
	}
}

func TestSettingOverridesAndRefusals(t *testing.T) {
	d := dbtest.New(t)
	_, dsn := d.Role(t, "plain", "")
	c := connect(t, dsn, db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "run", Settings: []db.Setting{
		db.MilliSeconds("statement_timeout", 0),
		{Name: "deadlock_timeout", Want: "900"}, // only a superuser may
	}})
	if got := c.Settings.Get("statement_timeout"); got != "0" {
		t.Errorf("statement_timeout %q", got)
	}
	refused := c.Settings.Refused()
	if len(refused) != 1 || refused[0].Name != "deadlock_timeout" || refused[0].SQLState != "42501" ||
		refused[0].Got != "1s" {
		t.Errorf("got %+v", refused)
	}
	if got := c.Settings.Get("lock_timeout"); got != "200ms" {
		t.Errorf("the others must be set all the same: lock_timeout %q", got)
	}
}

func TestSetForTransaction(t *testing.T) {
	c := connect(t, dbtest.New(t).DSN, db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "run"})
	ctx := bounded(t)
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err := db.Set(ctx, tx, db.ForTransaction, []db.Setting{
		db.MilliSeconds("lock_timeout", 1500), {Name: "search_path", Want: "public"},
	})
	if err != nil || got.Get("lock_timeout") != "1500ms" || len(got.Refused()) > 0 {
		t.Fatalf("got %v, %v", got, err)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	var after string
	if err := c.QueryRow(ctx, "SHOW lock_timeout").Scan(&after); err != nil || after != "200ms" {
		t.Errorf("after the transaction %q, %v", after, err)
	}
	tx, err = c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := db.Set(ctx, tx, db.ForTransaction, []db.Setting{
		{Name: "lock_timeout", Want: "no number"},
	}); db.Classify(err) != db.Data {
		t.Errorf("in a transaction a refusal is an error: got %v", err)
	}
}

func TestExecutorLivesAfterItsContextEnded(t *testing.T) {
	c := connect(t, dbtest.New(t).DSN, db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "run"})
	if ok, _, err := db.TryLock(bounded(t), c, db.LockKey); !ok || err != nil {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := c.Exec(ctx, "SELECT pg_sleep(60)")
	if db.Classify(err) != db.StatementCanceled || !db.Decided(err) {
		t.Fatalf("got %v", err)
	}
	if held, err := db.Unlock(bounded(t), c, db.LockKey); !held || err != nil {
		t.Errorf("the session and its lock are gone: %v, %v", held, err)
	}
}

func TestSetStep(t *testing.T) {
	c := connect(t, dbtest.New(t).DSN, db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "run"})
	if err := c.SetStep(bounded(t), "verify"); err != nil {
		t.Fatal(err)
	}
	var name string
	if err := c.QueryRow(bounded(t), "SHOW application_name").Scan(&name); err != nil ||
		name != "belay/7f3c9a21/verify" {
		t.Errorf("got %q, %v", name, err)
	}
}

// change edits the URL of a DSN.
func change(t *testing.T, dsn string, f func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	f(u)
	return u.String()
}

func TestConnectionErrorsSayWhatToDo(t *testing.T) {
	d := dbtest.New(t)
	_, plain := d.Role(t, "plain", "")
	d.Exec(t, "REVOKE CONNECT ON DATABASE "+pgx.Identifier{d.Name}.Sanitize()+" FROM PUBLIC")
	locked, noLogin := d.Role(t, "locked", "")
	d.Exec(t, "ALTER ROLE "+locked+" NOLOGIN")
	silent := silentServer(t)
	for _, c := range []struct {
		name, dsn   string
		state, said string
	}{
		{
			"wrong password",
			change(t, d.DSN, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "hunter2") }), "28P01",
			"wrong password",
		},
		{
			"unknown role", change(t, d.DSN, func(u *url.URL) { u.User = url.UserPassword("nobody_here", "hunter2") }),
			"28P01", "wrong password",
		},
		{"role that may not log in", noLogin, "28000", "may not log in"},
		{"unknown database", change(t, d.DSN, func(u *url.URL) { u.Path = "/shopp" }), "3D000", "no such database"},
		{"no right to connect", plain, "42501", "lacks rights"},
		{"nobody listens", change(t, d.DSN, func(u *url.URL) { u.Host = "127.0.0.1:1" }), "", "nobody listens"},
		{"no socket", "host=/nonexistent user=app", "", "nobody listens"},
		{"unknown host", "host=no.such.host.invalid user=app", "", "host name not found"},
		{
			"silent server", "host=127.0.0.1 port=" + silent + " user=app connect_timeout=1 sslmode=disable", "",
			"no answer in time",
		},
		{"no TLS there", change(t, d.DSN, func(u *url.URL) { u.RawQuery = "sslmode=require" }), "", "sslmode"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := db.Connect(bounded(t), config(t, c.dsn), db.Session{Kind: db.Monitor})
			explained(t, err, c.state, c.said)
		})
	}
}

func explained(t *testing.T, err error, state, said string) {
	t.Helper()
	var ce *db.ConnectError
	if !errors.As(err, &ce) {
		t.Fatalf("got %v", err)
	}
	message, hint := db.Explain(err)
	if !strings.Contains(message+hint, said) || hint == "" || db.SQLState(err) != state {
		t.Errorf("message %q, hint %q, state %q", message, hint, db.SQLState(err))
	}
	if strings.Contains(message+hint, "hunter2") || strings.Contains(message, "failed to") ||
		strings.ToLower(message[:1]) != message[:1] && !strings.HasPrefix(message, "TLS") {
		t.Errorf("message %q, hint %q", message, hint)
	}
	if state != "" && !strings.Contains(message, state) {
		t.Errorf("no SQLSTATE in %q", message)
	}
}

// silentServer accepts and never answers.
func silentServer(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

func TestTooManyConnections(t *testing.T) {
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{
		"max_connections": "8", "superuser_reserved_connections": "3", "max_wal_senders": "0",
	}})
	d := dbtest.In(t, c, "shop")
	_, dsn := d.Role(t, "app", "")
	for {
		_, err := db.OpenTrio(bounded(t), config(t, dsn), "7f3c9a21", "run")
		if err == nil {
			continue // the server's own sessions decide how many fit; all are dropped with the cluster
		}
		explained(t, err, "53300", "no connection slot left")
		return
	}
}
