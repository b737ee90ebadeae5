package execute

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/history"
	"belay/db/watch"
	"belay/sqlview/measure"
	"belay/sqlview/pattern"
	"belay/steps"
	"belay/steps/command"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
)

// commander has the team's own command run all units of a plan, and watches it. What
// it came to is decided by the history that the tool wrote.
type commander struct {
	*runner
	team project.Command
	// application is what its sessions are called, lock and statement what they are
	// limited to; 0 = nothing.
	application     string
	lock, statement time.Duration
	reported        fact.Command
	reportedAt      time.Time
	// log is where its output goes.
	log string
}

// byCommand runs the plan by the team's command. history is the tool's table as it is
// afterwards; nil = it cannot be read.
func byCommand(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, plan *steps.Plan) (
	history *history.Table, out steps.Outcome, err error,
) {
	r := &runner{
		env: e, target: target, folder: folder, plan: plan, history: folder.Table, teller: &teller{env: e},
		x:    &apply.Executor{},
		from: map[string]int{}, word: map[string]string{},
	}
	c := &commander{
		runner: r, team: *folder.Command, application: CommandApplication(e.Run),
		log: filepath.Join(e.Folder(), "command.log"),
	}
	c.lock, c.statement = CommandLimits(e.Project.Limits, plan)
	if _, err := r.open(ctx); err != nil {
		return folder.Table, out, err
	}
	defer r.release()
	for _, do := range []func(context.Context) error{c.settleCommand, r.own, r.noOwnDump} {
		if err := do(ctx); err != nil {
			return r.history, out, err
		}
	}
	if err := c.run(ctx); err != nil {
		return r.history, out, err
	}
	return r.history, steps.Done("%d of %d applied by %s", len(plan.Units), len(plan.Units), c.team.Line), nil
}

// run starts the command until its history says that all is applied, or why not. It is
// started again only where nothing was applied and nothing changed but time.
func (c *commander) run(ctx context.Context) error {
	first := c.plan.Next(c.isApplied)
	if c.isApplied(c.plan.Units[first].Migration.Version) {
		return nil // an earlier engine's command has applied all of them
	}
	for began, n := time.Now(), 1; ; n++ {
		before, err := c.ready(ctx, first)
		if err != nil && c.reported.Try > 0 { // an earlier start left the units open, and nothing applied
			err = errors.Join(c.endUnits(ctx, journal.OutcomeNotApplied, "not started again", err.Error(), nil), err)
		}
		if err != nil {
			return err
		}
		end, err := c.try(ctx, n)
		if err != nil {
			return errors.Join(c.notStarted(ctx, err), err)
		}
		after, err := c.afterwards(ctx, before)
		if err != nil {
			return c.cannotAsk(ctx, err)
		}
		c.unread(before, &after, end)
		v := c.judge(before, after, end)
		more := n < c.env.Project.Limits.Attempts && time.Since(began) < c.env.Project.Limits.RetryFor
		if err := c.tried(ctx, n, end, v.again && more); err != nil {
			return err
		}
		switch {
		case !v.again || ctx.Err() != nil:
			return c.conclude(ctx, v, end, after)
		case !more:
			if v, err = c.heldUp(ctx, v, n, end); err != nil || !v.again {
				return errors.Join(c.conclude(ctx, v, end, after), err)
			}
			began, n = time.Now(), 0
		default:
			if err := c.pause(ctx, end.aside()); err != nil {
				return c.conclude(ctx, c.stoppedBetween(v), end, after)
			}
		}
	}
}

// ready is the gate before each start: what is pending is what was reviewed, and the
// intent is on the disk. Before the first one nobody has asked to stop, and somebody
// watches; a lost terminal does not end the tries, as it does not those of a statement.
func (c *commander) ready(ctx context.Context, first int) (before commandView, err error) {
	if c.reported.Try == 0 {
		if err := c.mayStart(ctx, first, c.plan.Units[first]); err != nil {
			return before, err
		}
		if err := c.makeLedger(ctx); err != nil {
			return before, err
		}
	}
	if before, err = c.view(ctx); err == nil {
		err = c.asReviewed(before)
	}
	if err == nil {
		err = c.begin(ctx, before)
	}
	return before, err
}

