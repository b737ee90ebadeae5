package apply

import "time"

// Limits bounds what a unit may cost the application. The zero value of a field
// is replaced by its default.
type Limits struct {
	// FirstRung is the lock_timeout of an ordinary attempt. Default 200 ms.
	FirstRung time.Duration
	// SecondRung is tried once the blockers of the attempt before came and went.
	// Default 500 ms.
	SecondRung time.Duration
	// AutovacuumRung is the lock_timeout that gets past an autovacuum: it yields
	// only after deadlock_timeout, 1 s. Default 1500 ms.
	AutovacuumRung time.Duration
	// Autovacuum says what to do when an autovacuum is the only blocker.
	Autovacuum Autovacuum
	// HoldBudget is how long a unit judged instant may run once it has its lock.
	// Default 1 s.
	HoldBudget time.Duration
	// QueueLimit is the number of sessions queued behind our granted locks at
	// which the unit is cancelled. Default 20.
	QueueLimit int
	// Attempts and RetryFor end the ladder, whichever comes first. Defaults 30
	// and 10 minutes.
	Attempts int
	RetryFor time.Duration
	// PauseFactor is the pause after an attempt in multiples of its wait; jitter
	// of up to a third comes on top. Default 9: readers wait at most a tenth of
	// the time.
	PauseFactor float64
	// ConcurrentDeadline is our own limit of a statement that runs CONCURRENTLY.
	// Default 6 hours.
	ConcurrentDeadline time.Duration
	// ConnectionCheck is client_connection_check_interval while CONCURRENTLY
	// runs; 0 lets a build go on after we are gone. PostgreSQL 14 and later.
	ConnectionCheck time.Duration
	// Sample is the shortest time between two samples of a long hold or a
	// CONCURRENTLY. Default 1 s.
	Sample time.Duration
	// Grace is how long past the server's own limit an answer is waited for
	// before the connection is given up. Default 15 s.
	Grace time.Duration
}

// Autovacuum is the consent to take a table from an autovacuum that would yield.
type Autovacuum string

// What to do when a non-wraparound autovacuum is the only blocker.
const (
	// AutovacuumAsk ends the run with the reason Vacuuming, so that a person is asked.
	AutovacuumAsk Autovacuum = ""
	// AutovacuumAllow makes attempts at AutovacuumRung.
	AutovacuumAllow Autovacuum = "allow"
	// AutovacuumWait goes on with ordinary attempts until it is done.
	AutovacuumWait Autovacuum = "wait"
)

func (l Limits) filled() Limits {
	l.FirstRung = or(l.FirstRung, 200*time.Millisecond)
	l.SecondRung = or(l.SecondRung, 500*time.Millisecond)
	l.AutovacuumRung = or(l.AutovacuumRung, 1500*time.Millisecond)
	l.HoldBudget = or(l.HoldBudget, time.Second)
	l.QueueLimit = or(l.QueueLimit, 20)
	l.Attempts = or(l.Attempts, 30)
	l.RetryFor = or(l.RetryFor, 10*time.Minute)
	l.PauseFactor = or(l.PauseFactor, 9)
	l.ConcurrentDeadline = or(l.ConcurrentDeadline, 6*time.Hour)
	l.Sample = or(l.Sample, time.Second)
	l.Grace = or(l.Grace, 15*time.Second)
	return l
}

func or[T comparable](v, zero T) T {
	var none T
	if v == none {
		return zero
	}
	return v
}

// hold is how long the unit's locks may be held once granted.
func (l Limits) hold(u Unit) time.Duration {
	if u.Hold > 0 {
		return u.Hold
	}
	return l.HoldBudget
}

// queue is the length of the queue behind our locks that trips the breaker.
func (l Limits) queue(u Unit) int {
	if u.Hold > 0 {
		return max(l.QueueLimit, 2*u.Queue)
	}
	return l.QueueLimit
}
