package apply

import "time"

// tried is what one attempt that met a lock showed.
type tried struct {
	rung   time.Duration
	waited time.Duration // from its first statement to its end
	// seen are the blockers in the middle of the wait, stayed those of them that
	// were still in the same transaction afterwards.
	seen, stayed []Blocker
}

// ladder decides after each attempt what comes next. It holds no clock and asks
// nobody: the same attempts lead to the same step.
type ladder struct {
	lim     Limits
	n       int
	spent   time.Duration // attempts and pauses so far
	vacuums int           // attempts made at the autovacuum rung
}

// step is what the ladder says.
type step struct {
	// hold is "" to go on.
	hold  Reason
	rung  time.Duration
	pause time.Duration
}

// vacuumTries bounds the long attempts: a worker that did not yield to these
// will not yield.
const vacuumTries = 3

// after is the step that follows an attempt. jitter is from 0 to 1.
func (l *ladder) after(t tried, jitter float64) step {
	l.n++
	s := step{rung: l.lim.FirstRung, pause: l.pause(t.waited, jitter)}
	switch {
	case onlyAutovacuum(t.seen) && len(t.stayed) > 0:
		s = l.vacuum(s)
	case len(t.seen) > 0 && len(t.stayed) == 0:
		// They come and go: a longer wait may find the gap between two of them.
		s.rung = max(l.lim.SecondRung, l.lim.FirstRung)
	}
	l.spent += t.waited + s.pause
	if s.hold == "" && (l.n >= l.lim.Attempts || l.spent >= l.lim.RetryFor) {
		s.hold = Held
	}
	return s
}

// vacuum is the step behind an autovacuum. It yields only to a wait of
// deadlock_timeout, so an ordinary rung never gets past it.
func (l *ladder) vacuum(s step) step {
	switch l.lim.Autovacuum {
	case AutovacuumAsk:
		s.hold = Vacuuming
	case AutovacuumAllow:
		if l.vacuums < vacuumTries {
			l.vacuums++
			s.rung = l.lim.AutovacuumRung
		}
	}
	return s
}

// pause keeps the share of time in which readers stand behind us at a tenth.
func (l *ladder) pause(waited time.Duration, jitter float64) time.Duration {
	return time.Duration(float64(waited) * l.lim.PauseFactor * (1 + jitter/3))
}

// onlyAutovacuum reports whether all that stands in the way is an autovacuum
// that would yield.
func onlyAutovacuum(seen []Blocker) bool {
	for _, b := range seen {
		if !b.Autovacuum || b.Wraparound {
			return false
		}
	}
	return len(seen) > 0
}
