package steps

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/sqlview/measure"
	"belay/steps/journal"
)

// OutageLimit is how long a server is waited for where nobody watches a screen; with
// one it is as long as it takes. Only tests change it.
var OutageLimit = 5 * time.Minute

// Outage is a server that a step waits for. It says since when and why, and when
// it has waited long enough: with a screen only a person decides that.
type Outage struct {
	env      *Env
	step     string
	since    time.Time
	reported time.Time
	tries    int
}

// Outage begins to wait for the server in a step. The zero time of nothing passes
// before the first Wait.
func (e *Env) Outage(step string) *Outage { return &Outage{env: e, step: step} }

// How often the wait is told anew, and the longest time between two tries.
const (
	outageTell = 10 * time.Second
	outageTry  = 5 * time.Second
)

// Wait is called after a try that failed. It returns nil when the next one is due,
// and else why there is none any more: ctx's cause, or why where it was long
// enough.
func (o *Outage) Wait(ctx context.Context, why error) error {
	if o.since.IsZero() {
		o.since = time.Now()
	}
	away := time.Since(o.since)
	if o.env.Headless && away >= OutageLimit {
		return fmt.Errorf("the server was waited for %s: %w", measure.Duration(away), why)
	}
	if o.env.Headless && db.Elsewhere(why) {
		return why // nobody is there who could lead the address back
	}
	if err := o.tell(ctx, why); err != nil {
		return err
	}
	pause := min(250*time.Millisecond<<min(o.tries, 5), outageTry)
	o.tries++
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pause):
		return nil
	}
}

func (o *Outage) tell(ctx context.Context, why error) error {
	first := o.reported.IsZero()
	if !first && time.Since(o.reported) < outageTell {
		return nil
	}
	o.reported = time.Now()
	message, _ := db.Explain(why)
	text := "waits for the server since " + o.since.UTC().Format("15:04:05 UTC") + ": " + message
	if first {
		if err := o.env.Note(ctx, o.step, "%s", text); err != nil {
			return err
		}
	}
	return o.env.Engine.Record(ctx, o.step, journal.StepProgress{Text: text})
}

// Over says that the server is back, where it was waited for.
func (o *Outage) Over(ctx context.Context) error {
	if o.since.IsZero() {
		return nil
	}
	text := "the server is back after " + measure.Duration(time.Since(o.since))
	o.since, o.reported, o.tries = time.Time{}, time.Time{}, 0
	if err := o.env.Note(ctx, o.step, "%s", text); err != nil {
		return err
	}
	return o.env.Progress(ctx, o.step, "%s", text)
}

// Await waits until the monitor answers.
func (o *Outage) Await(ctx context.Context) error {
	for {
		err := o.env.Sessions.Answers(ctx)
		if err == nil {
			return o.Over(ctx)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := o.Wait(ctx, err); err != nil {
			return err
		}
	}
}
