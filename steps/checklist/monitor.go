package checklist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/applog"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/monitor"
)

// Monitor watches until all was well for long enough.
var Monitor = steps.Step{
	ID: "monitor", Title: "monitor", Reads: true,
	Doc: `**The advice.** Watch the error logs for at least ten minutes before you call it a success.

**In practice.** What counts are clean minutes with no red among them, by the server's clock: amber pauses them, red begins them
anew, and time that was not seen is not clean. Watched are who waits on a lock, rollbacks, deadlocks, sessions,
sequential scans and dead tuples of the tables that were touched, replicas, INVALID indexes, the mean time of the
statements on those tables where pg_stat_statements is there, the smoke probes, and the SQLSTATEs in the
application's log, all against a baseline from before the run. The log is a file or a command, of [monitor]
in belay.toml or of monitor.log; its lines are counted and not kept. Without one the verdict says that application
logs were NOT watched. Red rings once and offers what can be done, cheapest first. You may leave: it goes on, and
ends by itself.

**Measured.** One published outage showed after 32 minutes, cached plans after 5, changed plans after hours: ten
minutes are the least.`,
}

const (
	// cleanMinutes is the least; only a local target may have less.
	cleanMinutes = 10
	// monitorEvery is how often the server is asked, monitorGap the longest time
	// between two moments that still counts as seen.
	monitorEvery = 2 * time.Second
	monitorGap   = 6 * time.Second
	// probeEvery is how often the application is asked.
	probeEvery = 10 * time.Second
	// patienceTimes is how often over the clean time may be waited for.
	patienceTimes = 3
	monitorID     = "monitor.resolve"
)

// cleanTime is how long all must be well.
func cleanTime(e *steps.Env, target steps.Target) time.Duration {
	minutes := e.Project.Config.Monitor.Minutes
	if minutes <= 0 || (minutes < cleanMinutes && target.Environment != "local") {
		minutes = cleanMinutes
	}
	return time.Duration(minutes) * time.Minute
}

// unwatched reports whether nobody watches after the run. A script that was written
// before must not wait for ten minutes: without a terminal it is watched only where
// belay.toml says for how long.
func unwatched(e *steps.Env) bool { return e.Headless && e.Project.Config.Monitor.Minutes == 0 }

const notWatched = "NOT watched: no screen, and no [monitor] minutes in belay.toml"

// LookMonitor begins to read the application's log, so that there is a before.
// It never stands in the way of a run.
func LookMonitor(_ context.Context, e *steps.Env, target steps.Target) (steps.Outcome, error) {
	asks, err := followLog(e)
	if err != nil {
		return steps.Outcome{}, err
	}
	log := e.Log.Before()
	out := steps.Outcome{
		Status: journal.Todo, Summary: measure.Duration(cleanTime(e, target)) + " clean, log " + log.Source,
		Questions: asks,
	}
	switch {
	case unwatched(e):
		out.Summary = notWatched
	case log.Source == "":
		out.Summary = measure.Duration(cleanTime(e, target)) + " clean, application logs NOT watched"
	case log.Problem != "":
		out.Status, out.Summary, out.Hint = journal.Look, "log "+log.Source+": "+log.Problem,
			"without it the watch after the run is never clean"
	}
	return out, nil
}

// RunMonitor watches after the run: the relations that it locked, and the probes beside
// what they answered before.
func RunMonitor(
	ctx context.Context, e *steps.Env, target steps.Target, judged steps.Judgement, smoke fact.Smoke, way string,
) (steps.Outcome, error) {
	if out, waived := waivedBy(e, "monitor"); waived {
		return out, nil
	}
	if unwatched(e) {
		return steps.Outcome{Status: journal.Waived, Summary: notWatched}, nil
	}
	cfg, err := e.Project.Database()
	if err != nil {
		return steps.Outcome{}, err
	}
	if err := e.Sessions.Look(ctx, cfg, e.Run); err != nil {
		if errors.Is(context.Cause(ctx), steps.ErrStopped) {
			return steps.Outcome{Status: journal.Waived, Summary: "stopped on request before the watch began"}, nil
		}
		return steps.Outcome{}, steps.Database("monitor", err)
	}
	need := cleanTime(e, target)
	asked, err := applog.NewPatterns(e.Project.Config.Monitor.SQLStates)
	if err != nil {
		return steps.Outcome{}, err
	}
	m := &monitoring{
		env: e, roles: target.Roles, relations: touched(judged), before: smoke.Before, way: cmp.Or(way, "not known"),
		outage: e.Outage("monitor"), watch: monitor.New(e.Baseline.Now(), need, monitorGap, asked.Asked), need: need,
		started: e.Now(),
	}
	return m.run(ctx)
}

// monitoring is one watch on its way.
type monitoring struct {
	env       *steps.Env
	roles     steps.Roles
	relations []string
	// before is what the probes answered before the run, way the way back in a sentence.
	before []fact.Probed
	way    string
	outage *steps.Outage
	watch  *monitor.Watch
	need   time.Duration
	began  time.Time // the server's clock
	// started is of our own clock: what stood in the log before is not of the watch.
	started time.Time
	asked   time.Time
	probes  []fact.Probed
	seen    fact.Monitor
	// open is true while a person is asked about red; heard is what they said.
	open, heard bool
}

func (m *monitoring) run(ctx context.Context) (steps.Outcome, error) {
	tick := time.NewTicker(monitorEvery)
	defer tick.Stop()
	for {
		if err := m.once(ctx); err != nil && ctx.Err() == nil {
			return steps.Outcome{}, err
		}
		if out, over, err := m.over(); over || err != nil {
			return out, err
		}
		select {
		case <-ctx.Done():
			return m.left(ctx)
		case <-tick.C:
		}
	}
}

