package demo

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/lane"
	"belay/sqlview/measure"
	"belay/tui/theme"
	"belay/tui/view"
)

// blocks are the heights of a column; the first is no answer at all.
var blocks = []rune("▁▂▃▄▅▆▇█")

// traffic is the shop's load: what it gets, how long it waits, a line that moves.
func (p picture) traffic() []view.Line {
	t := p.state.Traffic
	rate := view.T(fmt.Sprintf("%.0f requests/s, %.0f/s answered", t.Want, t.Rate))
	if t.Rate < t.Want/2 {
		rate.Role = theme.Danger
	}
	lines := []view.Line{
		view.L(view.S(theme.Strong, " the shop  "), rate).
			Ends(view.T(fmt.Sprintf("p50 %s  p99 %s  max %s ", span(t.P50), span(t.P99), span(t.Max)))),
		p.line(p.size.Width - 2),
		p.line2(t),
		{},
	}
	return lines
}

// line has a column for each beat, the newest at the right.
func (p picture) line(w int) view.Line {
	t := p.state.Traffic
	beats := t.Beats[max(0, len(t.Beats)-w):]
	full := t.Want * lane.Beat.Seconds()
	l := view.L(view.T(" " + strings.Repeat(" ", w-len(beats))))
	for _, n := range beats {
		// An even load stands at five eighths; what was held up comes as a peak.
		height := min(len(blocks)-1, int(float64(n)/max(full, 1)*4+0.5))
		role := theme.OK
		if height == 0 {
			role = theme.Danger
		}
		if last := len(l.Left) - 1; last > 0 && l.Left[last].Role == role {
			l.Left[last].Text += string(blocks[height])
			continue
		}
		l.Left = append(l.Left, view.S(role, string(blocks[height])))
	}
	return l
}

func (p picture) line2(t lane.Traffic) view.Line {
	waits := view.T(" nobody waits")
	if t.Oldest > 500*time.Millisecond {
		waits = view.S(theme.Danger, fmt.Sprintf(" %s wait, the oldest %.1f s", measure.Plural(t.Waiting, "request"), t.Oldest.Seconds()))
	}
	l := view.L(waits)
	if p.scene == playing {
		l = l.Ends(view.T(fmt.Sprintf("this lane: longest %.2f s, %d over 1 s ", t.LaneMax.Seconds(), t.LaneSlow)))
	}
	return l
}

// span writes a latency; where nothing was answered there is none.
func span(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return measure.Duration(d.Round(time.Millisecond))
}

// queue is who waits for whom.
func (p picture) queue() []view.Line {
	if len(p.state.Queue) == 0 {
		return nil
	}
	out := []view.Line{view.L(view.S(theme.Strong, " who waits for whom"))}
	for i, q := range p.state.Queue {
		role := theme.Plain
		if q.Bad {
			role = theme.Attention
		}
		who := strings.Repeat("  ", min(i, 3)) + q.Who
		out = append(out, view.L(view.S(role, " "+view.Pad(who, 30)), view.T(" "+q.What)))
	}
	return append(out, view.Line{})
}

// story is what happened in the lane, the newest last.
func (p picture) story() []view.Line {
	out := []view.Line{view.L(view.S(theme.Strong, " what happened"))}
	for _, l := range p.state.Told {
		role := theme.Plain
		if l.Bad {
			role = theme.Attention
		}
		for i, text := range view.Wrap(l.Text, p.size.Width-10, 2) {
			at := "        "
			if i == 0 {
				at = fmt.Sprintf(" %4.1f s ", l.After.Seconds())
			}
			out = append(out, view.L(view.T(at+" "), view.S(role, text)))
		}
	}
	return append(out, p.outcome()...)
}
