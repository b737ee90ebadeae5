package db_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
)

func noEnvironment(t *testing.T) {
	t.Helper()
	for _, v := range []string{"PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSERVICE", "DATABASE_URL"} {
		t.Setenv(v, "")
		if err := os.Unsetenv(v); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PGPASSFILE", filepath.Join(t.TempDir(), "none"))
}

func TestDescription(t *testing.T) {
	noEnvironment(t)
	for dsn, want := range map[string]string{
		"postgres://app:s3cret@db1.eu/shop":                       "shop on db1.eu:5432",
		"host=/var/run/postgresql user=app dbname=shop port=5433": "shop on /var/run/postgresql:5433",
		"postgres://app@[::1]:6000/shop":                          "shop on [::1]:6000",
		"postgres://app@a:1,b:2/shop":                             "shop on a:1,b:2",
		"pgx5://app@h:5433/shop?hostaddr=10.0.0.1":                "shop on h:5433 (10.0.0.1)",
		"host=h user=app":                                         "app on h:5432",
	} {
		if got := config(t, dsn).Description(); got != want {
			t.Errorf("%s: got %q, want %q", dsn, got, want)
		}
	}
}

func TestNothingPrintsAPassword(t *testing.T) {
	noEnvironment(t)
	const secret = "hunter2"
	for _, dsn := range []string{
		"postgres://app:hunter2@db1.eu/shop", "host=h user=app password=hunter2",
	} {
		c := config(t, dsn)
		asJSON, err := json.Marshal(struct {
			C db.Config
			D db.Secret
		}{c, c.DSN})
		if err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "dsn", c.DSN, "p", c.Password())
		for _, s := range []string{
			fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s %q %x", c, c, c, c, c, c),
			fmt.Sprintf("%+v %#v %x", c.DSN, &c, c.Password()),
			string(asJSON), log.String(),
		} {
			if strings.Contains(s, secret) || strings.Contains(s, fmt.Sprintf("%x", secret)) {
				t.Errorf("password in %q", s)
			}
		}
		if c.Password().Reveal() != secret {
			t.Error("the password itself is lost")
		}
	}
	for _, bad := range []string{
		"postgres://app:hunter2@[h/shop", "host=h password=hunter2 port=x", "postgres://app:hunter2@h:port/shop",
		"password=hunter2 nonsense",
	} {
		_, err := db.ParseConfig(bad, "--dsn")
		var c *db.ConfigError
		if !errors.As(err, &c) || c.Hint() == "" {
			t.Errorf("%s: got %v", bad, err)
		} else if strings.Contains(err.Error()+c.Hint(), secret) {
			t.Errorf("password in %v", err)
		}
	}
}

func TestPasswordInArgvIsFlagged(t *testing.T) {
	noEnvironment(t)
	for _, c := range []struct {
		dsn, source string
		flagged     bool
	}{
		{"postgres://app:p@h/shop", "--dsn", true},
		{"postgres://app@h/shop?password=p", "--dsn", true},
		{"host=h password = p", "--dsn", true},
		{"postgres://app@h/shop", "--dsn", false},
		{"postgres://app:p@h/shop", "$DATABASE_URL", false},
	} {
		got, err := db.ParseConfig(c.dsn, c.source)
		if err != nil {
			t.Fatal(err)
		}
		if (len(got.Warnings) > 0) != c.flagged {
			t.Errorf("%s from %s: %q", c.dsn, c.source, got.Warnings)
		}
	}
}

