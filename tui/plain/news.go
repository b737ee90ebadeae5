package plain

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/screen"
	"belay/tui/view"
)

// news folds a batch and writes what changed.
func (p *printer) news(b follow.Batch) error {
	for _, e := range b.Events {
		if err := p.run.Apply(e); err != nil {
			return err
		}
		if e.Seq > p.from {
			p.event(e)
		}
	}
	if p.run.Seq <= p.from {
		return nil
	}
	if b.Gone {
		p.say(p.now(), "the engine ended without a word; `belay attach %s` asks the database what became of it", screen.Short(p.run.ID))
		p.over, p.how = true, follow.Lost
		return nil
	}
	if !p.over {
		p.ask()
		p.rest()
	}
	return nil
}

// event writes the line of an event; those that only move numbers have none.
func (p *printer) event(e journal.Event) {
	switch e.Kind {
	case journal.FactSeen{}.Kind():
		with(e, func(b journal.FactSeen) { p.fact(e, b) })
	case journal.StepFinished{}.Kind():
		with(e, func(b journal.StepFinished) { p.step(e, b) })
	case journal.RunOpened{}.Kind():
		with(e, func(b journal.RunOpened) {
			p.say(e.At, "run %s opened on %s (%s): %s   run=%s", screen.Short(b.ID), b.Database, orUnset(b.Environment), strings.Join(b.Migrations, ", "), b.ID)
		})
	case journal.StatementSent{}.Kind():
		with(e, func(b journal.StatementSent) {
			if b.Attempt <= 1 {
				p.say(e.At, "sent: %s", view.Cut(b.SQL, 200))
			}
		})
	case journal.Attempted{}.Kind():
		with(e, func(b journal.Attempted) { p.try(e, b) })
	case journal.UnitApplied{}.Kind():
		with(e, func(b journal.UnitApplied) {
			p.say(e.At, "[x] applied %s in %s: %s   version=%s ms=%d", b.Version, measure.MS(b.MS), b.Proof, b.Version, b.MS)
		})
	case journal.UnitEnded{}.Kind():
		with(e, func(b journal.UnitEnded) { p.ended(e, b) })
	case journal.UnitProbed{}.Kind():
		with(e, func(b journal.UnitProbed) {
			p.say(e.At, "[?] asked the database about %s: %s (%s)   version=%s outcome=%q", b.Version, b.Outcome, b.Evidence, b.Version, b.Outcome)
		})
	case journal.RunFinished{}.Kind():
		with(e, func(b journal.RunFinished) { p.finished(e, b) })
	default:
		p.otherEvent(e)
	}
}

func (p *printer) otherEvent(e journal.Event) {
	switch e.Kind {
	case journal.QuestionWithdrawn{}.Kind():
		with(e, func(b journal.QuestionWithdrawn) {
			if p.asked[b.ID] {
				p.say(e.At, "no longer asked: %s (%s)", b.ID, b.Why)
			}
			p.settle(b.ID)
		})
	case journal.QuestionAnswered{}.Kind():
		with(e, func(b journal.QuestionAnswered) {
			p.say(e.At, "%s: %s   by=%s", b.ID, b.Answer, e.By)
			p.settle(b.ID)
		})
	case journal.AnswerRefused{}.Kind():
		with(e, func(b journal.AnswerRefused) {
			p.say(e.At, "not accepted: %s", b.Why)
			p.settle(b.ID)
		})
	case journal.StopRequested{}.Kind():
		p.say(e.At, "stop was asked   by=%s", e.By)
	case journal.RunParked{}.Kind():
		with(e, func(b journal.RunParked) {
			p.say(e.At, "parked: %s; `belay attach %s` goes on", b.Reason, screen.Short(p.run.ID))
			p.over, p.how = true, follow.Quit
		})
	case journal.RunAdopted{}.Kind():
		with(e, func(b journal.RunAdopted) {
			p.say(e.At, "adopted run %s of %s to event %d   epoch=%d", screen.Short(p.run.ID), b.From, b.Seq, b.Epoch)
		})
	case journal.RunTakenOver{}.Kind():
		with(e, func(b journal.RunTakenOver) { p.say(e.At, "taken over by %s", b.By) })
	case journal.EngineStopped{}.Kind():
		with(e, func(b journal.EngineStopped) { p.say(e.At, "the engine ended: %s", b.Reason) })
		p.over = true
	case journal.Noted{}.Kind():
		with(e, func(b journal.Noted) { p.say(e.At, "%s", b.Text) })
	}
}

