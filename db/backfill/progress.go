package backfill

import (
	"context"
	"math"
	"time"

	"belay/db/throttle"
)

// progress turns a cursor into a share of the work. It is used by the watch's
// goroutine; what the runner tells it is copied under the watch's lock.
type progress struct {
	leaf  Leaf
	upper cursor
	// end is the upper key's own position; 0 = no statistics.
	end   float64
	known bool // end was asked for
	// resumed is true where the first keys were passed by a runner before.
	resumed bool
	// walked counts keys passed in this leaf; base is what a guard or a runner
	// before left out of that.
	walked, base float64
	last         cursor
	share        float64 // of this leaf, never falling
}

func newProgress(l Leaf, row Row) progress {
	return progress{leaf: l, upper: row.Upper, last: row.Last, walked: float64(row.DoneRows), resumed: len(row.Last) > 0}
}

// moved takes over a cursor after a batch of so many keys.
func (p *progress) moved(to cursor, keys int) {
	p.walked += float64(keys)
	p.last = to
}

// sample updates the share.
func (p *progress) sample(ctx context.Context, q throttle.Querier) error {
	if len(p.upper) == 0 {
		p.share = 1
		return nil
	}
	if len(p.last) == 0 {
		return nil
	}
	share, err := p.measure(ctx, q)
	if !math.IsNaN(share) {
		p.share = max(p.share, min(max(share, 0), 1))
	}
	return err
}

func (p *progress) measure(ctx context.Context, q throttle.Querier) (float64, error) {
	if p.leaf.Key.ByPlace() {
		return p.byPlace()
	}
	if err := p.begin(ctx, q); err != nil {
		return math.NaN(), err
	}
	if p.end <= 0 {
		return p.walked / max(float64(p.leaf.Rows), 1), nil
	}
	at, ok, err := positionOf(ctx, q, p.leaf, 0, p.last[0])
	if err != nil || !ok {
		return math.NaN(), err
	}
	// Within one common value only the count tells.
	rows := float64(p.leaf.Rows)
	inside := (p.base + p.walked - at.below*rows) / max(at.equal*rows, 1)
	return (at.below + at.equal*min(max(inside, 0), 1)) / p.end, nil
}

// begin asks for the end once; after a resume also how far into a common
// leading value the cursor stands, by the second column.
func (p *progress) begin(ctx context.Context, q throttle.Querier) error {
	if p.known {
		return nil
	}
	end, ok, err := positionOf(ctx, q, p.leaf, 0, p.upper[0])
	if err != nil {
		return err
	}
	p.known = true
	if !ok {
		return nil
	}
	p.end = end.below + end.equal
	if len(p.last) < 2 || !p.resumed {
		return nil
	}
	first, ok, err := positionOf(ctx, q, p.leaf, 0, p.last[0])
	if err != nil || !ok || first.equal == 0 {
		return err
	}
	second, ok, err := positionOf(ctx, q, p.leaf, 1, p.last[1])
	if ok {
		p.base = (first.below+second.below*first.equal)*float64(p.leaf.Rows) - p.walked
	}
	return err
}

func (p *progress) byPlace() (float64, error) {
	at, err := parsePlace(p.last[0])
	if err != nil {
		return math.NaN(), err
	}
	end, err := parsePlace(p.upper[0])
	if err != nil {
		return math.NaN(), err
	}
	return float64(at.block) / max(float64(end.block), 1), nil
}

// rate counts rows over the last ten seconds.
type rate struct {
	second [10]int64
	at     [10]int64
	begun  time.Time
	rows   int64
}

func (r *rate) add(now time.Time, rows int64) {
	if r.begun.IsZero() {
		r.begun = now
	}
	s := now.Unix()
	i := s % int64(len(r.at))
	if r.at[i] != s {
		r.at[i], r.second[i] = s, 0
	}
	r.second[i] += rows
	r.rows += rows
}

// perSecond is the rate over the last ten seconds, or since the first batch
// where that is less.
func (r *rate) perSecond(now time.Time) float64 {
	var sum int64
	for i, s := range r.at {
		if now.Unix()-s < int64(len(r.at)) {
			sum += r.second[i]
		}
	}
	return float64(sum) / min(max(now.Sub(r.begun).Seconds(), 0.1), float64(len(r.at)))
}

// eta tells how long is left from the progress per wall second, pauses and
// waits included.
type eta struct {
	begun   time.Time
	first   float64
	at      time.Time
	share   float64
	average float64 // share a second, half-life a minute
}

const (
	etaHalfLife = 60.0 // seconds
	etaAfter    = 30 * time.Second
	etaShare    = 0.01
)

// sample takes a share and gives the range; 0, 0 = too early to tell.
func (e *eta) sample(now time.Time, share float64) (low, high time.Duration) {
	if e.begun.IsZero() {
		e.begun, e.first, e.at, e.share = now, share, now, share
		return 0, 0
	}
	if dt := now.Sub(e.at).Seconds(); dt > 0 {
		current := (share - e.share) / dt
		weight := 1 - math.Exp2(-dt/etaHalfLife)
		if now.Sub(e.begun) < etaAfter {
			e.average = (share - e.first) / max(now.Sub(e.begun).Seconds(), 1)
		} else {
			e.average += weight * (current - e.average)
		}
		e.at, e.share = now, share
	}
	whole := (share - e.first) / max(now.Sub(e.begun).Seconds(), 1)
	if now.Sub(e.begun) < etaAfter || share < etaShare || whole <= 0 || e.average <= 0 {
		return 0, 0
	}
	a, b := (1-share)/whole, (1-share)/e.average
	return seconds(min(a, b) * 0.9), seconds(max(a, b) * 1.1)
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, 1e9) * float64(time.Second))
}

// average is the rate since the first batch of this runner.
func (r *rate) average(now time.Time) float64 {
	if r.begun.IsZero() {
		return 0
	}
	return float64(r.rows) / max(now.Sub(r.begun).Seconds(), 0.1)
}
