package screen

import (
	"time"

	"belay/steps/fact"
	"belay/steps/state"
)

// Facts are a run's observations, decoded once. A nil field was never seen.
type Facts struct {
	Target    *fact.Target
	Folder    *fact.Folder
	Preflight *fact.Preflight
	Review    *fact.Review
	Plan      *fact.Plan
	Heart     *fact.Heart
	Verified  *fact.Verified
	Written   *fact.Written
	Backfill  *fact.Backfill
	Filling   *fact.Filling
	// At is when each was seen, by its name.
	At map[string]time.Time
	// Sheet is the review laid out in rows.
	Sheet Sheet
	seen  map[string]*byte
}

// Read decodes the observations of run that are newer than those in prev, which
// may be nil. prev is left as it is.
func Read(run *state.Run, prev *Facts) *Facts {
	if prev == nil {
		prev = &Facts{}
	}
	f := *prev
	f.At, f.seen = map[string]time.Time{}, map[string]*byte{}
	refresh(run, &f, prev, &f.Target)
	refresh(run, &f, prev, &f.Folder)
	refresh(run, &f, prev, &f.Preflight)
	refresh(run, &f, prev, &f.Plan)
	refresh(run, &f, prev, &f.Heart)
	refresh(run, &f, prev, &f.Verified)
	refresh(run, &f, prev, &f.Written)
	refresh(run, &f, prev, &f.Backfill)
	refresh(run, &f, prev, &f.Filling)
	if refresh(run, &f, prev, &f.Review) {
		f.Sheet = newSheet(f.Review)
	}
	return &f
}

func refresh[V fact.Value](run *state.Run, f, prev *Facts, into **V) bool {
	var zero V
	name := zero.Fact()
	raw, ok := run.Facts[name]
	if !ok || len(raw.Value) == 0 {
		return false
	}
	f.At[name], f.seen[name] = raw.At, &raw.Value[0]
	if prev.seen[name] == &raw.Value[0] {
		return false
	}
	v, _, ok := state.Get[V](run)
	if !ok {
		return false
	}
	*into = &v
	return true
}
