package engine

import (
	"fmt"
	"strings"
	"time"

	"belay/steps"
	"belay/steps/journal"
)

// A look belongs to its screen. One whose screen is lost while a backup or a
// rehearsal runs, or between the yes and the run, stays: the work goes on, nothing
// else begins, and whoever comes finds it by `belay`, `belay attach` or `belay
// status`. It is kept from then on, until somebody watches again.

// works reports whether a step of the look does something long that a person asked
// for.
func (g *engine) works() bool { return g.run.Opened == nil && g.run.Work.Step != "" }

// stays reports whether a look that nobody watches goes on. A yes of an answers file alone
// keeps none whose screen was never seen: nobody waits for what came of it.
func (g *engine) stays() bool {
	if g.order.Started != "" {
		return false // its server goes with the last screen
	}
	return g.works() || g.run.LeftBehind() || (g.approved != nil && g.watchers.seen && !g.watchers.leaving)
}

// stay keeps a look that nobody watches, for as long as it works and then as long
// as a question stays open.
func (g *engine) stay(now time.Time) error {
	if !g.run.LeftBehind() {
		if err := g.record("", "", journal.ScreenLost{}); err != nil {
			return err
		}
	}
	if g.phase == idle && now.Sub(g.watchers.gone) >= g.patience.park {
		g.finish(g.unwatchedEnd("nobody came for " + g.patience.park.String()))
	}
	return nil
}

// alone reports whether nobody watches now who could see a run begin, and nobody
// allowed that. It looks itself: a screen may have gone a moment ago.
func (g *engine) alone() bool {
	if g.order.Started != "" || g.run.Unwatched || g.unwatchedAllowed() {
		return false
	}
	return !g.watchers.gone.IsZero() || len(journal.Screens(g.folder)) == 0
}

// heldBack keeps a run from beginning that nobody would see. Where a person can come
// it waits; an answers file would only say yes again.
func (g *engine) heldBack() error {
	if !g.watchers.seen && g.watchers.gone.IsZero() {
		return nil // its first screen is still to come, or went before anybody saw it
	}
	g.move(settles)
	if !g.run.LeftBehind() {
		if err := g.record("", "", journal.ScreenLost{}); err != nil {
			return err
		}
	}
	if g.order.Headless {
		g.finish(g.unwatchedEnd("the same command goes on from what is there"))
	}
	return nil
}

// unsaid takes back a yes that was given before the screen was lost: a run begins
// under somebody's eyes.
func (g *engine) unsaid() error {
	if !g.run.LeftBehind() || g.approved == nil {
		return nil
	}
	g.approved = nil
	g.queue.from(0)
	return g.record("run", "", journal.Noted{
		Text: "the yes is void: the screen was lost before the run began; say it again",
	})
}

// unwatchedEnd is the end of a look that worked and that nobody came for.
func (g *engine) unwatchedEnd(why string) journal.RunFinished {
	var arrived []string
	for _, id := range []string{"backup", "rehearse"} {
		if s := g.run.Step(id); s != nil && s.Summary != "" && s.Status != journal.Asking {
			arrived = append(arrived, id+": "+s.Summary)
		}
	}
	return journal.RunFinished{
		Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: fmt.Sprintf("the screen was lost at %s, before the run began; %s; nothing has changed",
			g.run.ScreenLost.UTC().Format("15:04:05 UTC"), strings.Join(arrived, "; ")),
		Hint: why,
	}
}
