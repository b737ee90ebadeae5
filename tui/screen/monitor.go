package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/monitor"
	"belay/tui/theme"
	"belay/tui/view"
)

// Monitor is the watch after a run: how long all was well, and every number
// against before.
var Monitor = Screen{
	Name: "monitor",
	Doc: `Advice: watch the error logs for at least ten minutes before you call it a success.
In practice: what counts are clean minutes in one piece, by the server's clock. Amber pauses them, red begins them anew, and time that was not seen is not clean. Every number stands beside the one from before the run; what is not watched is named. At red, look at the code first: taking it back loses nothing in the database.
Measured: one published outage showed after 32 minutes, cached plans after 5, changed plans after hours: ten minutes are the least.`,
	Keys: []Hint{{Rollback, ""}, {Open, "choose"}, {Detach, ""}, {ShowLog, ""}, {WhoWaits, ""}, {Down, "scroll"}},
	View: draw("monitor", monitorBody),
}

func monitorBody(p page) []view.Block {
	f := p.f.Monitor
	if f == nil {
		return stepBody(p)
	}
	blocks := []view.Block{{Lines: clean(p, f)}}
	if s := p.run.Step("monitor"); s == nil || s.Status != journal.Running {
		blocks = append(blocks, stepBlocks(p, "monitor")...)
	}
	blocks = append(blocks, view.Block{Lines: pauses(p, f), Give: 3, Min: 1})
	if q := question(p.run, "monitor"); q != nil {
		blocks = append(blocks, view.Block{Lines: redLines(p, q.Text, f)})
	}
	return append(blocks,
		p.scrolled("monitor", watchedLines(f, p.w)),
		view.Block{Lines: unwatched(f, p.w), Give: 2, Min: 1},
		view.Gap(),
		view.Block{Lines: wayBack(p), Give: 4, Min: 1, Quiet: true})
}

// clean is the bar of clean time.
func clean(p page, f *fact.Monitor) []view.Line {
	part := float64(f.CleanMS) / float64(max(f.NeedMS, 1))
	line := view.L(view.T(" "+view.Bar(part, min(42, max(p.w-40, 10)))+"  "), view.S(theme.Strong, minutes(f.CleanMS)+" clean of "+minutes(f.NeedMS)))
	age := p.now.Sub(p.f.At["monitor"])
	running := p.run.Step("monitor") != nil && p.run.Step("monitor").Status == journal.Running
	switch {
	case !running || p.run.Finished != nil:
		return []view.Line{line}
	case age > late:
		return []view.Line{line.Ends(view.S(theme.Danger, "no answer since "+measure.Duration(age)))}
	}
	return []view.Line{line.Ends(view.T(measure.Age(age)))}
}

// late is when a watch that takes a moment every two seconds has no answer.
const late = 10 * time.Second

// minutes writes a span as 5:48.
func minutes(ms int64) string { return fmt.Sprintf("%d:%02d", ms/60_000, ms/1000%60) }

// pauses name the times that did not count, the newest first.
func pauses(p page, f *fact.Monitor) []view.Line {
	lines := []view.Line{}
	if n := len(f.Pauses); n > 0 {
		head := plural(n, "pause")
		if f.Resets > 0 {
			head += fmt.Sprintf(", of which red began the clock anew: %d", f.Resets)
		}
		for i, x := range slices.Backward(f.Pauses) {
			text := fmt.Sprintf("%s for %s, %s", x.At.In(p.now.Location()).Format("15:04:05"), measure.MS(x.MS), x.Why)
			if i == n-1 {
				text = head + ": " + text
			} else {
				text = "  " + text
			}
			lines = append(lines, view.Text(" "+text))
		}
		lines = lines[:min(len(lines), 3)]
	}
	return append(lines, view.Line{})
}

// redLines say what is red and what can be done, cheapest first.
func redLines(p page, text string, f *fact.Monitor) []view.Line {
	lines := view.Paragraph(theme.Danger, "[!] "+text, p.w, 1, 5)
	for i, c := range f.Choices {
		lines = append(lines, view.Paragraph(theme.Plain, fmt.Sprintf("%d  %s: %s", i+1, c.What, c.Cost), p.w, 1, 4)...)
	}
	return append(lines, view.Line{})
}

// The columns of numbers, and the least that a name and what follows have.
const (
	numberWidth = 9
	wordWidth   = 5
	leastName   = 20
	leastTail   = 14
)

// watchedLines are the numbers: what is red first, then amber, then the rest.
func watchedLines(f *fact.Monitor, w int) []view.Line {
	name := leastName
	for _, s := range f.Signals {
		name = max(name, view.Width(s.Name))
	}
	name = min(name, max(leastName, w-3*numberWidth-wordWidth-4-max(leastTail, w/5)))
	lines := []view.Line{view.L(view.S(theme.Strong, " "+view.Pad("", name)+right("before")+right("now")+right("worst")))}
	for _, level := range []fact.Level{fact.Stop, fact.Look, fact.OK} {
		for _, s := range f.Signals {
			if s.Level == level {
				lines = append(lines, signalLine(s, name, w))
			}
		}
	}
	return lines
}

func signalLine(s fact.Signal, name, w int) view.Line {
	role, word := theme.OK, "ok"
	switch s.Level {
	case fact.Stop:
		role, word = theme.Danger, "RED"
	case fact.Look:
		role, word = theme.Attention, "amber"
	}
	before := monitor.Number(s.Before, s.Unit)
	if s.Before < 0 {
		before = "-"
	}
	l := view.L(view.T(" "+view.Pad(view.Middle(s.Name, name), name)+right(before)), view.S(theme.Strong, right(monitor.Number(s.Now, s.Unit))),
		view.T(right(monitor.Number(s.Worst, s.Unit))+"  "), view.S(role, view.Pad(word, wordWidth)))
	if room := w - name - 3*numberWidth - wordWidth - 5; room > 3 {
		tail := s.Note
		if tail == "" && slices.Max(append(s.Recent, 0)) > 0 {
			tail = view.Spark(s.Recent)
		}
		l.Left = append(l.Left, view.T("  "+view.Cut(tail, room)))
	}
	return l
}

func right(s string) string { return strings.Repeat(" ", max(0, numberWidth-view.Width(s))) + s }

// unwatched names what the verdict does not rest on.
func unwatched(f *fact.Monitor, w int) []view.Line {
	var out []view.Line
	if f.Log == "" {
		out = append(out, view.L(view.S(theme.Attention, " application logs NOT watched")))
	}
	if f.NoStatements != "" {
		out = append(out, view.Paragraph(theme.Plain, "time of statements NOT watched: "+f.NoStatements, w, 1, 2)...)
	}
	if f.BaselineMS < 60_000 {
		out = append(out, view.Text(" before was seen for "+measure.MS(f.BaselineMS)+" only"))
	}
	return out
}

// wayBack says how it could be taken back.
func wayBack(p page) []view.Line {
	s := p.run.Step("rollback")
	if s == nil || cannotRollback(p.run, p.local) != "" {
		return nil
	}
	return view.Paragraph(theme.Plain, "the way back is ready, u opens it: "+s.Summary, p.w, 1, 2)
}
