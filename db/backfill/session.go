package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"belay/db"
)

// lockSpace is the upper half of the advisory key of a backfill, the lower is
// the table's oid: one backfill a table.
const lockSpace int64 = 0x62656c62

func lockKey(oid uint32) int64 { return lockSpace<<32 | int64(oid) }

// HeldError says that another session fills this table now, or that another run
// is open on the database.
type HeldError struct {
	// Relation is the table; "" = it is about a run of the whole database.
	Relation string
	// Holder is the session; its zero value where it let go in between.
	Holder *db.Holder
	// Owner is the run's owner as the ledger has it: who and where; "" = unknown.
	Owner string
	// Own is true where the holder is the same backfill's session of before its connection
	// was lost, which the server has not ended yet.
	Own bool
}

// Error says who and where.
func (e *HeldError) Error() string {
	if e.Own {
		return "the session that this backfill lost still holds its lock: " + e.Holder.String()
	}
	s := "another backfill of " + e.Relation + " is running"
	if e.Relation == "" {
		s = "another run is open on this database"
	}
	if e.Owner != "" {
		s += ": " + e.Owner
	}
	if e.Holder != nil && e.Holder.PID != 0 {
		s += ", " + e.Holder.String()
	}
	return s
}

// Hint is what to do now.
func (e *HeldError) Hint() string {
	if e.Own {
		return "the server ends it once it finds that nobody is there; then give the same command again"
	}
	return "watch it or pause it there; a paused backfill can be resumed from here"
}

// sessionSettings make one processor enough for the verify: the others are the
// application's. That key text reads the same in every session, and that what a
// role may not see is an error, is what all of belay's sessions have.
var sessionSettings = []db.Setting{{Name: "max_parallel_workers_per_gather", Want: "0"}}

// sessions are the connections of one backfill.
type sessions struct {
	cfg db.Config
	// server is the one that the rows are on; see Options.Server.
	server db.Instance

	run  string
	keys []int64 // held beside the table's own
	exec *db.Conn
	// role is whose rows the statement works on, "" = the executor's own, which is own;
	// commit is the executor's own synchronous_commit.
	role, own, commit string
	// past are backends of ours that may still be ending.
	past []int
}

// open connects the executor if it is not.
func (s *sessions) open(ctx context.Context) error {
	if !s.lost() {
		return nil
	}
	c, err := db.Connect(ctx, s.cfg, db.Session{
		Kind: db.Executor, Run: s.run, Step: "backfill", Settings: sessionSettings,
	})
	if err != nil {
		return err
	}
	if err := s.meet(ctx, c); err != nil {
		_ = c.Close()
		return err
	}
	s.exec = c
	s.past = append(s.past, int(c.PgConn().PID()))
	if len(s.past) > maxPast {
		s.past = s.past[1:]
	}
	return nil
}

const maxPast = 16

// meet learns what the session has of its own, and has all but the batches
// survive a crash of the server.
func (s *sessions) meet(ctx context.Context, c *db.Conn) (err error) {
	if err := c.OnServer(s.server); err != nil {
		return err
	}
	if s.own, err = ownRole(ctx, c); err != nil {
		return err
	}
	var durable string
	err = c.QueryRow(ctx,
		"SELECT pg_catalog.current_setting('synchronous_commit'), "+fmt.Sprintf(db.DurableSQL, false)).Scan(&s.commit,
		&durable)
	if err != nil {
		return fmt.Errorf("backfill: synchronous_commit: %w", err)
	}
	return nil
}

// ghostPatience is how long a backend of ours that lost its client may keep the
// lock before that is an error. The server looks for its client each second.
const ghostPatience = 30 * time.Second

// lock takes the advisory locks, the table's last.
func (s *sessions) lock(ctx context.Context, p *Plan) error {
	for _, key := range s.keys {
		holder, err := s.try(ctx, key)
		if err != nil {
			return err
		}
		if holder != nil {
			return &HeldError{Holder: holder, Own: s.was(holder)}
		}
	}
	holder, err := s.try(ctx, lockKey(p.OID))
	if err != nil || holder == nil {
		return err
	}
	return s.held(ctx, p, holder)
}

// try takes a lock, once and without waiting, but for a backend of our own that
// is about to end. A holder means that it was not taken.
func (s *sessions) try(ctx context.Context, key int64) (*db.Holder, error) {
	deadline := time.Now().Add(ghostPatience)
	for {
		ok, holder, err := db.TryLock(ctx, s.exec, key)
		if err != nil || ok {
			return nil, err
		}
		ours := holder == nil || s.was(holder)
		if !ours || time.Now().After(deadline) {
			if holder == nil {
				holder = &db.Holder{}
			}
			return holder, nil
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// was tells whether a session is one of ours that lost its client.
func (s *sessions) was(holder *db.Holder) bool { return slices.Contains(s.past, holder.PID) }

func (s *sessions) held(ctx context.Context, p *Plan, holder *db.Holder) error {
	e := &HeldError{Relation: p.Relation, Holder: holder, Own: s.was(holder)}
	err := s.exec.QueryRow(ctx, `SELECT r.owner FROM belay.backfill b JOIN belay.run r ON r.id = b.run_id
		WHERE b.relation = $1 AND b.state <> 'done' ORDER BY b.updated DESC LIMIT 1`, p.Relation).Scan(&e.Owner)
	if err != nil && !db.Decided(err) && e.Owner == "" && s.exec.IsClosed() {
		return errors.Join(e, err)
	}
	return e
}

// pid is the executor's backend; 0 = there is none.
func (s *sessions) pid() int {
	if s.exec == nil {
		return 0
	}
	return int(s.exec.PgConn().PID())
}

// lost reports whether there is no executor to ask.
func (s *sessions) lost() bool { return s.exec == nil || s.exec.IsClosed() }

var errClosed = errors.New("the session is closed")

// unlockTimeout bounds the word to the server that the locks are let go.
const unlockTimeout = time.Second

// drop closes the executor; the server undoes what it had open. The locks are
// let go first: a backend ends some time after its client, and whoever comes
// next would be refused by a backfill that is over.
func (s *sessions) drop() {
	if s.exec == nil {
		return
	}
	if !s.lost() && s.exec.PgConn().TxStatus() == 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), unlockTimeout)
		_, _ = s.exec.Exec(ctx, "SELECT pg_catalog.pg_advisory_unlock_all()")
		cancel()
	}
	_ = s.exec.Close()
	s.exec = nil
}

// asRole does something as the role of the statement, outside of a transaction.
func (s *sessions) asRole(ctx context.Context, do func() error) error {
	return as(ctx, s.exec, s.role, do)
}

// rollbackTimeout bounds undoing a batch when ctx is over.
const rollbackTimeout = 2 * time.Second

// undo leaves the executor without a transaction, or closed.
func (s *sessions) undo(ctx context.Context) {
	c := s.exec
	if c == nil || c.IsClosed() || c.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if _, err := c.Exec(ctx, "ROLLBACK"); err != nil {
		s.drop()
	}
}

// sleep waits for d, or returns the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
