package checklist

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/dump"
	"belay/db/grant"
	"belay/db/inspect"
	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/sqlview/visible"
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
}

// What speaks against a dump of everything.
const (
	longDump       = 10 * time.Minute
	largeDatabase  = 20 << 30
	dumpBytesPerMS = 30_000 // about 30 MB/s of tables, one job
)

// RunBackup settles which copy there is, and makes it where that was chosen. What was
// made stays made.
func RunBackup(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement,
	was steps.Backup) (
	now steps.Backup, out steps.Outcome, err error,
) {
	now = was
	if out, is := early(target, folder, judged, "nothing pending: nothing to save"); is {
		return now, out, nil
	}
	if done := was.Made; done != nil && done.Path != "" {
		return now, backedUp(*done), nil
	}
	s := &saving{env: e, target: target, judged: judged, plan: planHash(judged), first: &now.First,
		chosen: folder.Chosen}
	if err = s.facts(ctx); err != nil {
		return now, out, err
	}
	answer, answered := e.Engine.Answered("backup.choice")
	s.Choice, s.Words, _ = strings.Cut(answer, ":")
	s.Words = strings.TrimSpace(s.Words)
	if out, err = s.settle(ctx, answered); err != nil {
		return now, out, err
	}
	if s.Path != "" {
		now.Made = &s.Backup
	}
	return now, out, e.Fact(ctx, "backup", s.Backup)
}

// saving is one look at what could be saved.
type saving struct {
	fact.Backup
	env    *steps.Env
	target steps.Target
	judged steps.Judgement
	// plan is the hash of what would run; "" = no plan can be made yet.
	plan   string
	first  *steps.Written
	chosen []migration.Migration
}

func (f *saving) routine() bool { return routine(f.target, f.judged) }

func (f *saving) settle(ctx context.Context, answered bool) (steps.Outcome, error) {
	e := f.env
	dumps := f.Choice == "dump" || f.Choice == "schema" || f.Choice == earlier
	switch {
	case !answered && f.Missing != "" && f.Proposed == "none":
		return steps.Outcome{
			Status: journal.Look, Summary: "none: " + f.Missing, Hint: "give another folder of programs with --pg-bin",
		}, nil
	case !answered:
		q, preset := f.question(), presetBackup(f.Backup)
		q.Why += f.placeText()
		if d := f.earlier(); d != nil {
			q, preset = withEarlier(e, q, d.Dump, d.changed(f.plan))
		}
		return offer(f.routine(), q, preset), nil
	case dumps && f.Missing != "":
		return again(e,
			steps.Outcome{
				Status: journal.Failed, Summary: f.Missing, Hint: "--pg-bin names another folder of programs",
			}, f.question()), nil
	case f.Choice == earlier:
		return f.useEarlier(ctx)
	case dumps:
		return f.take(ctx)
	case f.Choice == "none":
		return waived(e, f.routine(), "backup", "no backup"), nil
	}
	return namedBackup(e, &f.Backup)
}

// again lets a person choose anew after a failure. Without one the failure
// stands: the same answer would fail again.
func again(e *steps.Env, out steps.Outcome, q journal.QuestionAsked) steps.Outcome {
	if !e.Headless {
		out.Questions = []journal.QuestionAsked{q}
	}
	return out
}

func (f *saving) question() journal.QuestionAsked {
	options := []string{"none", "pitr", "snapshot", "schema", "dump"}
	if f.Missing != "" {
		options = options[:3]
	}
	return journal.QuestionAsked{
		ID: "backup.choice",
		Text: "if everything goes wrong, which copy of the data can you restore? Proposed: " + f.Proposed + " (" +
			f.Why + ")",
		Options: options, Default: f.Proposed, Detailed: []string{"pitr", "snapshot"},
		Why: "restoring a copy loses what was written after it" + lossText(f.Backup) + f.aloneText(),
	}
}

// placeText says beforehand where a dump would lie.
func (f *saving) placeText() string {
	dir, err := backupDir(f.env)
	if f.Missing != "" || err != nil {
		return "" // why there can be none is said where one is to be made
	}
	return ". A dump is written to " + dir
}

