package execute

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/history"
	"belay/db/inspect"
	"belay/sqlview/catalog"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/journal"
)

// view asks the database what the history and the catalog have now.
func (c *commander) view(ctx context.Context) (v commandView, err error) {
	err = c.env.Sessions.As(ctx, c.target.Roles.Reads, func(q *db.Conn) error {
		if err := c.readHistory(ctx, q, &v); err != nil {
			return err
		}
		s, err := inspect.Catalog(ctx, q)
		if err == nil {
			v.catalog = c.withoutTool(s).Fingerprint()
		}
		return err
	})
	return v, steps.Database("the history and the catalog", err)
}

func (c *commander) readHistory(ctx context.Context, q *db.Conn, v *commandView) error {
	now, err := history.Read(ctx, q, c.folder.Format, c.env.Project.HistoryTable(c.folder.Files))
	var unfit *history.UnfitError
	if errors.As(err, &unfit) {
		v.why, c.history = unfit.Error(), nil
		return nil
	}
	if err != nil {
		return err
	}
	t := now.Table
	v.rows, c.history = now.Rows, t
	s := migration.Compare(c.folder.Files, v.rows, t.Variant)
	v.known, v.why, v.missing = true, "", !t.Exists
	for _, m := range s.Applied {
		v.applied = append(v.applied, m.Version)
	}
	v.takes = s.TakenBack(c.folder.Format, v.rows, c.team.String())
	for _, d := range s.Dirty {
		v.dirty = append(v.dirty, d.Row.Version)
	}
	return nil
}

// toolTables are tables of the tools' own beside their history, which they make when
// they first run.
var toolTables = []string{
	"knex_migrations_lock", "ar_internal_metadata", "databasechangeloglock", "migrations", "_migrations",
}

// withoutTool is a catalog without what the tool makes for itself: that it is there
// says nothing of a migration.
func (c *commander) withoutTool(s *catalog.Snapshot) *catalog.Snapshot {
	own := append(slices.Clone(toolTables), c.folder.Format.Tables()...)
	if t := c.folder.Table; t != nil {
		own = append(own, t.Name)
	}
	var drop []string
	for name, r := range s.Relations.All() {
		schema, base, _ := strings.Cut(name, ".")
		is := func(t string) bool {
			part := r.Kind == catalog.Sequence || r.Kind == catalog.Index
			return base == t || part && strings.HasPrefix(base, t+"_")
		}
		if schema == "sqitch" || slices.ContainsFunc(own, is) {
			drop = append(drop, name)
		}
	}
	for _, name := range drop {
		s.Relations.Delete(name)
	}
	return s
}

// afterwards is view once the command has ended: also a run that was stopped must know
// how it ended, and a server that went away is waited for.
func (c *commander) afterwards(ctx context.Context, before commandView) (commandView, error) {
	asking, cancel := detached(ctx)
	defer cancel()
	v, err := c.view(asking)
	// A table that somebody locks at this moment is not seen whole: looked at again.
	for n := 0; err == nil && v.catalog != before.catalog && len(v.applied) == len(before.applied) && n < 3; n++ {
		if err = c.pause(asking, 300*time.Millisecond); err == nil {
			v, err = c.view(asking)
		}
	}
	if err == nil {
		return v, nil
	}
	if _, again := c.reconnect(ctx); again != nil {
		return v, errors.Join(err, again)
	}
	if v, err = c.view(asking); err != nil {
		return v, err
	}
	return v, c.own(asking)
}

// asReviewed refuses to start a command that would do more, or less, than was
// reviewed: what is pending has changed since.
func (c *commander) asReviewed(v commandView) error {
	if !v.known {
		return nil
	}
	var open []string
	for _, m := range c.folder.Files.Migrations {
		if !slices.Contains(v.applied, m.Version) {
			open = append(open, m.Version)
		}
	}
	expect := c.versions()
	if c.folder.Back {
		open = v.takes
	}
	if slices.Equal(open, expect) {
		return nil
	}
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
		Summary: fmt.Sprintf("%s would run %s, and %s was reviewed: it was not started", c.team.Line,
			listOf(open), listOf(expect)),
		Advice: "look again with `belay`: somebody has changed the folder or the history meanwhile",
	}
}

