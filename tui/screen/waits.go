package screen

import (
	"fmt"
	"strconv"
	"time"

	"belay/sqlview/measure"
	"belay/tui/theme"
	"belay/tui/view"
)

// Waits is who waits for whom, with full queries.
var Waits = Screen{
	Name:  "waits",
	Title: "who waits",
	Over:  true,
	Doc: `Advice: know who is in your way before you queue behind them.
In practice: everybody who comes after a waiting ALTER TABLE waits too, so one idle transaction can stop a whole table. The queries are shown as far as your role may see them.
Measured: belay asks once a second at most, in no transaction, and less often where asking is slow.`,
	Keys: []Hint{{Down, "scroll"}, {Copy, "copy"}, {ZoomIn, ""}},
	View: draw("waits", waitsBody),
}

func waitsBody(p page) []view.Block {
	lines := treeLines(p)
	if s := p.run.Sample; s != nil {
		age := max(p.now.Sub(p.run.SampleAt), 0)
		for _, n := range s.Tree() {
			l := n.Lock
			lines = append(lines, view.Line{}, view.L(view.S(theme.Strong, " pid "+strconv.Itoa(l.PID)),
				view.T(fmt.Sprintf("  %s  user %s  %s  %s", l.Application, l.User, l.State,
					measure.Clock(time.Duration(l.SinceMS)*time.Millisecond+age)))))
			query := l.Query
			if query == "" {
				query = "(this role may not see its query)"
			}
			lines = append(lines, view.Paragraph(theme.Plain, query, p.w, 3, 0)...)
		}
	}
	if h := p.f.Heart; h != nil && len(h.Blockers) > 0 {
		lines = append(lines, view.Line{}, view.L(view.S(theme.Strong, " in the way of the next unit")))
		for _, b := range h.Blockers {
			if b.Relation != "" {
				lines = append(lines, view.Text("   holds "+b.Mode.String()+" on "+b.Relation))
			}
			lines = append(lines, view.Paragraph(theme.Plain, "pid "+strconv.Itoa(b.PID)+": "+b.Query, p.w, 3, 2)...)
		}
	}
	return []view.Block{p.scrolled("waits", lines)}
}
