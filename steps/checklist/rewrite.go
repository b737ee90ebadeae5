package checklist

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"belay/db"
	"belay/db/history"
	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/fix"
	"belay/steps/journal"
)

// proposeRewrites makes the safe form of each file with a hazard, for f in the
// review, and asks whether to write the one that can be written. Where nobody
// can press a key nothing is proposed, nor once a run is open.
func proposeRewrites(ctx context.Context, e *steps.Env) ([]journal.QuestionAsked, error) {
	b := e.Bench
	b.Rewrites = nil
	if e.Headless || e.Back || e.Resumed || b.Format.Compose == nil {
		return nil, nil
	}
	all := fact.Rewrites{List: []fact.Rewrite{}}
	var asked []journal.QuestionAsked
	for i, f := range b.Judged {
		if len(f.Catalogs) == 0 || i >= len(b.Review.Files) || !hazardous(b.Review.Files[i].Hazards) {
			continue
		}
		m := b.Folder.Find(b.Review.Files[i].Version)
		if m == nil {
			continue
		}
		p, err := fix.Propose(ctx, fix.Case{
			Format: b.Format, Folder: b.Folder, Migration: *m, Mode: f.Mode, Snapshot: f.Catalogs[0], Options: reviewOptions(e),
			Source: func(m *migration.Migration) sqlview.Source { return source(e, m) }, Status: b.Status, Asked: b.Identity.Database, Git: b.Git,
			Now: e.Now().UTC().Format("20060102150405"),
		})
		if err != nil {
			return nil, err
		}
		b.Rewrites = append(b.Rewrites, p)
		all.List = append(all.List, p.Rewrite)
		if p.Refused == "" {
			asked = []journal.QuestionAsked{fix.Question(p.Rewrite)}
		}
	}
	return asked, e.Fact(ctx, "review", all)
}

// writeRewrite writes the proposal that a person said yes to, before the folder
// is read again. A yes is bound to the exact files, and writes them once.
func writeRewrite(ctx context.Context, e *steps.Env) error {
	answer, ok := e.Engine.Answered(fact.WriteQuestion)
	if !ok || answer == e.Bench.Wrote || !strings.HasPrefix(answer, "yes") {
		return nil
	}
	e.Bench.Wrote = answer
	for _, p := range e.Bench.Rewrites {
		yes, without := p.Meant(answer)
		if !yes {
			continue
		}
		ran, err := ranMeanwhile(ctx, e, p.Original)
		if err != nil {
			return err
		}
		if ran {
			return e.Note(ctx, "review", "the rewrite of %s was not written: it is applied on %s by now, and a migration that has run is never touched", p.Path, e.Bench.Identity.Database)
		}
		done, err := fix.Write(filepath.Join(e.Project.Dir, filepath.FromSlash(e.Project.Picked.Dir)), p, without)
		if err != nil {
			return e.Note(ctx, "review", "the rewrite of %s was not written: %v", p.Path, err)
		}
		text := "written into " + e.Project.Shown() + ": " + strings.Join(done.Lines, "; ")
		if done.Copies != "" {
			text += "; a copy of what went is in " + done.Copies
		}
		return e.Note(ctx, "review", "%s; nothing is committed", text)
	}
	return e.Note(ctx, "review", "the yes is void: the proposal is another one by now; look again")
}

// ranMeanwhile asks the history again: while a person thought, somebody else may
// have applied what was pending.
func ranMeanwhile(ctx context.Context, e *steps.Env, m migration.Migration) (ran bool, err error) {
	if offline(e) {
		return false, nil
	}
	err = e.Sessions.Monitor(func(c *db.Conn) error {
		t, err := history.Open(ctx, c, e.Bench.Format, e.Project.Config.HistoryTable)
		if err != nil || !t.Exists {
			return err
		}
		rows, err := t.Rows(ctx, c)
		ran = migration.Compare(e.Bench.Folder, rows, t.Variant).Ran(m)
		return err
	})
	return ran, steps.Database("the history table", err)
}

// hazardous reports whether there is anything above a notice that nobody waived.
func hazardous(all []sqlview.Finding) bool {
	return slices.ContainsFunc(all, func(h sqlview.Finding) bool { return h.Waived == nil && h.Level() >= lint.Warn })
}
