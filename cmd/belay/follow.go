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

// followJSON prints the journal's lines until the run is over for this engine.
func (a *app) followJSON(folder string) error {
	presence, err := journal.Arrive(folder)
	if err != nil {
		return err
	}
	defer presence.Leave()
	f, err := openJournal(a.ctx, folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return a.printLines(f, folder)
}

func (a *app) printLines(f *journal.Follower, folder string) error {
	current := folder
	for {
		e, err := nextOrGone(a.ctx, f, &current)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s\n", e.Line)
		switch e.Kind {
		case "run.opened":
			if b, err := journal.Decode[journal.RunOpened](e); err == nil {
				current = b.Folder
			}
		case "run.finished":
			b, err := journal.Decode[journal.RunFinished](e)
			if err != nil {
				return err
			}
			if b.Exit == steps.ExitDone {
				return nil
			}
			return &steps.Exit{Code: b.Exit, Outcome: b.Outcome, Summary: b.Summary, Advice: b.Hint}
		}
	}
}

// nextOrGone waits for the next event, or for the engine's end without a word.
func nextOrGone(ctx context.Context, f *journal.Follower, folder *string) (journal.Event, error) {
	for {
		short, cancel := context.WithTimeout(ctx, time.Second)
		e, err := f.Next(short)
		cancel()
		if err == nil {
			return e, nil
		}
		if ctx.Err() != nil {
			return e, &steps.Exit{
				Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: "left run " + engine.RunID(*folder) + " on its own",
				Advice: "`belay attach " + engine.RunID(*folder) + "` shows it; `belay stop` stops it",
			}
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return e, err
		}
		if journal.Held(*folder) {
			continue
		}
		// It may have ended just after its last line.
		if e, ok, err := f.Poll(); ok || err != nil {
			return e, err
		}
		return e, lost(engine.RunID(*folder))
	}
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
