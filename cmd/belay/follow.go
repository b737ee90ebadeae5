package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
)

// engineArrives is how long a new engine may take to open its journal.
const engineArrives = 10 * time.Second

// watched is the journal that a command follows: where it is, and the last event
// of the lives that were over before. Those are history; their end is not the end.
type watched struct {
	folder string
	from   int64
	// pauses is true for a backfill alone: an interrupt pauses it. last is the
	// kind of event that is printed behind all others; "" = none is.
	pauses bool
	last   journal.Kind
	// of is how `belay attach --of` named whose run it is; "" = it is one's own.
	of string
	// file is the journal where it was opened before its engine started; nil = it is
	// opened by whoever follows.
	file *journal.Follower
	// order is what this command wants of an engine that does not run yet: it starts with
	// whoever follows, a screen's once something is drawn. nil = the engine is there.
	order *engine.Order
	// process is the engine's where this command started it.
	process *engine.Process
	// again begins the command anew once the run is over, done = its work is; nil = it
	// cannot.
	again func(done bool) (watched, error)
}

// engine is the process for a front end; nil = another command started it.
func (w watched) engine() follow.Process {
	if w.process == nil {
		return nil
	}
	return w.process
}

// reader follows a watched journal.
type reader struct {
	watched
	seq   int64
	began time.Time
	life  int64 // the newest engine's
}

func (a *app) read(w watched) (*reader, error) {
	if err := w.start(); err != nil {
		return nil, err
	}
	if w.file == nil {
		f, err := openJournal(a.ctx, w.folder)
		if err != nil {
			return nil, err
		}
		w.file = f
	}
	return &reader{watched: w, began: time.Now()}, nil
}

// prepare opens the journal of an engine that is to start: one that ends at once takes
// its look away.
func prepare(order engine.Order) (watched, error) {
	f, err := journal.Follow(filepath.Join(order.Folder, journal.FileName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return watched{}, err
	}
	return watched{folder: order.Folder, file: f, order: &order}, nil
}

// start starts the engine where it does not run yet.
func (w *watched) start() error {
	if w.order == nil {
		return nil
	}
	order := *w.order
	w.order = nil
	var err error
	if w.process, err = engine.Start(order); err != nil && w.file != nil {
		err = errors.Join(err, w.file.Close())
	}
	return err
}

// starter is start for a screen, nil = the engine is there.
func (w *watched) starter() func() (follow.Process, error) {
	if w.order == nil {
		return nil
	}
	return func() (follow.Process, error) {
		err := w.start()
		return w.engine(), err
	}
}

// unstarted takes the look of an engine away that was never needed: the person left
// before it started.
func (w *watched) unstarted() {
	if w.order != nil && engine.IsLook(w.folder) {
		_ = os.RemoveAll(w.folder)
	}
}

// next waits for the next event of this life, or for the engine's end without a
// word.
func (r *reader) next(ctx context.Context) (journal.Event, error) {
	for {
		short, cancel := context.WithTimeout(ctx, time.Second)
		e, err := r.file.Next(short)
		cancel()
		if err == nil {
			if r.took(e) {
				return e, nil
			}
			continue
		}
		if ctx.Err() != nil {
			return e, leftAlone(r.folder)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return e, err
		}
		if r.file.Held() || r.arriving() {
			continue
		}
		// It may have ended just after its last line.
		if e, ok, err := r.file.Poll(); err != nil || (ok && r.took(e)) {
			return e, err
		}
		return r.unsaid()
	}
}

// leftAlone is the end of a command that follows and is told to end. A look that is at
// no work ends with it.
func leftAlone(folder string) error {
	id := engine.RunID(folder)
	if engine.IsLook(folder) {
		if k, err := engine.ReadLook(folder); err != nil || k.Run.Work.Step == "" {
			return stopped()
		}
	}
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "left run " + id + " on its own",
		Advice: "`belay attach " + id + "` shows it; `belay stop` stops it",
	}
}

// departed is the end of a life whose engine has gone without writing one. process is
// nil where another command started it.
func departed(folder string, process *engine.Process) journal.RunFinished {
	run := state.New()
	if k, err := engine.ReadRun(folder); err == nil {
		run = k.State
	}
	how := journal.Printed(folder)
	if process != nil && how == "" {
		how, _ = process.Ended()
	}
	word, said := journal.ReadLastWord(folder)
	return run.Departed(word, said, how)
}

// lost is such an end as the command line's error.
func lost(folder string, process *engine.Process) error { return unlessDone(departed(folder, process)) }

// unsaid is such an end for a follower: an event where all was done, and only the
// journal did not get it.
func (r *reader) unsaid() (journal.Event, error) {
	f := departed(r.folder, r.process)
	if f.Exit != steps.ExitDone {
		return journal.Event{}, unlessDone(f)
	}
	r.seq++
	return f.Event(r.seq, time.Now().UTC())
}

// took keeps the place, and reports whether the event is of this life.
func (r *reader) took(e journal.Event) bool {
	r.seq = e.Seq
	if e.Kind == (journal.EngineStarted{}).Kind() {
		r.life = e.Seq
	}
	if e.Kind == (journal.RunOpened{}).Kind() {
		if b, err := journal.Decode[journal.RunOpened](e); err == nil {
			r.folder = b.Folder
		}
	}
	return e.Seq > r.from
}

// arriving reports whether a new engine of an old journal may still be about to
// begin.
func (r *reader) arriving() bool { return r.seq <= r.from && time.Since(r.began) < engineArrives }

// followJSON prints the journal's lines until the run is over for this engine.
func (a *app) followJSON(w watched) error {
	presence, err := journal.ArriveMute(w.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a look that has ended is read all the same
		return err
	}
	defer presence.Leave()
	r, err := a.read(w)
	if err != nil {
		return err
	}
	defer r.file.Close()
	ctx := a.ctx
	var last []byte
	for {
		e, err := r.next(ctx)
		if err != nil && w.pauses && ctx == a.ctx && ctx.Err() != nil {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), pauseWait)
			defer cancel()
			ctx, err = limited,
				journal.Send(r.folder, journal.Message{Kind: journal.Stop, Name: userName(), Life: r.life})
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if e.Kind == w.last {
			last = e.Line
			continue
		}
		a.out.line(e.Line)
		if e.Kind == (journal.RunFinished{}).Kind() {
			if last != nil {
				a.out.line(last)
			}
			return finished(e)
		}
	}
}

// finished is the end of a run as the command line's error.
func finished(e journal.Event) error {
	b, err := journal.Decode[journal.RunFinished](e)
	if err != nil {
		return err
	}
	return unlessDone(b)
}

func unlessDone(f journal.RunFinished) error {
	if f.Exit == steps.ExitDone {
		return nil
	}
	return &steps.Exit{Code: f.Exit, Outcome: f.Outcome, Summary: f.Summary, Advice: f.Hint}
}

// openJournal waits for a new engine's journal. Where the engine ends before it
// writes one, its own log says why.
func openJournal(ctx context.Context, folder string) (*journal.Follower, error) {
	deadline := time.Now().Add(engineArrives)
	for {
		f, err := journal.Follow(filepath.Join(folder, journal.FileName))
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
		if time.Now().After(deadline) {
			return nil,
				&steps.Refused{
					Problem: "the engine did not start",
					Advice:  "its own words are in " + filepath.Join(folder, "engine.log"),
				}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