// heldUp asks whether to go on where the command found somebody in its way at every
// start. Nothing of it is open on the server meanwhile.
func (c *commander) heldUp(
	ctx context.Context, v commandVerdict, n int, end commandEnd,
) (commandVerdict, error) {
	inWay := ""
	for i, b := range end.blockers {
		inWay += map[bool]string{false: ", ", true: ""}[i == 0] + "pid " + strconv.Itoa(b.PID) + " " + b.Application
	}
	yes, err := c.yes(ctx, journal.QuestionAsked{
		ID: "run.go_on",
		Text: fmt.Sprintf("%s gave up %s: in its way was %s. Nothing has changed. Start it again?",
			c.team.Line, measure.Plural(n, "time"), cmp.Or(inWay, "another session")),
	})
	if yes && err == nil {
		return v, nil
	}
	v.again = false
	v.set(steps.ExitPerson, journal.OutcomePerson,
		fmt.Sprintf("%s: gave up after %s: %s; nothing has changed", c.team.Line, measure.Plural(n, "start"), inWay),
		"wait until nothing is in the way, or end what is, then run again")
	var unattended *steps.Exit
	if errors.As(err, &unattended) && c.env.Headless {
		err = nil
	}
	return v, err
}

func (c *commander) isApplied(version string) bool {
	_, outcome := c.env.Engine.UnitOutcome(version)
	return outcome == journal.OutcomeApplied
}

// open units are those that are not applied yet.
func (c *commander) openUnits() (all []int) {
	for i, u := range c.plan.Units {
		if !c.isApplied(u.Migration.Version) {
			all = append(all, i)
		}
	}
	return all
}

// versions are those that the command is to apply, or to take back.
func (c *commander) versions() []string {
	var all []string
	for _, i := range c.openUnits() {
		all = append(all, c.plan.Units[i].Migration.Version)
	}
	return all
}

