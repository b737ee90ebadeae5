package demo

import (
	"slices"
	"sync"
	"time"

	"belay/steps/demo/lane"
)

// window is how long single answers are remembered, beats how many columns of the
// moving line are.
const (
	window = 2 * time.Second
	beats  = 240
)

// meter measures requests from the moment each is due.
type meter struct {
	want  float64
	start time.Time

	mu      sync.Mutex // guards all below
	waiting []time.Time
	recent  []answer
	beats   map[int64]int
	since   time.Time // the lane's start
	worst   time.Duration
	slow    int
}

type answer struct {
	at   time.Time
	took time.Duration
}

func newMeter(now time.Time, want float64) *meter {
	return &meter{want: want, start: now, since: now, beats: map[int64]int{}}
}

// lane starts the counts of a lane anew.
func (m *meter) lane(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since, m.worst, m.slow = now, 0, 0
}

func (m *meter) due(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = append(m.waiting, at)
}

func (m *meter) answered(due, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.IndexFunc(m.waiting, due.Equal); i >= 0 {
		m.waiting = slices.Delete(m.waiting, i, i+1)
	}
	took := now.Sub(due)
	m.recent = append(m.recent, answer{now, took})
	m.beats[m.beat(now)]++
	if !due.Before(m.since) {
		m.worst = max(m.worst, took)
		if took > lane.Slow {
			m.slow++
		}
	}
}

func (m *meter) beat(at time.Time) int64 { return int64(at.Sub(m.start) / lane.Beat) }

// quiet reports whether no request is late.
func (m *meter) quiet(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting) == 0 || now.Sub(m.waiting[0]) < lane.Beat
}

// read says how the traffic is now.
func (m *meter) read(now time.Time) lane.Traffic {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	t := lane.Traffic{Want: m.want, Waiting: len(m.waiting), LaneMax: m.worst, LaneSlow: m.slow}
	var took []time.Duration
	for _, a := range m.recent {
		took = append(took, a.took)
		if now.Sub(a.at) <= time.Second {
			t.Rate++
		}
	}
	slices.Sort(took)
	if n := len(took); n > 0 {
		t.P50, t.P99, t.Max = took[n/2], took[min(n-1, n*99/100)], took[n-1]
	}
	for _, due := range m.waiting {
		late := now.Sub(due)
		t.Oldest = max(t.Oldest, late)
		if !due.Before(m.since) && late > lane.Slow {
			t.LaneSlow++
		}
	}
	t.LaneMax = max(t.LaneMax, min(t.Oldest, now.Sub(m.since)))
	// The beat that is not over yet would look like a dip.
	for i := max(0, m.beat(now)-beats); i < m.beat(now); i++ {
		t.Beats = append(t.Beats, m.beats[i])
	}
	return t
}

// forget drops what is too old to be asked for.
func (m *meter) forget(now time.Time) {
	m.recent = slices.DeleteFunc(m.recent, func(a answer) bool { return now.Sub(a.at) > window })
	for i := range m.beats {
		if i < m.beat(now)-beats {
			delete(m.beats, i)
		}
	}
}
