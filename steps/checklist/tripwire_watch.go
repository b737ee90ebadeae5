package checklist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/evidence"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/applog/sqlstate"
	"belay/steps/campaign"
	"belay/steps/execute"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/monitor"
)

// LookTripwireWatch begins to read the application's log, so that there is a before.
func LookTripwireWatch(e *steps.Env) (steps.Outcome, error) {
	asks, err := followLog(e)
	if err != nil {
		return steps.Outcome{}, err
	}
	log := e.Log.Before()
	out := steps.Outcome{
		Status: journal.Todo, Summary: measure.Duration(e.Tripwire.For) + ", log " + log.Source, Questions: asks,
	}
	if log.Source == "" {
		out.Summary = measure.Duration(e.Tripwire.For) + ", application logs NOT watched"
	}
	return out, nil
}

// RunTripwireWatch watches what is away until its time is over, a person says so, or, where
// that was agreed, something misses it; then it is brought back, whatever happens.
func RunTripwireWatch(ctx context.Context, e *steps.Env, target steps.Target, judged steps.Judgement, plan *steps.Plan,
	smoke fact.Smoke) (steps.Outcome, error) {
	w := tripwatch{monitoring: monitoring{
		env: e, roles: target.Roles, relations: touched(judged), before: smoke.Before, outage: e.Outage("monitor"),
		watch: monitor.New(e.Baseline.Now(), e.Tripwire.For, monitorGap, schemaCode), need: e.Tripwire.For,
		started: e.Now(),
	}}
	why, stopped := "on request: nobody watched it", true
	if !e.Tripwire.Only {
		why, stopped = w.until(ctx)
	}
	// Neither a stop nor a lost screen may leave it away.
	ctx = context.WithoutCancel(ctx)
	if err := execute.Back(ctx, e, target, plan); err != nil {
		return steps.Outcome{}, err
	}
	elsewhere := w.standbys(ctx)
	if err := noteTrip(ctx, e, func(trip *campaign.Trip, now time.Time) {
		trip.State, trip.Returned, trip.Saw = campaign.Returned, now, w.saw
		trip.Why = why + rolledBack(w.seen.Signals) + elsewhere
		trip.Whole = !stopped && len(w.saw) == 0
	}); err != nil {
		return steps.Outcome{}, err
	}
	what := "; " + monitor.LogVerdict(w.seen) + rolledBack(w.seen.Signals) + elsewhere
	switch {
	case len(w.saw) > 0:
		return steps.Outcome{}, &steps.Exit{
			Code: steps.ExitHazards, Outcome: journal.OutcomeNotApplied,
			Summary: e.Tripwire.Says + " was brought back " + why + "; missed by " + strings.Join(w.saw, "; "),
			Advice: "find who sends that, and mend it; the drop waits for a tripwire that nothing misses: " +
				"`belay campaign show` has it in writing",
		}
	case stopped && !e.Tripwire.Only:
		return steps.Outcome{}, &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
			Summary: e.Tripwire.Says + " was brought back " + why,
			Advice:  "a tripwire that was not out for its time says little: `belay campaign tripwire` sets another",
		}
	case e.Tripwire.Only:
		return steps.Done("%s is back", e.Tripwire.Says), nil
	}
	return steps.Done("%s was out of reach for %s: nothing was seen to miss it, and it is back%s%s", e.Tripwire.Says,
		measure.Duration(e.Tripwire.For), what, w.blindness()), nil
}

// schemaCode reports whether an error says that a name or a right is missing: one of them
// is enough.
func schemaCode(code string) bool {
	return sqlstate.CauseOf(code) == sqlstate.Schema || code == "42501"
}

// tripwatch is the watch over what is away.
type tripwatch struct {
	monitoring
	// saw are the signs that something misses it, each once; blind says why the sessions
	// could not be asked, "" = they were.
	saw   []string
	blind string
	worst float64
}

const tripID = "tripwire.resolve"

// until waits; it returns why it is time to bring it back, and whether that was before its
// time and on a person's word.
func (w *tripwatch) until(ctx context.Context) (why string, stopped bool) {
	tick := time.NewTicker(monitorEvery / 2)
	defer tick.Stop()
	for {
		if err := w.moment(ctx); err != nil && ctx.Err() == nil {
			return "because the watch failed: " + err.Error(), true
		}
		if hold, is := w.env.Engine.HoldNext(); is {
			return "on request: " + hold.Summary, true
		}
		switch answer, by, _ := w.env.Engine.Given(tripID); {
		case len(w.saw) > 0 && w.env.Tripwire.Itself:
			return "by itself", false
		case w.open && answer == "back":
			return "by " + by, false
		case !w.began.IsZero() && w.seen.At.Sub(w.began) >= w.need:
			return "at the end of its time", false
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); errors.Is(cause, steps.ErrStopped) {
				return "on request", true
			}
			return fmt.Sprintf("because %v", context.Cause(ctx)), true
		case <-tick.C:
		}
	}
}

