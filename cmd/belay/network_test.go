package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"belay/db/dbtest"
	"belay/db/scratch"
)

func (s *story) networkCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"proxy": s.openProxy, "cut": s.cut, "refuse": s.refuse, "role": s.role, "pooler": s.pooler,
		"standby": s.standby,
		"hole":    s.hole, "spoil": s.spoil, "late": s.late, "stall": s.stall,
	}
}

// openProxy puts a proxy between belay and the server; $DATABASE_URL names it.
func (s *story) openProxy(ts *testscript.TestScript, _ bool, _ []string) {
	s.proxy = dbtest.NewProxy(s.tb(ts), s.db.DSN)
	ts.Setenv("DATABASE_URL", s.proxy.DSN)
}

// cut breaks the connection at a statement, once, on a session that has run
// another before: cut before|after|reply COMMIT 'INSERT INTO orders' [dead].
// With the last word nobody gets through afterwards until `refuse off`.
func (s *story) cut(ts *testscript.TestScript, _ bool, args []string) {
	act, ok := map[string]dbtest.Action{
		"before": dbtest.CutBefore, "after": dbtest.CutAfter, "reply": dbtest.CutReply,
	}[args[0]]
	if !ok || len(args) < 3 {
		ts.Fatalf("usage: cut before|after|reply SQL SQL-BEFORE [dead]")
	}
	at, earlier, dead := dbtest.Runs(args[1]), dbtest.Runs(args[2]), len(args) > 3
	var mu sync.Mutex
	seen := map[int]bool{}
	s.proxy.On(func(m dbtest.Message) bool {
		mu.Lock()
		defer mu.Unlock()
		if earlier(m) {
			seen[m.Conn] = true
		}
		hit := at(m) && seen[m.Conn]
		if hit && dead {
			s.proxy.Refuse(true)
		}
		return hit
	}, act)
}

// refuse makes new connections end at once, or lets them through: refuse on|off.
func (s *story) refuse(_ *testscript.TestScript, _ bool, args []string) {
	s.proxy.Hook(nil)
	s.proxy.Refuse(args[0] == "on")
}

// spoil changes what becomes of the server's answers: spoil mute|flood|slow|heal.
func (s *story) spoil(ts *testscript.TestScript, _ bool, args []string) {
	do, ok := map[string]func(){
		"mute": s.proxy.Mute, "flood": s.proxy.Flood, "heal": s.proxy.Heal, "slow": func() {
			s.proxy.Delay(700 * time.Millisecond)
		},
	}[args[0]]
	if !ok {
		ts.Fatalf("usage: spoil mute|flood|slow|heal")
	}
	do()
}

// late holds each answer back for so long: late 500ms.
func (s *story) late(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	s.proxy.Delay(d)
}

// stall lets nothing through, either way, and then all that was held: stall on|off.
func (s *story) stall(_ *testscript.TestScript, _ bool, args []string) {
	if args[0] == "on" {
		s.proxy.Blackhole()
		return
	}
	s.proxy.Resume()
}

// role makes a role that can log in; $ROLE is its name, $ROLE_URL connects as it.
func (s *story) role(ts *testscript.TestScript, _ bool, args []string) {
	name, dsn := s.db.Role(s.tb(ts), "migrator", strings.Join(args, " "))
	ts.Setenv("ROLE", name)
	ts.Setenv("ROLE_URL", dsn)
}

// standby makes a standby of a cluster of its own, on which statements ran: standby
// [SQL...]. $STANDBY_URL connects to it, $PRIMARY_URL to the other.
func (s *story) standby(ts *testscript.TestScript, _ bool, args []string) {
	c := dbtest.NewCluster(s.tb(ts), scratch.Options{})
	conn := dbtest.Connect(s.tb(ts), c.DSN(""))
	for _, sql := range args {
		_, err := conn.Exec(s.t.Context(), sql)
		ts.Check(err)
	}
	r, err := c.Standby(s.t.Context())
	ts.Check(err)
	dbtest.WaitFor(s.tb(ts), "the standby to stream", func() bool {
		streams := false
		row := dbtest.Connect(s.tb(ts), c.DSN("")).QueryRow(s.t.Context(),
			`SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn IS NOT NULL)`)
		return row.Scan(&streams) == nil && streams
	})
	ts.Setenv("STANDBY_URL", r.DSN(""))
	ts.Setenv("PRIMARY_URL", c.DSN(""))
}

// hole is an address that takes connections and never answers; $HOLE_URL names it.
func (s *story) hole(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("HOLE_URL", "postgres://nobody@"+l.Addr().String()+"/shop")
}

// pgbouncer is where PgBouncer is; "" = not installed.
func pgbouncer() string {
	if p, err := exec.LookPath("pgbouncer"); err == nil {
		return p
	}
	if _, err := os.Stat("/usr/sbin/pgbouncer"); err == nil {
		return "/usr/sbin/pgbouncer"
	}
	return ""
}

// pooler puts PgBouncer in front of the database; $POOLER_URL connects to it.
func (s *story) pooler(ts *testscript.TestScript, _ bool, _ []string) {
	u, err := url.Parse(s.db.DSN)
	ts.Check(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	port := l.Addr().(*net.TCPAddr).Port
	ts.Check(l.Close())
	// The account that PgBouncer drops to must be able to enter it.
	dir, err := os.MkdirTemp("", "belay-pooler-")
	ts.Check(err)
	ts.Check(os.Chmod(dir, 0o755))
	password, _ := u.User.Password()
	users, ini := filepath.Join(dir, "users"), filepath.Join(dir, "ini")
	ts.Check(os.WriteFile(users, fmt.Appendf(nil, "%q %q\n", u.User.Username(), password), 0o644))
	ts.Check(os.WriteFile(ini,
		fmt.Appendf(nil,
			"[databases]\n* = host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = "+
				"%d\nunix_socket_dir =\nauth_type = plain\nauth_file = %s\npool_mode = transaction\n", u.Port(), port,
			users), 0o644))
	args := []string{"-q", ini}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "postgres"}, args...)
	}
	cmd := exec.Command(pgbouncer(), args...)
	ts.Check(cmd.Start())
	s.t.Cleanup(func() { _, _, _ = cmd.Process.Kill(), cmd.Wait(), os.RemoveAll(dir) })
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	dbtest.WaitFor(s.tb(ts), "pgbouncer to listen", func() bool {
		c, err := net.Dial("tcp", u.Host)
		return err == nil && c.Close() == nil
	})
	ts.Setenv("POOLER_URL", u.String())
}
