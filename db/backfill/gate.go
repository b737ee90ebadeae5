package backfill

import (
	"context"
	"math/rand/v2"
	"time"

	"belay/db/throttle"
)

// gate lets the next batch begin: not while paused, not while a signal says wait.
func (r *runner) gate(ctx context.Context) error {
	_, nice := r.ctl.pace(r.p.Spec)
	if err := r.rest(ctx, time.Duration(nice*float64(r.lastTook))); err != nil {
		return err
	}
	r.lastTook = 0
	if r.s.lost() {
		if err := r.reconnect(ctx, errClosed); err != nil {
			return err
		}
	}
	for {
		if by, paused := r.ctl.pausing(); paused {
			if err := r.pause(ctx, by, pausedBy+by, nil); err != nil {
				return err
			}
		}
		v, fresh := r.watch.verdict()
		if fresh {
			r.throttled(v)
		}
		if v == nil || v.Action == throttle.Halve {
			return context.Cause(ctx)
		}
		if v.Action == throttle.Pause {
			if err := r.pause(ctx, "a throttle signal", v.Reason(), nil); err != nil {
				return err
			}
			continue
		}
		if err := r.await(ctx); err != nil {
			return err
		}
	}
}

// await waits for the next sample or a change of the control.
func (r *runner) await(ctx context.Context) error {
	t := time.NewTimer(watchEvery)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.watch.news:
	case <-r.ctl.wait():
	case <-ctx.Done():
	}
	return context.Cause(ctx)
}

// rest sleeps, but for a change of the control.
func (r *runner) rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.ctl.wait():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// backoff is 0.2 s to 2 s with jitter, longer from try to try.
func backoff(try int) time.Duration {
	d := min(200*time.Millisecond<<min(max(try-1, 0), 4), 2*time.Second)
	return d/2 + time.Duration(rand.Int64N(int64(d/2)+1))
}
