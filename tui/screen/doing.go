package screen

import (
	"path"
	"slices"
	"strings"

	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/monitor"
	"belay/tui/look"
)

// doing is what runs and who waits, in at most room cells: on a small terminal they stand
// beside the steps, on each screen alike, as far as no panel of it says so already.
func (p page) doing(placed []look.Placed, room int) string {
	seen := func(names ...string) bool {
		return slices.ContainsFunc(placed, func(x look.Placed) bool {
			return x.Height > 0 && slices.Contains(names, x.Name)
		})
	}
	what, who := p.whatRuns(), p.whoWaits()
	if p.run.Opened != nil && seen("heart", "statement", "filling", "command") {
		what = ""
	}
	if seen("waits", "watched") {
		who = ""
	}
	if what == "" || who == "" {
		return p.Cut(p.Plain(what)+who, room)
	}
	who = p.Plain(" "+p.Marks.Dot+" ") + who
	if least := room - look.Width(who); least >= look.Width(what) || what != idle && least >= leastName {
		return p.Cut(p.Plain(what), least) + who
	}
	return p.Cut(p.Plain(what), room)
}

// leastName is how much of a name tells it from others.
const leastName = 12

// idle is said of this screen's run alone: another may be at work on the same database.
const idle = "nothing runs here"

// whatRuns names what is in hand; "" = it is over, or nobody knows.
func (p page) whatRuns() string {
	u := p.run.InHand()
	switch f := Filling(p.run, p.f); {
	case p.local.Lost: // what it had in hand may still run on the server
		return ""
	case p.run.Finished != nil && p.run.Finished.Exit == steps.ExitUnknown: // nor is it known here
		return "outcome unknown"
	case Over(p.run, p.local):
		return idle
	case !p.run.Alive:
		return ""
	case Works(p.run):
		return p.run.Work.What
	case p.run.Opened == nil:
		return idle
	case Watching(p.run):
		return p.watchedName()
	case f != nil && Busy(p.run):
		return "backfill of " + f.Relation
	case p.f.Command != nil && Busy(p.run):
		return p.f.Command.Line
	case asks(p):
		if u == nil {
			u = tried(p.run)
		}
		if u == nil {
			return "a question waits for you"
		}
		return fileName(p.unitName(u.Version)) + " waits for you"
	case u != nil:
		return fileName(p.unitName(u.Version))
	case Busy(p.run):
		return "between two files"
	}
	return ""
}

// watchedName names what a watch is about.
func (p page) watchedName() string {
	all := p.versions()
	switch {
	case len(all) == 1 && p.f.Backfill != nil:
		return "the backfill"
	case len(all) == 1:
		return fileName(p.unitName(all[0]))
	case len(all) > 1:
		return plural(len(all), "file")
	}
	return ""
}

// fileName is a file's name without what all of them end in.
func fileName(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(path.Base(name), ".sql"), ".up")
}

// whoWaits is how many wait for a lock and, where it is one, behind whom. "" = not known now.
func (p page) whoWaits() string {
	s := p.run.Sample
	if f := p.f.Monitor; f != nil && Watching(p.run) && p.watchAge(f) <= late {
		for _, x := range f.Signals {
			if x.Name == monitor.Waiting {
				return p.waitWord(int(x.Now))
			}
		}
	}
	if p.run.Finished != nil && !p.local.Lost {
		return p.Plain("locks not watched")
	}
	if s == nil || p.run.Finished != nil || !p.run.Alive || p.run.SampleError != "" ||
		p.now.Sub(p.run.SampleAt) > staleAfter {
		return ""
	}
	return p.waitWord(s.Sessions.Waiting) + p.Plain(p.behindOne(s.Sessions.Waiting))
}

func (p page) waitWord(n int) string {
	if n == 0 {
		return p.Plain("nobody waits")
	}
	return p.Text(look.Attention, itoa(n)+measure.Verb(int64(n), " waits", " wait"))
}

// behindOne names the session at the root of the tree, where all n that wait on the server
// are in the tree of this database, and it has just one.
func (p page) behindOne(n int) string {
	root, waiting := 0, 0
	for _, r := range planted(p.run, p.f) {
		if r.Depth > 0 {
			waiting += len(r.PIDs)
			continue
		}
		if root != 0 || r.Lock.PID == 0 || len(r.PIDs) > 1 {
			return ""
		}
		root = r.Lock.PID
	}
	if root == 0 || waiting != n {
		return ""
	}
	return " behind pid " + itoa(root)
}
