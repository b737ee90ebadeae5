package demo

import (
	"context"
	"time"

	"belay/db"
	"belay/steps/demo/lane"
)

// carelessFor is when the demo takes the statement back: a person who looks at
// frozen requests would take longer.
const carelessFor = 5 * time.Second

// canceled is the SQLSTATE of a statement that was cancelled or ran into a
// statement_timeout; lockTimeout that of a lock that was not granted in time.
const (
	canceled    = "57014"
	lockTimeout = "55P03"
)

// careless is psql without limits: the statement waits for the report, and
// everything that comes later waits for the statement.
func (d *Demo) careless(ctx context.Context) error {
	s, err := d.open(ctx, migrator, "psql")
	if err != nil {
		return err
	}
	defer s.close()
	d.tell(true, "psql (PID %d) sends ALTER TABLE, without a limit", s.pid())
	done := make(chan error, 1)
	go func() {
		_, err := s.conn.Exec(ctx, alterTable)
		done <- err
	}()
	err = d.carelessEnd(ctx, s, done)
	applied := err == nil
	if err != nil && db.SQLState(err) != canceled {
		return err
	}
	most, slow, err := d.settle(ctx)
	d.change(func(st *lane.State) {
		st.Results.Careless = &lane.CarelessResult{MaxMS: most, Blocked: slow, Applied: applied}
	})
	return err
}

// carelessEnd cancels the statement after a while and returns its answer.
func (d *Demo) carelessEnd(ctx context.Context, s *session, done <-chan error) error {
	timer := time.NewTimer(carelessFor)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
	}
	d.tell(false, "the demo cancels it after %s; nothing has changed", carelessFor)
	if err := s.conn.PgConn().CancelRequest(ctx); err != nil {
		s.close()
	}
	return <-done
}
