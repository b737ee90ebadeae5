package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"belay/steps/state"
	"belay/tui/look"
)

// From these sizes on there are boxes and a rail, and two columns.
const (
	boxedWidth  = 100
	boxedHeight = 30
	twoColumns  = 150
	railWidth   = 26
)

// page is what a screen's panels are drawn from.
type page struct {
	*look.Look
	run   *state.Run
	local Local
	f     *Facts
	now   time.Time
	// w and h are the body's, boxed whether its panels are boxes.
	w, h  int
	boxed bool
	// tight is true where a row of a card has so little room that only its core is said.
	tight bool
}

// low reports whether a body has so few lines that only what must be said is.
func (p page) low() bool { return p.h < 15 }

// wide is true where there are two columns.
func (p page) wide() bool { return p.boxed && p.w >= twoColumns }

// crowded is true where there is no line to spare, though all of importance has room.
func (p page) crowded() bool { return p.h < 25 }

// Draw is the screen as text, exactly as high as the terminal.
func (s Screen) Draw(run *state.Run, local Local, size Size, now time.Time) string {
	if size.Width < Smallest.Width || size.Height < Smallest.Height {
		return tooSmall(run, local, size)
	}
	lines, _ := s.lay(run, local, size, now)
	return strings.Join(lines, "\n")
}

// Placed says which panels are seen, and which part of each.
func (s Screen) Placed(run *state.Run, local Local, size Size, now time.Time) []look.Placed {
	if size.Width < Smallest.Width || size.Height < Smallest.Height {
		return nil
	}
	_, placed := s.lay(run, local, size, now)
	return placed
}

func (s Screen) lay(run *state.Run, local Local, size Size, now time.Time) ([]string, []look.Placed) {
	if local.Facts == nil {
		local.Facts = Read(run, nil)
	}
	p := page{Look: local.Look, run: run, local: local, f: local.Facts, now: now, w: size.Width, h: size.Height - 2}
	p.boxed = size.Width >= boxedWidth && size.Height >= boxedHeight
	head, foot := []string{banner(p, size.Width)}, said(p, s)
	p.h -= len(foot)
	rail := p.boxed && len(run.Steps) > 0
	if !rail {
		p.h--
	}
	main := size.Width
	if rail {
		main -= railWidth + 1
	}
	body, placed := p.columns(s.panels(p), main)
	if rail {
		body = beside(stepList(p, railWidth), body)
	} else {
		head = append(head, stepper(p, s, placed, size.Width))
	}
	return slices.Concat(head, body, foot, []string{footer(p, s, placed, size.Width)}), placed
}

// panels are the screen's, with the focus and what was scrolled.
func (s Screen) panels(p page) []look.Panel {
	all := s.Panels(p)
	focus := p.local.Focus[s.Name]
	for i := range all {
		if all[i].Name == "" {
			continue
		}
		all[i].Focus = all[i].Focus && focus == "" || all[i].Name == focus
		if offset, ok := p.local.Scroll[s.Name+"/"+all[i].Name]; ok {
			all[i].Offset = offset
			if all[i].Name == focus {
				all[i].Cursor = 0
			}
		}
	}
	return all
}

// columns sets the panels in w columns: below each other, or in two columns where
// there is room and something stands at the right.
func (p page) columns(all []look.Panel, w int) ([]string, []look.Placed) {
	if !p.wide() {
		return p.Stack(all, w, p.h, p.boxed)
	}
	var above, left, right, below []look.Panel
	for _, x := range all {
		switch {
		case x.Wide && len(left)+len(right) == 0:
			above = append(above, x)
		case x.Wide:
			below = append(below, x)
		case x.Right:
			right = append(right, x)
		default:
			left = append(left, x)
		}
	}
	if len(right) == 0 || len(left) == 0 {
		return p.Stack(all, w, p.h, p.boxed)
	}
	head, placed := p.across(above, w)
	foot, more := p.across(slices.Clone(below), w)
	rest := p.h - len(head)
	p.h = rest - len(foot)
	if len(foot) > 0 {
		// What is to run keeps the lines that it needs; the tree below has all others.
		p.h = min(p.h, max(p.needed(left, w), leastColumns))
		foot, more = p.Stack(below, w, rest-p.h, p.boxed)
	}
	body, between := p.twoColumns(left, right, w)
	return slices.Concat(head, body, foot), slices.Concat(placed, between, more)
}

// across sets panels over both columns, in as many lines as they need, a third of the
// height at most.
func (p page) across(all []look.Panel, w int) ([]string, []look.Placed) {
	for i := range all {
		all[i].Grow = false
	}
	lines, placed := p.Stack(all, w, p.h/3, p.boxed)
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines, placed
}

// leastColumns is how high two columns are at least: the log stands in the right one.
const leastColumns = 16

// needed is how many lines the left column has something to say in.
func (p page) needed(left []look.Panel, w int) int {
	left = slices.Clone(left)
	for i := range left {
		left[i].Grow = false
	}
	lines, _ := p.Stack(left, p.leftWidth(w), p.h, p.boxed)
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return len(lines)
}

// leftWidth is that of the left column: what is to run is more than who is there.
func (p page) leftWidth(w int) int { return w - 1 - (w-1)*42/100 }

func (p page) twoColumns(left, right []look.Panel, w int) ([]string, []look.Placed) {
	l, placed := p.Stack(left, p.leftWidth(w), p.h, p.boxed)
	r, more := p.Stack(right, w-1-p.leftWidth(w), p.h, p.boxed)
	return beside(l, r), append(placed, more...)
}

// beside joins two columns of the same height.
func beside(left, right []string) []string {
	return strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, strings.Join(left, "\n"), " ",
		strings.Join(right, "\n")), "\n")
}

func tooSmall(run *state.Run, local Local, size Size) string {
	goes := ""
	if Underway(run) {
		goes = "; the run goes on"
	}
	text := fmt.Sprintf("belay needs %dx%d, this is %dx%d%s; q leaves", Smallest.Width, Smallest.Height, size.Width,
		size.Height, goes)
	return local.Look.Cut(text, max(size.Width, 1))
}
