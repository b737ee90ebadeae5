package state

import (
	"math"
	"time"
)

// Chance is how likely a try at the lock that begins now has it within its timeout, by
// the looks of the last minutes; ok is false where they are too few. A try waits for
// those who are there when it begins: who comes later stands behind it.
//
// Who is in the way now leaves as those did that had held for as long. Where nobody is,
// somebody may have come since the look, as often as a free look was followed by one
// that was not, and leaves as all of them did.
func (r *Run) Chance(within time.Duration) (chance float64, ok bool) {
	n := len(r.looks)
	if n < leastLooks {
		return 0, false
	}
	all := holders(r.looks)
	came, free := 0.5, 1.0 // one look more that says nothing, for the few there are
	for i, l := range r.looks[:n-1] {
		if l.free {
			free++
			if !r.looks[i+1].free {
				came++
			}
		}
	}
	met, used := 0, 0
	for _, l := range r.looks {
		if !l.free {
			used++
			met += len(l.by)
		}
	}
	together := max(float64(met)/float64(max(used, 1)), 1) // all of them have to leave
	pause := r.looks[n-1].at.Sub(r.looks[0].at) / time.Duration(n-1)
	left := math.Pow(1-stays(all, 0, pause, within), together)
	chance = 1 - came/free*(1-left)
	for _, s := range r.looks[n-1].by {
		chance *= 1 - stays(all, max(s.age, 0), pause, within+pause/2)
	}
	return chance, true
}

// leastLooks are the fewest that a chance is told from.
const leastLooks = 20

// holder is a transaction that was in the way: how old it was when it was seen first and
// last, and whether it was gone at the look after that.
type holder struct {
	first, last time.Duration
	gone        bool
}

// sameStart is how far the starts of a transaction may lie apart by two looks: the server
// rounds. A pooled session begins one transaction after the other, so where two are taken
// for one, short ones look as if they held for long. startUnsure is where the server's
// clock was not kept with the look.
const (
	sameStart   = 20 * time.Millisecond
	startUnsure = 1500 * time.Millisecond
)

// holders are the transactions that the looks saw, each once.
func holders(looks []look) []holder {
	type known struct {
		start, seen time.Time
		holder
	}
	var all []*known
	open := map[int]*known{}
	for _, l := range looks {
		here := map[int]bool{}
		read, within := l.read, sameStart
		if read.IsZero() {
			read, within = l.at, startUnsure
		}
		for _, s := range l.by {
			here[s.pid] = true
			k := open[s.pid]
			start := read.Add(-max(s.age, 0))
			if k != nil && (s.age < 0 || start.Sub(k.start).Abs() < within) {
				k.last += l.at.Sub(k.seen)
				k.seen = l.at
				continue
			}
			if k != nil {
				k.gone = true
			}
			k = &known{start: start, seen: l.at, holder: holder{first: max(s.age, 0), last: max(s.age, 0)}}
			open[s.pid] = k
			all = append(all, k)
		}
		for pid, k := range open {
			if !here[pid] {
				k.gone = true
				delete(open, pid)
			}
		}
	}
	out := make([]holder, len(all))
	for i, k := range all {
		out[i] = k.holder
	}
	return out
}

// stays is how likely a transaction of an age is there still after a time: by the rate
// at which those that were about as old ended: an idle one of an hour says nothing of
// those that take milliseconds, nor they of it. That it was met at an age says as
// much of how long they are as seeing its end does. An end lies somewhere between two
// looks; where, the rate itself says, so it is found step by step.
func stays(all []holder, age, pause, after time.Duration) float64 {
	from, to := age/2, 2*(age+after)+pause
	ends, lived, unseen := 0.0, 0.0, 0.0
	for _, h := range all {
		if h.last < from {
			continue
		}
		lived += (min(h.last, to) - from).Seconds()
		if h.first >= from && h.first < to {
			ends++
		}
		if h.gone && h.last < to {
			ends++
			unseen++
		}
	}
	if ends == 0 {
		return 1
	}
	gap := max(pause, time.Millisecond).Seconds()
	rate := ends / (lived + unseen*gap/2 + 1e-3)
	for range 30 {
		rest := gap / 2
		if x := rate * gap; x > 1e-6 {
			rest = 1/rate - gap/math.Expm1(x)
		}
		rate = ends / (lived + unseen*rest + 1e-3)
	}
	return math.Exp(-rate * after.Seconds())
}

// Minute is a minute of the looks.
type Minute struct {
	From        time.Time
	Free, Looks int
}

// Quietest is the minute of the last ones in which most looks were free, the latest of
// several; ok is false where nobody has looked for two minutes yet.
func (r *Run) Quietest() (best Minute, ok bool) {
	n := len(r.looks)
	if n == 0 || r.looks[n-1].at.Sub(r.looks[0].at) < 2*time.Minute {
		return best, false
	}
	free, to := 0, 0
	for from, l := range r.looks {
		for ; to < n && r.looks[to].at.Sub(l.at) < time.Minute; to++ {
			if r.looks[to].free {
				free++
			}
		}
		if to == n && r.looks[n-1].at.Sub(l.at) < time.Minute-5*time.Second {
			break // less than a minute is left
		}
		m := Minute{From: l.at, Free: free, Looks: to - from}
		if m.Free*best.Looks >= best.Free*m.Looks {
			best = m
		}
		if l.free {
			free--
		}
	}
	return best, true
}
