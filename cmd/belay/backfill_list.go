package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"belay/db"
	"belay/db/backfill"
	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/state"
)

// listBackfills prints the backfills that the ledger of the database has.
func (a *app) listBackfills(p *project.Project, output string) error {
	c, err := a.ledgerOf(p, db.Monitor)
	if errors.Is(err, ledger.ErrMissing) {
		a.out.say("no backfills here: the database has no ledger")
		return nil
	}
	if err != nil {
		return err
	}
	defer c.Close()
	rows, err := backfill.List(a.ctx, c)
	if err != nil {
		return err
	}
	if output == "json" {
		if rows == nil {
			rows = []backfill.Row{}
		}
		return a.out.value(rows, true)
	}
	if len(rows) == 0 {
		a.out.say("no backfills here")
	}
	for _, r := range rows {
		state := string(r.State)
		if r.State == backfill.Passed {
			state = "all rows reached, not verified"
		}
		a.out.say("%s  %s  %s  %s  %s ago  %s  %s", r.ID, r.Leaf, state,
			measure.Rows(r.DoneRows), r.Age.Round(time.Second),
			r.Owner, r.Reason)
	}
	return nil
}

// ledgerOf connects to the database, where it has a ledger.
func (a *app) ledgerOf(p *project.Project, kind db.Kind) (*db.Conn, error) {
	cfg, err := p.Database()
	if err != nil {
		return nil, err
	}
	c, err := db.Connect(a.ctx, cfg, db.Session{Kind: kind, Step: "backfill"})
	if err != nil {
		return nil, err
	}
	err = c.Become(a.ctx, c.Role)
	if err == nil {
		err = ledger.Check(a.ctx, c)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// pauseWait is how long a runner of this host may take to pause: one batch, and
// the looks around it.
const pauseWait = 30 * time.Second

// pauseBackfill asks the engine that runs it; one on another host finds the
// pause in the ledger before its next batch.
func (a *app) pauseBackfill(p *project.Project, id string) error {
	if k, ok := engine.Filler(id); ok && k.Live {
		if err := journal.Send(k.Folder, journal.Message{
			Kind: journal.Pause, Name: userName(), Life: k.Run.Began,
		}); err != nil {
			return err
		}
		return a.awaitPause(k, id)
	}
	c, err := a.ledgerOf(p, db.Executor)
	if err != nil {
		return err
	}
	defer c.Close()
	ok, err := backfill.RequestPause(a.ctx, c, id, whoHere())
	if err != nil {
		return err
	}
	if !ok {
		return &steps.Refused{
			Problem: "backfill " + id + " is not running here: nothing to pause",
			Advice:  "`belay backfill --list` says where each stands",
		}
	}
	return a.pausedBackfill(id, "its runner stops before the next batch")
}

// awaitPause waits until the engine says that nothing is open any more.
func (a *app) awaitPause(k engine.Known, id string) error {
	ctx, cancel := context.WithTimeout(a.ctx, pauseWait)
	defer cancel()
	r, err := a.read(watched{folder: k.Folder})
	if err != nil {
		return err
	}
	defer r.file.Close()
	run := state.New()
	for {
		e, err := r.next(ctx)
		if err != nil {
			return err
		}
		if err := run.Apply(e); err != nil {
			return err
		}
		f, _, ok := state.Get[fact.Filling](run)
		if e.Seq > k.Run.Seq && ok && f.State == "paused" || run.Finished != nil && e.Seq > k.Run.Seq {
			return a.pausedBackfill(id, f.Reason)
		}
	}
}

// finishedBackfill says what became of a backfill that is done, and reports
// whether it is. One that a run of this host has still to record is not.
func (a *app) finishedBackfill(p *project.Project, id, output string) (bool, error) {
	if k, ok := engine.Filler(id); ok && k.Open() {
		return false, nil
	}
	c, err := a.ledgerOf(p, db.Monitor)
	if err != nil {
		return false, nil // the run says what is wrong
	}
	defer c.Close()
	rows, err := backfill.Load(a.ctx, c, id)
	if err != nil || len(rows) == 0 ||
		slices.ContainsFunc(rows, func(r backfill.Row) bool { return r.State != backfill.Done }) {
		return false, nil
	}
	r := backfill.ResultOf(id, rows)
	if output == "json" {
		return true, a.out.value(struct {
			Kind journal.Kind `json:"kind"`
			journal.BackfillDone
		}{
			journal.BackfillDone{}.Kind(),
			journal.BackfillDone{ID: id, Rows: r.Rows, Batches: r.Batches, Seconds: r.Took.Seconds()},
		}, false)
	}
	a.out.say("backfill %s of %s is done: %s in %s, %s; there is nothing to go on with", id,
		rows[0].Relation, measure.Rows(r.Rows),
		measure.Noun(measure.Grouped(r.Batches), "batch"), rows[0].Reason)
	return true, nil
}
