package plain

import (
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
)

// settled reports whether a look has nothing left to do by itself.
func settled(run *state.Run) bool {
	if run.Opened != nil || len(run.Steps) == 0 {
		return false
	}
	for _, s := range run.Steps {
		if s.ID == "run" {
			return true
		}
		if s.Status == journal.Running || s.Status == journal.Todo {
			return false
		}
	}
	return false
}

// rest ends a look that cannot come to a run: nothing is pending, or nobody
// will answer what is missing. Where nothing is pending and the folder is wrong, the
// engine says what is. An engine that has its answers ends by itself.
func (p *printer) rest() {
	if p.over || !p.asks || p.prompt != "" || !settled(p.run) {
		return
	}
	f, _, ok := state.Get[fact.Folder](p.run)
	look := p.run.Step("preflight")
	failed := look != nil && look.Status == journal.Failed
	nothing := ok && f.Read && len(f.Chosen) == 0 && len(f.Pending) == 0
	switch {
	case nothing && !failed:
		p.say(p.now(), "nothing is pending: nothing to do")
		p.leave(follow.Quit, journal.Leave)
	case (p.eof || nothing) && !p.abandoned:
		p.abandoned = true
		p.post(journal.Message{Kind: journal.Abandon})
	}
}
