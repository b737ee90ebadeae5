package db_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"belay/db"
	"belay/db/dbtest"
)

// pooler starts PgBouncer in front of a database and returns a DSN through it.
func pooler(t *testing.T, d *dbtest.DB, mode string) string {
	t.Helper()
	program := "/usr/sbin/pgbouncer"
	if p, err := exec.LookPath("pgbouncer"); err == nil {
		program = p
	} else if _, err := os.Stat(program); err != nil {
		t.Skip("pgbouncer is not installed")
	}
	u, err := url.Parse(d.DSN)
	if err != nil {
		t.Fatal(err)
	}
	port, dir := freePort(t), poolerFolder(t)
	password, _ := u.User.Password()
	write(t, dir, "users", fmt.Sprintf("%q %q\n", u.User.Username(), password))
	write(t, dir, "ini", fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = plain
auth_file = %s
pool_mode = %s
`, u.Port(), port, filepath.Join(dir, "users"), mode))
	args := []string{"-q", filepath.Join(dir, "ini")}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "postgres"}, args...)
	}
	cmd := exec.Command(program, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	dbtest.WaitFor(t, "pgbouncer to listen", func() bool {
		c, err := net.Dial("tcp", u.Host)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return u.String()
}

// poolerFolder can be entered by the account that PgBouncer drops to.
func poolerFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "belay-pooler-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestPoolerIsSeen(t *testing.T) {
	d := dbtest.New(t)
	for _, mode := range []string{"session", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			dsn := pooler(t, d, mode)
			_, err := db.Connect(bounded(t), config(t, dsn), patient)
			if !errors.Is(err, db.ErrPooler) || db.Classify(err) != db.Other {
				t.Errorf("got %v", err)
			}
			// The next client may have the same session of the server.
			app := dbtest.Connect(t, dsn+"&default_query_exec_mode=simple_protocol")
			var path, readOnly string
			if err := app.QueryRow(bounded(t), "SELECT current_setting('search_path'), "+
				"current_setting('default_transaction_read_only')").Scan(&path, &readOnly); err != nil {
				t.Fatal(err)
			}
			if path == "pg_catalog, pg_temp" || readOnly != "off" {
				t.Errorf("the application was left search_path %s, read only %s", path, readOnly)
			}
		})
	}
}
