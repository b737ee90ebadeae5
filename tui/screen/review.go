package screen

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"belay/sqlview"
	"belay/tui/theme"
	"belay/tui/view"
)

// Review is the exact SQL with its hazards under their lines.
var Review = Screen{
	Name: "review",
	Doc: `Advice: read the exact SQL: DROP, UPDATE without WHERE, changes to large tables.
In practice: what a statement does is not in its text alone. Version, size, traffic, what else the file holds and who wraps it in a transaction decide. A hazard of level stop is accepted only with a reason, which goes into the report.
Measured: the locks of every kind of statement were read from pg_locks of real servers, 10 to 18.`,
	Keys: []Hint{{Down, "next"}, {Open, "open"}, {Rewrite, ""}, {Accept, ""}, {RunIt, ""}, {ShowSQL, ""}, {Find, ""}, {WhoWaits, ""}},
	View: draw("review", reviewBody),
}

func reviewBody(p page) []view.Block {
	r := p.f.Review
	if r == nil {
		return []view.Block{{Lines: []view.Line{{}, view.Text(" not reviewed yet")}}}
	}
	it, ok := p.local.Reviewed()
	if !ok {
		return []view.Block{{Lines: []view.Line{{}, view.Text(" no statement to review")}}}
	}
	foot := reviewHeart(p, it)
	least := min(4, len(p.f.Sheet.Rows)+1)
	if p.h < 14 {
		least = 2
	}
	card, asks := reviewCard(p, it), otherQuestion(p, p.w*4)
	if len(asks)+len(card)+len(foot)+least+2 > p.h {
		asks = otherQuestion(p, p.w-20)
	}
	card = append(asks, card...)
	room := max(least, p.h-len(card)-len(foot)-2)
	if p.wide {
		room = max(room, p.h/3)
	}
	sheet := sheetLines(p, it, room)
	return []view.Block{
		{Lines: sheet, Give: 2, Min: min(least, 3), Quiet: true, From: cursorLine(sheet)},
		{Lines: []view.Line{view.Rule(p.w)}},
		{Lines: card, Give: 2, Min: 2, Fill: true},
		view.Gap(),
		{Lines: foot},
	}
}

func cursorLine(lines []view.Line) int {
	for i, l := range lines {
		if len(l.Left) > 0 && strings.HasPrefix(l.Left[0].Text, ">") {
			return i
		}
	}
	return 0
}

func reviewCard(p page, it Item) []view.Line {
	r := p.f.Review
	file := r.Result.Files[it.File]
	n := fmt.Sprintf("%d of %d: j k", p.local.ReviewCursor()+1, len(p.f.Sheet.Items))
	if len(p.f.Sheet.Items) == 1 {
		n = ""
	}
	if it.Finding >= 0 {
		h := Hazard{Finding: file.Hazards[it.Finding], Path: file.Path}
		lines := append([]view.Line{hazardHead(h, n)}, hazardLines(r, h, p.w)...)
		if p.low() {
			return lines // the keys' own line says the rest
		}
		lines = append(lines, rewriteLine(p)...)
		if p.run.Question("review.accept."+h.Rule) != nil {
			lines = append(lines, view.L(view.S(theme.Attention, "   a"), view.T(" accepts it as it is, with a reason that goes into the report")))
		}
		return lines
	}
	s := file.Statements[it.Statement]
	head := view.L(view.S(theme.OK, " no hazards"), view.T("   line "+itoa(s.Line)+"   "), view.S(theme.Strong, s.Kind)).Ends(view.T(n))
	return append([]view.Line{head}, statementLines(s, p.w)...)
}

func clamp(n, of int) int { return min(max(n, 0), max(of-1, 0)) }

// sheetLines draws n lines of the sheet around the cursor's row, below the head
// of its file. Rows far from it are not looked at.
func sheetLines(p page, it Item, n int) []view.Line {
	rows := p.f.Sheet.Rows
	cursor := 0
	var out []view.Line
	for i := max(0, it.Row-n); i < min(len(rows), it.Row+n+1); i++ {
		r := rows[i]
		if r.File != it.File || r.Statement < 0 {
			continue
		}
		drawn := rowLines(p, r, it, i == it.Row)
		if i == it.Row {
			cursor = len(out)
		}
		out = append(out, drawn...)
	}
	head := append([]view.Line{fileHead(p, it.File)}, marksUnder(p, rows[it.Row], it, rows[it.Row].Statement < 0)...)
	room := max(n-len(head), 1)
	if room > 1 {
		// The hazard under the line matters as much as the line.
		cursor++
	}
	shown := view.Window(out, cursor, room)
	// A mark whose line is above the window would hang in the air.
	for len(shown) > 1 && under(shown[0]) {
		shown = shown[1:]
	}
	return append(head, shown...)
}

