package checklist

import (
	"context"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/dump"
	"belay/db/grant"
	"belay/db/inspect"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Backup settles what restoring could go back to.
var Backup = steps.Step{
	ID: "backup", Title: "backup", Looks: true,
	Doc: `**The advice.** Take a dump before you migrate, and restore it if something goes wrong.

**In practice.** A backup is not the way back: restoring loses every write since it was taken. For a
large database a dump takes hours and holds every table it reads, so a snapshot or an archive with
point-in-time recovery is the better answer, if somebody has tested a restore of it. Where a dump is
right, belay takes it in a format that pg_restore reads, waits at most 2 s for a table's lock, keeps
it from other users, and calls it a backup only after all of it was decoded. The schema alone takes
seconds and is enough to see what was there.

**Measured.** ` + "`psql live < backup.sql`" + ` exits 0, doubles a table without a key and sets a sequence
back. pg_restore refuses plain SQL. It lists half a dump with exit code 0; only decoding all of it
fails.`,
	Run: runBackup,
}

// What speaks against a dump of everything.
const (
	longDump       = 10 * time.Minute
	largeDatabase  = 20 << 30
	dumpBytesPerMS = 30_000 // about 30 MB/s of tables, one job
)

func runBackup(ctx context.Context, e *steps.Env) (steps.Outcome, error) {
	if out, is := early(e, "nothing pending: nothing to save"); is {
		return out, nil
	}
	if done := e.Bench.Backup; done != nil && done.Path != "" {
		return steps.Done("%s", backupText(*done)), nil
	}
	f, err := backupFacts(ctx, e)
	if err != nil {
		return steps.Outcome{}, err
	}
	answer, answered := e.Engine.Answered("backup.choice")
	f.Choice, f.Words, _ = strings.Cut(answer, ":")
	f.Words = strings.TrimSpace(f.Words)
	out, err := settleBackup(ctx, e, &f, answered)
	if err != nil {
		return out, err
	}
	return out, e.Fact(ctx, "backup", f)
}

func settleBackup(ctx context.Context, e *steps.Env, f *fact.Backup, answered bool) (steps.Outcome, error) {
	dumps := f.Choice == "dump" || f.Choice == "schema"
	switch {
	case !answered && f.Missing != "" && f.Proposed == "none":
		return steps.Outcome{Status: journal.Look, Summary: "none: " + f.Missing, Hint: "give another folder of programs with --pg-bin"}, nil
	case !answered:
		return offer(e, backupQuestion(*f), presetBackup(*f)), nil
	case dumps && f.Missing != "":
		return again(e, steps.Outcome{Status: journal.Failed, Summary: f.Missing, Hint: "--pg-bin names another folder of programs"}, backupQuestion(*f)), nil
	case dumps:
		return takeBackup(ctx, e, f)
	case f.Choice == "none":
		return waived(e, "backup", "no backup"), nil
	}
	return namedBackup(e, f)
}

// again lets a person choose anew after a failure. Without one the failure
// stands: the same answer would fail again.
func again(e *steps.Env, out steps.Outcome, q journal.QuestionAsked) steps.Outcome {
	if !e.Headless {
		out.Questions = []journal.QuestionAsked{q}
	}
	return out
}

func backupQuestion(f fact.Backup) journal.QuestionAsked {
	options := []string{"none", "pitr", "snapshot", "schema", "dump"}
	if f.Missing != "" {
		options = options[:3]
	}
	return journal.QuestionAsked{
		ID: "backup.choice", Text: "what can be gone back to? " + f.Proposed + " is proposed: " + f.Why,
		Options: options, Default: f.Proposed, Detailed: []string{"pitr", "snapshot"},
		Why: "restoring loses what was written since" + lossText(f) + "; the way back of a migration is its down file",
	}
}

func presetBackup(f fact.Backup) string {
	if f.Proposed == "none" {
		return "preset: none (" + f.Why + ")"
	}
	return "preset: " + f.Proposed + " dump, taken with the confirm (" + f.Why + ")"
}

// backupFacts sums up what speaks for which choice.
func backupFacts(ctx context.Context, e *steps.Env) (fact.Backup, error) {
	f := fact.Backup{WritesPerSecond: -1}
	if offline(e) {
		return f, nil
	}
	err := e.Sessions.Monitor(func(c *db.Conn) (err error) {
		f.DatabaseBytes, err = inspect.HeapBytes(ctx, c)
		return err
	})
	if err != nil {
		return f, steps.Database("the size of the tables", err)
	}
	f.DumpMS = f.DatabaseBytes / dumpBytesPerMS
	f.Missing = programs(ctx, e).NoClient
	f.Proposed, f.Why = propose(e, f)
	rate(ctx, e, &f)
	return f, nil
}

func propose(e *steps.Env, f fact.Backup) (choice, why string) {
	large := time.Duration(f.DumpMS)*time.Millisecond > longDump || f.DatabaseBytes > largeDatabase
	size := "about " + measure.Bytes(f.DatabaseBytes)
	switch {
	case e.Bench.Target.Environment == "local":
		return "none", "a local database"
	case routine(e) && f.Missing != "":
		return "none", f.Missing
	case routine(e):
		return "schema", "every statement can be taken back at once"
	case large:
		return "pitr", size + ": a dump would take about " + measure.Duration(time.Duration(f.DumpMS)*time.Millisecond)
	case f.Missing != "":
		return "pitr", f.Missing
	}
	return "dump", size
}

// namedBackup takes the person's word for a snapshot or an archive.
func namedBackup(e *steps.Env, f *fact.Backup) (steps.Outcome, error) {
	if f.Words == "" {
		words, ok := e.Engine.Answered("backup.named")
		if !ok {
			return steps.Outcome{Status: journal.Asking, Summary: f.Choice + ": which one?", Questions: []journal.QuestionAsked{{
				ID: "backup.named", Text: f.Choice + ": which one, and when was a restore of it tested?", Why: "it goes into the report in your words", Wants: journal.Words,
			}}}, nil
		}
		f.Words = words
	}
	return steps.Done("%s, named by a person: %s", f.Choice, f.Words), nil
}

// takeBackup runs pg_dump. At low risk its failure is only worth a look.
func takeBackup(ctx context.Context, e *steps.Env, f *fact.Backup) (steps.Outcome, error) {
	d, err := takeDump(ctx, e, programs(ctx, e).Client, f.Choice == "schema", "backup")
	if ctx.Err() != nil {
		return steps.Outcome{}, context.Cause(ctx)
	}
	if err != nil {
		out := steps.Outcome{Status: journal.Failed, Summary: err.Error(), Hint: steps.HintOf(err)}
		if lowRisk(e) {
			out.Status = journal.Look
			return out, nil
		}
		return again(e, out, backupQuestion(*f)), nil
	}
	f.Path, f.Bytes, f.SHA256, f.TookMS, f.At = d.Path, d.Bytes, d.SHA256, d.TookMS+d.ReadBackMS, d.Started
	f.Items = []fact.Item{
		{ID: "path", Level: fact.OK, Text: d.Path + ", sha256 " + d.SHA256},
		{ID: "restore", Level: fact.OK, Text: "restored into a new database, never over the live one: createdb NEW; pg_restore --exit-on-error --dbname NEW " + d.Path},
	}
	e.Bench.Backup = f
	return steps.Done("%s", backupText(*f)), nil
}

func backupText(f fact.Backup) string {
	kind := "dump"
	if f.Choice == "schema" {
		kind = "schema dump"
	}
	return fmt.Sprintf("%s of %s, %s in %s, read back, sha %s; restoring it loses what was written since%s",
		kind, f.At.Format("15:04:05 UTC"), measure.Bytes(f.Bytes), measure.MS(f.TookMS), f.SHA256[:12], lossText(f))
}

func lossText(f fact.Backup) string {
	if f.WritesPerSecond < 0 {
		return ""
	}
	return fmt.Sprintf(" (%.0f rows/s, %s)", f.WritesPerSecond, f.RateOver)
}

// takeDump dumps the database into the team's folder or the user's own. The
// schema is dumped once for each look: the rehearsal uses it too.
func takeDump(ctx context.Context, e *steps.Env, client dump.Client, schemaOnly bool, step string) (dump.Dump, error) {
	schema, err := whole(ctx, e)
	if err != nil {
		return dump.Dump{}, err
	}
	now := schema.Fingerprint()
	if have := e.Bench.SchemaDump; schemaOnly && have != nil && e.Bench.SchemaDumpOf == now {
		return *have, nil
	}
	dir, err := backupDir(e)
	if err != nil {
		return dump.Dump{}, err
	}
	cfg, err := targetConfig(e)
	if err != nil {
		return dump.Dump{}, err
	}
	o := dump.Options{
		Dir: dir, Name: e.Bench.Target.Database, SchemaOnly: schemaOnly, Run: e.Run, ServerMajor: e.Bench.Target.Major, Now: e.Now,
		Role: roleFor(ctx, e, grant.Dump), Progress: dumpProgress(progress(ctx, e, step)),
	}
	if !schemaOnly {
		o.Jobs = e.Project.Config.Backup.Jobs
	}
	d, err := dump.Take(ctx, client, cfg, o)
	if err == nil && schemaOnly {
		e.Bench.SchemaDump, e.Bench.SchemaDumpOf = &d, now
	}
	return d, err
}

// dumpProgress tells a new phase or table at once, and bytes once a second.
func dumpProgress(tell func(string)) func(dump.Progress) {
	var last time.Time
	var was dump.Progress
	return func(p dump.Progress) {
		if p.Phase == was.Phase && time.Since(last) < time.Second {
			return
		}
		last, was = time.Now(), p
		text := p.Phase
		if p.Table != "" {
			text += " " + p.Table
		}
		tell(text + ", " + measure.Bytes(p.Bytes))
	}
}
