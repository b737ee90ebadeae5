package screen

import (
	"strings"

	"belay/sqlview/measure"
	"belay/sqlview/visible"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// either is the head of what comes of leaving as of losing the terminal.
const either = "q or a lost terminal"

// said are the lines above the keys: what comes of stopping, of leaving and of a
// terminal that is lost, so that nobody must try it. What a key has just said stands in
// the place of the last.
func said(p page, s Screen) []string {
	out := p.outlook(s)
	if p.low() {
		out = out[:min(len(out), 2)]
	}
	if line := p.watching(); line != "" {
		out = append([]string{line}, out...)
	}
	switch {
	case p.local.Searching:
		out[len(out)-1] = p.Text(look.Strong, "/ ") + p.local.Search.View()
	case p.local.Message != "":
		out[len(out)-1] = p.Text(look.Attention, p.local.Message)
	}
	for i := range out {
		out[i] = p.Cut(" "+out[i], p.w)
	}
	return out
}

// outlook is what comes of what a person may do now, or of doing nothing.
func (p page) outlook(s Screen) []string {
	f := p.run.Finished
	switch d := p.local.Dialog; {
	case d != nil && d.Expect != "" && d.Typed() && s.Name == atConfirm:
		return []string{p.Plain("nothing runs before the name is exact: leaving or waiting changes nothing")}
	case p.local.Lost && f != nil:
		return []string{p.Text(look.Danger, strings.TrimSuffix(f.Summary+"; "+f.Hint, "; "))}
	case f != nil:
		came := f.Summary // where it did not end well it says how far it came
		if f.Exit == 0 {
			came = string(f.Outcome) + ": " + came
		}
		return []string{p.Plain(came), p.Plain(p.afterwards())}
	case p.run.Parked != "" && p.local.Anew:
		return []string{p.Plain("left open: " + p.run.Parked + "; r goes on, and " + p.attach() + " does later")}
	case p.run.Parked != "":
		return []string{p.Plain("left open: " + p.run.Parked + "; " + p.attach() + " goes on")}
	case Reads(p.run, p.local) && p.run.Opened != nil:
		return []string{p.when("q", "you leave, nothing changes; "+p.attach()+" comes back")}
	case Busy(p.run):
		return append([]string{p.ifStopped()}, p.ifLeft()...)
	case Works(p.run):
		return []string{p.when(either,
			"it goes on; the next `belay` shows it. Nothing has been written")}
	case Watching(p.run) && p.run.Playbook == tripwire:
		return []string{
			p.when("it comes back", p.comesBack()), p.when(either, "it goes on watching; "+p.attach()),
		}
	case Watching(p.run):
		return []string{
			p.when("what was applied stays", p.watchEnds()),
			p.when(either, "it goes on watching; "+p.attach()),
		}
	case p.run.Opened != nil:
		return []string{
			p.Plain("run " + Short(p.run.ID) + " is open; nothing runs at this moment"),
			p.when(either, p.attach()+" goes on with it"),
		}
	}
	return []string{p.untouched()}
}

// afterwards is what follows on a run that is over.
func (p page) afterwards() string {
	switch {
	case p.local.Anew && p.run.Finished.Exit == 0:
		return "nothing runs any more: r looks again, q leaves; neither changes anything"
	case p.local.Anew && Resumes(p.run, p.local):
		return "nothing runs any more: r goes on with this run, q leaves it open"
	case p.local.Anew:
		return "nothing runs any more: r begins anew, q leaves; neither changes anything"
	}
	return "nothing runs any more; leaving changes nothing"
}

// comesBack says when what is out of reach comes back.
func (p page) comesBack() string {
	if t := p.f.Tripwire; t != nil && t.Itself {
		return "as soon as anything misses it, at the end of its time, or now: c"
	}
	return "at the end of its time, or now: c"
}

// watchEnds says how a watch after a run comes to its end.
func (p page) watchEnds() string {
	if asks(p) {
		return "whatever you answer, and while this waits"
	}
	return "the watch ends by itself after enough clean minutes"
}

// untouched is a look: nothing can come of it.
func (p page) untouched() string {
	const nothing = "nothing has been written to the database; waiting or leaving changes nothing"
	t := p.f.Target
	if t == nil || t.DSNFrom == "" || !p.boxed {
		return p.Plain(nothing)
	}
	from := p.Plain(nothing + "; connection from " + t.DSNFrom)
	if whole := from + p.Plain(" (password hidden)"); look.Width(whole) <= p.w-2 {
		return whole
	}
	return from
}

// stop is the head of what comes of stopping.
func (p page) stop() string {
	if p.narrow() {
		return "c"
	}
	if d := p.local.Dialog; d != nil && d.Takes() {
		return "if you stop now (esc, c)" // c alone would be written into the field
	}
	return "if you stop now (c)"
}

func (p page) narrow() bool { return p.w < 80 }

func (p page) attach() string { return attachOf(p.local) + Short(p.run.ID) }

// attachOf is the command that opens another screen, up to the run.
func attachOf(l Local) string {
	if l.Of != "" {
		return "belay attach --of " + visible.Shell(l.Of) + " "
	}
	return "belay attach "
}

func (p page) when(head, text string) string { return p.Text(look.OK, head+": ") + p.Plain(text) }

// ifStopped is what stays where a person stops it now.
func (p page) ifStopped() string {
	head, text := p.stopping()
	if head == "" {
		return p.Plain(text)
	}
	return p.when(head, text)
}

// stopping is what comes of stopping, under a head; head "" = it cannot be stopped now.
func (p page) stopping() (head, text string) {
	if s := p.run.StopAsked; s != nil {
		if s.Now {
			return "", "stop requested: waiting for the server's answer"
		}
		return "", "stop requested: no further file starts"
	}
	if f := Filling(p.run, p.f); f != nil {
		switch {
		case f.State == fact.FillElsewhere:
			return "", "it goes on elsewhere: nothing is sent from here"
		case isPaused(f):
			return "safe to leave or to stop (c)", stays(f.Rows) + "; any host can resume it"
		}
		return p.stop(), stays(f.Rows) + ", none is half done"
	}
	if c := p.f.Command; c != nil && c.PID != 0 && c.Ended == "" {
		return p.stop(), "it is cancelled and ended; the history says what it did"
	}
	if u := p.run.InHand(); u != nil {
		if x := p.planned(u.Version); x != nil && x.Batches != "" {
			return p.stop(), "what is filled stays filled; " + p.attach() + " goes on from there"
		}
	}
	if r := Remains(p.run, p.f); r != "" {
		return p.stop(), r
	}
	if p.run.Question("run.lost") != nil {
		return p.stop(), "nothing more is sent; what is lost stays lost"
	}
	return p.stop(), "nothing has changed, nothing remains"
}

// Stopping says what comes of stopping now.
func Stopping(run *state.Run, l Local) string {
	_, text := page{Look: l.Look, run: run, local: l, f: l.Facts}.stopping()
	return text
}

// Ways are what Ctrl+C may mean where something goes on, each with what comes of it: to
// stay, to leave, and to stop where that can be done now.
func Ways(run *state.Run, l Local) []Option {
	p := page{Look: l.Look, run: run, local: l, f: l.Facts}
	out := []Option{
		{Label: "stay: nothing is done"}, {Answer: "leave", Label: "leave: " + p.leaving()},
	}
	if cannotStop(run, l) != "" {
		return out
	}
	_, text := p.stopping()
	switch {
	case Watching(run) && run.Playbook == tripwire:
		text = "end the watch, and bring back what is out of reach"
	case Watching(run):
		text = "end the watch; what was applied stays"
	case Works(run):
		text = "end what is made; nothing has been written to the database"
	}
	return append(out, Option{Answer: StopsIt, Label: "stop: " + text})
}

// StopsIt is the answer behind Ctrl+C that stops.
const StopsIt = "stop"

// leaving is what goes on behind a person who leaves.
func (p page) leaving() string {
	f := Filling(p.run, p.f)
	switch {
	case Works(p.run):
		return "it goes on; the next `belay` shows it"
	case asks(p):
		return "the question waits; " + p.attach() + " asks it again"
	case f != nil && (isPaused(f) || f.State == fact.FillElsewhere):
		return "it stays paused; " + p.attach() + " comes back"
	case Watching(p.run):
		return "it goes on watching; " + p.attach() + " comes back"
	}
	return "it goes on to its end; " + p.attach() + " comes back"
}

func stays(rows int64) string {
	return measure.Noun(measure.Count(float64(rows)), "row") + measure.Verb(rows, " stays", " stay") + " filled"
}

// ifLeft is what becomes of the run without this screen. To leave is a word of the
// person's, a lost terminal is none: no further file starts then.
func (p page) ifLeft() []string {
	leave, lose := "if you leave (q)", "if this terminal is lost"
	if p.narrow() {
		leave, lose = "q", "a lost terminal"
	}
	done, of := progress(p.run, p.f)
	f := Filling(p.run, p.f)
	switch {
	case asks(p):
		return []string{p.when(either, "the question waits; "+p.attach()+" asks it again")}
	case f != nil && (isPaused(f) || f.State == fact.FillElsewhere):
		return []string{p.when(either, "it stays paused; "+p.attach())}
	case p.run.Unwatched:
		return []string{p.when(either, "it goes on to its end; "+p.attach())}
	case f != nil:
		return []string{
			p.when(leave, "it goes on to its end; "+p.attach()+" comes back"),
			p.when(lose, "it pauses after 5 min, until you are back"),
		}
	case of-done > 1:
		return []string{
			p.when(leave, "it goes on to its end; "+p.attach()+" comes back"),
			p.when(lose, "this file goes on, the next waits until you are back"),
		}
	}
	return []string{p.when(either, "it goes on; "+p.attach())}
}
