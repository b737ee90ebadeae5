package plain

import (
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/monitor"
	"belay/steps/state"
	"belay/tui/screen"
)

// watched writes where the watch after a run stands: when its level changes, and
// now and then while it does not.
func (p *printer) watched(e journal.Event) {
	f, _, ok := state.Get[fact.Monitor](p.run)
	if !ok {
		return
	}
	every := statusEvery
	if p.level != "" {
		every = statusLater
	}
	if f.Level == p.level && e.At.Sub(p.watchedAt) < every {
		return
	}
	p.level, p.watchedAt, p.said = f.Level, e.At, p.now()
	time, red := "clean of", "RED: the clean minutes start again"
	if screen.Returns(p.run) {
		time, red = "out of reach of", "RED: something misses it"
	}
	p.say(e.At, "monitor: %d:%02d %s %d:%02d, %s   clean_ms=%d level=%s", f.CleanMS/60_000, f.CleanMS/1000%60, time,
		f.NeedMS/60_000, f.NeedMS/1000%60, worded(f, red), f.CleanMS, f.Level)
	for _, s := range f.Signals {
		if s.Level != fact.OK {
			p.more("%s: %s (before %s, worst %s) %s", s.Name, monitor.Number(s.Now, s.Unit),
				monitor.Number(s.Before, s.Unit), monitor.Number(s.Worst, s.Unit), s.Note)
		}
	}
}

// worded is the level in a word, and what is not watched.
func worded(f fact.Monitor, red string) string {
	word := map[fact.Level]string{
		fact.OK: "all is well", fact.Look: "amber: the clock is paused",
		fact.Stop: red,
	}[f.Level]
	if f.Log == "" {
		word += "; application logs NOT watched"
	}
	return word
}