// moment looks once at all that may show who misses it.
func (w *tripwatch) moment(ctx context.Context) error {
	looked, err := w.look(ctx)
	if err != nil || !looked {
		return err
	}
	var saw []string
	err = w.env.Sessions.Monitor(ctx, func(c *db.Conn) (err error) {
		saw, w.blind, err = campaign.Missed(ctx, c, w.env.Tripwire.Subjects, w.since())
		return err
	})
	if err != nil {
		return w.outage.Wait(ctx, err)
	}
	w.signs(saw)
	if len(w.saw) > 0 {
		w.seen.Choices = []fact.Choice{
			{
				What: "bring it back: `belay stop " + w.env.Run + "`",
				Cost: "a rename, at once; what failed meanwhile has failed",
			},
			{What: "keep watching", Cost: "who needs it goes on failing until the time is over"},
		}
	}
	if err := w.env.Fact(ctx, "monitor", w.seen); err != nil {
		return err
	}
	return w.ask(ctx)
}

// since is from when on a statement that names it is one that misses it.
func (w *tripwatch) since() time.Time {
	if w.env.Tripwire.Since.IsZero() {
		return w.began
	}
	return w.env.Tripwire.Since
}

// signs puts what misses it among the signals, and remembers each once.
func (w *tripwatch) signs(saw []string) {
	what := w.env.Tripwire.Subjects[0].Title()
	s := fact.Signal{Name: "sessions that name " + what, Now: float64(len(saw)), Level: fact.OK}
	switch {
	case len(saw) > 0:
		s.Level, s.Note = fact.Stop, saw[0]
	case w.blind != "":
		s.Now, s.Level, s.Note = -1, fact.Look, w.blind
	}
	for i := range w.seen.Signals {
		x := &w.seen.Signals[i]
		code, isLog := strings.CutPrefix(x.Name, "log: ")
		if code, _, _ = strings.Cut(code, " "); isLog && schemaCode(code) && x.Level == fact.Look {
			x.Level = fact.Stop
		}
		if x.Level == fact.Stop {
			saw = append(saw, x.Name+" "+monitor.Number(x.Now, x.Unit)+" (before "+monitor.Number(x.Before, x.Unit)+")")
			if x.Note != "" {
				saw[len(saw)-1] += " " + x.Note
			}
		}
	}
	w.worst = max(w.worst, s.Now)
	s.Worst = w.worst
	w.seen.Signals = append([]fact.Signal{s}, w.seen.Signals...)
	w.seen.Items = append([]fact.Item{{
		ID: "signal", Level: s.Level, Text: s.Name + ": " + monitor.Number(s.Now, s.Unit) + " " + s.Note,
	}}, w.seen.Items...)
	const mostLines = 20
	for _, line := range saw {
		if !slices.Contains(w.saw, line) && len(w.saw) < mostLines {
			w.saw = append(w.saw, line)
		}
	}
	if len(saw) > 0 {
		w.seen.Level = fact.Stop
	}
	// The time counts whatever was seen: it is how long the thing was out of reach.
	w.seen.CleanMS = min(w.seen.At.Sub(w.began), w.need).Milliseconds()
}

// ask rings once, where it is a person's to say.
func (w *tripwatch) ask(ctx context.Context) error {
	if len(w.saw) == 0 || w.open || w.env.Headless || w.env.Tripwire.Itself {
		return nil
	}
	w.open = true
	return w.env.Engine.Record(ctx, "monitor", journal.QuestionAsked{
		ID: tripID, Options: []string{"watch", "back"}, Default: "watch",
		Text: "something misses it: " + w.saw[0] + ". Bring it back?", Why: ranked(w.seen.Choices),
	})
}

// rolledBack says that more transactions failed than before. A session is seen only while
// what failed is its latest statement, so theirs may be among them; "" = no more did.
func rolledBack(all []fact.Signal) string {
	i := slices.IndexFunc(all, func(s fact.Signal) bool { return s.Name == monitor.Rollbacks })
	if i < 0 || all[i].Worst <= 2*max(all[i].Before, 0) {
		return ""
	}
	before := ""
	if all[i].Before >= 0 {
		before = ", before " + monitor.Number(all[i].Before, "/s")
	}
	return "; transactions were rolled back meanwhile, up to " + monitor.Number(all[i].Worst, "/s") + before +
		": look whose they were"
}

// standbys says on which other servers somebody may have missed it: those that streamed
// before, and those that do now.
func (w *tripwatch) standbys(ctx context.Context) string {
	now := w.env.Tripwire.Standbys
	if w.env.Tripwire.Only {
		return ""
	}
	_ = w.env.Sessions.Monitor(ctx, func(c *db.Conn) error {
		all, unseen, err := evidence.Standbys(ctx, c)
		if is := evidence.StandbysSaid(all, unseen); err == nil && is != "" {
			now = is
		}
		return err
	})
	if now == "" {
		return ""
	}
	return "; sessions on standbys NOT watched: " + now
}

// blindness says what could not be asked, for the verdict.
func (w *tripwatch) blindness() string {
	if w.blind == "" {
		return ""
	}
	return "; sessions NOT watched: " + w.blind
}
