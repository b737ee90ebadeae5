package execute

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/backfill"
	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// unit runs one unit to its end. It returns nil only where the database
// confirmed it.
func (r *runner) unit(ctx context.Context, i int, u steps.Unit) error {
	if err := r.mayStart(ctx, i, u); err != nil {
		return err
	}
	if u.Backfill != nil {
		return r.fill(ctx, i, u)
	}
	u.Keys = r.keys
	var heard listeners
	heard.look(ctx, r)
	for {
		began := time.Now()
		r.teller.begin(i, u)
		r.x.Tell = func(ev apply.Event) error { return r.teller.tell(ctx, ev) }
		res := r.x.Run(ctx, u.Unit)
		if res.Outcome == apply.Applied {
			took := time.Since(began)
			heard.look(ctx, r)
			return r.env.Engine.Record(ctx, "run", journal.UnitApplied{
				Unit: i, Version: u.Migration.Version, MS: took.Milliseconds(), Proof: r.proof(u, res),
				Left: heard.left(ctx, r, u),
			})
		}
		if res.Outcome == apply.Unknown || res.Reason == apply.ConnectionLost {
			again, err := r.unknown(ctx, i, &u, res)
			if err != nil || !again {
				return err
			}
			continue
		}
		if err := r.recordEnd(ctx, i, u, res); err != nil {
			return err
		}
		if err := r.afterLoss(ctx, res); err != nil {
			return err
		}
		again, err := r.again(ctx, &u, &res)
		if err != nil {
			return err
		}
		if !again {
			return r.ended(u, res)
		}
		if u.Wrap == apply.OneByOne {
			u.From = res.StatementsApplied // what stands is not sent a second time
		}
	}
}

// afterLoss asks whose run it is, where it ended by its fence, or by a session
// that is gone: while we were not there another host may have taken it over.
func (r *runner) afterLoss(ctx context.Context, res apply.Result) error {
	var taken *ledger.TakenOverError
	switch {
	case errors.As(res.Err, &taken):
		return r.takenOver(ctx, taken)
	case r.x.Ledger == nil || (res.Reason != apply.ConnectionLost && res.Reason != apply.Terminated):
		return nil
	}
	if _, err := r.reconnect(ctx); err != nil {
		return nil // the unit's own end says what was lost
	}
	return r.stillOurs(ctx)
}

// mayStart is the gate before each unit: nobody asked to stop, somebody watches
// or said go on, and a resumed run was looked at by a person.
func (r *runner) mayStart(ctx context.Context, i int, u steps.Unit) error {
	if r.must {
		return nil
	}
	if why, hold := r.env.Engine.HoldNext(); hold {
		return r.held(why)
	}
	if !r.env.Resumed || r.asked || r.env.Headless {
		return nil
	}
	r.asked = true
	filled, err := r.filled(ctx, i, u)
	if err != nil {
		return err
	}
	answer, err := r.env.Engine.Ask(ctx, "run", journal.QuestionAsked{
		ID: "run.go_on", Options: []string{"no", "yes"}, Default: "no",
		Text: fmt.Sprintf("%s is not applied yet (file %d of %d)%s. Go on with it?", path.Base(u.Path), i+1,
			len(r.plan.Units), filled),
		Why: "this run was left before its end. belay has asked the database what is applied",
	})
	if err != nil {
		return err
	}
	if answer != "yes" {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "left as it is" + filled,
			Advice: r.later(u),
		}
	}
	return nil
}

// later is the command that goes on with a unit that is left as it is.
func (r *runner) later(u steps.Unit) string {
	if r.env.Backfill != nil && u.Backfill != nil {
		return "`belay backfill --resume " + u.Backfill.ID + "` goes on later"
	}
	return "`belay attach` goes on later"
}

