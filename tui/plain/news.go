package plain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/steps/approval"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/look"
	"belay/tui/screen"
)

// news folds a batch and writes what changed.
func (p *printer) news(b follow.Batch) error {
	if b.Screen != "" {
		p.local.Me = b.Screen
	}
	for _, e := range b.Events {
		if err := p.run.Apply(e); err != nil {
			return err
		}
		if e.Seq > p.from {
			p.event(e)
		}
	}
	if b.Gone != nil {
		f := b.Gone.Of(p.run)
		if p.run.Finished = &f; b.Gone.Said && f.Exit == 0 {
			p.finished(journal.Event{At: p.now().UTC()}, f)
		}
		p.over, p.how = true, follow.Lost
		return nil
	}
	if p.run.Seq <= p.from {
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
			p.say(e.At, "run %s opened on %s (%s): %s   run=%s", screen.Short(b.ID), b.Database, orUnset(b.Environment),
				strings.Join(b.Migrations, ", "), b.ID)
		})
	case journal.StatementSent{}.Kind():
		with(e, func(b journal.StatementSent) {
			if p.first(fmt.Sprint("sent ", b.Unit, " ", b.Statement, " ", b.SQL)) {
				p.say(e.At, "sent: %s", marks.Cut(look.Visible(b.SQL), 200))
			}
		})
	case journal.Attempted{}.Kind():
		with(e, func(b journal.Attempted) { p.try(e, b) })
	case journal.UnitApplied{}.Kind():
		with(e, func(b journal.UnitApplied) {
			p.applied(e, b)
		})
	case journal.UnitEnded{}.Kind():
		with(e, func(b journal.UnitEnded) { p.ended(e, b) })
	case journal.UnitProbed{}.Kind():
		with(e, func(b journal.UnitProbed) {
			p.say(e.At, "[?] asked the database about %s: %s (%s)   version=%s outcome=%q", b.Version, b.Outcome,
				b.Evidence, b.Version, b.Outcome)
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
	case journal.QuestionAsked{}.Kind():
		p.questioned[e.Step] = true
	case journal.QuestionAnswered{}.Kind():
		with(e, func(b journal.QuestionAnswered) {
			p.say(e.At, "%s: %s   by=%s", b.ID, cmp.Or(b.Answer, "nothing"), e.By)
			p.settle(b.ID)
		})
	case journal.AnswerRefused{}.Kind():
		with(e, func(b journal.AnswerRefused) {
			p.say(e.At, "not accepted: %s", b.Why)
			p.settle(b.ID)
		})
	case journal.SessionEnding{}.Kind():
		with(e, func(b journal.SessionEnding) { p.say(e.At, "asked: %s %d (%s)   by=%s", b.Way, b.PID, b.Who(), e.By) })
	case journal.SessionEnded{}.Kind():
		with(e, func(b journal.SessionEnded) {
			p.say(e.At, "%s %d: %s, %s   fate=%q", b.Way, b.PID, b.Fate, strings.TrimSuffix(b.Why+"; "+b.Hint, "; "),
				b.Fate)
		})
	case journal.ScreensSeen{}.Kind(), journal.KeysAsked{}.Kind(), journal.KeysKept{}.Kind(),
		journal.KeysMoved{}.Kind(), journal.MessageRefused{}.Kind():
		p.pairing(e)
	case journal.ApprovalAsked{}.Kind(), journal.ApprovalGiven{}.Kind(), journal.ApprovalRefused{}.Kind():
		p.approval(e)
	case journal.StopRequested{}.Kind():
		p.stops(e)
	case journal.RunParked{}.Kind():
		with(e, func(b journal.RunParked) {
			p.say(e.At, "left open: %s; `belay attach %s` goes on", b.Reason, screen.Short(p.run.ID))
			p.over, p.how = true, follow.Quit
		})
	case journal.RunAdopted{}.Kind():
		with(e, func(b journal.RunAdopted) {
			p.say(e.At, "took run %s over from %s, up to event %d   epoch=%d", screen.Short(p.run.ID), b.From, b.Seq,
				b.Epoch)
		})
	case journal.RunTakenOver{}.Kind():
		with(e, func(b journal.RunTakenOver) { p.say(e.At, "taken over by %s", b.By) })
	case journal.EngineStopped{}.Kind():
		with(e, func(b journal.EngineStopped) { p.say(e.At, "the engine ended: %s", b.Reason) })
		p.over = true
	case journal.Noted{}.Kind():
		with(e, func(b journal.Noted) {
			p.say(e.At, "%s", b.Text)
			p.noted = b.Text
		})
	}
}

// stops writes that somebody asked for a stop; the end of a pipe asks for one too.
func (p *printer) stops(e journal.Event) {
	if p.eof && p.abandoned {
		stays := "what was applied stays"
		if screen.Returns(p.run) {
			stays = "what is out of reach comes back"
		}
		p.say(e.At, "the input has ended, nobody watches any more: %s   by=%s", stays, e.By)
		return
	}
	p.say(e.At, "stop was asked   by=%s", e.By)
}

func with[B journal.Body](e journal.Event, f func(B)) {
	if b, err := journal.Decode[B](e); err == nil {
		f(b)
	}
}

