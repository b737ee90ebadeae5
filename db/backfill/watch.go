package backfill

import (
	"context"
	"sync"
	"time"

	"belay/db"
	"belay/db/throttle"
)

// watch is the goroutine with the monitor's connection: it reads the throttle
// signals and the progress once a second, so that batches wait for neither.
type watch struct {
	cfg db.Config
	run string
	// lend is Options.Monitor; own is our connection where that is nil, while it watches.
	lend func(context.Context, func(*db.Conn) error) error
	own  *db.Shared
	oid  uint32
	ctl  *Control
	set  *throttle.Set
	on   bool // a signal is on

	mu     sync.Mutex // guards below
	leafs  leafWork
	pid    int
	sample sample
	away   string    // why there is no sample
	seen   time.Time // the sample that verdict gave last
	every  time.Duration
	tries  int
	trying throttle.Verdict
	behind string
	began  time.Time

	// news holds one token for each sample that was not looked at.
	news chan struct{}

	cancel context.CancelFunc
	done   chan struct{}
	eta    eta
	// checking is the eta of the verify's present pass.
	checking eta
	base     sizes
	based    bool
}

// sample is what was read at one moment.
type sample struct {
	at       time.Time
	verdicts []throttle.Verdict
}

// leafWork is the leaf in hand with what is before and behind it.
type leafWork struct {
	progress progress
	// weights are the leaves' estimated rows; number is the one in hand.
	weights []float64
	number  int
}

const (
	watchEvery = time.Second
	// closely is how often blockers are looked for while a range does not go
	// through.
	closely = 50 * time.Millisecond
	// staleAfter is when a sample no longer says anything, besides the time to
	// the next.
	staleAfter = 5 * time.Second
	// A sample that costs more than costly makes the next ones rarer, up to
	// watchSeldom.
	costly      = 50 * time.Millisecond
	watchSeldom = 8 * time.Second
)

func newWatch(r *runner) (*watch, error) {
	set, err := throttle.NewSet(r.o.Throttle)
	if err != nil {
		return nil, err
	}
	return &watch{
		cfg: r.o.Config, run: r.s.run, lend: r.o.Monitor, oid: r.p.OID, ctl: r.ctl, set: set, on: set.Len() > 0,
		news: make(chan struct{}, 1),
	}, nil
}

// lendLimit bounds all that is asked at one moment.
const lendLimit = 30 * time.Second

// with gives a connection to ask; where there is none nothing is asked, and the
// sample grows stale.
func (w *watch) with(ctx context.Context, ask func(*db.Conn) error) error {
	if w.lend != nil {
		return w.lend(ctx, ask)
	}
	return w.own.Lend(ctx, lendLimit, ask)
}

func (w *watch) start(ctx context.Context) {
	w.stop()
	w.mu.Lock()
	w.sample, w.seen, w.began = sample{}, time.Time{}, time.Now()
	w.mu.Unlock()
	if w.lend == nil {
		w.own = db.NewShared(w.cfg, db.Session{Kind: db.Monitor, Run: w.run})
	}
	ctx, w.cancel = context.WithCancel(ctx)
	done := make(chan struct{})
	w.done = done
	go func() {
		defer close(done)
		w.loop(ctx)
	}()
}

// stop ends the goroutine and closes its connection. It may be called again.
func (w *watch) stop() {
	if w.cancel == nil {
		return
	}
	w.cancel()
	<-w.done
	w.cancel = nil
	if w.own != nil {
		_ = w.own.Close()
		w.own = nil
	}
}

func (w *watch) loop(ctx context.Context) {
	for next := time.Now(); ; {
		if due := !time.Now().Before(next); due || w.troubled() {
			began := time.Now()
			w.unseen(w.with(ctx, func(c *db.Conn) error {
				if due {
					w.look(ctx, c)
				}
				if w.troubled() {
					w.lookBehind(ctx, c)
				}
				return nil
			}))
			if due {
				next = began.Add(w.paced(time.Since(began)))
			}
		}
		if sleep(ctx, w.pause(next)) != nil {
			return
		}
	}
}

// unseen notes why nothing could be asked; nil = it could. The sample grows stale.
func (w *watch) unseen(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = ""
	if err != nil {
		w.away = message(err)
	}
}

func (w *watch) pause(next time.Time) time.Duration {
	if w.troubled() {
		return closely
	}
	return min(max(time.Until(next), closely), watchEvery)
}

