package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
)

// writerPause is what a writer leaves between two statements.
const writerPause = 20 * time.Millisecond

// writer is an application that sends a statement again and again, whatever becomes of it:
// writer NAME 'UPDATE …'. NAME is its application_name; unblock NAME ends it, and says how
// many statements failed.
func (s *story) writer(ts *testscript.TestScript, _ bool, args []string) {
	cfg, err := pgx.ParseConfig(s.db.DSN)
	ts.Check(err)
	cfg.RuntimeParams["application_name"] = args[0]
	ctx, stop := context.WithCancel(s.t.Context())
	conn, err := pgx.ConnectConfig(ctx, cfg)
	ts.Check(err)
	var sent, failed atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(writerPause)
		defer tick.Stop()
		for ctx.Err() == nil {
			if _, err := conn.Exec(ctx, args[1]); err != nil && ctx.Err() == nil {
				failed.Add(1)
			}
			sent.Add(1)
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	}()
	s.release[args[0]] = func() {
		stop()
		<-done
		_ = conn.Close(context.WithoutCancel(ctx))
		ts.Logf("%s: %d of %d statements failed", args[0], failed.Load(), sent.Load())
	}
	s.t.Cleanup(stop)
}
