package execute

import (
	"context"
	"time"

	"belay/db/apply"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// teller writes what the executor tells into the journal. An intent is on the
// disk before the executor sends anything.
type teller struct {
	env  *steps.Env
	unit int
	u    steps.Unit
	// aside is set while a statement of belay's own runs between two tries; nil =
	// the unit's own run.
	aside *aside
	quick quick
}

// aside is what belay clears away: its text, and the unit's statement in hand.
type aside struct {
	statement int
	sql       string
}

func (t *teller) begin(i int, u steps.Unit) {
	_, _ = t.release()
	t.unit, t.u = i, u
}

func (t *teller) tell(ctx context.Context, ev apply.Event) error {
	if t.aside != nil {
		ev.Statement = t.aside.statement
	}
	if t.holds(ev) && (ev.Kind == apply.StatementBegun || ev.Kind == apply.StatementEnded) {
		return t.statement(ctx, ev)
	}
	return t.write(ctx, ev)
}

func (t *teller) write(ctx context.Context, ev apply.Event) error {
	for _, body := range t.bodies(ev) {
		if err := t.env.Engine.Record(ctx, "run", body); err != nil {
			return err
		}
	}
	return nil
}

// bodies are the journal's words for an event of the executor.
func (t *teller) bodies(ev apply.Event) []journal.Body {
	if ev.Statement < 0 && t.u.Wrap == apply.OneByOne &&
		(ev.Kind == apply.AttemptStarted || ev.Kind == apply.AttemptEnded) {
		return nil // the history row of a unit that is no transaction, not a try of its statements
	}
	switch ev.Kind {
	case apply.Intent, apply.CommitSending:
		return []journal.Body{t.intent(ev)}
	case apply.AttemptStarted:
		return []journal.Body{journal.AttemptStarted{
			Unit: t.unit, N: ev.Attempt, Of: t.env.Project.Limits.Attempts,
			LockTimeoutMS: ev.LockTimeout.Milliseconds(), HoldMS: hold(t.u, t.env).Milliseconds(),
		}}
	case apply.AttemptEnded:
		return []journal.Body{t.attempted(ev)}
	case apply.StatementBegun:
		return []journal.Body{
			journal.StatementSent{
				Unit: t.unit, Statement: ev.Statement, SQL: fact.SQL(t.sql(ev.Statement), t.u.Hidden),
				Attempt: ev.Attempt,
			},
		}
	case apply.StatementEnded:
		return []journal.Body{
			journal.StatementEnded{
				Unit: t.unit, Statement: ev.Statement, MS: ev.Waited.Milliseconds(), SQLState: ev.Code, Tag: ev.Message,
				Existed: ev.Existed,
			},
		}
	case apply.BuildProgress, apply.SnapshotWait, apply.ToolWaits, apply.Queued, apply.Waiting:
		return []journal.Body{t.progress(ev)}
	case apply.CancelSent, apply.TooLate, apply.MonitorBlind, apply.MonitorBack, apply.IndexFound,
		apply.IndexLeftInvalid,
		apply.SettingAdjusted, apply.Noticed:
		return []journal.Body{journal.Noted{Text: sentence(ev)}}
	}
	return nil
}

func hold(u steps.Unit, e *steps.Env) time.Duration {
	switch {
	case u.Hold > 0:
		return u.Hold
	case u.Patient():
		return e.Project.Limits.Deadline
	}
	return e.Project.Limits.HoldBudget
}

func (t *teller) intent(ev apply.Event) journal.UnitIntent {
	i := journal.UnitIntent{
		Unit: t.unit, Version: t.u.Migration.Version, SHA256: t.u.Migration.Up.SHA256,
		Transaction: t.u.Wrap != apply.OneByOne,
		CommitSent:  ev.Kind == apply.CommitSending,
	}
	if tr := ev.Trace; tr != nil {
		i.BackendPID, i.BackendStart, i.XID, i.Timeline = int(tr.PID), tr.BackendStart, tr.XID, tr.Timeline
		i.CommitSent, i.Statement, i.Files, i.Aside = i.CommitSent || tr.CommitSent, tr.Statement, tr.Files, tr.Aside
	}
	if t.aside != nil {
		i.CommitSent, i.Statement, i.XID, i.Files, i.Aside = false, t.aside.statement, 0, nil, true
	}
	return i
}

func (t *teller) attempted(ev apply.Event) journal.Attempted {
	return journal.Attempted{
		Unit: t.unit, N: ev.Attempt, LockTimeoutMS: ev.LockTimeout.Milliseconds(), WaitedMS: ev.Waited.Milliseconds(),
		Outcome: attemptOutcome(ev), SQLState: ev.Code, Blockers: blockers(ev.Blockers),
		PauseMS: ev.Pause.Milliseconds(),
	}
}

func attemptOutcome(ev apply.Event) string {
	if ev.Outcome == apply.Applied || ev.Reason == apply.Done {
		return string(apply.Applied)
	}
	if ev.Code == "55P03" {
		return "gave up waiting for the lock"
	}
	if ev.Code == "40P01" {
		return "deadlock, undone"
	}
	if ev.Reason != "" {
		return string(ev.Reason)
	}
	return string(ev.Outcome)
}

func (t *teller) progress(ev apply.Event) journal.UnitProgress {
	p := journal.UnitProgress{Unit: t.unit, Phase: sentence(ev), Blockers: blockers(ev.Blockers)}
	if ev.Progress != nil {
		p.Phase, p.Done, p.Total, p.Of = ev.Progress.Phase, ev.Progress.Done, ev.Progress.Total, ev.Progress.Unit
	}
	return p
}

func (t *teller) sql(i int) string {
	if t.aside != nil {
		return t.aside.sql
	}
	if i < 0 || i >= len(t.u.Statements) {
		return ""
	}
	return t.u.Statements[i].SQL
}

func sentence(ev apply.Event) string {
	if ev.Message != "" {
		return ev.Message
	}
	return string(ev.Kind)
}

func blockers(all []apply.Blocker) []journal.Blocker {
	out := make([]journal.Blocker, 0, len(all))
	for _, b := range all {
		app := b.Application
		if b.Autovacuum {
			app = "autovacuum"
		}
		if b.Prepared != "" {
			app = "prepared transaction " + b.Prepared
		}
		out = append(out, journal.Blocker{
			PID: b.PID, Application: app, User: b.User, State: b.State, AgeMS: b.Age.Milliseconds(), Query: b.Query,
			Count: b.Attempts,
		})
	}
	return out
}
