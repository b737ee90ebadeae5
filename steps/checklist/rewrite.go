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
	"belay/steps/judge"
)

// proposeRewrites makes the safe form of each file with a hazard, for f in the
// review, and asks whether to write the one that can be written. Where nobody
// can press a key nothing is proposed, nor once a run is open.
func proposeRewrites(ctx context.Context, e *steps.Env, target steps.Target, b steps.Folder, judged steps.Judgement) (
	proposed []fix.Proposal, asked []journal.QuestionAsked, err error,
) {
	if e.Headless || e.Back || e.Resumed || b.Format.Compose == nil {
		return nil, nil, nil
	}
	all := fact.Rewrites{List: []fact.Rewrite{}}
	for i, f := range judged.Files {
		if len(f.Catalogs) == 0 || i >= len(judged.Review.Files) || !hazardous(judged.Review.Files[i].Hazards) {
			continue
		}
		m := b.Files.Find(judged.Review.Files[i].Version)
		if m == nil {
			continue
		}
		p, err := fix.Propose(ctx, fix.Case{
			Format: b.Format, Folder: b.Files, Migration: *m, Mode: f.Mode, Snapshot: f.Catalogs[0],
			Options: reviewOptions(e, target, judged.Named),
			Source: func(m *migration.Migration) sqlview.Source {
				return judge.Source(b.Format, m)
			}, Status: b.Status, Asked: target.Identity.Database, Git: b.Git,
			Now: e.Now().UTC().Format("20060102150405"),
		})
		if err != nil {
			return nil, nil, err
		}
		proposed = append(proposed, p)
		all.List = append(all.List, p.Rewrite)
		if p.Refused == "" {
			asked = []journal.QuestionAsked{fix.Question(p.Rewrite)}
		}
	}
	return proposed, asked, e.Fact(ctx, "review", all)
}

// writeRewrite writes the proposal that a person said yes to, before the folder
// is read again. A yes is bound to the exact files, and writes them once: wrote is the
// answer that was acted on last.
func writeRewrite(
	ctx context.Context, e *steps.Env, target steps.Target, was steps.Folder, proposed []fix.Proposal,
) (wrote string, err error) {
	answer, ok := e.Engine.Answered(fact.WriteQuestion)
	if !ok || answer == was.Wrote || !strings.HasPrefix(answer, "yes") {
		return was.Wrote, nil
	}
	for _, p := range proposed {
		yes, without := p.Meant(answer)
		if !yes {
			continue
		}
		ran, err := ranMeanwhile(ctx, e, target, was, p.Original)
		if err != nil {
			return answer, err
		}
		if ran {
			return answer,
				e.Note(ctx, "review",
					"the rewrite of %s was not written: it is applied on %s by now, and a migration that has run is "+
						"never touched", p.Path, target.Identity.Database)
		}
		done, err := fix.Write(filepath.Join(e.Project.Dir, filepath.FromSlash(e.Project.Picked.Dir)), p, without)
		if err != nil {
			return answer, e.Note(ctx, "review", "the rewrite of %s was not written: %v", p.Path, err)
		}
		text := "written into " + e.Project.Shown() + ": " + strings.Join(done.Lines, "; ")
		if done.Copies != "" {
			text += "; a copy of the removed file is in " + done.Copies
		}
		if !p.Replaces {
			text += "; the original stays and runs before them: f at it says what is next"
		}
		return answer, e.Note(ctx, "review", "%s; nothing is committed", text)
	}
	return answer, e.Note(ctx, "review", "your yes does not count: the proposal has changed since. Look at it again")
}

// ranMeanwhile asks the history again: while a person thought, somebody else may
// have applied what was pending.
func ranMeanwhile(
	ctx context.Context, e *steps.Env, target steps.Target, b steps.Folder, m migration.Migration,
) (ran bool, err error) {
	if target.Offline() {
		return false, nil
	}
	err = e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) error {
		now, err := history.Read(ctx, c, b.Format, e.Project.HistoryTable(b.Files))
		if err != nil || !now.Table.Exists {
			return err
		}
		ran = migration.Compare(b.Files, now.Rows, now.Table.Variant).Ran(m)
		return nil
	})
	return ran, steps.Database("the history table", err)
}

// hazardous reports whether there is anything above a notice that nobody waived.
func hazardous(all []sqlview.Finding) bool {
	return slices.ContainsFunc(all, func(h sqlview.Finding) bool { return h.Waived == nil && h.Level() >= lint.Warn })
}
