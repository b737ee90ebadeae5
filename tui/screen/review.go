package screen

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/steps/state"
	"belay/tui/look"
)

const reviewDoc = `Advice: read the exact SQL: DROP, UPDATE without WHERE, changes to large tables.
In practice: what a statement does is not in its text alone. Version, size, traffic, what else the file holds and who wraps it in a transaction decide. A hazard of level stop is accepted only with a reason, which goes into the report.
Measured: the locks of every kind of statement were read from pg_locks of real servers, 10 to 18.`

// Review is the exact SQL with its hazards at their lines.
var Review = Screen{
	Name: "review",
	Doc:  reviewDoc,
	Hints: func(run *state.Run, l Local) []Hint {
		open := Hint{Open, "details"}
		if reviewQuestion(run) != nil {
			open.Label = "answer"
		}
		return []Hint{
			{Down, "next"}, open, {Rewrite, ""}, {OverDays, ""},
			{Accept, ""}, {RunIt, ""}, {ShowSQL, ""}, {Reload, ""}, {WhoWaits, ""},
			{Find, ""},
		}
	},
	Panels: reviewPanels,
	Enter: func(run *state.Run, l Local) Do {
		if q := reviewQuestion(run); q != nil {
			return Do{Ask: q}
		}
		if len(l.Facts.Sheet.Items) > 0 {
			return Do{Show: atCard}
		}
		return Do{}
	},
	Move: func(_ *state.Run, l *Local, by int) bool {
		l.Cursor[atReview] = within(l.ReviewCursor(), by, len(l.Facts.Sheet.Items))
		return true
	},
	Copy: func(_ *state.Run, l Local, _ time.Time) string { return selectedSQL(l) },
}

// selectedSQL is the statement under the review's cursor.
func selectedSQL(l Local) string {
	it, ok := l.Reviewed()
	if !ok || it.Statement < 0 || it.Statement >= len(l.Facts.Review.Result.Files[it.File].Statements) {
		return ""
	}
	return l.Facts.Review.Result.Files[it.File].Statements[it.Statement].SQL + "\n"
}

// reviewQuestion is an open question of the review that is no acceptance of a hazard,
// such as where the code stands; nil = none. `a` opens those.
func reviewQuestion(run *state.Run) *state.Question {
	for i := range run.Questions {
		q := &run.Questions[i]
		if q.Step == atReview && q.Waits() && !strings.HasPrefix(q.ID, acceptPrefix) {
			return q
		}
	}
	return nil
}

// Accepts reports whether an answer to the question takes a hazard on.
func Accepts(id string) bool { return strings.HasPrefix(id, acceptPrefix) && id != acceptPrefix }

// Acceptance is the question that takes the hazard of a rule on.
func Acceptance(rule string) string { return acceptPrefix + rule }

// acceptPrefix begins the questions that take a hazard on; the rule follows.
const acceptPrefix = "review.accept."

func reviewPanels(p page) []look.Panel {
	it, ok := p.local.Reviewed()
	if !ok {
		what := "no statement to review"
		if p.f.Review == nil {
			what = "not reviewed yet"
		}
		return []look.Panel{{Title: "review", Grow: true, Lines: func(int) []string { return []string{p.Plain(what)} }}}
	}
	heart := p.heart(p.heartTitle("first to run"))
	return []look.Panel{p.sheet(it), p.asking(), p.finding(it), heart, p.waiting(), p.tables(), p.newest()}
}

// sheet is the panel of the file's SQL around the cursor. Only the rows that are seen
// are drawn.
func (p page) sheet(it Item) look.Panel {
	file := p.f.Review.Result.Files[it.File]
	first, rows := p.f.Sheet.File(it.File)
	panel := look.Panel{
		Name: "sql", Title: path.Base(file.Path), State: p.fileState(it.File), Focus: true, Give: 1, Min: 2,
		Cursor: it.Row - first, Total: len(rows),
	}
	if p.boxed {
		panel.Min = 4
	}
	panel.Draw = func(w, h int) []string {
		from := window(it.Row-first, h, len(rows), panel.Offset)
		var out []string
		for i := from; i < min(from+h, len(rows)); i++ {
			out = append(out, p.Cut(p.sqlRow(rows[i], it, first+i == it.Row), w))
		}
		return out
	}
	return panel
}

