package screen

import (
	"slices"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/monitor"
	"belay/steps/state"
	"belay/tui/look"
)

// Monitor is the watch after a run: how long all was well, and every number
// against before.
var Monitor = Screen{
	Name: "monitor",
	Doc: `Advice: watch the error logs for at least ten minutes before you call it a success.
In practice: what counts are clean minutes with no red among them, by the server's clock. Amber pauses them, red starts them again, and time that was not seen is not clean. Every number stands beside the one from before the run; what is not watched is named. At red, look at the code first: taking it back loses nothing in the database.
Measured: one published outage showed after 32 minutes, cached plans after 5, changed plans after hours: ten minutes are the least.`,
	Hints:  monitorHints,
	Panels: monitorPanels,
	Enter:  openMarked(atMonitor),
	Move:   markAnswer(atMonitor),
	Pick:   pickAnswer(atMonitor),
	Turn:   "watched",
}

// monitorHints are the keys of the watch.
func monitorHints(run *state.Run, l Local) []Hint {
	hints := []Hint{{Cancel, "end the watch…"}, {Rollback, ""}, {ShowLog, ""}, {WhoWaits, ""}}
	if Returns(run) {
		hints = []Hint{{Cancel, "bring it back…"}, {ShowLog, ""}, {WhoWaits, ""}}
	}
	switch {
	case question(run, atMonitor) != nil:
		return append([]Hint{{Down, "choose"}, {Open, "open it…"}}, hints...)
	case !Watching(run):
		hints = append(hints, Hint{Open, "choose"})
	}
	return append(hints, Hint{Down, "scroll"})
}

func monitorPanels(p page) []look.Panel {
	f := p.f.Monitor
	if f == nil {
		return p.stepPanels(atMonitor)
	}
	panels := []look.Panel{p.clean(f)}
	if q := question(p.run, atMonitor); q != nil {
		panels = append(panels, p.red(q.Text), p.answers(q), p.helps(f))
	} else if s := p.run.Step(atMonitor); s == nil || s.Status != journal.Running {
		panels = append(panels, p.standing(atMonitor))
	}
	log := p.newest()
	log.Right = p.wide()
	return append(panels, p.watched(f), p.applied(), p.unwatched(f), p.wayBack(), log)
}

// clean is the bar of clean time, and the times that did not count.
func (p page) clean(f *fact.Monitor) look.Panel {
	panel := look.Panel{Name: "clean", Title: "clean minutes; red begins them again", Grow: p.wide()}
	if Returns(p.run) {
		panel.Title = "out of reach until it comes back"
	}
	switch age := p.watchAge(f); {
	case age < 0:
	case age > late:
		panel.State = p.Text(look.Danger, "no answer since "+measure.Duration(age))
	default:
		panel.State = p.Plain(measure.Age(age))
	}
	panel.Lines = func(w int) []string {
		part := float64(f.CleanMS) / float64(max(f.NeedMS, 1))
		text := running(time.Duration(f.CleanMS)*time.Millisecond) + " of " + measure.MS(f.NeedMS)
		return append([]string{p.Bar(part, max(w-look.Width(text)-2, 10)) + "  " + p.Text(look.Strong, text)},
			p.pauses(f, w)...)
	}
	return panel
}

// watchAge is how old the numbers of a running watch are; below 0 it does not run.
func (p page) watchAge(f *fact.Monitor) time.Duration {
	if s := p.run.Step(atMonitor); s == nil || s.Status != journal.Running || p.run.Finished != nil {
		return -1
	}
	return max(p.now.Sub(p.f.At[f.Fact()]), 0)
}

// late is when a watch that takes a moment every two seconds has no answer.
const late = 10 * time.Second

// pauses name the times that did not count, the newest first, at most three.
func (p page) pauses(f *fact.Monitor, w int) []string {
	var out []string
	n := len(f.Pauses)
	for i, x := range slices.Backward(f.Pauses) {
		if n-i > 3 {
			break
		}
		text := measure.MS(x.MS) + " did not count: " + x.Why
		if x.Reset {
			text = "bad for " + measure.MS(x.MS) + ", so the count began again: " + x.Why
		}
		out = append(out, p.Row(p.clockAt(x.At), p.Plain(text), w)...)
	}
	return out
}

// red is what is red.
func (p page) red(text string) look.Panel {
	return look.Panel{Name: "red", Title: "needs you", Lines: func(w int) []string {
		return p.Marked(look.Danger, p.Marks.Failed, p.Text(look.Danger, text), w)
	}}
}

