package screen

import (
	"slices"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/ending"
	"belay/tui/look"
)

// End ends a session of somebody else, by words that are typed.
var End = Screen{
	Name:  "end",
	Title: "end a session",
	Doc: `Advice: know whose work you end before you end it.
In practice: who it is and all of its SQL stand above the words. A cancel comes first; terminate is offered where a cancel can do nothing or did not help. The words count for this session in this transaction only: one that has ended meanwhile, a pid that was given out again, and the next request of a pool's connection are left alone. Who asked, and what became of it, is in the journal and in the report.
Measured: the server takes a signal for a session that is idle in its transaction and a cancel then does nothing at all.`,
	Keys:   []Hint{{Open, "does it once the words are exact"}, {Back, "back, nothing is ended"}, {PageDown, "scroll"}},
	Panels: endPanels,
}

func endPanels(p page) []look.Panel {
	d := p.local.Dialog
	if d == nil {
		return nil
	}
	return Ending(p.run, d.PID, p.now).Panels(p.Look, d.Field.Lines)
}

// Ending is what is known of a session that may be ended.
func Ending(run *state.Run, pid int, now time.Time) ending.View {
	v := ending.View{Names: map[int]string{}}
	v.Seen.PID = pid
	if seen, ok := run.Looked[pid]; ok {
		v.Looked, v.Seen, v.Gone, v.Error = true, seen.Session, seen.Gone, seen.Error
		v.Age, v.Canceled = max(now.Sub(seen.At), 0), run.Canceled(seen.Session)
	}
	for _, e := range run.Endings {
		if e.PID != pid {
			continue
		}
		f := ending.Fate{Way: e.Way, By: e.By, Ago: now.Sub(e.At)}
		if x := e.Ended; x != nil {
			f.Word, f.Why, f.Hint = string(x.Fate), x.Why, x.Hint
			f.Good = x.Fate == journal.Gone || x.Fate == journal.LetGo
		}
		v.Fates = append(v.Fates, f)
	}
	if run.Sample != nil {
		mine := ours(run)
		for _, l := range run.Sample.Locks {
			v.Names[l.PID] = name(l)
			if mine(l) {
				v.Names[l.PID] += " (we)"
				v.Ours = v.Ours || slices.Contains(v.Seen.Blocks, l.PID)
			}
		}
	}
	return v
}

// present are the sessions that may be chosen: the tree of who waits for whom, then who
// stands in the way of the next unit, then who stood there in the last try.
func present(run *state.Run, f *Facts, now time.Time) []activity.Row {
	out := slices.Clone(planted(run, f))
	seen := map[int]bool{}
	for _, r := range out {
		for _, pid := range r.PIDs {
			seen[pid] = true
		}
	}
	add := func(l activity.Lock) {
		if !seen[l.PID] {
			seen[l.PID] = true
			out = append(out, activity.Single([]activity.Node{{Lock: l}})...)
		}
	}
	if f != nil && f.Heart != nil {
		for _, b := range lasting(f.Heart.Blockers) {
			add(b)
		}
	}
	if last, ok := lastTry(run); ok {
		ago := now.Sub(last.At)
		for _, b := range last.Blockers {
			add(activity.Lock{
				PID: b.PID, Application: b.Application, User: b.User,
				State: strings.TrimSuffix("seen "+measure.Age(ago)+": "+b.State, ": "),
				Query: b.Query, Granted: true, SinceMS: b.AgeMS + ago.Milliseconds(),
			})
		}
	}
	return out
}

// tried is the unit whose tries met somebody: the one in hand, or while a person is asked
// the one that was held up; nil = none.
func tried(run *state.Run) *state.Unit {
	u := run.InHand()
	if u == nil && run.Finished == nil && run.Question(goOn) != nil {
		for i := range run.Units {
			if run.Units[i].Outcome == journal.OutcomeNotApplied {
				u = &run.Units[i]
			}
		}
	}
	if u == nil || len(u.Tries) == 0 {
		return nil
	}
	return u
}