// paced is the time to the next sample after one that took so long.
func (w *watch) paced(took time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if took > costly {
		w.every = min(2*max(w.every, watchEvery), watchSeldom)
	} else {
		w.every = watchEvery
	}
	return w.every
}

func (w *watch) troubled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries > 0
}

// look takes one sample.
func (w *watch) look(ctx context.Context, c *db.Conn) {
	w.mu.Lock()
	pid := w.pid
	w.mu.Unlock()
	now := time.Now()
	v := w.set.Sample(ctx, throttle.Input{DB: c, Team: team(c), PID: pid, Table: w.oid, Now: now})
	if ctx.Err() != nil {
		return
	}
	share := w.lookProgress(ctx, c)
	s, err := readSizes(ctx, c, w.oid)
	w.mu.Lock()
	w.sample = sample{at: now, verdicts: v}
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
	low, high := w.left(now, share)
	w.ctl.publish(func(x *Snapshot) {
		x.At, x.Progress, x.LeftLow, x.LeftHigh, x.Signals = now, max(x.Progress, share), low, high, v
		if err == nil {
			if !w.based {
				w.base, w.based = s, true
			}
			x.HeapGrowth, x.WAL = s.heap-w.base.heap, s.wal-w.base.wal
		}
	})
}

// left is how long the batches may still take, or once they are done the verify.
func (w *watch) left(now time.Time, share float64) (low, high time.Duration) {
	s := w.ctl.Snapshot()
	if s.Phase != Verifying {
		return w.eta.sample(now, share)
	}
	if s.ToCheck == 0 {
		return 0, 0
	}
	checked := float64(s.Checked) / float64(s.ToCheck)
	if checked < w.checking.share {
		w.checking = eta{} // another pass
	}
	return w.checking.sample(now, checked)
}

// lookProgress updates the share of the leaf in hand and gives that of all.
func (w *watch) lookProgress(ctx context.Context, c *db.Conn) float64 {
	w.mu.Lock()
	p, number := w.leafs.progress, w.leafs.number
	w.mu.Unlock()
	err := p.sample(ctx, c)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && w.leafs.number == number {
		now := &w.leafs.progress
		now.share, now.end, now.known = max(p.share, now.share), p.end, p.known
		now.base = p.base
		now.ahead -= p.ahead // measured now
	}
	return w.leafs.share()
}

func (l leafWork) share() float64 {
	var done, sum float64
	for i, weight := range l.weights {
		sum += weight
		switch {
		case i < l.number:
			done += weight
		case i == l.number:
			done += weight * min(l.progress.share+l.progress.ahead, 1)
		}
	}
	if sum == 0 {
		return 0
	}
	return done / sum
}

// leaf tells the watch which leaf is in hand.
func (w *watch) leaf(r *runner, i int) {
	weights := make([]float64, len(r.rows))
	var leaf Leaf
	for j := range r.rows {
		l, _ := r.leafOf(&r.rows[j])
		weights[j] = max(float64(l.Rows), 1)
		if i == j {
			leaf = l
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leafs = leafWork{progress: newProgress(leaf, r.rows[i]), weights: weights, number: i}
}

// allPassed counts every leaf as done.
func (w *watch) allPassed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leafs.number = len(w.leafs.weights)
}

func (w *watch) moved(to cursor, keys int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leafs.progress.moved(to, keys)
	w.tries, w.behind = 0, ""
}

// share is how much of all the work is done, between two samples by counting.
func (w *watch) share() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leafs.share()
}

// works tells whose backend the executor has now.
func (w *watch) works(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pid, w.tries, w.behind = pid, 0, ""
}

// stale is the wait for a sample.
func (w *watch) stale() *throttle.Verdict {
	v := &throttle.Verdict{Signal: "signals", Action: throttle.Wait, Unread: "no sample yet", Since: w.sample.at}
	if v.Since.IsZero() {
		v.Since = w.began
	}
	if w.away != "" {
		v.Unread = w.away
	}
	return v
}

// verdict is what keeps the next batch, nil for nothing; fresh is true once for
// each sample.
func (w *watch) verdict() (v *throttle.Verdict, fresh bool) {
	if !w.on {
		return nil, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.sample.at) > staleAfter+w.every {
		return w.stale(), true
	}
	fresh = !w.seen.Equal(w.sample.at)
	w.seen = w.sample.at
	worst, ok := throttle.Worst(w.sample.verdicts)
	if !ok {
		return nil, fresh
	}
	return &worst, fresh
}
