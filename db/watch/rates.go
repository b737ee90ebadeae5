package watch

import (
	"time"

	"belay/sqlview/activity"

	"github.com/jackc/pgx/v5"
)

// counter is what the statistics have counted since their reset.
type counter struct{ reads, writes int64 }

// moment is the counters at a time of the server's clock.
type moment struct {
	at       time.Time
	counters map[string]counter
}

// window is how far back a rate looks. Backends report their counts at most
// once a second, so two samples a second apart would read 0 and then double.
const window = 5 * time.Second

// rates keeps the moments of the last window.
type rates struct{ past []moment }

// apply fills in the rates between the oldest moment in the window and now. A
// table that is new to it, or whose counters were reset, has -1: unknown.
func (r *rates) apply(s *activity.Sample, now map[string]counter) {
	for len(r.past) > 1 && s.At.Sub(r.past[1].at) >= window {
		r.past = r.past[1:]
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		t.ReadsPerSecond, t.WritesPerSecond = r.since(t.Relation, s.At, now[t.Relation])
	}
	r.past = append(r.past, moment{s.At, now})
}

func (r *rates) since(relation string, at time.Time, now counter) (reads, writes float64) {
	for _, m := range r.past {
		then, known := m.counters[relation]
		seconds := at.Sub(m.at).Seconds()
		if !known || seconds <= 0 || now.reads < then.reads || now.writes < then.writes {
			continue
		}
		return float64(now.reads-then.reads) / seconds, float64(now.writes-then.writes) / seconds
	}
	return -1, -1
}

func scanTable(counters map[string]counter) func(pgx.CollectableRow) (activity.Table, error) {
	return func(r pgx.CollectableRow) (activity.Table, error) {
		t := activity.Table{ReadsPerSecond: -1, WritesPerSecond: -1}
		var c counter
		err := r.Scan(&t.Relation, &t.Bytes, &t.Rows, &c.reads, &c.writes, &t.Dead)
		counters[t.Relation] = c
		return t, err
	}
}