// begin writes down, before anything is started, what a new engine needs to ask what
// became of it.
func (c *commander) begin(ctx context.Context, before commandView) error {
	for _, i := range c.openUnits() {
		u := c.plan.Units[i]
		err := c.env.Engine.Record(ctx, "run", journal.UnitIntent{
			Unit: i, Version: u.Migration.Version, SHA256: u.Migration.Up.SHA256, Statement: -1,
			Catalog: before.catalog,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tried tells of a try that ended without its rows.
func (c *commander) tried(ctx context.Context, n int, end commandEnd, again bool) error {
	if end.exit == 0 || !end.lockTimeout {
		return nil
	}
	a := journal.Attempted{
		Unit: c.openUnits()[0], N: n, LockTimeoutMS: c.lock.Milliseconds(), WaitedMS: end.waited.Milliseconds(),
		Outcome: "the command gave up waiting for the lock", Blockers: end.blockers,
	}
	if again {
		a.PauseMS = end.aside().Milliseconds()
	}
	return c.env.Engine.Record(context.WithoutCancel(ctx), "run", a)
}

// notStarted closes the units of a command that could not be started.
func (c *commander) notStarted(ctx context.Context, why error) error {
	return c.endUnits(ctx, journal.OutcomeNotApplied, "not started", why.Error(), nil)
}

// cannotAsk is a command that has ended, with nobody to ask what came of it.
func (c *commander) cannotAsk(ctx context.Context, why error) error {
	err := c.endUnits(ctx, journal.OutcomeUnknown, "the server cannot be asked", why.Error(), nil)
	return errors.Join(err, &steps.Exit{
		Code: steps.ExitUnknown, Outcome: journal.OutcomeUnknown,
		Summary: c.team.Line + " has ended (" + c.reported.Ended + "), and what it applied is not known: the server " +
			"cannot " +
			"be asked: " + why.Error(),
		Advice: "`belay attach " + c.env.Run + "` asks the database as soon as it can be reached; run nothing again " +
			"before",
	})
}

// endUnits closes the units that the command did not apply.
func (c *commander) endUnits(
	ctx context.Context, outcome journal.Outcome, reason, why string, blockers []journal.Blocker,
) error {
	for _, i := range c.openUnits() {
		err := c.env.Engine.Record(context.WithoutCancel(ctx), "run", journal.UnitEnded{
			Unit: i, Version: c.plan.Units[i].Migration.Version, Outcome: outcome, Reason: reason, Error: why,
			Blockers: blockers,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// How often the command's sessions are looked for, and who is in their way.
var (
	commandPoll    = 50 * time.Millisecond
	commandInquire = time.Second
)

// try starts the command once and follows it to its end, and to the end of what its
// sessions still do then. The error is for a command that could not be started.
func (c *commander) try(ctx context.Context, n int) (end commandEnd, err error) {
	out, err := command.OpenOutput(c.log, c.hidden())
	if err != nil {
		return end, err
	}
	defer out.Close()
	w := &commandWatch{commander: c, out: out, began: time.Now()}
	if w.marks, err = c.marks(ctx); err != nil {
		return end, err
	}
	if w.child, err = command.Start(c.env.Project.Dir, c.team.Argv, c.environ(), out); err != nil {
		return end, &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
			Summary: "the command could not be started: " + err.Error() + "; nothing has changed",
			Advice:  "see that the program is there and may be run, then run again",
		}
	}
	c.reported = c.fact()
	c.reported.PID, c.reported.Try, c.reported.Since = w.child.PID(), n, c.env.Now().UTC()
	c.tell(ctx, true)
	w.follow(ctx)
	w.outlive(ctx)
	end = w.end()
	c.reported.Ended, c.reported.Output, c.reported.Sessions = end.says(), out.Last(shownLines), nil
	c.tell(ctx, true)
	return end, nil
}

// fact is what is known of the command before it starts.
func (c *commander) fact() fact.Command {
	f := fact.Command{
		Line: c.team.Line, From: c.team.From, Script: c.team.Script, LockTimeoutMS: c.lock.Milliseconds(),
		StatementTimeoutMS: c.statement.Milliseconds(), Unread: c.folder.Unread, Log: c.log,
	}
	for _, u := range c.plan.Units {
		if u.Unseen {
			f.Unseen = append(f.Unseen, u.Path)
		}
	}
	return f
}

// hidden are the values that no line of its output may show.
func (c *commander) hidden() []string {
	var all []string
	if cfg, err := c.env.Project.Database(); err == nil {
		all = spellings(cfg.Password().Reveal())
	}
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); secretName.MatchString(name) && len(value) >= leastSecret {
			all = append(all, spellings(value)...)
		}
	}
	return all
}

// secretName are variables whose values no output may show; shorter ones than
// leastSecret would hide ordinary words.
var secretName = pattern.New(`(?i)(PASS|PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|CREDENTIALS?)$`)

const leastSecret = 6

// marks are what its sessions will be known by, as of the server's clock now.
func (c *commander) marks(ctx context.Context) (m watch.Marks, err error) {
	m.Application = c.application
	err = c.env.Sessions.Spare(ctx, func(q *db.Conn) error {
		return q.QueryRow(ctx, `SELECT pg_catalog.clock_timestamp()`).Scan(&m.Since)
	})
	return m, steps.Database("the server's clock", err)
}

// tell records what the command does, twice a second at most.
func (c *commander) tell(ctx context.Context, now bool) {
	if !now && time.Since(c.reportedAt) < 500*time.Millisecond {
		return
	}
	c.reportedAt = time.Now()
	if err := c.env.Fact(context.WithoutCancel(ctx), "run", c.reported); err != nil {
		c.reported.Limits = cmp.Or(c.reported.Limits, err.Error())
	}
}
