package demo

import (
	"fmt"
	"strings"

	"belay/sqlview/lane"
	"belay/tui/screen"
	"belay/tui/theme"
	"belay/tui/view"
)

// wide is from where the screen has room for both, traffic and story.
const wide = 100

// draw is the whole screen, exactly its size.
func (p picture) draw() string {
	if p.size.Width < screen.Smallest.Width || p.size.Height < screen.Smallest.Height {
		return view.Cut(fmt.Sprintf("belay needs %dx%d, this is %dx%d; q leaves",
			screen.Smallest.Width, screen.Smallest.Height, p.size.Width, p.size.Height), max(p.size.Width, 1))
	}
	w := p.size.Width
	lines := []view.Line{p.banner(), p.where(), view.Rule(w)}
	lines = append(lines, view.Fit(p.body(), p.size.Height-6)...)
	lines = append(lines, view.Rule(w), p.remark(), p.keys())
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Draw(w, p.theme)
	}
	return strings.Join(out, "\n")
}

func (p picture) banner() view.Line {
	s := p.state.Server
	text := " demo  a server of its own"
	if s.Address != "" {
		text = fmt.Sprintf(" demo %s on %s  primary %s  role %s", s.Database, s.Address, s.Version, s.Role)
	}
	return view.L(view.S(theme.Local, " LOCAL "), view.S(theme.Strong, text)).Ends(view.T(p.now.Format("15:04 -07:00")))
}

// titles name the scenes on the second line.
var titles = map[lane.Name]string{
	lane.Careless: "1 careless: psql, no limits",
	lane.Runbook:  "2 runbook: lock_timeout 2 s and a retry loop",
	lane.Belay:    "3 belay: a limit per statement, the index watched",
	lane.Cut:      "x one more migration, its connection cut at COMMIT",
}

func (p picture) where() view.Line {
	title, word := "the shop at work", view.Span{}
	switch {
	case p.help:
		title = "why"
	case p.state.Phase == lane.Starting:
		title, word = "starting", view.S(theme.Running, "STARTING")
	case p.state.Phase == lane.Failed:
		title, word = "it could not be started", view.S(theme.Danger, "FAILED")
	case p.scene == ending:
		title, word = "the same two statements, three ways", view.S(theme.OK, "done")
	case p.scene == playing:
		title, word = titles[p.state.Lane], view.S(theme.OK, "done")
		if p.state.Phase == lane.Running {
			word = view.S(theme.Running, "RUNNING "+p.since())
		}
	}
	return view.L(view.S(theme.Strong, " demo"), view.T("   "+title)).Ends(word)
}

// since is how long the lane runs; it has just begun where its start is not
// known yet.
func (p picture) since() string {
	if p.state.Began.IsZero() || p.state.Took > 0 {
		return "0.0 s"
	}
	return fmt.Sprintf("%.1f s", p.now.Sub(p.state.Began).Seconds())
}

// body is what the scene shows between the rules.
func (p picture) body() []view.Block {
	switch {
	case p.help:
		return []view.Block{{Lines: p.why(), Fill: true, Give: 1}}
	case p.state.Phase == lane.Starting:
		return []view.Block{{Lines: p.starting(), Fill: true}}
	case p.state.Phase == lane.Failed:
		return []view.Block{{Lines: p.failed(), Fill: true}}
	case p.scene == ending:
		return []view.Block{{Lines: p.table()}, {Lines: p.meaning(), Give: 1, Fill: true}}
	case p.scene == playing:
		story := p.story()
		return []view.Block{{Lines: p.traffic()}, {Lines: p.queue(), Give: 1, Min: 5}, {Lines: story, Give: 2, From: len(story), Fill: true, Quiet: true}}
	}
	return []view.Block{{Lines: p.traffic()}, {Lines: p.opening(), Fill: true, Give: 1}}
}

// gone is true of everything that is seen here.
const gone = "everything here is gone when you leave"

func (p picture) remark() view.Line {
	if p.said != "" {
		return view.L(view.S(theme.Attention, " "+p.said))
	}
	return view.Text(" " + gone)
}
