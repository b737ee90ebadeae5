package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Run is the run itself: what is asked of the server, who waits, what happened.
var Run = Screen{
	Name: "run",
	Doc: `Advice: run the team's command and watch it.
In practice: the danger of an ALTER TABLE is its wait, not its work. belay waits for a moment only, steps aside, and tries again, so that readers are never held up for long; the server undoes what takes longer than judged. What was sent and not answered is unknown until the database was asked.
Measured: with a wait of 200 ms and a pause of nine times that, readers behind a blocker were held up at most 10 % of the time.`,
	Keys: []Hint{{Cancel, ""}, {Open, "choose"}, {WhoWaits, ""}, {Detach, ""}, {RunIt, ""}, {ShowLog, ""}, {ZoomIn, ""}, {ShowSQL, ""}},
	View: func(run *state.Run, local Local, size Size, now time.Time) string {
		if local.Facts == nil {
			local.Facts = Read(run, nil)
		}
		if Filling(run, local.Facts) != nil && question(run, "run") == nil {
			return fillingScreen(run, local, size, now)
		}
		return drawRun(run, local, size, now)
	},
}

var (
	drawRun       = draw("run", runBody)
	fillingScreen = draw("backfill", backfillBody)
)

func runBody(p page) []view.Block {
	switch {
	case question(p.run, "run") != nil:
		return choiceBody(p, question(p.run, "run"))
	case p.run.InHand() != nil:
		return inHandBody(p)
	case started(p.run):
		return endedBody(p)
	}
	return readyBody(p)
}

func started(run *state.Run) bool {
	return len(run.Units) > 0
}

