package demo

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/demo/lane"
	"belay/tui/look"
)

// even is where an even load stands; what was held up comes as a peak above it.
const even = 0.6

// traffic is the shop's load: what it gets, how long it waits, a line that moves. Where
// it grows the line is as tall as there is room.
func (p picture) traffic(grow bool) look.Panel {
	t := p.state.Traffic
	rate := look.Plain
	if t.Rate < t.Want/2 {
		rate = look.Danger
	}
	rows := 1
	switch h := p.size.Height; {
	case h >= 30:
		rows = h / 4
	case h >= 24:
		rows = 4
	}
	return look.Panel{
		Name: "traffic", Title: "the shop", Grow: grow, Total: rows + 2, Give: 3, Min: 3,
		State: p.Plain(fmt.Sprintf("p50 %s  p99 %s  max %s", span(t.P50), span(t.P99), span(t.Max))),
		Draw: func(w, h int) []string {
			head := p.Text(rate, measure.Rate(t.Want)+" requests/s, "+measure.Rate(t.Rate)+"/s answered")
			return append(append([]string{head}, p.line(w, max(h-2, 1))...), p.waits(t, w))
		},
	}
}

// line has a column for each beat, the newest at the right.
func (p picture) line(w, rows int) []string {
	t := p.state.Traffic
	beats := t.Beats[max(0, len(t.Beats)-w):]
	full := max(t.Want*lane.Beat.Seconds(), 1)
	out := make([]string, rows)
	for i := range out {
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", w-len(beats)))
		run, role := "", look.Plain
		flush := func() { b.WriteString(p.Text(role, run)); run = "" }
		for _, n := range beats {
			height := min(rows*len(p.Sparks), int(float64(n)/full*even*float64(rows*len(p.Sparks))+0.5))
			r, block := p.column(height-(rows-1-i)*len(p.Sparks), i == rows-1)
			if r != role {
				flush()
			}
			role, run = r, run+block
		}
		flush()
		out[i] = b.String()
	}
	return out
}

// column is one beat's part of a row: height is in eighths, and the lowest row shows
// also that there was nothing, in red.
func (p picture) column(height int, lowest bool) (look.Role, string) {
	switch {
	case height > 0:
		return look.OK, string(p.Sparks[min(height, len(p.Sparks))-1])
	case lowest:
		return look.Danger, string(p.Sparks[0])
	}
	return look.Plain, " "
}

// waits says who waits now, and beside it what the lane came to so far.
func (p picture) waits(t lane.Traffic, w int) string {
	left := p.Text(look.OK, "nobody waits")
	if t.Oldest > 500*time.Millisecond {
		left = p.Text(look.Danger,
			fmt.Sprintf("%s wait, the oldest %.1f s", measure.Plural(t.Waiting, "request"), t.Oldest.Seconds()))
	}
	if p.scene != playing {
		return left
	}
	return p.Ends(left, p.Plain(fmt.Sprintf("this lane: longest %.2f s, %d over 1 s", t.LaneMax.Seconds(), t.LaneSlow)),
		w)
}

// laneState is how long the lane runs, or ran.
func (p picture) laneState() string {
	if p.state.Phase == lane.Running {
		return p.Text(look.Accent, p.since())
	}
	return ""
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
func (p picture) queue(w int) []string {
	depths := make([]int, len(p.state.Queue))
	var rows [][]string
	for i := range p.state.Queue {
		depths[i] = min(i, 3)
	}
	for i, q := range p.state.Queue {
		role := look.Plain
		if q.Bad {
			role = look.Attention
		}
		rows = append(rows, []string{p.Branch(depths, i) + p.Text(role, q.Who), p.Plain(q.What)})
	}
	return p.Table([]look.Column{{Least: 16}, {Least: 16}}, rows, w)
}

// story is what happened in the lane, the newest last.
func (p picture) story(w int) []string {
	var out []string
	for _, l := range p.state.Lines {
		role := look.Plain
		if l.Bad {
			role = look.Attention
		}
		out = append(out, p.RowOf(9, fmt.Sprintf("%5.1f s", l.After.Seconds()), p.Text(role, l.Text), w)...)
	}
	return append(out, p.outcome(w)...)
}
