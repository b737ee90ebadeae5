package engine

import (
	"context"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/dump"
	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/steps"
	"belay/steps/impact"
	"belay/steps/journal"
)

// sampler reads locks and sizes while somebody watches. It never holds up the
// loop: a sample comes as a request like any other.
type sampler struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (g *engine) startSampler(ctx context.Context) *sampler {
	ctx, cancel := context.WithCancel(ctx)
	s := &sampler{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		wait := g.patience.sample
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			wait = max(g.patience.sample, g.sampleOnce(ctx))
		}
	}()
	return s
}

// stop ends the sampler and answers what it still asks.
func (s *sampler) stop(g *engine) {
	s.cancel()
	g.requests.answerUntil(s.done)
}

// healthEvery is how often the baseline takes a moment.
const healthEvery = 5 * time.Second

// sampleOnce takes one sample and tells it. It returns how long to wait for the
// next at least.
func (g *engine) sampleOnce(ctx context.Context) time.Duration {
	var relations []string
	var wanted, health bool
	if !g.requests.try(ctx, func() error {
		relations, wanted = g.wanted()
		if health = wanted && g.run.Opened == nil && g.now().Sub(g.healthAt) >= healthEvery; health {
			g.healthAt = g.now()
		}
		return nil
	}) || !wanted {
		return 0
	}
	sample, every, err := g.env.Sessions.Sample(ctx, relations)
	if ctx.Err() != nil {
		return 0
	}
	// Our own dump is over before anything runs: it is in nobody's way.
	sample = sample.Without(dump.Application(g.shortID()))
	if health {
		if h, err := g.env.Sessions.Health(ctx, relations); err == nil {
			g.env.Baseline.Add(h)
		}
	}
	since := g.now()
	g.requests.try(ctx, func() error {
		if g.phase == over {
			return nil
		}
		if err != nil {
			return g.blind(err, since)
		}
		return g.sampled(sample)
	})
	return every
}

// blind says that there is no sample, and since when. A look that lost its server
// looks again, now and then.
func (g *engine) blind(err error, now time.Time) error {
	if g.phase == idle && now.Sub(g.retryAt) >= g.patience.reconnect {
		g.retryAt = now
		g.queue.from(0)
	}
	since := now
	if s := g.env.Sessions.Standing(); !s.Connected && !s.Since.IsZero() {
		since = s.Since
	}
	message, _ := db.Explain(err)
	return g.record("", "", journal.SampleFailed{Error: message, Since: since.UTC()})
}

// wanted lists the relations of the plan, and whether a sample is worth its cost
// now: somebody watches, and the server can be asked.
func (g *engine) wanted() (relations []string, worth bool) {
	if g.env == nil || !g.env.Sessions.Watched() || g.phase == over || !g.watchers.gone.IsZero() {
		return nil, false
	}
	// A look asks the server itself, but for as long as it waits for a backup or a
	// rehearsal: that may be minutes, and what is shown would be as old.
	return impact.Relations(g.found.Plan), g.phase != looking || g.works()
}

// sampled records the moment and what it means for the next unit.
func (g *engine) sampled(s activity.Sample) error {
	if err := g.record("", "", journal.Sampled{Sample: s}); err != nil {
		return err
	}
	g.recorder.keep(g.diary, s)
	if g.found.Plan == nil {
		return nil
	}
	if err := g.rejudge(s); err != nil {
		return err
	}
	h, ok := impact.Of(g.impending(), g.nextUnit(), s, g.env.Project.Limits, g.now().UTC(), g.env.Sessions.PIDs())
	if !ok {
		return nil
	}
	return g.recordFact("review", h)
}

// impending is the plan as it waits now: while a backfill has no lock yet for what it does
// beside its batches, that stands in the place of its unit.
func (g *engine) impending() *steps.Plan {
	u, next := g.run.InHand(), g.nextUnit()
	if u == nil || u.Beside == nil || next >= len(g.found.Plan.Units) ||
		u.Version != g.found.Plan.Units[next].Migration.Version {
		return g.found.Plan
	}
	p := g.found.Plan.Copy()
	at := &p.Units[next]
	at.Backfill, at.Instant = nil, true
	at.Statements = []apply.Statement{{SQL: u.Beside.SQL, Line: 1, Effect: effect.Effect{
		Known: true, Transactional: true, Duration: effect.Instant,
		Locks: []effect.On{{Relation: u.Beside.Relation, Mode: u.Beside.Mode}},
	}}}
	return p
}

// rejudgeEvery is how often a step's fact may follow the samples.
const rejudgeEvery = 5 * time.Second

// rejudge lets the steps that looked judge again by a newer sample, until the
// run opens. The first time counts at once: only two samples make a rate.
func (g *engine) rejudge(s activity.Sample) error {
	if g.phase != idle || g.run.Opened != nil {
		return nil
	}
	for _, step := range g.playbook.Lines {
		have := g.run.Step(step.ID)
		if step.Sampled == nil || have == nil {
			continue
		}
		v, out := step.Sampled(g.env, g.found, s)
		if v == nil {
			continue
		}
		same := g.queue.rejudged[step.ID] && out.Status == have.Status
		if same && g.now().Sub(g.run.Facts[v.Fact()].At) < rejudgeEvery {
			continue
		}
		if err := g.recordFact(step.ID, v); err != nil {
			return err
		}
		if same {
			continue
		}
		g.queue.rejudged[step.ID] = true
		if err := g.record(step.ID, "", journal.StepFinished{
			Status: out.Status, Summary: out.Summary, Hint: out.Hint,
		}); err != nil {
			return err
		}
	}
	return nil
}

// nextUnit is the first unit that is not applied: by this journal, and before the
// run is open also by the history, which another host may have written.
func (g *engine) nextUnit() int {
	return g.found.Plan.Next(func(version string) bool {
		for _, came := range g.run.Units {
			if came.Version == version && came.Outcome == journal.OutcomeApplied {
				return true
			}
		}
		return g.run.Opened == nil && g.found.Folder.Recorded(version)
	})
}
