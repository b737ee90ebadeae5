package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
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
}

// reader follows a watched journal.
type reader struct {
	watched
	file  *journal.Follower
	seq   int64
	began time.Time
}

func (a *app) read(w watched) (*reader, error) {
	f, err := openJournal(a.ctx, w.folder)
	if err != nil {
		return nil, err
	}
	return &reader{watched: w, file: f, began: time.Now()}, nil
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
			id := engine.RunID(r.folder)
			return e, &steps.Exit{
				Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: "left run " + id + " on its own",
				Advice: "`belay attach " + id + "` shows it; `belay stop` stops it",
			}
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return e, err
		}
		if journal.Held(r.folder) || r.arriving() {
			continue
		}
		// It may have ended just after its last line.
		if e, ok, err := r.file.Poll(); err != nil || (ok && r.took(e)) {
			return e, err
		}
		return e, lost(engine.RunID(r.folder))
	}
}

// took keeps the place, and reports whether the event is of this life.
func (r *reader) took(e journal.Event) bool {
	r.seq = e.Seq
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
	presence, err := journal.Arrive(w.folder)
	if err != nil {
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
			ctx, err = limited, journal.Send(r.folder, journal.Message{Kind: journal.Stop, Name: userName()})
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
		fmt.Fprintf(a.out, "%s\n", e.Line)
		if e.Kind == (journal.RunFinished{}).Kind() {
			if last != nil {
				fmt.Fprintf(a.out, "%s\n", last)
			}
			return finished(e)
		}
	}
}

// finished is the end of a run as the command line's error.
func finished(e journal.Event) error {
	b, err := journal.Decode[journal.RunFinished](e)
	if err != nil || b.Exit == steps.ExitDone {
		return err
	}
	return &steps.Exit{Code: b.Exit, Outcome: b.Outcome, Summary: b.Summary, Advice: b.Hint}
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
			return nil, &steps.Refused{Problem: "the engine did not start", Advice: "its own words are in " + filepath.Join(folder, "engine.log")}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
