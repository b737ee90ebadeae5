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
	tag  pgconn.CommandTag
	err  error
	took time.Duration
	met  bool // IF NOT EXISTS met what was there
}

var errTooLong = errors.New("no answer within the time the server was given")

// fly sends and waits. While it waits it looks at our session, keeps the
// deadline, and cancels when the gate closes. It returns only after the command
// was answered or the connection is gone, and no cancel is still on its way.
func (r *run) fly(ctx context.Context, f flight, send func(context.Context) (pgconn.CommandTag, error)) answer {
	patient := time.Duration(-1) // a build is bounded by looking at its session
	if f.limit > 0 {
		patient = f.limit + r.lim.Grace
	}
	defer r.x.Trio.Executor.Patient(patient)()
	sendCtx, drop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer drop(nil)
	done, start := make(chan answer, 1), time.Now()
	go func() {
		db.Met(r.s.conn.PgConn()) // what earlier statements met is told
		tag, err := send(sendCtx)
		done <- answer{tag, err, time.Since(start), db.Met(r.s.conn.PgConn())}
	}()
	c := newCanceller(r)
	defer c.wait()
	stop, wake, since := ctx.Done(), r.gate.wake, start
	for {
		timer := time.NewTimer(time.Until(r.wakeUp(f, c, since)))
		select {
		case a := <-done:
			timer.Stop()
			return a
		case part := <-f.replies:
			since = time.Now()
			f.took(part)
		case <-stop:
			stop = nil
			r.gate.shut(Canceled, context.Cause(ctx))
		case <-wake:
			wake = nil
		case s := <-r.watch.out:
			r.sighted(f, s)
		case <-timer.C:
		}
		timer.Stop()
		r.onClock(ctx, f, c, since, drop)
	}
}

// wakeUp is when the loop must look at the clock again.
func (r *run) wakeUp(f flight, c *canceller, start time.Time) time.Time {
	at := start.Add(time.Hour)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	if f.limit > 0 {
		sooner(start.Add(f.limit + r.lim.Grace))
	}
	if reason, _ := r.gate.why(); reason == "" {
		sooner(f.deadline)
	} else if !f.commit {
		sooner(c.again)
	}
	if !r.watch.busy && !f.commit {
		sooner(r.watch.next)
	}
	return at
}

// onClock does what is due now.
func (r *run) onClock(ctx context.Context, f flight, c *canceller, start time.Time, drop context.CancelCauseFunc) {
	now := time.Now()
	if !f.deadline.IsZero() && !now.Before(f.deadline) {
		r.gate.shut(f.over, nil)
	}
	if reason, _ := r.gate.why(); reason != "" && !f.commit && !now.Before(c.again) {
		if c.sends == 0 {
			r.tell(Event{Kind: CancelSent, Reason: reason})
		}
		c.send()
	}
	overdue := f.limit > 0 && now.After(start.Add(f.limit+r.lim.Grace))
	deaf := !f.commit && c.sends > 0 && now.After(c.first.Add(r.lim.Grace))
	// No limit of the server's bounds a build, so its session is looked at: one
	// that has ended it answered, and the answer is lost.
	silent := !r.restsSince.IsZero() && now.After(r.restsSince.Add(r.lim.Grace))
	if overdue || deaf || silent {
		drop(errTooLong)
	}
	if !f.commit && !now.Before(r.watch.next) {
		r.watch.begin(ctx)
	}
}

// sighted acts on one look at our session.
func (r *run) sighted(f flight, s sight) {
	r.watch.arrived(s, time.Since(r.began))
	if s.err != nil {
		r.blinded(s.err)
		return
	}
	r.sees()
	if f.look != nil {
		f.look(s)
		return
	}
	r.seen(s)
}

// canceller sends cancel requests, one at a time, until the command is answered.
type canceller struct {
	r     *run
	sends int
	first time.Time
	again time.Time // no further request before
	done  chan struct{}
}

func newCanceller(r *run) *canceller { return &canceller{r: r} }

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
		_, _ = c.r.x.Trio.Cancel(ctx)
	}(c.done)
}

// wait returns once no request is on its way: a late one would hit the next command.
func (c *canceller) wait() {
	if c.done != nil {
		<-c.done
		c.done = nil
	}
}
