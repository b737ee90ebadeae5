package execute

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"belay/db"
	"belay/db/backfill"
	"belay/db/throttle"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
)

// How often the batches are looked at, told, told where nothing goes on, and, while they
// are paused, asked for in the ledger: another host may have gone on with them. A screen
// calls what is older than five seconds stale.
const (
	fillLook  = 100 * time.Millisecond
	fillTell  = time.Second
	fillRest  = 4 * time.Second
	fillWhere = 2 * time.Second
)

// fillWatch tells the journal about a backfill and hears what the engine asks.
// Its own goroutine looks; the backfill's tells what happened.
type fillWatch struct {
	f       *filler
	control *backfill.Control
	release func()

	mu         sync.Mutex // guards below
	retried    time.Time
	waiting    *throttle.Verdict
	reported   fact.Filling
	reportedAt time.Time
	lookedAt   time.Time
}

func newFillWatch(f *filler) *fillWatch {
	w := &fillWatch{f: f, control: &backfill.Control{}}
	w.release = f.env().Steering.Take(w.control)
	return w
}

func (w *fillWatch) end() { w.release() }

// run does the backfill and watches it until it has ended.
func (w *fillWatch) run(ctx context.Context, o backfill.Options) (backfill.Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{})
	var watched sync.WaitGroup
	watched.Go(func() {
		tick := time.NewTicker(fillLook)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
			if why := w.look(ctx); why != nil {
				cancel(why)
			}
		}
	})
	result, err := backfill.Run(ctx, o)
	close(ended)
	watched.Wait()
	w.record(context.WithoutCancel(ctx), w.filling(&result, err))
	return result, err
}

// look tells how far it is, and returns why the backfill is to be left; nil = it
// is not.
func (w *fillWatch) look(ctx context.Context) error {
	s := w.control.Snapshot()
	w.waited(ctx, s)
	if now := w.filling(nil, nil); time.Since(w.reportedAt) >= tellAfter(w.reported, now) {
		w.record(ctx, now)
	}
	if s.State != backfill.Paused {
		return nil
	}
	if why := w.f.env().Steering.Leaving(); why != nil {
		return why
	}
	if w.f.env().Headless {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: fmt.Sprintf("%s: %s; %s", w.f.u.Path, s.Reason,
				areDone(s.Rows)), Advice: w.f.resume(),
		}
	}
	return w.elsewhere(ctx)
}

// tellAfter is how long after the last word the next is due. Paused over a night, or
// without its server, a backfill would fill its journal with what it has said already.
func tellAfter(was, now fact.Filling) time.Duration {
	switch {
	case now.State != was.State, now.TargetMS != was.TargetMS:
		return 0
	case now.Rows == was.Rows && now.Phase == was.Phase && now.Waiting == was.Waiting &&
		(now.State == fact.FillPaused || now.Waiting != ""):
		return fillRest
	}
	return fillTell
}

// elsewhere looks in the ledger whether another runner took a paused backfill.
func (w *fillWatch) elsewhere(ctx context.Context) error {
	if time.Since(w.lookedAt) < fillWhere {
		return nil
	}
	w.lookedAt = time.Now()
	var owner string
	_ = w.f.env().Sessions.Own(ctx, func(c *db.Conn) error {
		rows, err := backfill.Load(ctx, c, w.f.id)
		if err == nil && len(rows) > 0 && rows[0].State != backfill.Paused &&
			!strings.HasPrefix(rows[0].RunID, w.f.env().Run) {
			owner = rows[0].Owner
		}
		return err
	})
	if owner == "" {
		return nil
	}
	return &backfill.MovedError{ID: w.f.id, Leaf: w.f.plan.Relation, Owner: owner}
}

func (w *fillWatch) record(ctx context.Context, f fact.Filling) {
	w.reported, w.reportedAt = f, time.Now()
	_ = w.f.env().Fact(ctx, "run", f) // progress that cannot be written stops nothing
}

func (w *fillWatch) note(format string, args ...any) {
	_ = w.f.env().Note(context.Background(), "run", format, args...)
}