func fileHead(p page, file int) view.Line {
	f := p.f.Review.Result.Files[file]
	analysed := 0
	for _, s := range f.Statements {
		if s.Analysed {
			analysed++
		}
	}
	right := view.T(plural(len(f.Statements), "statement") + ", " + itoa(analysed) + " analysed")
	if analysed < len(f.Statements) {
		right.Role = theme.Danger
	}
	return view.L(view.S(theme.Strong, " "+view.Middle(path.Base(f.Path), max(16, p.w-34)))).Ends(right)
}

func rowLines(p page, r Row, it Item, here bool) []view.Line {
	f := p.f.Review.Result.Files[r.File]
	mark := "  "
	if here {
		mark = "> "
	}
	l := view.Numbered(r.Number, p.f.Sheet.Digits, view.Code(r.SourceLine, p.tokens(f.Statements[r.Statement].SQL)), mark)
	return append([]view.Line{l}, marksUnder(p, r, it, true)...)
}

// marksUnder are the hazards under their line.
func marksUnder(p page, r Row, it Item, show bool) []view.Line {
	if !show {
		return nil
	}
	f := p.f.Review.Result.Files[r.File]
	var out []view.Line
	for _, k := range chosenFirst(r.Findings, it.Finding) {
		h := f.Hazards[k]
		if h.Severity == "notice" && (it.File != r.File || it.Finding != k) {
			continue
		}
		indent, length := 0, 3
		if r.Statement >= 0 && h.Line == r.Number {
			indent, length = view.Under(r.SourceLine, h.Column)
		}
		indent = min(indent, max(0, p.w/2-12))
		role := view.Severity(h.Severity)
		out = append(out, view.L(
			view.T(strings.Repeat(" ", p.f.Sheet.Digits+4+indent)),
			view.S(role, strings.Repeat("~", min(length, 24))), view.S(role, " "+h.Severity+" "), view.T(h.Rule+settled(p, h))))
	}
	return out
}

func settled(p page, h sqlview.Finding) string {
	switch {
	case h.Waived != nil:
		return " [-] waived"
	case p.f.Review.Accepted[h.Rule] != "":
		return " [-] accepted"
	}
	return ""
}

// reviewHeart is the heart sentence of the next unit. It names its line where
// the cursor stands elsewhere.
func reviewHeart(p page, it Item) []view.Line {
	h := p.f.Heart
	if h == nil {
		return heart(p)
	}
	text := h.Sentence(p.now)
	if r := p.f.Sheet.Rows[it.Row]; r.Number != h.Line || path.Base(p.f.Review.Result.Files[it.File].Path) != path.Base(h.Path) {
		text = fmt.Sprintf("next to run (line %d of %s): %s", h.Line, path.Base(h.Path), text)
	}
	return view.Paragraph(theme.Plain, text, p.w, 1, 0)
}

// under reports whether a line is the mark below a line of SQL.
func under(l view.Line) bool {
	return len(l.Left) > 1 && strings.TrimSpace(l.Left[0].Text) == "" && strings.HasPrefix(l.Left[1].Text, "~")
}

// otherQuestion is an open question of the review that is no acceptance of a
// hazard, such as where the code stands: as much of its text as has room.
func otherQuestion(p page, room int) []view.Line {
	for i := range p.run.Questions {
		q := &p.run.Questions[i]
		if q.Step != "review" || q.Dialog || strings.HasPrefix(q.ID, "review.accept.") {
			continue
		}
		how := " (enter answers)"
		if w := Waiver(p.run, p.local); w != nil && w.ID != q.ID {
			how = " (enter answers; a goes on all the same, with a reason)"
		}
		return view.Paragraph(theme.Attention, view.Cut("[?] "+q.Text, room)+how, p.w, 1, 4)
	}
	return nil
}

// chosenFirst puts the finding under the cursor before the others of its line.
func chosenFirst(findings []int, chosen int) []int {
	i := slices.Index(findings, chosen)
	if i <= 0 {
		return findings
	}
	rest := slices.Delete(slices.Clone(findings), i, i+1)
	return append([]int{chosen}, rest...)
}
