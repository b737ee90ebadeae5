package demo

import (
	"fmt"
	"strings"

	"belay/steps/demo/lane"
	"belay/tui/look"
	"belay/tui/screen"
)

// draw is the whole screen, exactly its size.
func (p picture) draw() string {
	if p.size.Width < screen.Smallest.Width || p.size.Height < screen.Smallest.Height {
		return p.Cut(fmt.Sprintf("belay needs %dx%d, this is %dx%d; q leaves",
			screen.Smallest.Width, screen.Smallest.Height, p.size.Width, p.size.Height), max(p.size.Width, 1))
	}
	body, _ := p.lay()
	lines := append([]string{p.banner()}, body...)
	return strings.Join(append(lines, p.remark(), p.keys()), "\n")
}

func (p picture) lay() ([]string, []look.Placed) {
	boxed := p.size.Width >= 100 && p.size.Height >= 30
	return p.Stack(p.panels(), p.size.Width, p.size.Height-3, boxed)
}

// placed says which part of each panel is seen.
func (p picture) placed() []look.Placed {
	_, placed := p.lay()
	return placed
}

func (p picture) banner() string {
	s := p.state.Server
	left := "  " + p.Text(look.Local, " LOCAL ") + "  " + p.Text(look.Strong, "belay demo")
	if s.Address != "" {
		separator := " " + p.Text(look.Quiet, p.Border.Left) + " "
		left += separator + p.Plain(s.Database+" on "+s.Address)
		if p.size.Width >= 100 {
			left += separator + p.Plain("PostgreSQL "+s.Version+separatorless(s.Role))
		}
	}
	return p.Ends(left, p.word()+"  "+p.Plain(p.now.Format("15:04 -07")), p.size.Width)
}

func separatorless(role string) string {
	if role == "" {
		return ""
	}
	return " as " + role
}

// titles name the scenes.
var titles = map[lane.Name]string{
	lane.Careless: "1 careless: psql, no limits",
	lane.Runbook:  "2 runbook: lock_timeout 2 s and a retry loop",
	lane.Belay:    "3 belay: a limit per statement, the index watched",
	lane.Cut:      "x one more migration, its connection cut at COMMIT",
}

// word is what goes on now.
func (p picture) word() string {
	switch {
	case p.state.Phase == lane.Starting:
		return p.Text(look.Accent, p.Marks.Live+" STARTING")
	case p.state.Phase == lane.Failed:
		return p.Text(look.Danger, p.Marks.Failed+" FAILED")
	case p.scene == playing && p.state.Phase == lane.Running:
		return p.Text(look.Accent, p.Marks.Live+" RUNNING "+p.since())
	case p.scene == playing || p.scene == ending:
		return p.Text(look.OK, p.Marks.Done+" done")
	}
	return ""
}

// since is how long the lane runs; it has just begun where its start is not
// known yet.
func (p picture) since() string {
	if p.state.Began.IsZero() || p.state.Took > 0 {
		return "0.0 s"
	}
	return fmt.Sprintf("%.1f s", p.now.Sub(p.state.Began).Seconds())
}

// panels are what the scene shows.
func (p picture) panels() []look.Panel {
	switch {
	case p.help:
		return []look.Panel{{Name: "why", Title: "why", Grow: true, Focus: true, Offset: p.offset, Lines: p.why}}
	case p.state.Phase == lane.Starting:
		return []look.Panel{{Title: "a throwaway server is being made", Grow: true, Lines: p.starting}}
	case p.state.Phase == lane.Failed:
		return []look.Panel{{Title: "it could not be started", Grow: true, Lines: p.failed}}
	case p.scene == ending:
		return []look.Panel{
			{Name: "table", Title: "the same two statements, three ways", Lines: p.table},
			{Name: "meaning", Title: "what the columns are", Give: 1, Min: 2, Lines: p.meaning},
			p.traffic(true),
		}
	case p.scene == playing:
		return []look.Panel{
			p.traffic(false),
			{Name: "queue", Title: "who waits for whom", Give: 1, Min: 3, Lines: p.queue},
			{
				Name: "story", Title: titles[p.state.Lane], State: p.laneState(), Focus: true, Give: 2, Min: 3,
				Grow: true, Tail: true, Lines: p.story,
			},
		}
	}
	return []look.Panel{
		p.traffic(true), {Name: "opening", Title: "what is going to happen", Lines: p.opening, Give: 1, Min: 4},
	}
}

// gone is true of everything that is seen here.
const gone = "everything here is gone when you leave"

func (p picture) remark() string {
	if p.said != "" {
		return " " + p.Text(look.Attention, p.said)
	}
	return p.Cut(" "+p.Plain(gone+" (q); no database of yours is touched"), p.size.Width)
}
