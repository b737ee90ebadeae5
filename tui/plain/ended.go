package plain

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// try writes a closed try, at most one line a second.
func (p *printer) try(e journal.Event, b journal.Attempted) {
	if b.Outcome == string(journal.OutcomeApplied) { // told with what proves it
		p.held = 0
		if b.Beside == "" {
			p.won = b
		}
		return
	}
	if e.At.Sub(p.tried) < time.Second {
		p.held++
		return
	}
	p.tried, p.said = e.At, p.now()
	text := fmt.Sprintf("try %d: %s after %s", b.N, b.Outcome, measure.MS(b.WaitedMS))
	if p.held > 0 {
		text = fmt.Sprintf("tries %d-%d: the last %s after %s", b.N-p.held, b.N, b.Outcome, measure.MS(b.WaitedMS))
		p.held = 0
	}
	if b.Beside != "" {
		text = b.Beside + ": " + text
	}
	var pids []string
	for _, x := range b.Blockers {
		if x.PID == 0 { // a prepared transaction has no session
			text += ", behind " + x.Application
			continue
		}
		text += fmt.Sprintf(", behind pid %d (%s, %s)", x.PID, x.Application, x.State)
		pids = append(pids, fmt.Sprint(x.PID))
	}
	if len(pids) > 0 {
		pids = []string{" blockers=" + strings.Join(pids, ",")}
	}
	p.say(e.At, "%s   n=%d waited_ms=%d%s", text, b.N, b.WaitedMS, strings.Join(pids, ""))
}

// applied writes that a file is applied, with the try that had its lock.
func (p *printer) applied(e journal.Event, b journal.UnitApplied) {
	tries, proof := "", b.Proof
	if p.won.N > 1 {
		tries = fmt.Sprintf(" (try %d, which took %s)", p.won.N, measure.MS(p.won.WaitedMS))
	}
	if p.noted != "" {
		proof = strings.Replace(proof, p.noted+"; ", "", 1)
	}
	p.won, p.said = journal.Attempted{}, p.now()
	did := "applied"
	if p.run.Playbook == "rollback" {
		did = "took back"
	}
	p.say(e.At, "[x] %s %s in %s%s: %s   version=%s ms=%d", did, b.Version, measure.MS(b.MS), tries, proof, b.Version,
		b.MS)
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
		p.hint(b.Hint)
	}
}

func (p *printer) finished(e journal.Event, b journal.RunFinished) {
	text := string(b.Outcome) + ": " + b.Summary
	if p.run.Playbook == "rollback" && b.Outcome == journal.OutcomeApplied {
		text = "done: " + b.Summary // what was taken back is not applied
	}
	if strings.HasPrefix(b.Summary, string(b.Outcome)+": ") || // nothing pending: …
		b.Outcome == journal.OutcomePerson && strings.HasPrefix(b.Summary, "needs ") {
		text = b.Summary
	}
	p.missing(e, b)
	p.say(e.At, "%s   exit=%d", text, b.Exit)
	if b.Hint != "" {
		p.hint(b.Hint)
	}
	if b.Unreported != "" {
		p.more("no report was written: %s; `belay report %s` makes it from the journal", b.Unreported, p.run.ID)
	} else if w, _, ok := state.Get[fact.Written](p.run); ok {
		p.more("report: %s", w.Markdown)
	}
	p.over = true
}

// missing writes each question that an answers file lacks, with what may be answered,
// where the last line only names them.
func (p *printer) missing(e journal.Event, b journal.RunFinished) {
	if p.asks || b.Outcome != journal.OutcomePerson {
		return
	}
	for _, q := range p.run.Questions {
		if q.Preset || strings.Contains(b.Summary, q.Text) {
			continue
		}
		words := ""
		if len(q.Options) > 0 {
			words = " (" + strings.Join(q.Options, ", ") + ")"
		}
		p.say(e.At, "[?] %s%s: %s", q.ID, words, q.Text)
	}
}
