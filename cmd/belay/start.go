package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"belay/db"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/engine"
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
	k, open := engine.Same(r.command, order.Dir, p.Shown(), fileHashes(p))
	if order.Backfill = r.backfill; r.backfill != nil {
		if k, open, err = sameBackfill(p, *r.backfill); err != nil {
			return w, err
		}
	}
	if open {
		if k, err = k.Settled(a.ctx); err != nil {
			return w, err
		}
		open = k.Open()
	}
	if open && r.backfill != nil && !r.headless {
		order.Answers = goingOn(r.answers) // the command itself says so
	}
	switch {
	case open && k.Live && r.headless:
		return w, &steps.Exit{
			Code: steps.ExitPerson, Outcome: steps.OutcomePerson,
			Summary: fmt.Sprintf("run %s of %s is open on %s, since %s", k.ID, k.Plan.By, k.Plan.Database, k.Plan.At.Format(time.DateTime+" UTC")),
			Advice:  "`belay attach " + k.ID + "` shows it, `belay stop " + k.ID + "` stops it",
		}
	case open && k.Live:
		return watched{folder: k.Folder, from: k.Run.Began - 1}, nil // another screen on the same run
	case open:
		order.Folder, order.Resume, w.from = k.Folder, true, k.Run.Seq
	default:
		if order.Folder, err = engine.NewFolder(); err != nil {
			return w, err
		}
	}
	w.folder = order.Folder
	return w, engine.Start(order)
}

// sameBackfill finds the open run of the same backfill on the same server.
func sameBackfill(p *project.Project, b steps.Backfill) (engine.Known, bool, error) {
	cfg, err := db.ParseConfig(p.DSN, p.DSNFrom)
	if err != nil {
		return engine.Known{}, false, err
	}
	k, ok := engine.SameBackfill(b, cfg.Host(), cfg.Port(), cfg.Database())
	return k, ok, nil
}

// goingOn answers that a run that was left is taken up, unless it says otherwise.
func goingOn(answers map[string]string) map[string]string {
	all := map[string]string{"run.go_on": "yes"}
	maps.Copy(all, answers)
	return all
}

// takeUp starts a new engine on a run that has none.
func (a *app) takeUp(k engine.Known, answers map[string]string, headless bool) error {
	return engine.Start(engine.Order{
		Dir: k.Plan.Dir, Folder: k.Folder, Flags: a.flags, DSN: a.flags.DSN, Environ: engine.Environ(),
		Answers: answers, Headless: headless, Resume: true, By: userName(),
	})
}

// fileHashes are the hashes of the folder's files by path, as they are now.
func fileHashes(p *project.Project) map[string]string {
	hashes := map[string]string{}
	f, err := migration.Find(p.Picked.Tool)
	if err != nil {
		return hashes
	}
	folder, err := f.Load(p.Root(), p.Picked.Dir)
	if err != nil {
		return hashes
	}
	for _, m := range folder.Migrations {
		hashes[m.Up.Path] = m.Up.SHA256
		if m.Down != nil {
			hashes[m.Down.Path] = m.Down.SHA256
		}
	}
	return hashes
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

// lost is the error of a follower whose engine ended without a word.
func lost(id string) error {
	return &steps.Exit{
		Code: steps.ExitUnknown, Outcome: steps.OutcomeUnknown, Summary: "the engine of run " + id + " ended without a word",
		Advice: "`belay attach " + id + "` asks the database what of it is there",
	}
}