// filled says how many rows of a backfill are done already; "" = none, or it is none. The
// journal has it then: another host may have filled them.
func (r *runner) filled(ctx context.Context, i int, u steps.Unit) (string, error) {
	if u.Backfill == nil {
		return "", nil
	}
	// Where the ledger is not there, or not to be read, the fill itself says so.
	rows, _ := backfill.Load(ctx, r.trio.Executor, u.Backfill.ID)
	var n int64
	for _, b := range rows {
		n += b.DoneRows
	}
	if n == 0 {
		return "", nil
	}
	return fmt.Sprintf("; %s of it %s filled already and %s so", measure.Rows(n),
			measure.Verb(n, "is", "are"), measure.Verb(n, "stays", "stay")),
		r.env.Fact(ctx, "run", fact.Filled{
			Unit: i, ID: u.Backfill.ID, Relation: rows[0].Relation, Rows: n,
		})
}

// held is how a run ends that may not start its next unit: stopped with nothing
// applied it is as if it had never begun, with something applied it is left open.
func (r *runner) held(why *steps.Exit) error {
	if why.Outcome != journal.OutcomeNotApplied || !r.someApplied() {
		return why
	}
	left := *why
	left.Code, left.Outcome = steps.ExitPerson, journal.OutcomePerson
	left.Summary, left.Advice = "stopped on request before all files had run", "`belay run` goes on from here"
	return &left
}

func (r *runner) proof(u steps.Unit, res apply.Result) string {
	if r.word[u.Migration.Version] == countAsRun {
		return "counted as run on a person's word, history row " + u.Migration.Version
	}
	if res.Reason == apply.Already {
		return "it was there already: history row " + u.Migration.Version
	}
	if u.Mark == (apply.Mark{}) {
		return "the server committed it"
	}
	if u.Mark.Absent {
		return "the history table no longer has " + u.Migration.Version
	}
	if u.Wrap == apply.OneByOne {
		return "every statement ended well, history row " + u.Migration.Version
	}
	return "history row " + u.Migration.Version + ", committed in the same transaction"
}

func (r *runner) recordEnd(ctx context.Context, i int, u steps.Unit, res apply.Result) error {
	e := journal.UnitEnded{
		Unit: i, Version: u.Migration.Version, Outcome: journal.Outcome(res.Outcome), Reason: string(res.Reason),
		Left: res.Left, Blockers: blockers(res.Blockers), Hint: res.Hint(),
	}
	if res.Err != nil {
		e.Error = db.Explained(res.Err).Error()
	}
	var f *apply.Failure
	if errors.As(res.Err, &f) {
		e.SQLState, e.Hint = f.Code, f.Hint
	}
	return r.env.Engine.Record(ctx, "run", e)
}

// again asks a person where going on is theirs to decide. Nothing is open on the
// server meanwhile.
func (r *runner) again(ctx context.Context, u *steps.Unit, res *apply.Result) (bool, error) {
	switch res.Reason {
	case apply.Held:
		if r.must {
			return true, r.env.Note(ctx, "run", "%s gave up %s, and goes on: %s", u.Path,
				measure.Plural(res.Attempts, "time"), standing(res.Blockers))
		}
		return r.yes(ctx, heldUp(path.Base(u.Path), *res, "Nothing has changed"))
	case apply.Vacuuming:
		yes, err := r.yes(ctx, journal.QuestionAsked{
			ID:   "run.autovacuum",
			Text: "only an autovacuum is in the way. Wait 1.5 s once, so that the server cancels it?",
			Why:  "reads and writes of the table wait as long. The server starts the autovacuum again later",
		})
		r.x.Limits.Autovacuum = apply.AutovacuumWait
		if yes {
			r.x.Limits.Autovacuum = apply.AutovacuumAllow
		}
		return err == nil, err
	case apply.HoldExceeded:
		return r.holdLonger(ctx, u, res.Away)
	case apply.IndexInvalid:
		return r.dropInvalid(ctx, *res)
	case apply.DetachPending:
		return r.finalize(ctx, u, *res)
	case apply.StatementError, apply.Deadline, apply.CanceledByOther:
		return false, r.clearAway(ctx, res)
	case apply.Blind:
		return r.seeAgain(ctx)
	}
	return false, nil
}