func with[B journal.Body](e journal.Event, f func(B)) {
	if b, err := journal.Decode[B](e); err == nil {
		f(b)
	}
}

func (p *printer) settle(id string) {
	delete(p.asked, id)
	if p.prompt == id {
		p.prompt = ""
	}
}

func orUnset(environment string) string {
	if environment == "" {
		return "not named: production rules"
	}
	return environment
}

// fact writes what a person must know of an observation.
func (p *printer) fact(e journal.Event, b journal.FactSeen) {
	switch b.Name {
	case fact.Target{}.Fact():
		if t, _, ok := state.Get[fact.Target](p.run); ok && t.Connected {
			p.say(e.At, "target %s on %s:%d, PostgreSQL %s, role %s (%s)   database=%s", t.Database, t.Host, t.Port, t.Version, t.Role, orUnset(t.Environment), t.Database)
		}
	case fact.Folder{}.Fact():
		if f, _, ok := state.Get[fact.Folder](p.run); ok {
			p.say(e.At, "%s %s: %d applied, %d pending   pending=%s", f.Path, f.Tool, f.Applied, len(f.Pending), versions(f.Pending))
		}
	case fact.Review{}.Fact():
		p.review(e)
	case fact.Backfill{}.Fact():
		p.table(e)
	case fact.Monitor{}.Fact():
		p.watched(e)
	}
}

func versions(m []fact.Migration) string {
	var v []string
	for _, x := range m {
		v = append(v, x.Version)
	}
	return strings.Join(v, ",")
}

// review lists the hazards that stop or warn.
func (p *printer) review(e journal.Event) {
	r, _, ok := state.Get[fact.Review](p.run)
	if !ok {
		return
	}
	for _, f := range r.Result.Files {
		for _, h := range f.Hazards {
			if h.Severity == "notice" || h.Waived != nil || r.Accepted[h.Rule] != "" {
				continue
			}
			p.say(e.At, "%s %s:%d %s: %s", h.Severity, f.Path, h.Line, h.Rule, h.Message)
			if h.Instead != nil {
				p.more("instead: %s", *h.Instead)
			}
		}
	}
}

func (p *printer) step(e journal.Event, b journal.StepFinished) {
	p.say(e.At, "%s %s: %s: %s", view.Mark(b.Status).Text, e.Step, b.Status, b.Summary)
	if b.Hint != "" && b.Status != journal.Done {
		p.more("-> %s", b.Hint)
	}
}

// try writes a closed try, at most one line a second.
func (p *printer) try(e journal.Event, b journal.Attempted) {
	if b.Outcome != "applied" && e.At.Sub(p.tried) < time.Second {
		p.held++
		return
	}
	p.tried, p.said = e.At, p.now()
	text := fmt.Sprintf("try %d: %s after %s", b.N, b.Outcome, measure.MS(b.WaitedMS))
	if p.held > 0 {
		text = fmt.Sprintf("tries %d-%d: the last %s after %s", b.N-p.held, b.N, b.Outcome, measure.MS(b.WaitedMS))
		p.held = 0
	}
	var pids []string
	for _, x := range b.Blockers {
		text += fmt.Sprintf(", behind pid %d (%s, %s)", x.PID, x.Application, x.State)
		pids = append(pids, fmt.Sprint(x.PID))
	}
	p.say(e.At, "%s   n=%d waited_ms=%d blockers=%s", text, b.N, b.WaitedMS, strings.Join(pids, ","))
}

func (p *printer) ended(e journal.Event, b journal.UnitEnded) {
	p.say(e.At, "[!] %s %s: %s   version=%s sqlstate=%s", b.Version, b.Outcome, b.Reason, b.Version, b.SQLState)
	if b.Error != "" {
		p.more("%s", b.Error)
	}
	for _, l := range b.Left {
		p.more("left behind: %s", l)
	}
	if b.Hint != "" {
		p.more("-> %s", b.Hint)
	}
}

func (p *printer) finished(e journal.Event, b journal.RunFinished) {
	p.say(e.At, "%s: %s   exit=%d", b.Outcome, b.Summary, b.Exit)
	if b.Hint != "" {
		p.more("-> %s", b.Hint)
	}
	if w, _, ok := state.Get[fact.Written](p.run); ok {
		p.more("report: %s", w.Markdown)
	}
	p.over = true
}
