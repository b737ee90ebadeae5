package execute

import (
	"context"
	"slices"

	"belay/db"
	"belay/db/inspect"
	"belay/sqlview/proof"
	"belay/steps"
	"belay/steps/fact"
)

// listeners are the event triggers that were seen around a unit. Whoever looks when all is
// done does not see one that went with the file, or right after it.
type listeners []proof.Listener

// look adds those that are there now. Where nobody can say, the look after the run does.
func (l *listeners) look(ctx context.Context, r *runner) {
	var now []inspect.EventTrigger
	if err := r.env.Sessions.Monitor(ctx, func(c *db.Conn) (err error) {
		now, err = inspect.EventTriggers(ctx, c)
		return err
	}); err != nil {
		return
	}
	for _, t := range now {
		if !slices.ContainsFunc(*l, func(o proof.Listener) bool { return o.Name == t.Name }) {
			*l = append(*l, proof.Listener{Name: t.Name, Owner: t.Owner, Event: t.Event, Tags: t.Tags})
		}
	}
}

// left says whose code ran at the statements of the unit; "" = none of those that were
// seen.
func (l listeners) left(ctx context.Context, r *runner, u steps.Unit) string {
	if len(l) == 0 {
		return ""
	}
	f, err := r.env.Parser.Parse(ctx, u.Migration.Up.Bytes)
	if err != nil || len(f) == 0 {
		return ""
	}
	return fact.Left(proof.Heard([]proof.File{{Path: u.Path, Statements: f[0].Statements}}, l))
}