// aloneText says what takes back the migration alone: not every folder has down files, and
// none brings rows back that are gone.
func (f *saving) aloneText() string {
	with := 0
	for _, m := range f.chosen {
		if m.Down != nil {
			with++
		}
	}
	switch {
	case with == 0:
		return ". There is no down file that takes back this migration alone"
	case with < len(f.chosen):
		return fmt.Sprintf(". To take back the migration alone there is a down file for %d of %s", with,
			measure.Plural(len(f.chosen), "file"))
	case with == 1:
		return ". To take back this migration alone there is its down file"
	}
	return ". To take back these migrations alone there are their down files"
}

func presetBackup(f fact.Backup) string {
	if f.Proposed == "none" {
		return "proposed: no backup (" + f.Why + ")"
	}
	return "proposed: a dump of the schema only, no rows, made when you confirm the run (" + f.Why + ")"
}

// withEarlier offers the dump that is there already in the place of a new one.
func withEarlier(e *steps.Env, q journal.QuestionAsked, d dump.Dump, changed bool) (journal.QuestionAsked, string) {
	what := "a dump"
	if d.SchemaOnly {
		what = "a dump of the schema only, no rows,"
	}
	files := "for these same files"
	if changed {
		files = "before these files were changed"
	}
	text := what + " made " + ago(e, d.Started) + " of this database " + files + ", here: " + d.Path
	q.Options, q.Default = append(q.Options, earlier), earlier
	q.Text = "if everything goes wrong, which copy of the data can you restore? There is " + text + ". Proposed: use it"
	return q, "proposed: " + text
}

// facts sums up what speaks for which choice.
func (f *saving) facts(ctx context.Context) error {
	f.WritesPerSecond = -1
	var a inspect.Amount
	err := f.env.Sessions.Monitor(ctx, func(c *db.Conn) (err error) {
		a, err = inspect.ReadAmount(ctx, c)
		return err
	})
	if err != nil {
		return steps.Database("the size of the tables", err)
	}
	f.DatabaseBytes = a.HeapBytes
	f.DumpMS = f.DatabaseBytes / dumpBytesPerMS
	f.Missing = programs(ctx, f.env, f.target.Major).NoClient
	f.Proposed, f.Why = f.propose()
	f.rate(a)
	return nil
}

func (f *saving) propose() (choice, why string) {
	large := time.Duration(f.DumpMS)*time.Millisecond > longDump || f.DatabaseBytes > largeDatabase
	size := "about " + measure.Bytes(f.DatabaseBytes) + " of rows, without indexes"
	switch {
	case f.target.Environment == "local":
		return "none", "a local database"
	case f.routine() && f.Missing != "":
		return "none", f.Missing
	case lowRisk(f.judged):
		return "schema", "every statement can be taken back at once"
	case f.routine():
		return "schema", "this is " + f.target.Environment + ", not production"
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
			return steps.Outcome{Status: journal.Asking, Summary: f.Choice + ": which one?",
				Questions: []journal.QuestionAsked{{
					ID: "backup.named", Text: f.Choice + ": which one, and when was a restore of it tested?",
					Why: "it goes into the report in your words", Wants: journal.Words,
				}}}, nil
		}
		f.Words = words
	}
	return steps.Done("%s, named by a person: %s", f.Choice, f.Words), nil
}

// take runs pg_dump. At low risk its failure is only worth a look.
func (f *saving) take(ctx context.Context) (steps.Outcome, error) {
	e, kind := f.env, "a dump"
	if f.Choice == "schema" {
		kind = "a dump of the schema"
	}
	if err := e.Engine.Record(ctx, "backup", journal.WorkBegun{
		What: "takes " + kind + " of " + f.target.Database,
	}); err != nil {
		return steps.Outcome{}, err
	}
	d, err := takeDump(ctx, e, f.target, f.judged.Whole, f.Choice == "schema", "backup")
	if ctx.Err() != nil {
		return steps.Outcome{}, context.Cause(ctx)
	}
	if err != nil {
		out := steps.Outcome{Status: journal.Failed, Summary: err.Error(), Hint: steps.HintOf(err)}
		if lowRisk(f.judged) {
			out.Status = journal.Look
			return out, nil
		}
		return again(e, out, f.question()), nil
	}
	if err := f.note(d); err != nil {
		_ = e.Note(ctx, "backup", "%v: this dump will not be offered again", err)
	}
	return f.made(d), nil
}

