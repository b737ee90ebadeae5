package backfill

import (
	"slices"
	"time"
)

// sizer finds the number of rows whose batch takes the target time. It keeps
// the last ten measurements and nothing else.
type sizer struct {
	rows int
	max  int
	// perRow is a ring of microseconds for one row; shares that of COMMIT's part.
	perRow, shares []float64
	next           int
}

const (
	sizerRing = 10
	growth    = 1.5
	shrink    = 0.3
	// farOver cuts a batch to a tenth at once.
	farOver = 5
	// commitShare is from which part of a batch on COMMIT's time counts as the
	// disk's own; larger batches then cost the application less, not more.
	commitShare = 0.2
)

func newSizer(rows, most int) *sizer {
	return &sizer{rows: min(max(rows, 1), most), max: most}
}

// took learns from a batch of n keys; commit is the part of took that COMMIT
// needed.
func (s *sizer) took(n int, took, commit, target time.Duration) {
	if n <= 0 || took <= 0 {
		return
	}
	if took > farOver*target {
		s.perRow, s.shares, s.next = nil, nil, 0
		s.rows = s.clamp(float64(s.rows) / 10)
		return
	}
	s.push(float64(took.Microseconds())/float64(n), float64(commit)/float64(took))
	goal := float64(target.Microseconds())
	if s.commitBound() {
		goal *= 2
	}
	want := goal / max(percentile(s.perRow, 90), 0.001)
	s.rows = s.clamp(min(max(want, float64(s.rows)*shrink), float64(s.rows)*growth))
}

func (s *sizer) clamp(rows float64) int { return min(max(int(rows), MinRows), s.max) }

func (s *sizer) halve() { s.rows = s.clamp(float64(s.rows) / 2) }

func (s *sizer) push(perRow, share float64) {
	if len(s.perRow) < sizerRing {
		s.perRow, s.shares = append(s.perRow, perRow), append(s.shares, share)
		return
	}
	s.perRow[s.next], s.shares[s.next] = perRow, share
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