func (p *printer) settle(id string) {
	delete(p.asked, id)
	if p.sent == id {
		p.sent = ""
	}
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
			text := fmt.Sprintf("%s %s:%d %s: %s", h.Severity, f.Path, h.Line, h.Rule, h.Message)
			if !p.first(text) {
				continue
			}
			p.say(e.At, "%s", text)
			if h.Instead != nil && p.first("instead: "+*h.Instead) {
				p.more("instead: %s", *h.Instead)
			}
		}
	}
}

// block writes lines that belong together, without those that were written before:
// what is looked at again is no news.
func (p *printer) block(at time.Time) func(format string, args ...any) {
	say := func(text string) { p.say(at, "%s", text) }
	return func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if !p.first(text) {
			return
		}
		say(text)
		say = func(text string) { p.more("%s", text) }
	}
}

// hint writes what to do now, once.
func (p *printer) hint(text string) {
	if text != "" && p.first("-> "+text) {
		p.more("-> %s", text)
	}
}

// first reports whether a line is the first of its words, and remembers it.
func (p *printer) first(text string) bool {
	was := p.once[text]
	p.once[text] = true
	return !was
}

// step writes how a step ended, where that is news. A question stands for the step
// that asks it, the last line for the report.
func (p *printer) step(e journal.Event, b journal.StepFinished) {
	text := fmt.Sprintf("%s %s: %s: %s", sign(b.Status), e.Step, b.Status, p.summary(e.Step, b))
	if b.Status == journal.Todo || strings.HasPrefix(b.Summary, string(b.Status)+" ") { // waived by …
		text = fmt.Sprintf("%s %s: %s", sign(b.Status), e.Step, b.Summary)
	}
	asks := func(q state.Question) bool { return q.Step == e.Step && q.Text == b.Summary }
	if p.last[e.Step] == text || strings.HasPrefix(b.Summary, "nothing pending: ") ||
		slices.ContainsFunc(p.run.Questions, asks) || (e.Step == "report" && b.Status == journal.Done) {
		return
	}
	if p.stale(e.Step, b) {
		return
	}
	p.last[e.Step] = text
	p.say(e.At, "%s%s", text, p.tail(e.Step))
	if b.Hint != "" && b.Status != journal.Done {
		p.hint(b.Hint)
	}
	if c, _, ok := state.Get[fact.Preflight](p.run); ok && e.Step == "preflight" && b.Status == journal.Look {
		for _, i := range c.Items {
			if i.Level == fact.Look && !strings.HasPrefix(b.Summary, i.Text) && p.first(i.Text) {
				p.more("and: %s", i.Text)
				p.hint(i.Hint)
			}
		}
	}
}

// stale reports whether the end of a step says what its question says, or only newer
// numbers: how busy a table is changes with every look.
func (p *printer) stale(step string, b journal.StepFinished) bool {
	if b.Status == journal.Asking {
		return p.questioned[step]
	}
	if b.Status == journal.Waived && strings.HasSuffix(p.last[step], ": "+b.Summary) {
		return true // it was said before the run that this will not be done
	}
	return step == "estimate" && strings.HasPrefix(p.last[step], fmt.Sprintf("%s %s: ", sign(b.Status), step))
}

// summary is a step's own, with the folder's name where it counts what is in it.
func (p *printer) summary(step string, b journal.StepFinished) string {
	f, _, ok := state.Get[fact.Folder](p.run)
	switch {
	case step == "backfill":
		return p.unsaid(b.Summary)
	case step != "preflight" || !ok || f.Tool == "":
		return b.Summary
	case !f.Read || b.Status == journal.Done:
		return f.Path + ", " + f.Tool + ": " + b.Summary
	}
	return fmt.Sprintf("%s, %s: %d applied, %d pending; %s", f.Path, f.Tool, f.Applied, len(f.Pending), b.Summary)
}

// tail is what a program may read of the line of a step.
func (p *printer) tail(step string) string {
	t, _, connected := state.Get[fact.Target](p.run)
	f, _, ok := state.Get[fact.Folder](p.run)
	switch {
	case step == "target" && connected && t.Connected:
		return "   database=" + t.Database + " role=" + t.Role
	case step == "preflight" && ok && len(f.Pending) > 0:
		return "   pending=" + versions(f.Pending)
	}
	return ""
}

// marks are those of lines without colours, which may be read anywhere.
var marks = look.New(false, look.ASCII)

func sign(s journal.Status) string {
	mark, _ := screen.Sign(marks, s)
	return mark
}

func (p *printer) approval(e journal.Event) {
	switch e.Kind {
	case journal.ApprovalAsked{}.Kind():
		with(e, func(b journal.ApprovalAsked) {
			p.say(e.At, "[?] a second person must approve: %s; %s   bound=%s", b.Why, b.How, approval.Short(b.Bound))
		})
	case journal.ApprovalGiven{}.Kind():
		with(e, func(b journal.ApprovalGiven) {
			p.say(e.At, "[x] approved by %s (%s) %s   by=%s", b.Who, b.From(), b.Unknown, b.Who)
		})
	case journal.ApprovalRefused{}.Kind():
		with(e, func(b journal.ApprovalRefused) {
			p.say(e.At, "[!] refused by %s (%s): %s   by=%s", b.Who, b.From(), b.Why, b.Who)
		})
	}
}