// window is the first of n lines around a cursor.
func window(cursor, n, of, offset int) int {
	if offset > 0 {
		return min(offset, max(of-n, 0))
	}
	if cursor < n-1 {
		return 0
	}
	return min(max(cursor-n/2, 0), max(of-n, 0))
}

func (p page) fileState(file int) string {
	f := p.f.Review.Result.Files[file]
	analysed := 0
	for _, s := range f.Statements {
		if s.Analysed {
			analysed++
		}
	}
	count := p.Plain(plural(len(f.Statements), "statement") + p.together(f.Path, len(f.Statements)))
	if analysed < len(f.Statements) {
		count = p.Text(look.Danger, fmt.Sprintf("%d of %d analysed", analysed, len(f.Statements)))
	}
	parts := []string{p.verdict(f.Hazards, f.Statements), count}
	if n := len(p.f.Review.Result.Files); n > 1 {
		parts = append(parts, p.Plain(fmt.Sprintf("file %d of %d", file+1, n)))
	}
	return strings.Join(parts, p.Text(look.Quiet, " "+p.Marks.Dot+" "))
}

// together says that the statements of a file are applied or undone as one.
func (p page) together(path string, statements int) string {
	if p.f.Plan == nil || statements < 2 {
		return ""
	}
	for _, u := range p.f.Plan.Units {
		if u.Path == path && u.Transaction {
			return " in 1 transaction"
		}
	}
	return ""
}

// sqlRow is a line of SQL behind its number; a bar in the colour of the worst hazard
// stands at a line that has one, and the hazard's place is underlined.
func (p page) sqlRow(r Row, it Item, here bool) string {
	bar, role := p.rowBar(r)
	number := look.Pad("", p.f.Sheet.Digits-len(itoa(r.Number))) + itoa(r.Number)
	head := p.Plain(number) + " "
	if here {
		head = p.Text(look.Strong, number) + " "
	}
	if bar == "" {
		head += "  "
	} else {
		head += p.Text(role, bar) + " "
	}
	f := p.f.Review.Result.Files[r.File]
	tokens := p.tokens(f.Statements[r.Statement].SQL)
	if here && it.Finding >= 0 {
		if h := f.Hazards[it.Finding]; h.Line == r.Number {
			tokens = look.Mark(tokens, r.SourceLine, h.Column)
		}
	}
	return head + p.Code(r.SourceLine, tokens)
}

// rowBar is the sign of the worst hazard of a line that nobody took on.
func (p page) rowBar(r Row) (string, look.Role) {
	worst := lint.Severity(0)
	for _, k := range r.Findings {
		h := p.f.Review.Result.Files[r.File].Hazards[k]
		if h.Waived == nil && p.f.Review.Accepted[h.Rule] == "" {
			worst = max(worst, h.Level())
		}
	}
	switch worst {
	case lint.Stop:
		return p.Marks.Cursor, look.Danger
	case lint.Warn:
		return p.Marks.Bar, look.Attention
	}
	return "", look.Plain
}

// asking is a question of the review, above what it may need to be answered.
func (p page) asking() look.Panel {
	q := reviewQuestion(p.run)
	if q == nil {
		return look.Panel{Bare: true, Lines: func(int) []string { return nil }}
	}
	return look.Panel{Name: "asking", Title: "needs you", State: p.enterAnswers(q), Give: 2, Min: 1,
		Lines: func(w int) []string {
			return p.Marked(look.Attention, p.Marks.Asking, p.Text(look.Attention, q.Text), w)
		}}
}

