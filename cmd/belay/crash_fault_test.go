package main

import (
	"strings"
	"syscall"

	"belay/db/dbtest"
	"belay/db/scratch"
)

// fault is one way to break.
type fault struct {
	name   string
	strike func(*cell)
	// engineLives is true where the engine goes on by itself.
	engineLives bool
	// sessionOutlives is true where the server does not learn that the client is gone.
	sessionOutlives bool
	// own asks for a server of the cell's own, standby for one that follows it;
	// loses is true where the standby has nothing of the run.
	own, standby, loses bool
	// settings are those of a server of the cell's own.
	settings map[string]string
}

// weight is how long a cell of the fault takes, roughly.
func (f fault) weight() int {
	switch f.name {
	case "half-open TCP", "frozen client":
		return 3
	}
	if f.standby {
		return 2
	}
	return 1
}

// settle waits until belay and the server have done what they do by themselves.
func (c *cell) settle() {
	c.pass()
	if c.moment.truth == applied && c.fault.engineLives {
		c.proxy.CutAll() // the answer is on its way no more
	}
	if c.fault.engineLives || c.watched() {
		c.unblock()
	}
	c.awaitEngine()
	<-c.frontEnded
}

// watched reports whether the engine sees by its other sessions that the server
// still works, and waits for it: what it waits for is lost, and it finds out when
// the work is done.
func (c *cell) watched() bool { return c.moment.outlives && c.fault.name == "half-open TCP" }

// screenEnded ends the only screen without a word.
func screenEnded(c *cell) {
	_ = c.front.Process.Kill()
	<-c.frontEnded
	c.await("the engine to miss its screen", func() bool { return c.has(0, `"kind":"screen.lost"`) })
}

func engineKilled(c *cell) { c.signal(syscall.SIGKILL) }

func cut(c *cell) { c.proxy.CutAll() }

// halfOpen leaves both sides with a connection that is none.
func halfOpen(c *cell) { c.proxy.Strand() }

func terminated(c *cell) {
	c.db.Exec(c.t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE 'belay/%/run'`)
}

// frozen stops the engine until the server has taken back what it held.
func frozen(c *cell) {
	c.signal(syscall.SIGSTOP)
	c.unblock()
	c.await("its locks to be gone", func() bool { return c.db.Count(c.t, locksOfBelay) == 0 })
	if c.moment.truth == applied {
		c.proxy.CutAll()
	}
	if out, code := c.belay("status"); code != 0 || !strings.Contains(out, "its engine is stopped by a signal") {
		c.t.Errorf("status beside a frozen engine: exit %d: %s", code, out)
	}
	c.signal(syscall.SIGCONT)
}

// locksOfBelay are the locks on tables that belay's executor holds or waits for.
const locksOfBelay = `pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.application_name LIKE 'belay/%/run'
	AND a.datname = current_database() AND l.locktype = 'relation' AND l.relation >= 16384`

func restartFast(c *cell) { c.restart(scratch.Fast) }

func restartImmediate(c *cell) { c.restart(scratch.Immediate) }

func (c *cell) restart(mode scratch.StopMode) {
	if err := c.cluster.Restart(c.t.Context(), mode); err != nil {
		c.t.Fatal(err)
	}
}

// stopReplication leaves the standby behind from now on.
func (c *cell) stopReplication() {
	standby := dbtest.At(c.standby, c.db.Name)
	standby.Exec(c.t, `ALTER SYSTEM SET primary_conninfo = ''`)
	standby.Exec(c.t, `SELECT pg_reload_conf()`)
	c.await("the end of the replication", func() bool { return standby.Count(c.t, `pg_stat_wal_receiver`) == 0 })
}

// failover ends the primary without warning and promotes its standby, which the
// same address then leads to.
func failover(c *cell) {
	standby := dbtest.At(c.standby, c.db.Name)
	if !c.fault.loses {
		at := dbtest.QueryVal[string](c.t, c.db, `SELECT pg_current_wal_insert_lsn()::text`)
		c.db.Exec(c.t, `SELECT txid_current()`) // so that all before it is flushed
		c.await("the standby to have all", func() bool {
			return dbtest.QueryVal[bool](c.t, standby, `SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn`, at)
		})
	}
	if err := c.cluster.Crash(); err != nil {
		c.t.Fatal(err)
	}
	if err := c.proxy.Redirect(c.standby.DSN(c.db.Name)); err != nil {
		c.t.Fatal(err)
	}
	if err := c.standby.Promote(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.db = standby
}