// waited notes a wait that is over, and how long it was.
func (w *fillWatch) waited(_ context.Context, s backfill.Snapshot) {
	was := w.waiting
	w.waiting = s.Waiting
	if was == nil || was.Action == throttle.Halve || was.Since.IsZero() ||
		(s.Waiting != nil && s.Waiting.Signal == was.Signal) {
		return
	}
	if d := time.Since(was.Since); d >= time.Second {
		w.note("waited %s: %s", measure.Duration(d), was.Reason())
	}
}

// tell hears of every event of the backfill, in its goroutine.
func (w *fillWatch) tell(ev backfill.Event) {
	e := w.f.env()
	switch ev.Kind {
	case backfill.PausedNow:
		w.note("%s", ev.Message)
		_ = e.Engine.Record(context.Background(), "run", journal.StepProgress{Text: ev.Message, Status: journal.Paused})
	case backfill.Resumed:
		w.note("resumed")
		_ = e.Engine.Record(context.Background(), "run", journal.StepProgress{Text: "filling " + w.f.plan.Relation})
	case backfill.Retrying:
		w.mu.Lock()
		again := time.Since(w.retried) >= time.Second
		if again {
			w.retried = time.Now()
		}
		w.mu.Unlock()
		if again {
			w.note("%s", ev.Message)
		}
	case backfill.Noted, backfill.Vacuumed, backfill.Checked:
		w.note("%s", ev.Message)
	case backfill.LeafPassed:
		if len(w.f.plan.Leaves) > 1 {
			w.note("%s: all batches done, %s changed", ev.Leaf, measure.Rows(ev.Rows))
		}
	}
}

// filling is the snapshot in the journal's words. err is how it ended.
func (w *fillWatch) filling(result *backfill.Result, err error) fact.Filling {
	s := w.control.Snapshot()
	p := w.f.plan
	f := fact.Filling{
		At: time.Now().UTC(), Unit: w.f.i, ID: w.f.id, Relation: p.Relation, Set: p.Statement.Set,
		Where: p.Statement.Guard, State: fact.FillState(s.State), Phase: fact.FillPhase(s.Phase), Filling: s.Filling,
		LeftLowMS: s.LeftLow.Milliseconds(), LeftHighMS: s.LeftHigh.Milliseconds(),
		BatchMS: float64(s.Batch.Microseconds()) / 1000, TargetMS: s.Target.Milliseconds(), Nice: s.Nice,
	}
	if s.Waiting != nil {
		f.Waiting, f.WaitingSince = s.Waiting.Reason(), s.Waiting.Since
	}
	for _, v := range s.Signals {
		f.Signals = append(f.Signals, fact.Reading{
			Name: v.Signal, What: v.What, Value: v.Value, Limit: v.Limit, Note: v.Note, Action: string(v.Action),
			Since: v.Since, Unread: v.Unread, Absent: v.Absent,
		})
	}
	if s.Verified != nil {
		f.Verified, f.Left, f.Unanalyzed = s.Verified.String(), s.Verified.Left, s.Verified.Unanalyzed != ""
	}
	if result != nil {
		f.TookMS = result.Took.Milliseconds()
	}
	if owner, ok := movedTo(err); ok {
		f.State, f.Owner = fact.FillElsewhere, owner
	}
	return f
}

// throttled are the limits of belay.toml by signal.
func throttled(p *project.Project) throttle.Settings {
	c, s := p.Config.Throttle, throttle.Settings{}
	if c.ReplicaLag != nil {
		s["replica_lag"] = c.ReplicaLag.String()
	}
	if c.ActiveSessions > 0 {
		s["active_sessions"] = fmt.Sprint(c.ActiveSessions)
	}
	if c.DeadTuples > 0 {
		s["dead_tuples"] = fmt.Sprint(c.DeadTuples)
	}
	if c.SQL != "" && p.Store.Consented(p.ConfigPath, p.Config.SHA256) {
		s["sql"] = c.SQL
	}
	if len(c.Windows) > 0 {
		s["windows"] = strings.Join(c.Windows, ",")
	}
	return s
}

// areDone counts the rows of a backfill that are filled.
func areDone(rows int64) string {
	return measure.Rows(rows) + measure.Verb(rows, " is", " are") + " done"
}
