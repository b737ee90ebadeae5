package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"belay/db/dbtest"
)

// turns are the questions that were put to a server, each of which waited for its answer.
type turns struct {
	mu  sync.Mutex // guards all
	all []string
}

// count counts what goes through a proxy, with all that goes with one question as one.
func (n *turns) count(p *dbtest.Proxy) {
	asked := map[int][]string{}
	p.Hook(func(m dbtest.Message) dbtest.Action {
		n.mu.Lock()
		defer n.mu.Unlock()
		switch m.Type {
		case dbtest.Parse:
			asked[m.Conn] = append(asked[m.Conn], strings.Join(strings.Fields(m.SQL), " "))
		case dbtest.Startup:
			n.all = append(n.all, fmt.Sprintf("%d: startup", m.Conn))
		case 'p':
			n.all = append(n.all, fmt.Sprintf("%d: password", m.Conn))
		case dbtest.Query:
			n.all = append(n.all, fmt.Sprintf("%d: %.80s", m.Conn, m.SQL))
		case dbtest.Sync:
			var all []string
			for _, s := range asked[m.Conn] {
				all = append(all, fmt.Sprintf("%.80s", s))
			}
			n.all = append(n.all, fmt.Sprintf("%d: %s", m.Conn, strings.Join(all, " | ")))
			delete(asked, m.Conn)
		}
		return dbtest.Pass
	})
}

// ofFirst are the turns of the first connection: a look has no other.
func (n *turns) ofFirst() (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.all {
		if first, _, _ := strings.Cut(n.all[0], ":"); strings.HasPrefix(s, first+":") {
			all = append(all, s)
		}
	}
	return all
}

// holding are the turns of the connection that takes strong locks, from the first that it
// has to its COMMIT: on a long line each of them holds up the application.
func (n *turns) holding() (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	conn := ""
	for _, s := range n.all {
		if conn == "" && strings.Contains(s, "LOCK TABLE ONLY") {
			conn, _, _ = strings.Cut(s, ":")
		}
		if conn == "" || !strings.HasPrefix(s, conn+":") {
			continue
		}
		all = append(all, s)
		if strings.HasSuffix(s, ": COMMIT") {
			break
		}
	}
	return all
}

func (n *turns) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Sprintf("%d turns:\n%s", len(n.all), strings.Join(n.all, "\n"))
}

// The most turns that a look may take on a line of any length, the handshake with its
// password (three) included.
const (
	statusTurns = 18
	lookTurns   = 27
	// The locks of all tables, each of two statements, all that stands between the last of
	// them and COMMIT, and COMMIT.
	holdTurns = 5
)

// TestTurns counts the turns of `belay status`, of a run's look before it opens, and of
// its file of two tables while their locks are held.
func TestTurns(t *testing.T) {
	t.Parallel()
	p := newPerson(t, map[string]string{
		"belay.toml":                   "migrations = \"migrations\"\n",
		"migrations/000001_a.up.sql":   "CREATE TABLE orders (id bigint PRIMARY KEY);\n",
		"migrations/000001_a.down.sql": "DROP TABLE orders;\n",
		"migrations/000002_b.up.sql": "ALTER TABLE orders ADD COLUMN note text;\n" +
			"ALTER TABLE customers ADD COLUMN note text;\n",
		"migrations/000002_b.down.sql": "ALTER TABLE orders DROP COLUMN note;\n" +
			"ALTER TABLE customers DROP COLUMN note;\n",
		"a.toml": "target.environment = \"local\"\nrun.confirm = \"yes\"\nbackup.choice = \"none\"\n" +
			"rehearse.choice = \"none\"\n",
	})
	p.db.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY); CREATE TABLE customers (id bigint PRIMARY KEY);
		CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
		INSERT INTO schema_migrations VALUES (1, false)`)
	proxy := dbtest.NewProxy(t, p.db.DSN)
	p.env["DATABASE_URL"] = proxy.DSN
	for _, c := range []struct {
		args []string
		most int
	}{
		{[]string{"status"}, statusTurns},
		{[]string{"run", "--answers", "a.toml"}, lookTurns},
	} {
		var n turns
		n.count(proxy)
		s := p.belay(c.args...)
		if s.code != 0 {
			t.Fatal(s)
		}
		all := n.ofFirst()
		t.Logf("%v: %d turns of the look, %d in all", c.args, len(all), len(n.all))
		if len(all) > c.most {
			t.Errorf("%v took %d turns, %d at most:\n%s\nbut it was:\n%s", c.args, len(all), c.most,
				strings.Join(all, "\n"), &n)
		}
		if c.args[0] != "run" {
			continue
		}
		if all := n.holding(); len(all) != holdTurns {
			t.Errorf("the locks are held for %d turns, not %d:\n%s", len(all), holdTurns, strings.Join(all, "\n"))
		}
	}
}
