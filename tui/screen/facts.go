package screen

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/parse"
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
	Rollback  *fact.Rollback
	Verified  *fact.Verified
	Monitor   *fact.Monitor
	Written   *fact.Written
	Rewrites  *fact.Rewrites
	Mends     *fact.Mends
	Backfill  *fact.Backfill
	Filling   *fact.Filling
	Tripwire  *fact.Tripwire
	Command   *fact.Command
	// At is when each was seen, by its name.
	At map[string]time.Time
	// Trends are the newest values of a number by its name, oldest first: the traffic of
	// a table, the rate of a backfill, a signal. They are kept for the sparks.
	Trends map[string][]float64
	// Sheet is the review laid out in rows.
	Sheet Sheet
	// Tree is who waits for whom in the newest sample, those that wait alike in one row.
	Tree []activity.Row
	// caught is the newest tree in which belay itself waits, caughtAt when that was, and
	// caughtIn the unit that it was for.
	caught   []activity.Row
	caughtAt time.Time
	caughtIn int
	// held is the newest tree that had somebody in it, heldAt when that was.
	held   []activity.Row
	heldAt time.Time
	// sights are who stood in the way of the heart's statement at the newest looks.
	sights []sight
	// tall is how many rows the tree had in the newest samples, oldest first.
	tall   []int
	folder *activity.Folder
	seen   map[string]*byte
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
	refresh(run, &f, prev, &f.Rollback)
	refresh(run, &f, prev, &f.Verified)
	refresh(run, &f, prev, &f.Monitor)
	refresh(run, &f, prev, &f.Written)
	refresh(run, &f, prev, &f.Rewrites)
	refresh(run, &f, prev, &f.Mends)
	refresh(run, &f, prev, &f.Backfill)
	refresh(run, &f, prev, &f.Filling)
	refresh(run, &f, prev, &f.Tripwire)
	refresh(run, &f, prev, &f.Command)
	f.follow(run, prev)
	f.lookAgain(prev)
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
		f.plant(run)
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

// tallFor is for how many samples a tree keeps the lines that it needed: what grows and
// shrinks with each try moves all that stands below it.
const tallFor = 15

// plant makes the tree of the sample.
func (f *Facts) plant(run *state.Run) {
	if f.folder == nil {
		f.folder = &activity.Folder{Mask: parse.Masked}
	}
	f.Tree = f.folder.Rows(run.Sample.Tree())
	mine := ours(run)
	if u := run.InHand(); u != nil && slices.ContainsFunc(f.Tree, func(r activity.Row) bool {
		return !r.Lock.Granted && mine(r.Lock)
	}) {
		f.caught, f.caughtAt, f.caughtIn = f.Tree, run.SampleAt, u.Number
	}
	if len(f.Tree) > 0 {
		f.held, f.heldAt = f.Tree, run.SampleAt
	}
	f.tall = append(slices.Clone(f.tall[max(0, len(f.tall)+1-tallFor):]), len(f.Tree))
}

// Tallest is how many rows the tree had at most in the newest samples.
func (f *Facts) Tallest() int {
	if len(f.tall) == 0 {
		return 0
	}
	return slices.Max(f.tall)
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
