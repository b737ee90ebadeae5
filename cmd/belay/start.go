package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/project"
)

// request is what a command wants of an engine.
type request struct {
	// command is run or rollback; "" = run.
	command  string
	versions []string
	answers  map[string]string
	headless bool
	// rehearsal is the file of a record; "" = look for one.
	rehearsal string
	// backfill is what to fill; nil = another command.
	backfill *steps.Backfill
	// tripwire is what to take away for a while; nil = another command.
	tripwire *steps.Tripwire
}

// begin starts an engine for a project: a new look, or the open run of the same
// files, which the same command goes on with.
func (a *app) begin(p *project.Project, r request) (w watched, err error) {
	order := engine.Order{
		Flags: a.flags, DSN: a.flags.DSN, Environ: engine.Environ(), Command: r.command, Versions: r.versions,
		Answers: r.answers, Headless: r.headless, By: userName(), Rehearsal: r.rehearsal,
	}
	if order.Dir, err = os.Getwd(); err != nil {
		return w, err
	}
	wanted := engine.Wanted{Command: r.command, Dir: order.Dir, Folder: p.Shown(), Versions: r.versions}
	if cfg, err := p.Database(); err == nil {
		wanted.Database = cfg.Database()
	}
	k, open := engine.Same(wanted, fileHashes(p))
	if order.Backfill = r.backfill; r.backfill != nil {
		if k, open, err = sameBackfill(p, *r.backfill); err != nil {
			return w, err
		}
	}
	if order.Tripwire = r.tripwire; r.tripwire != nil {
		k, open = engine.SameTripwire(*r.tripwire)
	}
	if open {
		if k, err = k.Settled(a.ctx); err != nil {
			return w, err
		}
		open = k.Open()
	}
	if open && (r.backfill != nil || r.tripwire != nil) && !r.headless {
		order.Answers = goingOn(r.answers) // the command itself says so
	}
	if !open {
		if k, open = sameLook(p, r.command, order.Dir); open {
			a.errOut.say("look %s: %s", k.ID, k.Word())
		}
	}
	switch {
	case open && k.Watches() && !a.onTerminal():
		return w, watchesStill(k)
	case open && k.Live && r.headless:
		return w, &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: inTheWay(k),
			Advice:  "`belay attach " + k.ID + "` shows it, `belay stop " + k.ID + "` stops it",
		}
	case open && k.Live:
		// Another screen on the same run.
		return watched{folder: k.Folder, from: k.Run.Began - 1, again: a.anew(r)}, nil
	case open:
		order.Folder, order.Resume, w.from = k.Folder, true, k.Run.Seq
	default:
		order.Left = engine.Left(p.BackupDirs()...)
		if order.Folder, err = engine.NewFolder(); err != nil {
			return w, err
		}
	}
	ready, err := prepare(order)
	ready.from, ready.again = w.from, a.anew(r)
	return ready, err
}

// anew begins a command once more, with the files as they are then. Where its work is
// done it is the look at what is pending now.
func (a *app) anew(r request) func(done bool) (watched, error) {
	return func(done bool) (watched, error) {
		p, err := a.target()
		if err != nil {
			return watched{}, err
		}
		if done {
			return a.begin(p, request{})
		}
		return a.begin(p, r)
	}
}

// watchesStill refuses a command beside a run that only watches: the end of the watch would
// be told as the end of the command, which has done nothing.
func watchesStill(k engine.Known) error {
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "run " + k.ID + " has applied its files and still watches the database: this command has " +
			"started nothing",
		Advice: "`belay stop " + k.ID + " --now` ends the watch, and what was applied stays; then give it again. " +
			"`belay attach " + k.ID + "` follows it",
	}
}

// inTheWay says what is open where a command cannot ask anybody.
func inTheWay(k engine.Known) string {
	since := k.Plan.At.Format(time.DateTime + " UTC")
	if k.IsLook() {
		return fmt.Sprintf("look %s is open on %s, since %s: %s", k.ID, k.Plan.Database, since, k.Word())
	}
	return fmt.Sprintf("run %s of %s is open on %s, since %s", k.ID, k.Plan.By, k.Plan.Database, since)
}

// sameLook finds the look of the same command and database that goes on without a
// screen.
func sameLook(p *project.Project, command, dir string) (engine.Known, bool) {
	cfg, err := p.Database()
	if err != nil {
		return engine.Known{}, false
	}
	return engine.SameLook(command, dir, engine.WhereOf(cfg))
}

// sameBackfill finds the open run of the same backfill on the same server.
func sameBackfill(p *project.Project, b steps.Backfill) (engine.Known, bool, error) {
	cfg, err := p.Database()
	if err != nil {
		return engine.Known{}, false, err
	}
	k, ok := engine.SameBackfill(b, engine.WhereOf(cfg))
	return k, ok, nil
}

// goingOn answers that a run that was left is taken up, unless it says otherwise.
func goingOn(answers map[string]string) map[string]string {
	all := map[string]string{"run.go_on": "yes"}
	maps.Copy(all, answers)
	return all
}

// takeUp starts a new engine on a run that has none.
func (a *app) takeUp(k engine.Known, answers map[string]string, headless bool) (watched, error) {
	return prepare(engine.Order{
		Dir: k.Plan.Dir, Folder: k.Folder, Flags: a.flags, DSN: a.flags.DSN, Environ: engine.Environ(),
		Answers: answers, Headless: headless, Resume: true, By: userName(),
	})
}

// folderFiles are the folder's files, up and down, as they are now.
func folderFiles(p *project.Project) []migration.File {
	f, err := migration.Find(p.Picked.Tool)
	if err != nil {
		return nil
	}
	folder, err := p.ReadFolder(f)
	if err != nil {
		return nil
	}
	var all []migration.File
	for _, m := range folder.Migrations {
		all = append(all, m.Up)
		if m.Down != nil {
			all = append(all, *m.Down)
		}
	}
	return all
}

// fileHashes are the hashes of the folder's files by path.
func fileHashes(p *project.Project) map[string]string {
	hashes := map[string]string{}
	for _, f := range folderFiles(p) {
		hashes[f.Path] = f.SHA256
	}
	return hashes
}

// fileBytes are the folder's files by path.
func fileBytes(p *project.Project) map[string][]byte {
	all := map[string][]byte{}
	for _, f := range folderFiles(p) {
		all[f.Path] = f.Bytes
	}
	return all
}

// checkRun is checkFolder for what may be run by the team's own command too.
func checkRun(p *project.Project) (empty bool, err error) {
	var foreign *migration.ForeignError
	if !errors.As(p.PickError, &foreign) || !p.Foreign() {
		return checkFolder(p)
	}
	there, err := p.Command(false)
	back, _ := p.Command(true)
	if err == nil && there == nil && back == nil {
		return checkFolder(p)
	}
	return false, err
}

// checkFolder tells what is wrong with the folder before anything starts. It
// reports true where there is a folder and nothing in it.
func checkFolder(p *project.Project) (empty bool, err error) {
	var several *migration.AmbiguousError
	if p.PickError != nil && !errors.As(p.PickError, &several) {
		return false, p.PickError
	}
	return p.PickError == nil && p.Picked.Tool == "", nil
}

func nothingPending(p *project.Project) string {
	return "nothing pending: " + p.Shown() + " is empty"
}
