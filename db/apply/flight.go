package apply

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
)

// flight is one command on its way: sent, and not answered yet.
type flight struct {
	// limit is when the server itself ends the command; 0 = never. The answer is
	// waited for a Grace longer.
	limit time.Duration
	// deadline is ours, with the reason it closes the gate for; zero = none.
	deadline time.Time
	over     Reason
	// commit is true for COMMIT: it is never cancelled.
	commit bool
	// look is called after each sight of a flight that has its own eyes; nil =
	// the breaker and the blockers of an ordinary attempt.
	look func(sight)
	// replies are the answers to the parts of a command, each of which starts the limit
	// anew and is given to took; nil = it has one answer.
	replies <-chan reply
	took    func(reply)
}

type answer struct {
	tag     pgconn.CommandTag
	rows    [][]string
	err     error
	took    time.Duration
	existed bool // IF NOT EXISTS met what was there
}

var errTooLong = errors.New("no answer within the time the server was given")

// sender sends the commands of a unit, one at a time, and waits for each answer.
type sender struct {
	trio   *db.Trio
	report *report
	eyes   *lookout
	// grace is how long past the server's own limit an answer is waited for.
	grace time.Duration
}

// exec flies one command.
func (s *sender) exec(ctx context.Context, f flight, sql string, args ...string) answer {
	var rows [][]string
	a := s.fly(ctx, f, func(ctx context.Context) (tag pgconn.CommandTag, err error) {
		tag, rows, err = exec(ctx, s.trio.Executor.Conn, sql, args...)
		return tag, err
	})
	a.rows = rows
	return a
}

// fly sends and waits. While it waits it looks at our session, keeps the
// deadline, and cancels when the gate closes. It returns only after the command
// was answered or the connection is gone, and no cancel is still on its way.
func (s *sender) fly(ctx context.Context, f flight, send func(context.Context) (pgconn.CommandTag, error)) answer {
	patient := time.Duration(-1) // a build is bounded by looking at its session
	if f.limit > 0 {
		patient = f.limit + s.grace
	}
	defer s.trio.Executor.Patient(patient)()
	sendCtx, drop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer drop(nil)
	done, start, conn := make(chan answer, 1), time.Now(), s.trio.Executor.PgConn()
	go func() {
		db.Existed(conn) // what earlier statements met is told
		tag, err := send(sendCtx)
		done <- answer{tag: tag, err: err, took: time.Since(start), existed: db.Existed(conn)}
	}()
	c := &canceller{trio: s.trio}
	defer c.wait()
	stop, wake, since := ctx.Done(), s.report.gate.wake, start
	for {
		timer := time.NewTimer(time.Until(s.wakeUp(f, c, since)))
		select {
		case a := <-done:
			timer.Stop()
			return a
		case part := <-f.replies:
			since = time.Now()
			f.took(part)
		case <-stop:
			stop = nil
			s.report.gate.shut(Canceled, context.Cause(ctx))
		case <-wake:
			wake = nil
		case seen := <-s.eyes.out:
			s.eyes.saw(seen, f.look)
		case <-timer.C:
		}
		timer.Stop()
		s.onClock(ctx, f, c, since, drop)
	}
}

// wakeUp is when the loop must look at the clock again.
func (s *sender) wakeUp(f flight, c *canceller, start time.Time) time.Time {
	at := start.Add(time.Hour)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	if f.limit > 0 {
		sooner(start.Add(f.limit + s.grace))
	}
	if reason, _ := s.report.gate.why(); reason == "" {
		sooner(f.deadline)
	} else if !f.commit {
		sooner(c.again)
	}
	if !s.eyes.busy && !f.commit {
		sooner(s.eyes.next)
	}
	return at
}

// onClock does what is due now.
func (s *sender) onClock(ctx context.Context, f flight, c *canceller, start time.Time, drop context.CancelCauseFunc) {
	now := time.Now()
	if !f.deadline.IsZero() && !now.Before(f.deadline) {
		s.report.gate.shut(f.over, nil)
	}
	if reason, _ := s.report.gate.why(); reason != "" && !f.commit && !now.Before(c.again) {
		if c.sends == 0 {
			s.report.tell(Event{Kind: CancelSent, Reason: reason})
		}
		c.send()
	}
	overdue := f.limit > 0 && now.After(start.Add(f.limit+s.grace))
	deaf := !f.commit && c.sends > 0 && now.After(c.first.Add(s.grace))
	// No limit of the server's bounds a build, so its session is looked at: one
	// that has ended it answered, and the answer is lost.
	silent := !s.eyes.restsSince.IsZero() && now.After(s.eyes.restsSince.Add(s.grace))
	if overdue || deaf || silent {
		drop(errTooLong)
	}
	if !f.commit && !now.Before(s.eyes.next) {
		s.eyes.begin(ctx)
	}
}

// canceller sends cancel requests, one at a time, until the command is answered.
type canceller struct {
	trio  *db.Trio
	sends int
	first time.Time
	again time.Time // no further request before
	done  chan struct{}
}

// send asks the server to cancel what our session does.
func (c *canceller) send() {
	c.wait()
	if c.sends++; c.sends == 1 {
		c.first = time.Now()
	}
	c.again = time.Now().Add(time.Second)
	c.done = make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		// Whether it worked shows in the answer to the command, and only there.
		_, _ = c.trio.Cancel(ctx)
	}(c.done)
}

// wait returns once no request is on its way: a late one would hit the next command.
func (c *canceller) wait() {
	if c.done != nil {
		<-c.done
		c.done = nil
	}
}
