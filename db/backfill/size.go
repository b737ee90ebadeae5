package backfill

import (
	"slices"
	"time"
)

// measured is one batch that was committed.
type measured struct {
	keys int
	// took is from BEGIN to the answer of COMMIT; commit that last part, wire what
	// the round trips alone take. Neither of the two depends on the rows.
	took, commit, wire time.Duration
}

// work is the time that the rows took.
func (m measured) work() time.Duration { return max(m.took-m.commit-m.wire, time.Microsecond) }

// sizer finds the number of rows whose batch takes the target time, from one row
// on. It keeps the last ten measurements and nothing else.
type sizer struct {
	rows int
	max  int
	// perRow is a ring of microseconds for one row; shares that of COMMIT's part,
	// fixed of microseconds that no row needs.
	perRow, shares, fixed []float64
	next                  int
}

const (
	sizerRing = 10
	growth    = 1.5
	shrink    = 0.3
	// leap is how much larger the next batch is while one takes less than so much
	// of its time: the first ones, and those behind a slow place.
	leap = 4
	// farOver cuts a batch to a tenth at once.
	farOver = 5
	// commitShare is from which part of a batch on COMMIT's time counts as the
	// disk's own; larger batches then cost the application less, not more.
	commitShare = 0.2
)

func newSizer(rows, most int) *sizer {
	return &sizer{rows: min(max(rows, 1), most), max: most}
}

// took learns from a batch.
func (s *sizer) took(m measured, target time.Duration) {
	if m.keys <= 0 || m.took <= 0 {
		return
	}
	switch work := m.work(); {
	case work > farOver*target:
		s.forget()
		s.rows = s.clamp(float64(min(s.rows, m.keys)) / 10)
		return
	case work*leap <= target && m.keys >= s.rows:
		s.forget()
		s.push(m)
		s.rows = s.clamp(float64(s.rows) * leap)
		return
	}
	s.push(m)
	want := s.room(target) / max(percentile(s.perRow, 90), 0.001)
	s.rows = s.clamp(min(max(want, float64(s.rows)*shrink), float64(s.rows)*growth))
}

// room is the time in microseconds that the rows of a batch may take: what its
// COMMIT and its round trips leave of the target, half of it at least.
func (s *sizer) room(target time.Duration) float64 {
	goal := float64(target.Microseconds())
	if s.commitBound() {
		goal *= 2
	}
	return max(goal-percentile(s.fixed, 50), goal/2)
}

func (s *sizer) clamp(rows float64) int { return min(max(int(rows), 1), s.max) }

func (s *sizer) halve() { s.rows = s.clamp(float64(s.rows) / 2) }

func (s *sizer) forget() { s.perRow, s.shares, s.fixed, s.next = nil, nil, nil, 0 }

func (s *sizer) push(m measured) {
	perRow := float64(m.work().Microseconds()) / float64(m.keys)
	share, fixed := float64(m.commit)/float64(m.took), float64((m.commit + m.wire).Microseconds())
	if len(s.perRow) < sizerRing {
		s.perRow, s.shares, s.fixed = append(s.perRow, perRow), append(s.shares, share), append(s.fixed, fixed)
		return
	}
	s.perRow[s.next], s.shares[s.next], s.fixed[s.next] = perRow, share, fixed
	s.next = (s.next + 1) % sizerRing
}

// commitBound reports whether COMMIT takes over a fifth of the usual batch.
func (s *sizer) commitBound() bool {
	return len(s.shares) == sizerRing && percentile(s.shares, 50) > commitShare
}

// percentile is the value that p of a hundred do not exceed; 0 for none.
func percentile(values []float64, p int) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)*p+99)/100-1]
}
