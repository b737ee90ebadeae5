package backfill

import (
	"context"
	"math"

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
	// ahead is what was passed since share was measured, by the planner's rows.
	ahead float64
}

func newProgress(l Leaf, row Row) progress {
	return progress{
		leaf: l, upper: row.Upper, last: row.Last, walked: float64(row.DoneRows), resumed: len(row.Last) > 0,
	}
}

// moved takes over a cursor after a batch of so many keys.
func (p *progress) moved(to cursor, keys int) {
	p.walked += float64(keys)
	p.last = to
	if !p.leaf.Key.ByPlace() {
		p.ahead += float64(keys) / max(float64(p.leaf.Rows), 1)
	}
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
