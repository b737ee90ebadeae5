package state

import (
	"encoding/json"
	"time"

	"belay/steps/fact"
)

// Openings is how often nobody stood in the way of the first statement, at the looks of
// the last minutes: what a try at its lock would have met. Between two looks nothing was
// seen. The zero value = nobody has looked.
type Openings struct {
	Looks, Free int
	// Over is the time from the first look to the newest, Longest the longest that all
	// looks in a row were free, Since how long it has been as it is now.
	Over, Longest, Since time.Duration
	FreeNow              bool
}

// look is one moment of a statement: whether it would have had its lock, else who was
// in the way.
type look struct {
	at time.Time
	// read is the server's clock then, from which ages count; zero = it was not kept.
	read time.Time
	free bool
	by   []sight
}

// sight is a session in the way, and how old its transaction was then; -1 = not known.
type sight struct {
	pid int
	age time.Duration
}

// openingsOver is how far back it goes: what was longer ago says little of now.
const openingsOver = 10 * time.Minute

// looked takes a heart in. Another statement begins anew.
func (r *Run) looked(value json.RawMessage) {
	var h fact.Heart
	if json.Unmarshal(value, &h) != nil || !h.Live || h.Concurrent || h.Relation == "" || h.BatchMS > 0 {
		return
	}
	of := openingOf{h.Path, h.Line, h.Relation}
	if r.lookedOf != of {
		r.lookedOf, r.looks = of, nil
	}
	if n := len(r.looks); n > 0 && !h.At.After(r.looks[n-1].at) {
		return // the same sample, told again
	}
	l := look{at: h.At, read: h.SampledAt, free: len(h.Blockers) == 0}
	for _, b := range h.Blockers {
		l.by = append(l.by, sight{b.PID, time.Duration(b.SinceMS) * time.Millisecond})
	}
	r.looks = append(r.looks, l)
	for len(r.looks) > 0 && h.At.Sub(r.looks[0].at) > openingsOver {
		r.looks = r.looks[1:]
	}
}

// openingOf is the statement that looks are about.
type openingOf struct {
	path     string
	line     int
	relation string
}

// Openings sums the looks up.
func (r *Run) Openings() Openings {
	o := Openings{Looks: len(r.looks)}
	if o.Looks == 0 {
		return o
	}
	newest := r.looks[len(r.looks)-1]
	o.FreeNow, o.Over = newest.free, newest.at.Sub(r.looks[0].at)
	began, was := r.looks[0].at, r.looks[0].free
	for i, l := range r.looks {
		if l.free {
			o.Free++
		}
		if i > 0 && l.free != was {
			began, was = l.at, l.free
		}
		if was {
			o.Longest = max(o.Longest, l.at.Sub(began))
		}
	}
	o.Since = newest.at.Sub(began)
	return o
}
