package plain

import (
	"slices"
	"time"

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
		// Behind one that failed, such as without a connection, a step says that and is done.
		waits := s.Status == journal.Todo && (s.Summary == "" || !stopped(run))
		if s.Status == journal.Running || waits {
			return false
		}
	}
	return false
}

// stopped reports whether a step failed: no run dialog comes then.
func stopped(run *state.Run) bool {
	return slices.ContainsFunc(run.Steps, func(s state.Step) bool { return s.Status == journal.Failed })
}

// aheadWaits is how long a line of a pipe that has ended waits for the question that it
// answers, once no step has anything left to do.
const aheadWaits = 10 * time.Second

// rest ends a look that cannot come to a run: nothing is pending, or nobody
// will answer what is missing. Where nothing is pending and the folder is wrong, the
// engine says what is. An engine that has its answers ends by itself.
func (p *printer) rest() {
	if p.over || !p.asks || p.prompt != "" || p.confirmed || !settled(p.run) {
		p.settledAt = time.Time{}
		return
	}
	if p.settledAt.IsZero() {
		p.settledAt = p.now()
	}
	f, _, ok := state.Get[fact.Folder](p.run)
	look := p.run.Step("preflight")
	failed := look != nil && look.Status == journal.Failed
	nothing := ok && f.Read && len(f.Chosen) == 0 && len(f.Pending) == 0
	switch {
	case nothing && !failed:
		p.say(p.now(), "nothing is pending: nothing to do")
		p.leave(follow.Quit, journal.Leave)
	case p.eof && len(p.ahead) > 0 && !stopped(p.run) && p.now().Sub(p.settledAt) < aheadWaits:
		// The question that the next line answers is asked once all steps are done.
	case (p.eof || nothing) && !p.abandoned:
		p.abandoned = true
		p.post(journal.Message{Kind: journal.Abandon})
	}
}