func (p page) enterAnswers(q *state.Question) string {
	s := p.Text(look.Key, "enter") + p.Plain(" answers")
	if w := Waiver(p.run, p.local); w != nil && w.ID != q.ID {
		s += p.Text(look.Quiet, " "+p.Marks.Dot+" ") + p.Text(look.Key, "a") + p.Plain(" goes on with a reason")
	}
	return s
}

// finding is the panel of what is wrong at the cursor, or of what the statement does
// where nothing is. Where the screen is too low the reason goes first, never what to do
// instead.
func (p page) finding(it Item) look.Panel {
	file := p.f.Review.Result.Files[it.File]
	state := p.Plain(fmt.Sprintf("%d of %d", p.local.ReviewCursor()+1, len(p.f.Sheet.Items)))
	if it.Finding < 0 {
		s := file.Statements[it.Statement]
		return look.Panel{Name: "finding", Title: s.Kind + ", line " + itoa(s.Line), State: state, Give: 2, Min: 3,
			Lines: func(w int) []string {
				return append([]string{p.noHazard(s)}, p.statementRows(s, w)...)
			}}
	}
	h := Hazard{Finding: file.Hazards[it.Finding], Path: file.Path}
	give := 0
	if p.low() {
		give = 1
	}
	return look.Panel{Name: "finding", Title: "what is wrong", State: state, Give: give, Min: 3,
		Lines: func(w int) []string {
			out := p.hazard(h, w, true)
			room := p.h - len(p.heartRows(w)) - p.chrome()
			if asking := p.asking(); asking.Title != "" {
				room -= len(asking.Lines(w)) + asking.Around(p.boxed)
			}
			if len(out) > room {
				out = p.hazard(h, w, false)
			}
			return append(out, p.remedies(h, w)...)
		}}
}

// chrome is how many lines the review needs around a finding and the heart, with two of
// SQL.
func (p page) chrome() int {
	if p.boxed {
		return 3*2 + 4
	}
	return 3 + 2
}

// remedies are the keys that help here.
func (p page) remedies(h Hazard, w int) []string {
	var out []string
	if r := RewriteHere(p.local); r != nil && len(r.Written) > 0 {
		out = append(out, p.Row("next", p.Text(look.Attention, r.Refused), w)...)
	}
	if r := RewriteHere(p.local); r != nil && len(r.Files) > 0 {
		text := "shows it as " + plural(len(r.Files), "file") + " that are safe one by one"
		if len(r.Files) == 1 {
			text = "shows it as 1 file that is safe"
		}
		out = append(out, p.Row("", p.Text(look.Key, "f")+" "+p.Plain(text), w)...)
	}
	if daysHere(p.local) != nil {
		text := "shows it as a campaign over several deployments"
		out = append(out, p.Row("", p.Text(look.Key, "o")+" "+p.Plain(text), w)...)
	}
	if p.run.Question(acceptPrefix+h.Rule) != nil {
		out = append(out,
			p.Row("", p.Text(look.Key, "a")+" "+p.Plain("accepts it as it is, with a reason that goes into the report"),
				w)...)
	}
	return out
}

// clamp keeps an index inside a list.
func clamp(n, of int) int { return min(max(n, 0), max(of-1, 0)) }

// within moves an index inside a list.
func within(at, by, of int) int { return min(max(at+by, 0), max(of-1, 0)) }

// accepted are the reasons for which hazards were taken on, by rule.
func accepted(r map[string]string) []string {
	var out []string
	for rule := range r {
		out = append(out, rule)
	}
	slices.Sort(out)
	return out
}

// settled says what became of a hazard that nobody needs to look at any more.
func (p page) settled(h sqlview.Finding) string {
	switch {
	case h.Waived != nil:
		return "waived in the file until " + h.Waived.Until + ": " + h.Waived.Reason
	case p.f.Review.Accepted[h.Rule] != "":
		return "accepted: " + p.f.Review.Accepted[h.Rule]
	}
	return ""
}