// helps is what helps, here or elsewhere.
func (p page) helps(f *fact.Monitor) look.Panel {
	return look.Panel{Name: "helps", Title: "what helps, the cheapest first", Give: 1, Min: 3,
		Lines: func(w int) []string {
			var out []string
			for _, c := range f.Choices {
				text := p.Text(look.Strong, c.What) + p.Plain(": "+c.Cost)
				out = append(out, p.Marked(look.Plain, p.Marks.Dot, text, w)...)
			}
			return out
		}}
}

// watched are the numbers: what is red first, then amber, then the rest.
func (p page) watched(f *fact.Monitor) look.Panel {
	return look.Panel{Name: "watched", Title: "signals", State: p.signalState(f), Wide: true,
		Focus: question(p.run, atMonitor) == nil, Give: 2, Min: 3,
		Lines: func(w int) []string {
			cols := []look.Column{
				{Head: "signal", Least: 16}, {Head: "before", Right: true}, {Head: "now", Right: true},
				{Head: "worst", Right: true}, {}, {Least: 8},
			}
			var rows [][]string
			for _, level := range []fact.Level{fact.Stop, fact.Look, fact.OK} {
				for _, s := range f.Signals {
					if s.Level == level {
						rows = append(rows, p.watchedRow(s))
					}
				}
			}
			return p.Table(cols, rows, w)
		}}
}

func (p page) signalState(f *fact.Monitor) string {
	if age := p.watchAge(f); age > late {
		return p.Text(look.Stale, "as of "+measure.Duration(age)+" ago")
	}
	worst := fact.OK
	for _, s := range f.Signals {
		if s.Level == fact.Stop || s.Level == fact.Look && worst == fact.OK {
			worst = s.Level
		}
	}
	switch worst {
	case fact.Stop:
		return p.Text(look.Danger, "RED")
	case fact.Look:
		return p.Text(look.Attention, "amber: the clock is paused")
	}
	return p.Text(look.OK, "all well")
}

func (p page) watchedRow(s fact.Signal) []string {
	role, word := look.OK, "ok"
	switch s.Level {
	case fact.Stop:
		role, word = look.Danger, "RED"
	case fact.Look:
		role, word = look.Attention, "amber"
	}
	before := "-"
	if s.Before >= 0 {
		before = monitor.Number(s.Before, s.Unit)
	}
	tail := p.Plain(s.Note)
	if s.Note == "" && slices.Max(append(slices.Clone(s.Recent), 0)) > 0 {
		tail = p.Spark(role, s.Recent)
	}
	return []string{
		p.Plain(s.Name), p.Plain(before), p.Text(look.Strong, monitor.Number(s.Now, s.Unit)),
		p.Plain(monitor.Number(s.Worst, s.Unit)), p.Text(role, word), tail,
	}
}

// applied is what is being watched for: the files of the run.
func (p page) applied() look.Panel {
	title := "applied"
	if p.back() {
		title = "taken back"
	}
	return look.Panel{Name: "applied", Title: title, Give: 3, Min: 1, Right: true, Lines: func(w int) []string {
		out := p.summed(w)
		if p.crowded() && p.run.Playbook != tripwire {
			return out[:1] // of the rest nothing is left but a count
		}
		for _, v := range p.versions() {
			out = append(out, p.unitLine(v, unitOf(p.run, v), w))
		}
		return out
	}}
}

// unwatched names what the verdict does not rest on.
func (p page) unwatched(f *fact.Monitor) look.Panel {
	return look.Panel{Name: "unwatched", Title: "not watched", Give: 2, Min: 1, Lines: func(w int) []string {
		var out []string
		if f.Log == "" {
			out = append(out,
				p.Marked(look.Attention, p.Marks.Look, p.Text(look.Attention, "application logs NOT watched"), w)...)
		}
		if f.NoStatements != "" {
			out = append(out,
				p.Marked(look.Attention, p.Marks.Look, p.Plain("time of statements NOT watched: "+f.NoStatements),
					w)...)
		}
		if f.BaselineMS < 60_000 {
			out = append(out,
				p.Marked(look.Plain, p.Marks.Dot, p.Plain("before was seen for "+measure.MS(f.BaselineMS)+" only"),
					w)...)
		}
		return out
	}}
}

// wayBack says how it could be taken back.
func (p page) wayBack() look.Panel {
	s := p.run.Step("rollback")
	return look.Panel{Name: "back", Title: "the way back", State: p.Text(look.Key, "u") + p.Plain(" opens it"), Give: 4,
		Min: 1, Lines: func(w int) []string {
			if s == nil || cannotRollback(p.run, p.local) != "" {
				return nil
			}
			return look.Wrap(p.Plain(s.Summary), w)
		}}
}