// seeAgain waits for the monitor where it was lost before anything was sent.
func (r *runner) seeAgain(ctx context.Context) (bool, error) {
	if err := r.env.Outage("run").Await(ctx); err != nil {
		return false, steps.Database("the monitor connection", err)
	}
	return true, nil
}

func (r *runner) yes(ctx context.Context, q journal.QuestionAsked) (bool, error) {
	q.Options, q.Default = []string{"no", "yes"}, "no"
	answer, err := r.env.Engine.Ask(ctx, "run", q)
	return answer == "yes", err
}

// ended is how a run ends whose unit was not applied.
func (r *runner) ended(u steps.Unit, res apply.Result) error {
	x := &steps.Exit{Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Advice: res.Hint()}
	name := u.Migration.Up.Path
	unchanged := r.unchanged()
	if !res.Unchanged() {
		unchanged = "left behind: " + strings.Join(res.Left, ", ")
	}
	switch res.Reason {
	case apply.Held:
		x.Code, x.Outcome = steps.ExitPerson, journal.OutcomePerson
		x.Summary = fmt.Sprintf("%s: gave up after %s: %s; %s", name, measure.Plural(res.Attempts, "try"),
			standing(res.Blockers), unchanged)
		x.Advice = "wait until nothing is in the way, or end what is, then run again"
	case apply.Canceled:
		x.Summary = fmt.Sprintf("%s: stopped on request; %s", name, unchanged)
		if res.Err != nil && !errors.Is(res.Err, steps.ErrStopped) { // such as a signal
			x.Summary = fmt.Sprintf("%s: stopped: %v; %s", name, res.Err, unchanged)
		}
		if !res.Unchanged() || r.someApplied() {
			x.Code, x.Outcome = steps.ExitPerson, journal.OutcomePerson
		}
	case apply.HoldExceeded:
		x.Summary = fmt.Sprintf("%s: took longer than judged, so the server undid it: %s", name, unchanged)
		x.Advice = "accept a hold time with run.hold, or split the change; `belay review` says how"
		if res.Away >= apply.FarAway {
			x.Summary = fmt.Sprintf("%s: %s, so that its locks would have been held for too long: undone, %s", name,
				FarAway(res.Away), unchanged)
			x.Advice = "run it from a host near the server, or accept a hold time with run.hold"
		}
		if u.Hold > 0 {
			x.Summary = fmt.Sprintf("%s: held its locks for longer than the accepted %s, so the server undid it: %s",
				name, u.Hold, unchanged)
		}
	case apply.Halfway:
		x.Summary = fmt.Sprintf("%v; %s", res.Err, unchanged)
		x.Advice = res.Hint() + ": `belay attach " + r.env.Run + "` asks whether to send it again"
	case apply.QueueLimit:
		x.Summary = fmt.Sprintf("%s: %s queued behind it: cancelled, %s", name,
			measure.Plural(r.x.Limits.QueueLimit, "session"), unchanged)
		x.Advice = "run it when the table is quieter"
	default:
		x.Summary = fmt.Sprintf("%v; %s", res.Err, unchanged)
	}
	if u.Wrap == apply.OneByOne && !res.Unchanged() {
		// Closed, it would leave a dirty version behind of which no other run knows
		// which of its statements stand.
		x.Code, x.Outcome = steps.ExitPerson, journal.OutcomePerson
		if res.Reason == apply.Halfway {
			return x
		}
		x.Advice = strings.TrimPrefix(x.Advice+"; `belay attach "+r.env.Run+"` goes on after what is applied", "; ")
	}
	return x
}

// unchanged says of a file that left nothing what stands all the same: files that
// were applied before it, and what this run has made for its own sake.
func (r *runner) unchanged() string {
	switch {
	case len(r.made) > 0:
		return "nothing of this file stays; what was made for the run stays: " + strings.Join(r.made, ", ")
	case r.someApplied():
		return "nothing of this file stays"
	}
	return "nothing has changed"
}

func (r *runner) someApplied() bool {
	for _, u := range r.plan.Units {
		if _, outcome := r.env.Engine.UnitOutcome(u.Migration.Version); outcome == journal.OutcomeApplied {
			return true
		}
	}
	return false
}
