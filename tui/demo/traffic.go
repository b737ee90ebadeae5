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

// blocks are the heights of a column; the lowest, in red, is no answer at all.
var blocks = []rune("▁▂▃▄▅▆▇█")

// even is where an even load stands; what was held up comes as a peak above it.
const even = 0.6

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
	}
	lines = append(lines, p.line(p.size.Width-2, p.rows())...)
	return append(lines, p.waits(t), view.Line{})
}

// rows is how tall the moving line is: a terminal with room shows it larger.
func (p picture) rows() int {
	if p.size.Height < 30 {
		return 1
	}
	return 5
}

// line has a column for each beat, the newest at the right.
func (p picture) line(w, rows int) []view.Line {
	t := p.state.Traffic
	beats := t.Beats[max(0, len(t.Beats)-w):]
	full := max(t.Want*lane.Beat.Seconds(), 1)
	lines := make([]view.Line, rows)
	for i := range lines {
		lines[i] = view.L(view.T(strings.Repeat(" ", 1+w-len(beats))))
	}
	for _, n := range beats {
		height := min(rows*len(blocks), int(float64(n)/full*even*float64(rows*len(blocks))+0.5))
		for i := range lines {
			add(&lines[i], height-(rows-1-i)*len(blocks), i == rows-1)
		}
	}
	return lines
}

// add draws one column's part of a row: height is in eighths, and the lowest row
// shows also that there was nothing.
func add(l *view.Line, height int, lowest bool) {
	role, block := theme.OK, " "
	switch {
	case height > 0:
		block = string(blocks[min(height, len(blocks))-1])
	case lowest:
		role, block = theme.Danger, string(blocks[0])
	}
	if last := len(l.Left) - 1; last > 0 && l.Left[last].Role == role {
		l.Left[last].Text += block
		return
	}
	l.Left = append(l.Left, view.S(role, block))
}

// waits says who waits now, and beside it what the lane came to so far.
func (p picture) waits(t lane.Traffic) view.Line {
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
