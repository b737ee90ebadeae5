package screen

import (
	"maps"
	"slices"
	"strconv"
	"strings"
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
	Monitor   *fact.Monitor
	Written   *fact.Written
	Rewrites  *fact.Rewrites
	Mends     *fact.Mends
	Backfill  *fact.Backfill
	Filling   *fact.Filling
	Command   *fact.Command
	// At is when each was seen, by its name.
	At map[string]time.Time
	// Trends are the newest values of a number by its name, oldest first: the traffic of
	// a table, the rate of a backfill, a signal. They are kept for the sparks.
	Trends map[string][]float64
	// Sheet is the review laid out in rows.
	Sheet Sheet
	seen  map[string]*byte
	// sampled is the sample that the trends end with.
	sampled time.Time
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
	refresh(run, &f, prev, &f.Monitor)
	refresh(run, &f, prev, &f.Written)
	refresh(run, &f, prev, &f.Rewrites)
	refresh(run, &f, prev, &f.Mends)
	refresh(run, &f, prev, &f.Backfill)
	refresh(run, &f, prev, &f.Filling)
	refresh(run, &f, prev, &f.Command)
	f.follow(run, prev)
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

// trendLength is how many values a trend keeps.
const trendLength = 40

// follow adds the newest values to the trends.
func (f *Facts) follow(run *state.Run, prev *Facts) {
	next := map[string]float64{}
	if s := run.Sample; s != nil && run.SampleAt.After(prev.sampled) {
		f.sampled = run.SampleAt
		for _, t := range s.Tables {
			next["reads/"+t.Relation], next["writes/"+t.Relation] = t.ReadsPerSecond, t.WritesPerSecond
		}
	}
	if f.Filling != prev.Filling && f.Filling != nil {
		next["rate"] = f.Filling.Rate
		for _, s := range f.Filling.Signals {
			next["signal/"+s.Name] = numberOf(s.Value)
		}
	}
	if len(next) == 0 {
		return
	}
	f.Trends = maps.Clone(prev.Trends)
	if f.Trends == nil {
		f.Trends = map[string][]float64{}
	}
	for name, v := range next {
		all := append(slices.Clone(f.Trends[name]), v)
		f.Trends[name] = all[max(0, len(all)-trendLength):]
	}
}

// numberOf is the number at the beginning of a value with its unit, such as "0.3 s";
// -1 = there is none.
func numberOf(value string) float64 {
	digits, _, _ := strings.Cut(value, " ")
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return -1
	}
	return n
}