// readyBody is the run before it began: the units and the heart sentence.
func readyBody(p page) []view.Block {
	next := "R opens the run dialog"
	if why := cannotRun(p.run, p.local); why != "" {
		next = "not yet: " + why
	}
	if s := underway(p.run); s != nil {
		next = "confirmed: first " + s.Title + ", then it runs"
	}
	lines := append(view.Paragraph(theme.Strong, next, p.w, 1, 2), view.Line{})
	return []view.Block{
		{Lines: lines},
		{Lines: unitLines(p), Give: 2, Min: 1},
		view.Gap(),
		{Lines: pendingSQL(p), Give: 3, Min: 1},
		{Lines: heart(p), Fill: true},
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

// inHandBody is a unit that is being tried: the statement, its wait, who waits.
func inHandBody(p page) []view.Block {
	u := p.run.InHand()
	blocks := []view.Block{{Lines: units(p), Give: 6, Min: 1}, {Lines: sqlInHand(p, u, 3), Give: 5, Min: 1}}
	if p.f.Heart != nil {
		blocks = append(blocks, view.Block{Lines: view.HeartTight(*p.f.Heart, p.now, p.w)})
	}
	blocks = append(blocks, view.Block{Lines: tryLines(p, u)})
	return append(blocks, live(p)...)
}

// units are listed only where there are several.
func units(p page) []view.Line {
	if p.f.Plan == nil || len(p.f.Plan.Units) < 2 {
		return nil
	}
	return unitLines(p)
}

// live are the panes that follow the sample: who waits, tables, sessions.
func live(p page) []view.Block {
	return append([]view.Block{
		{Lines: progressLines(p), Give: 1},
		{Lines: []view.Line{view.Rule(p.w)}, Give: 3},
		{Lines: treeLines(p), Give: 2, Min: 2},
		{Lines: []view.Line{view.Rule(p.w)}, Give: 8},
		{Lines: tableLines(p, 0), Give: 7, Min: 2},
		{Lines: sessionLine(p), Give: 4, Fill: true},
	}, logTail(p)...)
}

// logTail is the newest of the log, where a tall screen has room for it.
func logTail(p page) []view.Block {
	if p.h < 30 || len(p.run.Log) == 0 {
		return nil
	}
	lines := logLines(p, "")
	lines = lines[max(0, len(lines)-6):]
	return []view.Block{
		{Lines: []view.Line{view.Rule(p.w), view.L(view.S(theme.Strong, " log")).Ends(view.T("l shows all"))}, Give: 9, Min: 2},
		{Lines: lines, Give: 9, Min: 1, From: len(lines) - 1, Quiet: true},
	}
}

func sqlInHand(p page, u *state.Unit, n int) []view.Line {
	sql := u.SQL
	if sql == "" {
		sql = plannedSQL(p, u)
	}
	return code(p, sql, n)
}

// plannedSQL is the statement of a unit while none is in hand.
func plannedSQL(p page, u *state.Unit) string {
	if p.f.Plan == nil {
		return ""
	}
	for _, planned := range p.f.Plan.Units {
		if planned.Version == u.Version && len(planned.Statements) > 0 {
			return planned.Statements[0].SQL
		}
	}
	return ""
}

// tryLines say where the tries of a unit stand.
func tryLines(p page, u *state.Unit) []view.Line {
	var out []view.Line
	switch {
	case u.Attempt != nil:
		out = append(out, attemptLine(p, u))
	case !u.NextTry().IsZero():
		left := max(u.NextTry().Sub(p.now), 0)
		out = append(out, view.L(view.S(theme.Running, fmt.Sprintf(" between tries: next in %s", measure.Duration(left))),
			view.T("; nothing of belay's waits at this moment")))
	case u.SQL != "":
		out = append(out, view.L(view.S(theme.Running, " running for "+measure.Duration(p.now.Sub(u.StatementAt))), view.T("   backend pid "+itoa(u.Intent.BackendPID))))
	default:
		out = append(out, view.L(view.S(theme.Running, " at work"), view.T(" for "+measure.Duration(p.now.Sub(u.Begun)))))
	}
	if n := len(u.Tries); n > 0 {
		out = append(out, view.Paragraph(theme.Plain, triesText(u), p.w, 1, 2)...)
	}
	return out
}

func attemptLine(p page, u *state.Unit) view.Line {
	a := u.Attempt
	waited := max(p.now.Sub(u.AttemptBegan), 0)
	limit := time.Duration(a.LockTimeoutMS) * time.Millisecond
	of := ""
	if a.Of > 0 {
		of = " of " + itoa(a.Of)
	}
	head := fmt.Sprintf(" try %d%s   ", a.N, of)
	if limit <= 0 {
		return view.L(view.S(theme.Running, head), view.T("since "+measure.Duration(waited)))
	}
	if waited > limit+time.Second {
		return view.L(view.S(theme.Running, head), view.T("the lock is held or the answer is late: "+measure.Duration(waited)))
	}
	return view.L(view.S(theme.Running, head), view.T(fmt.Sprintf("waiting %s of %s   ", measure.Duration(min(waited, limit)), measure.Duration(limit))),
		view.T(view.Bar(float64(waited)/float64(limit), 22)))
}

func triesText(u *state.Unit) string {
	n := len(u.Tries)
	longest, total := u.Stalled()
	last := u.Tries[n-1]
	text := fmt.Sprintf("tries 1-%d   ", n)
	if n == 1 {
		text = "try 1   "
	}
	text += last.Outcome + " after " + measure.MS(last.WaitedMS)
	if who := blockersText(u.Blockers()); who != "" {
		text += ", behind " + who
	}
	text += "; others held up at most " + measure.Duration(longest) + " a try"
	// Of a single try the share says nothing: it is most of its own time.
	if span := last.At.Add(time.Duration(last.PauseMS) * time.Millisecond).Sub(u.Begun); n > 1 && span > 0 {
		text += fmt.Sprintf(", %.0f %% of the time", 100*float64(total)/float64(max(span, total)))
	}
	return text
}

func blockersText(b []journal.Blocker) string {
	var parts []string
	for i, x := range b {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("%d more", len(b)-3))
			break
		}
		s := "pid " + itoa(x.PID)
		if x.Application != "" {
			s += " (" + x.Application + ")"
		}
		if x.Count > 1 {
			s += fmt.Sprintf(" %d times", x.Count)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// ours reports whether a session is this run's own.
func ours(run *state.Run) func(activity.Lock) bool {
	return func(l activity.Lock) bool {
		if u := run.InHand(); u != nil && u.Intent.BackendPID == l.PID {
			return true
		}
		return run.ID != "" && strings.HasPrefix(l.Application, "belay/"+Short(run.ID))
	}
}

// treeLines is who waits for whom, under its head.
func treeLines(p page) []view.Line {
	s := p.run.Sample
	if s == nil {
		return []view.Line{view.L(view.S(theme.Strong, " who waits for whom")).Ends(view.T("no sample yet"))}
	}
	age := p.now.Sub(p.run.SampleAt)
	right := view.T(fmt.Sprintf("%d waiting   %s", s.Sessions.Waiting, measure.Age(age)))
	if p.run.SampleError != "" || age > 5*time.Second {
		right = view.S(theme.Danger, "no answer since "+measure.Duration(age))
	}
	if p.run.Finished != nil || !p.run.Alive {
		right = view.T("as of " + p.run.SampleAt.In(p.now.Location()).Format("15:04:05"))
		age = 0
	}
	lines := []view.Line{view.L(view.S(theme.Strong, " who waits for whom")).Ends(right)}
	tree := view.Tree(*s, ours(p.run), max(age, 0), p.w)
	if len(tree) == 0 {
		tree = []view.Line{view.Text(" nobody waits for a lock")}
	}
	return append(lines, tree...)
}

// tableLines are sizes and traffic of the tables; n limits them, 0 = all.
func tableLines(p page, n int) []view.Line {
	s := p.run.Sample
	if s == nil || len(s.Tables) == 0 {
		return nil
	}
	cols := []view.Column{{Head: "tables"}, {Head: "size", Right: true}, {Head: "rows", Right: true}, {Head: "reads/s", Right: true}, {Head: "writes/s", Right: true}}
	var rows [][]string
	for i, t := range s.Tables {
		if n > 0 && i == n {
			break
		}
		rows = append(rows, []string{t.Relation, measure.Bytes(t.Bytes), "~" + measure.Count(t.Rows), rate(t.ReadsPerSecond), rate(t.WritesPerSecond)})
	}
	return view.Table(cols, rows, p.w)
}

func rate(f float64) string {
	if f < 0 {
		return "-"
	}
	return measure.Rate(f)
}

func progressLines(p page) []view.Line {
	if p.run.Sample == nil {
		return nil
	}
	var out []view.Line
	for _, g := range p.run.Sample.Progress {
		out = append(out, view.L(view.S(theme.Strong, " "+g.Command), view.T(fmt.Sprintf(" on %s, pid %d", g.Relation, g.PID))))
		phase := "   " + activity.Phase(g.Phase)
		if g.Total > 0 {
			// The share of one phase is never passed for that of the whole.
			part := float64(g.Done) / float64(g.Total)
			phase += fmt.Sprintf("   %s %.0f %% of this phase", view.Bar(part, 16), 100*part)
			if p.w >= 90 {
				phase += fmt.Sprintf(" (%s of %s %s)", measure.Count(float64(g.Done)), measure.Count(float64(g.Total)), g.Unit)
			}
		}
		out = append(out, view.Text(phase))
	}
	return out
}

func sessionLine(p page) []view.Line {
	s := p.run.Sample
	if s == nil {
		return nil
	}
	waiting := fmt.Sprintf("waiting %d", s.Sessions.Waiting)
	if p.f.Plan != nil && p.f.Plan.Limits.QueueLimit > 0 {
		waiting += fmt.Sprintf(" (cancel at %d)", p.f.Plan.Limits.QueueLimit)
	}
	parts := []string{fmt.Sprintf("sessions %d of %d", s.Sessions.Total, s.Sessions.Max), waiting}
	for _, r := range s.Replicas {
		if r.LagMS >= 0 {
			parts = append(parts, "replica "+r.Name+" "+measure.MS(r.LagMS)+" behind")
		}
	}
	if s.Sessions.OldestTransactionMS > 0 {
		parts = append(parts, "oldest transaction "+measure.Clock(time.Duration(s.Sessions.OldestTransactionMS)*time.Millisecond))
	}
	text := " " + parts[0]
	for _, part := range parts[1:] {
		if view.Width(text)+3+view.Width(part) <= p.w {
			text += "   " + part
		}
	}
	return []view.Line{view.Text(text)}
}
