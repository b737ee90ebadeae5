package demo

import (
	"context"
	"time"

	"belay/db"
	"belay/steps/demo/lane"
)

// The runbook: a lock_timeout for the session and a loop around the statements.
const (
	runbookTimeout = "2s"
	runbookPause   = time.Second
	runbookTries   = 10
)

// runbook is psql as many a page says: lock_timeout 2 s, try again, IF NOT EXISTS.
func (d *Demo) runbook(ctx context.Context) error {
	r := lane.RunbookResult{Exit: 1}
	s, err := d.open(ctx, migrator, "psql")
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.conn.Exec(ctx, "SET lock_timeout = '"+runbookTimeout+"'"); err != nil {
		return err
	}
	if r.Applied, err = d.loop(ctx, s, "ALTER TABLE", alterTable); err != nil {
		return err
	}
	done := false
	if r.Applied {
		if done, err = d.loop(ctx, s, "CREATE INDEX CONCURRENTLY", createIndex); err != nil {
			return err
		}
	}
	if done {
		r.Exit, r.Said = 0, s.notice
	}
	if r.IndexValid, err = d.indexValid(ctx); err != nil {
		return err
	}
	d.tell(!r.IndexValid, "the script ends with exit %d; the index is %s", r.Exit,
		map[bool]string{true: "valid", false: "INVALID"}[r.IndexValid])
	r.MaxMS, r.Blocked, err = d.settle(ctx)
	d.change(func(st *lane.State) { st.Results.Runbook = &r })
	return err
}

// loop runs a statement until the server takes it. Like the script it stands
// for, it looks at nothing but whether there was an error.
func (d *Demo) loop(ctx context.Context, s *session, name, sql string) (bool, error) {
	for n := 1; n <= runbookTries; n++ {
		s.notice = ""
		began := time.Now()
		_, err := s.conn.Exec(ctx, sql)
		switch {
		case err == nil && s.notice != "":
			d.tell(true, "%s, try %d: NOTICE %s", name, n, s.notice)
			return true, nil
		case err == nil:
			d.tell(false, "%s, try %d: done", name, n)
			return true, nil
		case db.SQLState(err) != lockTimeout:
			return false, err
		}
		d.tell(true, "%s, try %d: lock_timeout after %.1f s", name, n, time.Since(began).Seconds())
		if err := pause(ctx, runbookPause); err != nil {
			return false, err
		}
	}
	return false, nil
}