// made is the outcome of a dump that was read to its end.
func (f *saving) made(d dump.Dump) steps.Outcome {
	f.Choice = "dump"
	if d.SchemaOnly {
		f.Choice = "schema"
	}
	f.Path, f.Bytes, f.SHA256, f.TookMS, f.At = d.Path, d.Bytes, d.SHA256, d.TookMS+d.ReadBackMS, d.Started
	f.Items = []fact.Item{
		{ID: "path", Level: fact.OK, Text: d.Path + ", sha256 " + d.SHA256},
		{
			ID: "restore", Level: fact.OK,
			Text: "restore it into a new database, never over the live one: " +
				restoreCommands(f.target.Target, d.Path),
		},
	}
	return backedUp(f.Backup)
}

// restoreCommands make a database NEW beside the one that was dumped, and restore into
// it. They name the server, for without that both programs go to whatever is the
// default; never a password.
func restoreCommands(t fact.Target, dumped string) string {
	server := ""
	if t.Host != "" {
		server += " --host " + visible.Shell(t.Host)
	}
	if t.Port > 0 {
		server += fmt.Sprintf(" --port %d", t.Port)
	}
	if user := cmp.Or(t.Login, t.Role); user != "" {
		server += " --username " + visible.Shell(user)
	}
	return "createdb" + server + " NEW; pg_restore --exit-on-error" + server + " --dbname NEW " + visible.Shell(dumped)
}

// backedUp says what was dumped. A schema without its rows is no backup of them.
func backedUp(f fact.Backup) steps.Outcome {
	if f.Choice == "schema" {
		return steps.Outcome{
			Status: journal.Look, Summary: backupText(f),
			Hint: "it brings no rows back; answer backup.choice with dump for a copy with rows",
		}
	}
	return steps.Done("%s", backupText(f))
}

func backupText(f fact.Backup) string {
	made := fmt.Sprintf("dump of %s, %s in %s, read back, sha %s", f.At.Format("15:04:05 UTC"), measure.Bytes(f.Bytes),
		measure.MS(f.TookMS), f.SHA256[:12])
	if f.Choice == "schema" {
		return "schema only, no rows: " + made
	}
	return made + "; restoring it loses what was written after it" + lossText(f)
}

func lossText(f fact.Backup) string {
	if f.WritesPerSecond < 0 {
		return ""
	}
	return fmt.Sprintf(" (%.0f rows/s, %s)", f.WritesPerSecond, f.RateOver)
}

// takeDump dumps the database into the team's folder or the user's own. The
// schema is dumped once for each look: the rehearsal uses it too.
func takeDump(
	ctx context.Context, e *steps.Env, target steps.Target, whole *steps.Whole, schemaOnly bool, step string,
) (dump.Dump, error) {
	if !schemaOnly {
		return dumpInto(ctx, e, target, false, step)
	}
	schema, err := whole.Read(ctx)
	if err != nil {
		return dump.Dump{}, err
	}
	return e.SchemaDump.Get(schema.Fingerprint(), func() (dump.Dump, error) {
		return dumpInto(ctx, e, target, true, step)
	})
}

func dumpInto(ctx context.Context, e *steps.Env, target steps.Target, schemaOnly bool, step string) (dump.Dump, error) {
	dir, err := backupDir(e)
	if err != nil {
		return dump.Dump{}, err
	}
	cfg, err := targetConfig(e)
	if err != nil {
		return dump.Dump{}, err
	}
	o := dump.Options{
		Dir: dir, Name: target.Database, SchemaOnly: schemaOnly, Run: e.Run, ServerMajor: target.Major, Now: e.Now,
		Whose: target.Identity.Whose(),
		Role:  roleFor(ctx, e, target.Roles, grant.Dump), Progress: dumpProgress(progress(ctx, e, step)),
	}
	if !schemaOnly {
		o.Jobs = e.Project.Config.Backup.Jobs
	}
	return dump.Take(ctx, programs(ctx, e, target.Major).Client, cfg, o)
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
		text := p.Phase + " the dump"
		switch {
		case p.Table != "":
			text = p.Phase + " " + p.Table
		case p.Phase == "dumping":
			text = p.Phase
		}
		tell(text + ", " + measure.Bytes(p.Bytes))
	}
}
