package screen

import (
	"fmt"
	"path"
	"slices"
	"time"

	"belay/sqlview/measure"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// Run is the run itself: what is asked of the server, who waits, what happened.
var Run = Screen{
	Name: "run",
	Doc: `Advice: run the team's command and watch it.
In practice: the danger of an ALTER TABLE is its wait, not its work. belay waits for a moment only, steps aside, and tries again, so that readers are never held up for long; the server undoes what takes longer than judged. What was sent and not answered is unknown until the database was asked.
Measured: with a wait of 200 ms and a pause of nine times that, readers behind a blocker were held up at most 10 % of the time.`,
	Hints:  runHints,
	Panels: runPanels,
	Enter:  openMarked(atRun),
	Move:   markAnswer(atRun),
	Pick:   pickAnswer(atRun),
}

// runHints are the keys of a run; of a backfill in hand its own.
func runHints(run *state.Run, l Local) []Hint {
	if Filling(run, l.Facts) != nil && question(run, "run") == nil {
		return fillHints(run, l)
	}
	hints := []Hint{
		{Cancel, ""}, {WhoWaits, ""}, {EndIt, ""}, {RunIt, ""}, {ShowLog, ""}, {ShowSQL, ""}, {ZoomIn, ""},
		{Detach, ""},
	}
	if question(run, atRun) == nil {
		return hints
	}
	hints[1], hints[2] = hints[2], hints[1] // held up, whoever is in the way is what a person came for
	if tried(run) == nil {
		hints = slices.Delete(hints, 1, 2) // nobody was, and nobody is named here
	}
	return append([]Hint{{Down, "choose"}, {Open, "open it…"}}, hints...)
}

// openQuestion is the first question of a step, the proposed ones too; nil = none.
func openQuestion(run *state.Run, step string) *state.Question {
	for i := range run.Questions {
		if q := &run.Questions[i]; q.Step == step && !q.Dialog {
			return q
		}
	}
	return nil
}

func runPanels(p page) []look.Panel { return append(p.failed(), p.runParts()...) }

// failed are the checks before an opened run that did not pass, as where it was taken up
// with the address of another database: nothing is sent over them.
func (p page) failed() []look.Panel {
	if p.run.Opened == nil || p.run.Finished != nil {
		return nil
	}
	var out []look.Panel
	for _, s := range p.run.Steps {
		if s.ID == atRun {
			break
		}
		if s.Status == journal.Failed && question(p.run, s.ID) == nil {
			panel := p.standing(s.ID)
			panel.Give, panel.Min = 1, 1
			out = append(out, panel)
		}
	}
	return out
}

func (p page) runParts() []look.Panel {
	switch q := question(p.run, "run"); {
	case q != nil:
		return p.choicePanels(q)
	case Filling(p.run, p.f) != nil:
		return p.fillingPanels(Filling(p.run, p.f))
	case p.run.InHand() != nil:
		return p.inHandPanels(p.run.InHand())
	case len(p.run.Units) > 0:
		return p.resultPanels()
	}
	return p.readyPanels()
}

// readyPanels are the run before it began: the files and the card of the first.
func (p page) readyPanels() []look.Panel {
	next := p.Text(look.Key, "R") + p.Plain(" opens the run dialog; nothing runs before the typed name")
	if why := cannotRun(p.run, p.local); why != "" {
		next = p.Text(look.Attention, "not yet: ") + p.Plain(why)
	}
	if s := underway(p.run); s != nil {
		next = p.spin() + " " + p.Text(look.Accent, "confirmed") + p.Plain(": first "+s.Title+", then it runs")
	}
	return []look.Panel{
		{Title: "run", Lines: func(w int) []string { return look.Wrap(next, w) }},
		p.files(), p.first(), p.waiting(), p.tables(), p.newest(),
	}
}

// underway is the step that is done between the yes and the first statement; nil =
// none is.
func underway(run *state.Run) *state.Step {
	yes := slices.ContainsFunc(confirms, func(id string) bool { _, ok := run.Answers[id]; return ok })
	if !yes || run.Opened != nil || run.Finished != nil || run.Parked != "" {
		return nil
	}
	for i := range run.Steps {
		if s := &run.Steps[i]; s.Status == journal.Running && s.ID != "run" {
			return s
		}
	}
	return nil
}

// inHandPanels are a unit that is being tried: the statement, its wait, who waits.
func (p page) inHandPanels(u *state.Unit) []look.Panel {
	if c := p.f.Command; c != nil && c.PID != 0 {
		if c.Ended == "" {
			return []look.Panel{p.files(), p.statement(u), p.working(c, u), p.waiting(), p.tables(), p.newest()}
		}
		return []look.Panel{
			p.files(), p.statement(u), p.trying(u), p.waiting(), p.working(c, u), p.tables(), p.newest(),
		}
	}
	return []look.Panel{p.files(), p.statement(u), p.trying(u), p.builds(), p.waiting(), p.tables(), p.newest()}
}

// statement is the SQL in hand with its card.
func (p page) statement(u *state.Unit) look.Panel {
	sql := u.SQL
	switch {
	case u.Beside != nil:
		sql = u.Beside.SQL
	case sql == "":
		sql = p.plannedSQL(u)
	}
	title, of := u.Version, 0
	if x := p.planned(u.Version); x != nil {
		title, of = path.Base(x.Path), len(x.Statements)
	}
	if u.Beside != nil {
		title, of = title+": "+u.Beside.What, 0
	}
	panel := look.Panel{Name: "statement", Title: title, Lines: func(w int) []string {
		out := p.code(sql, w, 3)
		if p.f.Heart == nil {
			return out
		}
		if p.low() {
			out = out[:min(len(out), 1)]
		}
		if p.h < 12 {
			out = nil // its lock and who is in the way come first; s shows it
		}
		if p.boxed {
			out = append(out, "")
		}
		return append(out, p.card(*p.f.Heart, w)...)
	}}
	if aside := u.Attempt == nil && !u.NextTry().IsZero(); of > 0 && (u.Statement >= 0 || aside) {
		// The next try begins with the first, which is what is shown meanwhile.
		panel.State = p.Plain(fmt.Sprintf("statement %d of %d", max(u.Statement, 0)+1, of))
	}
	return panel
}

// plannedSQL is the statement of a unit while none is in hand.
func (p page) plannedSQL(u *state.Unit) string {
	if x := p.planned(u.Version); x != nil && len(x.Statements) > 0 {
		return x.Statements[0].SQL
	}
	return ""
}

// trying says where the tries of a unit stand.
func (p page) trying(u *state.Unit) look.Panel {
	panel := look.Panel{Name: "try", Focus: true, Give: 1, Min: 1}
	last := func(w int) []string {
		if len(u.Tries) == 0 {
			return nil
		}
		return look.Wrap(p.triesText(u), w)
	}
	switch {
	case u.Attempt != nil:
		a := u.Attempt
		waited, limit := max(p.now.Sub(u.AttemptBegan), 0), time.Duration(a.LockTimeoutMS)*time.Millisecond
		panel.Title, panel.State = tryTitle, p.Plain(p.tryOf(a.N, a.Of))
		panel.Lines = func(w int) []string { return append(p.waitBar(waited, limit, w), last(w)...) }
	case !u.NextTry().IsZero():
		t := u.Tries[len(u.Tries)-1]
		panel.Title, panel.State = tryTitle, p.Plain(p.tryOf(t.N, p.mostTries()))
		panel.Lines = func(w int) []string { return append(p.aside(u, w), last(w)...) }
	case u.SQL != "":
		panel.Title, panel.State = "at work", p.Plain("backend pid "+itoa(u.Intent.BackendPID))
		panel.Lines = func(w int) []string {
			return append([]string{p.atWork("running for ", u.StatementAt)}, last(w)...)
		}
	default:
		panel.Title = "at work"
		panel.Lines = func(w int) []string {
			return append([]string{p.atWork("for ", u.Begun)}, last(w)...)
		}
	}
	return panel
}

// atWork is how long something works that reports nothing. Where no engine is, none does.
func (p page) atWork(what string, since time.Time) string {
	if p.idle() {
		return p.Text(look.Attention, "nothing works on it now")
	}
	return p.spin() + " " + p.Plain(what) + p.Text(look.Accent, measure.Duration(p.now.Sub(since)))
}

// idle reports whether nothing of the run goes on: its clocks stand still.
func (p page) idle() bool { return p.run.Finished != nil || p.run.Parked != "" || p.local.Lost }

// aside is the pause between two tries. A short one has no bar: it would be drawn anew
// with each frame, and be gone before it says anything.
func (p page) aside(u *state.Unit, w int) []string {
	pause := time.Duration(u.Tries[len(u.Tries)-1].PauseMS) * time.Millisecond
	left := min(max(u.NextTry().Sub(p.now), 0), pause)
	text, rest := "next try in "+measure.Duration(left), "; nothing of belay's waits now"
	line, room := p.Text(look.Attention, asideWord), w-len(asideWord)-look.Width(text)
	if spare := room - len(rest) - 2; pause >= longPause && spare >= 8 {
		line += p.Bar(1-float64(left)/float64(pause), min(24, spare)) + "  "
	}
	if room < len(rest) {
		rest = ""
	}
	return []string{line + p.Text(look.Accent, text) + p.Plain(rest)}
}

// longPause is from which length a pause has a bar.
const longPause = 10 * time.Second

// tryTitle and the words of a try: what changes with each is drawn anew each time, and
// that is bytes on a line which may be a bad one.
const (
	tryTitle  = "trying for the lock"
	waitsWord = "waiting for it  "
	asideWord = "standing aside  "
)

// mostTries is after how many tries a person is asked; 0 = not known.
func (p page) mostTries() int {
	if p.f.Plan == nil {
		return 0
	}
	return p.f.Plan.Limits.Attempts
}

func (p page) tryOf(n, of int) string {
	if of > 0 {
		return fmt.Sprintf("try %d of %d; after %d it stops and asks", n, of, of)
	}
	return fmt.Sprintf("try %d", n)
}

func (p page) waitBar(waited, limit time.Duration, w int) []string {
	switch {
	case limit <= 0:
		return []string{p.spin() + " " + p.Plain("since "+measure.Duration(waited)+", without a limit")}
	case waited > limit+time.Second:
		return []string{
			p.Text(look.Accent, "the lock is held, or the answer is late: ") + p.Plain(measure.Duration(waited)),
		}
	case limit < shortWait:
		return []string{p.Text(look.Accent, waitsWord) + p.Plain(measure.Duration(limit)+" at most")}
	}
	text := fmt.Sprintf("waited %s of %s", measure.Duration(min(waited, limit)), measure.Duration(limit))
	return []string{p.Text(look.Accent, waitsWord) + p.Bar(float64(waited)/float64(limit),
		min(24, max(w-len(waitsWord)-look.Width(text)-2, 8))) + "  " + p.Plain(text)}
}

// shortWait is below which length nobody sees a wait go by.
const shortWait = 2 * time.Second

// triesText sums the closed tries up: how many, behind whom, what it cost others.
func (p page) triesText(u *state.Unit) string {
	n := len(u.Tries)
	longest, total := u.Stalled()
	last := u.Tries[n-1]
	text := fmt.Sprintf("tries 1-%d", n)
	if n == 1 {
		text = "try 1"
	}
	text += ": " + last.Outcome + " after " + measure.MS(last.WaitedMS)
	if who := blockersText(u.Blockers()); who != "" {
		text += " behind " + who
	}
	text += "; others had to wait " + measure.Duration(longest) + " at most"
	// Of a single try the share says nothing: it is most of its own time.
	if all := last.At.Add(time.Duration(last.PauseMS) * time.Millisecond).Sub(u.Begun); n > 1 && all > 0 {
		text += fmt.Sprintf(", %.0f %% of the time", 100*float64(total)/float64(max(all, total)))
	}
	return p.Plain(text)
}