func listOf(all []string) string {
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// unread takes a command that changed something and wrote no table that belay knows for
// one whose history cannot be read.
func (c *commander) unread(before commandView, after *commandView, end commandEnd) {
	if after.missing && end.exit == 0 && before.catalog != after.catalog {
		after.known, after.why = false, "there is no history table that belay can read"
		c.reported.Unread, c.history = after.why, nil
		c.tell(context.Background(), true)
	}
}

// judge puts together what judging needs.
func (c *commander) judge(before, after commandView, end commandEnd) commandVerdict {
	return judgeCommand(commandCase{
		line: c.team.Line, run: c.env.Run, log: c.log, expect: c.versions(), back: c.folder.Back, before: before,
		after: after, end: end, proves: c.proves(), whole: c.whole(),
	})
}

// proves reports whether an unchanged catalog and history mean that nothing changed.
func (c *commander) proves() bool {
	statements := 0
	for _, i := range c.openUnits() {
		statements += len(c.plan.Units[i].Statements)
	}
	return !slices.ContainsFunc(c.openUnits(), func(i int) bool {
		u := c.plan.Units[i]
		return !c.inOne(u) && (u.Unseen || statements > 1 && !onlyDDL(u))
	})
}

// whole are the open versions that stand as a whole, or not at all.
func (c *commander) whole() (all []string) {
	for _, i := range c.openUnits() {
		if u := c.plan.Units[i]; c.inOne(u) || !u.Unseen && len(u.Statements) <= 1 {
			all = append(all, u.Migration.Version)
		}
	}
	return all
}

// inOne reports whether the tool runs a file in one transaction with its row.
func (c *commander) inOne(u steps.Unit) bool {
	f := c.folder.Format
	switch {
	case u.Migration.Up.Tx == migration.TxForeign || u.Unseen:
		return f.Wraps != nil && f.Wraps(u.Migration.Up)
	case f.Name == "plain":
		return false // the team's own runner does as it likes
	}
	return u.Migration.Up.Tx == migration.TxFile
}

// onlyDDL reports statements that the catalog would show.
func onlyDDL(u steps.Unit) bool {
	for _, s := range u.Statements {
		verb, what, _ := strings.Cut(s.Kind, " ")
		if !s.Effect.Known || verb != "CREATE" && verb != "DROP" && s.Kind != "ALTER TABLE" || what == "TABLE AS" {
			return false
		}
	}
	return len(u.Statements) > 0
}

// conclude records what the command came to, unit by unit, and how the run goes on.
func (c *commander) conclude(ctx context.Context, v commandVerdict, end commandEnd, after commandView) error {
	ctx = context.WithoutCancel(ctx)
	proof := "recorded by the command, which ended with " + end.says()
	if v.unread {
		proof = "the command ended with " + end.says() + "; what it recorded is not known: " + after.why
	}
	for _, i := range c.openUnits() {
		u := c.plan.Units[i]
		if !slices.Contains(v.done, u.Migration.Version) {
			continue
		}
		err := c.env.Engine.Record(ctx, "run", journal.UnitApplied{
			Unit: i, Version: u.Migration.Version, MS: end.took.Milliseconds(), Proof: proof,
		})
		if err != nil {
			return err
		}
	}
	switch {
	case v.ok:
		c.keep(ctx, v.done, journal.OutcomeApplied, proof)
		return nil
	case v.unread:
		return nil // what it recorded is not known
	}
	c.keep(ctx, v.done, v.outcome, v.summary)
	outcome := journal.OutcomeNotApplied
	if v.outcome == journal.OutcomeUnknown {
		outcome = journal.OutcomeUnknown
	}
	if err := c.endUnits(ctx, outcome, v.summary, "", end.blockers); err != nil {
		return err
	}
	hint := v.hint
	if last := c.reported.Output; len(last) > 0 && end.exit != 0 && hint != "" {
		hint = hint + "; its last words: " + strings.TrimSpace(last[len(last)-1])
	}
	return &steps.Exit{Code: v.code, Outcome: v.outcome, Summary: v.summary, Advice: hint}
}

// stoppedBetween is a run that was stopped while it stood aside.
func (c *commander) stoppedBetween(v commandVerdict) commandVerdict {
	v.again = false
	v.set(steps.ExitFailed, journal.OutcomeNotApplied, c.team.Line+": stopped on request; nothing has changed", "")
	return v
}

// settleCommand finds out what became of a command of an earlier engine. It is not
// started again by itself.
func (c *commander) settleCommand(ctx context.Context) error {
	if !c.env.Resumed {
		return nil
	}
	var begun []int
	catalogWas, unended := "", false
	for _, i := range c.openUnits() {
		intent, outcome := c.env.Engine.UnitOutcome(c.plan.Units[i].Migration.Version)
		if intent != nil {
			begun, catalogWas = append(begun, i), intent.Catalog
			unended = unended || outcome != journal.OutcomeNotApplied
		}
	}
	if len(begun) == 0 {
		return nil
	}
	if err := c.stillAtWork(ctx); err != nil {
		return err
	}
	after, err := c.view(ctx)
	if err != nil {
		return err
	}
	v := judgeCommand(commandCase{
		line: c.team.Line, run: c.env.Run, log: c.log, expect: c.versions(), back: c.folder.Back,
		before: commandView{known: true, catalog: catalogWas}, after: commandView{known: after.known, why: after.why,
			applied: after.applied, dirty: after.dirty, catalog: after.catalog},
		end: commandEnd{exit: -1, sessions: 1}, proves: c.proves(), whole: c.whole(),
	})
	for _, i := range begun {
		version := c.plan.Units[i].Migration.Version
		p := journal.UnitProbed{
			Unit: i, Version: version, Outcome: journal.OutcomeNotApplied, Evidence: "the history has no such row",
		}
		switch {
		case slices.Contains(v.done, version):
			p.Outcome, p.Evidence = journal.OutcomeApplied, "the history has it"
		case v.code == steps.ExitUnknown:
			p.Outcome, p.Evidence = journal.OutcomeUnknown, "the history has no such row, and what else it changed "+
				"is not known"
		}
		if err := c.env.Engine.Record(ctx, "run", p); err != nil {
			return err
		}
	}
	if len(v.done) > 0 {
		c.keep(ctx, v.done, journal.OutcomeApplied, "found in the history by another engine")
	}
	return c.settled(v, unended)
}

// settled says how a run goes on whose command an earlier engine started.
func (c *commander) settled(v commandVerdict, unended bool) error {
	left := len(c.openUnits())
	switch {
	case left == 0:
		return nil
	case !unended:
		return nil // it had ended, and somebody goes on with what is left
	}
	said := c.team.Line + " was started by an engine that is gone; the database says: "
	if v.code == steps.ExitUnknown {
		return &steps.Exit{
			Code: steps.ExitUnknown, Outcome: journal.OutcomeUnknown,
			Summary: said + "not recorded: " + listOf(c.versions()) + "; what else it changed is not known",
			Advice:  "look what of it stands; `belay abandon " + c.env.Run + "` closes the run once that is settled",
		}
	}
	if len(v.done) > 0 {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: said + listOf(v.done) + " applied, " + listOf(c.versions()) + " not",
			Advice:  "`belay run` goes on with what is left",
		}
	}
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
		Summary: said + path.Base(listOf(c.versions())) + " not applied, nothing has changed", Advice: "run it again",
	}
}