func TestPassfileForOthersIsRefused(t *testing.T) {
	noEnvironment(t)
	file := filepath.Join(t.TempDir(), "pass word")
	if err := os.WriteFile(file, []byte("h:5432:shop:app:s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	quoted := "host=h user=app dbname=shop passfile='" + file + "'"
	if c := config(t, quoted); c.Password().Reveal() != "s3cret" {
		t.Fatal("the password file was not read")
	}
	for _, mode := range []os.FileMode{0o644, 0o640, 0o602} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := db.ParseConfig(quoted, "belay.toml target shop")
		var c *db.ConfigError
		if !errors.As(err, &c) || !strings.Contains(c.Hint(), "chmod 0600") {
			t.Errorf("%04o: got %v", mode, err)
		}
	}
	t.Setenv("PGPASSFILE", file)
	if _, err := db.ParseConfig("postgres://app@h/shop", "$DATABASE_URL"); err == nil {
		t.Error("PGPASSFILE with rights for others was taken")
	}
	if _, err := db.ParseConfig("postgres://app@elsewhere/shop", "$DATABASE_URL"); err != nil {
		t.Errorf("a file that gives no password is no matter: %v", err)
	}
	if _, err := db.ParseConfig("postgres://app:own@h/shop", "$DATABASE_URL"); err != nil {
		t.Errorf("a password of the DSN's own needs no file: %v", err)
	}
}

func TestEnvironmentDSN(t *testing.T) {
	noEnvironment(t)
	if _, _, ok := db.EnvironmentDSN(); ok {
		t.Error("an empty environment has a DSN")
	}
	t.Setenv("PGHOST", "h")
	if _, source, ok := db.EnvironmentDSN(); !ok || source != "libpq environment" {
		t.Errorf("got %q, %v", source, ok)
	}
	t.Setenv("DATABASE_URL", "postgres://x")
	if _, source, _ := db.EnvironmentDSN(); source != "$DATABASE_URL" {
		t.Errorf("got %q", source)
	}
}

// Every parameter that psql takes is taken; what is not the server's never reaches
// it.
func TestParametersOfLibpqConnect(t *testing.T) {
	d := dbtest.New(t)
	for _, more := range []string{
		"gssencmode=disable", "gssencmode=prefer", "keepalives=1", "keepalives_idle=10", "keepalives_interval=5",
		"keepalives_count=3", "tcp_user_timeout=1000",
		"sslcompression=0", "sslcompression=1", "fallback_application_name=x", "application_name=y",
		"connect_timeout=3", "client_encoding=LATIN1", "client_encoding=auto",
		"krbsrvname=postgres", "sslsni=0", "load_balance_hosts=random", "load_balance_hosts=disable",
		"channel_binding=prefer", "require_auth=none,scram-sha-256",
		"requiressl=0", "gsslib=gssapi", "gssdelegation=0", "replication=false", "sslcertmode=disable",
		"ssl_min_protocol_version=TLSv1.2", "min_protocol_version=3.0",
		"target_session_attrs=primary", "target_session_attrs=read-write", "target_session_attrs=any",
		"options=-c%20maintenance_work_mem%3D8MB", "maintenance_work_mem=8MB", "pool_max_conns=3",
		"hostaddr=127.0.0.1", "x-multi-statement=true", "x-migrations-table=m", "x-statement-timeout=5",
		"x-lock-strategy=advisory",
	} {
		cfg := config(t, d.DSN+"&"+more)
		c, err := db.Connect(t.Context(), cfg, db.Session{Kind: db.Monitor})
		if err != nil {
			t.Errorf("%s: %v", more, err)
			continue
		}
		var mem, encoding string
		err = c.QueryRow(t.Context(),
			"SELECT current_setting('maintenance_work_mem'), current_setting('client_encoding')").Scan(&mem, &encoding)
		if err != nil || (mem == "8MB") != strings.Contains(more, "maintenance_work_mem") || encoding != "UTF8" {
			t.Errorf("%s: maintenance_work_mem %s, client_encoding %s, %v", more, mem, encoding, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What the server says of a parameter may quote a piece of a password.
func TestServersWordsOnParametersAreKept(t *testing.T) {
	d := dbtest.New(t)
	for _, bad := range []string{
		"options=-c%20s3cret%3D1", "options=s3cret", "search_path=%22", "my.s3cret=1&statement_timeout=s3cret",
		"options=--s3cret",
	} {
		c, err := db.Connect(t.Context(), config(t, d.DSN+"&"+bad), db.Session{Kind: db.Monitor})
		if err == nil {
			_ = c.Close()
			continue
		}
		if message, hint := db.Explain(err); strings.Contains(message+hint, "s3cret") || hint == "" {
			t.Errorf("%s: %q, %q", bad, message, hint)
		}
	}
}

// A service is read as libpq does: its file, what stands there, and what the DSN
// says besides.
func TestService(t *testing.T) {
	noEnvironment(t)
	file := filepath.Join(t.TempDir(), "services")
	text := "[shop]\nhost=db1.eu\nport=6000\ndbname=shop\nuser=app\npassword=s3cret\nkeepalives_idle=5\n" +
		"[bad]\nhost=h\ns3cret=1\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSERVICEFILE", file)
	cfg := config(t, "service=shop user=other")
	if got := cfg.User() + "@" + cfg.Description(); got != "other@shop on db1.eu:6000" ||
		cfg.Password().Reveal() != "s3cret" {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{"service=bad", "service=none"} {
		if _, err := db.ParseConfig(bad, "test"); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	t.Setenv("PGSERVICE", "shop")
	if got := config(t, "").Description(); got != "shop on db1.eu:6000" {
		t.Errorf("got %s", got)
	}
	t.Setenv("PGHOSTADDR", "10.0.0.1")
	if got := config(t, "").Description(); got != "shop on db1.eu:6000 (10.0.0.1)" {
		t.Errorf("got %s", got)
	}
}

// The driver would send the first host's password to all of them.
func TestPasswordsOfSeveralHosts(t *testing.T) {
	noEnvironment(t)
	file := filepath.Join(t.TempDir(), "pass")
	t.Setenv("PGPASSFILE", file)
	for text, ok := range map[string]bool{
		"*:*:*:*:one\n": true, "a:*:*:*:one\nb:*:*:*:one\n": true, "a:*:*:*:one\nb:*:*:*:two\n": false,
		"a:*:*:*:one\n": false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ParseConfig("postgres://u@a,b/d?sslmode=require", "test"); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
