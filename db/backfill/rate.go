package backfill

import (
	"math"
	"time"
)

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
	// A time is named once etaShare was done over etaLeast, or after etaAfter.
	etaAfter = 30 * time.Second
	etaShare = 0.01
	etaLeast = 3 * time.Second
	// early widens the range before etaAfter: batches still find their size.
	early = 0.2
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
	since, wider := now.Sub(e.begun), 0.0
	if since < etaAfter {
		if since < etaLeast || share-e.first < etaShare {
			return 0, 0
		}
		wider = early
	}
	if whole <= 0 || e.average <= 0 {
		return 0, 0
	}
	a, b := (1-share)/whole, (1-share)/e.average
	return seconds(min(a, b) * (0.9 - wider)), seconds(max(a, b) * (1.1 + wider))
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