// lastTry is the last try of that unit, where it met somebody.
func lastTry(run *state.Run) (state.Try, bool) {
	u := tried(run)
	if u == nil {
		return state.Try{}, false
	}
	last := u.Tries[len(u.Tries)-1]
	return last, len(last.Blockers) > 0
}

// chosen is the session under the cursor of the waits screen: the pid that it was put
// on, as long as it is there, else the first that is in somebody's way.
func chosen(run *state.Run, l Local, all []activity.Row) int {
	if len(all) == 0 {
		return -1
	}
	pid, put := l.Cursor[atWaits]
	if at := slices.IndexFunc(all, func(r activity.Row) bool { return slices.Contains(r.PIDs, pid) }); put && at >= 0 {
		return at
	}
	way := inTheWay(run, l.Facts)
	return max(slices.IndexFunc(all, func(r activity.Row) bool { return anyOf(r.PIDs, way) }), 0)
}

// anyOf reports whether one of the pids is among others.
func anyOf(pids, others []int) bool {
	return slices.ContainsFunc(pids, func(pid int) bool { return slices.Contains(others, pid) })
}

// ToEnd is the session that the key ends here: the one under the cursor of the waits
// screen, elsewhere the only one in the run's way, and where nobody is, the only one that
// others wait for. several is true where there are more and somebody must choose.
func ToEnd(run *state.Run, l Local, now time.Time) (lock activity.Lock, several, ok bool) {
	all := present(run, l.Facts, now)
	if l.Top() == atWaits {
		if at := chosen(run, l, all); at >= 0 {
			return all[at].Lock, false, true
		}
		return lock, false, false
	}
	mine, way := ours(run), inTheWay(run, l.Facts)
	roots := slices.DeleteFunc(all, func(n activity.Row) bool {
		if len(way) > 0 {
			return !anyOf(n.PIDs, way)
		}
		return n.Depth > 0 || mine(n.Lock)
	})
	switch len(roots) {
	case 0:
		return lock, false, false
	case 1:
		return roots[0].Lock, false, true
	}
	return lock, true, true
}

// whyNotEnd says why a session is none that may be ended here; "" = it may be.
func whyNotEnd(run *state.Run, l activity.Lock) string {
	switch {
	case l.PID == 0:
		return "a prepared transaction has no session: COMMIT PREPARED or ROLLBACK PREPARED '" +
			doubled(l.Application) + "' ends it"
	case ours(run)(l):
		return "pid " + itoa(l.PID) + " is this run's own: c stops it"
	case activity.Ours(l.Application):
		return "pid " + itoa(l.PID) + " is belay's: `belay stop` stops a run and leaves nothing half done"
	}
	return ""
}

// endLabel says whom the key would end.
func endLabel(run *state.Run, l Local, named bool) string {
	who, several, ok := ToEnd(run, l, run.LastAt)
	switch {
	case several:
		return "end one of them…"
	case !ok || who.PID == 0:
		return "end session…"
	case !named:
		return "end pid " + itoa(who.PID) + "…"
	}
	return strings.TrimSpace("end pid "+itoa(who.PID)+" "+cutName(name(who))) + "…"
}

// cutName keeps a name short enough for the line of keys.
func cutName(s string) string {
	const most = 16
	if r := []rune(s); len(r) > most {
		return ""
	}
	return s
}

func cannotEnd(run *state.Run, l Local) string {
	switch {
	case run.Finished != nil || l.Lost || run.Parked != "":
		return "nothing of this run goes on to ask the server with: `belay watch` shows a session and ends it"
	case !run.Alive:
		return "belay is starting: nobody was seen yet"
	}
	who, several, ok := ToEnd(run, l, run.LastAt)
	switch {
	case !ok:
		return "nobody stands in the way: there is no session to end"
	case several:
		return ""
	}
	return whyNotEnd(run, who)
}

// doubled is a text as it stands between quotes in SQL.
func doubled(s string) string { return strings.ReplaceAll(s, "'", "''") }