// once takes a moment and tells it. A server that does not answer leaves a gap,
// which is no clean time.
func (m *monitoring) once(ctx context.Context) error {
	looked, err := m.look(ctx)
	if err != nil || !looked {
		return err
	}
	if _, red := monitor.Red(m.seen); red {
		m.seen.Choices = m.choices()
	}
	if err := m.env.Fact(ctx, "monitor", m.seen); err != nil {
		return err
	}
	return m.red(ctx)
}

// look takes a moment; false = the server did not answer.
func (m *monitoring) look(ctx context.Context) (looked bool, err error) {
	h, err := m.env.Sessions.Health(ctx, m.relations)
	if err != nil {
		return false, m.outage.Wait(ctx, err)
	}
	if err := m.outage.Over(ctx); err != nil {
		return false, err
	}
	if m.began.IsZero() {
		m.began = h.At
	}
	if h.At.Sub(m.asked) >= probeEvery {
		probes, _, err := probesOf(m.env)
		if err != nil {
			return false, err
		}
		m.asked, m.probes = h.At, askAll(ctx, m.env, m.roles, short(probes))
	}
	m.seen = m.watch.Take(monitor.Moment{
		Health: h, Probes: m.probes, Before: m.before,
		Log: m.env.Log.Lately(min(monitor.LogWindow, m.env.Now().Sub(m.started))),
	})
	return true, nil
}

// red asks once for each time that it turns red, and goes on watching meanwhile.
func (m *monitoring) red(ctx context.Context) error {
	s, red := monitor.Red(m.seen)
	switch {
	case !red && m.open:
		m.open = false
		return m.env.Engine.Record(ctx, "monitor", journal.QuestionWithdrawn{ID: monitorID, Why: "it is well again"})
	case !red:
		m.heard = false
	case red && !m.open && !m.heard && !m.env.Headless:
		m.open = true
		return m.env.Engine.Record(ctx, "monitor", journal.QuestionAsked{
			ID: monitorID, Options: []string{"watch", "rollback", "end"}, Default: "watch",
			Text: fmt.Sprintf("red: %s is %s (before %s) %s", s.Name, monitor.Number(s.Now, s.Unit),
				monitor.Number(s.Before, s.Unit), s.Note),
			Why: ranked(m.seen.Choices),
		})
	}
	return nil
}

// choices are what can be done about red, ranked by what they cost.
func (m *monitoring) choices() []fact.Choice {
	out := []fact.Choice{
		{
			What: "roll back the code",
			Cost: "where new code is out, it is the cheapest and loses nothing in the database",
		},
		{What: "take the schema back: `belay rollback " + m.env.Run + "`", Cost: m.way},
		{
			What: "fix it with a new migration",
			Cost: "reviewed and run like this one; what is missing most is an index, built CONCURRENTLY in its " +
				"own file",
		},
	}
	if tables := m.relations; len(tables) > 0 {
		out = append(out, fact.Choice{
			What: "ANALYZE " + strings.Join(tables, ", "),
			Cost: "in psql; seconds, it reads a sample and blocks no reads or writes; helps where plans changed",
		})
	}
	return append(out,
		fact.Choice{What: "keep watching", Cost: "the clean minutes are counted from 0 once it is well again"},
		fact.Choice{What: "restore a backup", Cost: "comes last: it loses every write since it was made"})
}

func ranked(choices []fact.Choice) string {
	var parts []string
	for i, c := range choices {
		parts = append(parts, fmt.Sprintf("%d. %s: %s", i+1, c.What, c.Cost))
	}
	return strings.Join(parts, "; ")
}

// over reports whether the watch is at its end, by itself or by a person's word.
func (m *monitoring) over() (steps.Outcome, bool, error) {
	log := "; " + monitor.LogVerdict(m.seen)
	clean := time.Duration(m.seen.CleanMS) * time.Millisecond
	s, red := monitor.Red(m.seen)
	switch {
	case m.watch.Clean():
		return steps.Done("%s clean, with no red among them%s", measure.Duration(m.need), log), true, nil
	case red && m.env.Headless:
		return steps.Outcome{}, true,
			afterwards(m.env, "applied, but the monitor is red: "+s.Name+" is "+monitor.Number(s.Now, s.Unit))
	case m.open:
		answer, by, ok := m.env.Engine.Given(monitorID)
		if !ok {
			break
		}
		m.open, m.heard = false, true
		switch answer {
		case "rollback":
			return steps.Outcome{}, true, afterwards(m.env, "applied; to be taken back: "+s.Name+" is red")
		case "end":
			return steps.Outcome{Status: journal.Waived, Summary: "ended at red by " + by + ": " + s.Name + log}, true,
				nil
		}
	}
	if passed := m.seen.At.Sub(m.began); passed > patienceTimes*m.need {
		return steps.Outcome{
			Status: journal.Look,
			Summary: fmt.Sprintf("not clean in %s: %s of %s%s", measure.Duration(passed), measure.Duration(clean),
				measure.Duration(m.need), log),
		}, true, nil
	}
	return steps.Outcome{}, false, nil
}

// left is the end by a person's word: what was applied stays, and the report
// says how far the watch came.
func (m *monitoring) left(ctx context.Context) (steps.Outcome, error) {
	cause := context.Cause(ctx)
	if errors.Is(cause, steps.ErrStopped) {
		return steps.Outcome{
			Status: journal.Waived, Summary: fmt.Sprintf("stopped on request after %s of %s clean; %s",
				measure.MS(m.seen.CleanMS), measure.Duration(m.need), monitor.LogVerdict(m.seen)),
		}, nil
	}
	return steps.Outcome{}, cause
}
