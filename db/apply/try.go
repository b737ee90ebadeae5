package apply

import "time"

// try is what an attempt in a transaction and a statement outside one share: the limits
// that they run under, and what an error makes of them.
type try struct {
	*run
	guard    guard
	began    time.Time // its first statement; zero = none came so far
	deadline time.Time // our own limit; zero = none
	over     Reason    // what its end is called
	sentAny  bool      // a statement of the file was handed over
}

func (r *run) try(rung time.Duration) try {
	r.trace.CommitSent, r.trace.XID, r.trace.Files, r.trace.Aside = false, 0, nil, false
	r.eyes.anew(rung)
	return try{run: r}
}

// bound is a flight within the limits.
func (t *try) bound() flight {
	return flight{limit: t.guard.statement, deadline: t.deadline, over: t.over}
}

// held is how long it has lasted since its first statement.
func (t *try) held() time.Duration {
	if t.began.IsZero() {
		return 0
	}
	return time.Since(t.began)
}
