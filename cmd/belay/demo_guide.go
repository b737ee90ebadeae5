package main

import (
	"context"
	"errors"
	"os"
	"time"

	"belay/db/backfill"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/demo"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/playbook"
	"belay/steps/project"
	"belay/tui"
	demoscreen "belay/tui/demo"
)

// screenDemo shows the demo while its server starts, and goes on to the guide
// where the person wants it.
func (a *app) screenDemo(d *demo.Demo) error {
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	opened := make(chan error, 1)
	go func() {
		err := d.Open(ctx)
		if err != nil {
			d.Fail(err, steps.HintOf(err))
		}
		opened <- err
	}()
	show := demoscreen.Config{
		Terminal: a.drawn(),
		Look:     d.State, Play: d.Play, Own: a.ownProblem,
	}
	choice, err := demoscreen.Run(ctx, show)
	if choice == demoscreen.Leave || err != nil {
		cancel()
	}
	if starting := <-opened; err == nil && !errors.Is(starting, context.Canceled) {
		err = starting
	}
	// Leaving the guide leads back here: only leaving the demo ends it.
	guide := demoGuide{app: a, demo: d}
	for err == nil && choice != demoscreen.Leave {
		if err = guide.open(choice); err == nil {
			show.Again = true
			choice, err = demoscreen.Run(ctx, show)
		}
	}
	if err == nil {
		a.out.say("the demo is over; everything of it is gone")
	}
	return err
}

// ownProblem says why the person's own migrations cannot be opened; "" = they can.
func (a *app) ownProblem() string {
	dir, err := os.Getwd()
	if err != nil {
		return err.Error()
	}
	p, err := project.Look(a.ownFlags(), dir)
	var several *migration.AmbiguousError
	switch {
	case err != nil:
		return err.Error()
	case errors.As(p.PickError, &several):
		return "" // the guide asks which
	case p.PickError != nil:
		return p.PickError.Error() + " here: start the demo in a folder that has one, or with --migrations"
	case p.Picked.Tool == "":
		return p.Shown() + " is empty"
	}
	return ""
}

// ownFlags are the person's flags without what names a server.
func (a *app) ownFlags() project.Flags {
	f := a.flags
	f.DSN, f.Target = "", ""
	return f
}

// ownDatabase is where the person's own migrations run: they know nothing of a shop.
const ownDatabase = "own"

// demoBackfill fills the column that belay's own lane of the demo adds.
var demoBackfill = backfill.Spec{
	Relation: "public.orders", Set: "note = 'thanks, customer ' || customer_id", Where: "note IS NULL",
}

// demoGuide is the guide on the demo's server.
type demoGuide struct {
	app  *app
	demo *demo.Demo
	// own is the DSN of the database for the person's own migrations; "" = not made yet.
	own string
}

// open shows the guide until the person leaves it. What it keeps goes with the server.
func (g *demoGuide) open(choice demoscreen.Choice) error {
	a, d := g.app, g.demo
	if err := errors.Join(os.Setenv("XDG_STATE_HOME", d.StateDir()),
		os.Setenv("XDG_CONFIG_HOME", d.ConfigDir())); err != nil {
		return err
	}
	order := engine.Order{Dir: d.Dir(), DSN: d.DSN(), Started: d.SystemIdentifier(), By: userName()}
	var err error
	switch choice {
	case demoscreen.Fill:
		order.Command, order.Backfill = playbook.Backfill.Name, &steps.Backfill{Spec: demoBackfill}
	case demoscreen.Own:
		order.Flags = a.ownFlags()
		if g.own == "" {
			if g.own, err = d.Empty(a.ctx, ownDatabase); err != nil {
				return err
			}
		}
		order.DSN = g.own
		if order.Dir, err = os.Getwd(); err != nil {
			return err
		}
	}
	if order.Folder, err = engine.NewFolder(); err != nil {
		return err
	}
	w, err := prepare(order)
	if err != nil {
		return err
	}
	c := a.drawn()
	c.Folder, c.Journal, c.Start, c.Name = w.folder, w.file, w.starter(), userName()
	left, err := tui.Run(a.ctx, c)
	w.unstarted()
	engineGone(left.Folder)
	return err
}

// engineEnds is how long an engine whose last screen has left may take to end.
const engineEnds = 10 * time.Second

// engineGone waits for the engine, so that the server goes after it.
func engineGone(folder string) {
	for end := time.Now().Add(engineEnds); journal.Held(folder) && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
}
