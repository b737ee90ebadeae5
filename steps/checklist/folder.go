package checklist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"belay/db"
	"belay/db/history"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/git"
	"belay/steps/journal"
)

// readFolder reads the files once, and what the history table says of them.
func readFolder(ctx context.Context, e *steps.Env) (fact.Folder, []journal.QuestionAsked, error) {
	f := fact.Folder{Path: e.Project.Shown()}
	e.Bench.Ledger = steps.Ledger{}
	if q, err := pickFolder(e); err != nil || q != nil {
		return f, q, err
	}
	if e.Project.Picked.Tool == "" {
		// An empty folder has nothing pending, whatever the database says.
		e.Bench.Chosen, f.Path, f.Read = nil, e.Project.Shown(), true
		return f, nil, nil
	}
	format, err := migration.Find(e.Project.Picked.Tool)
	if err != nil {
		return f, nil, err
	}
	folder, err := format.Load(e.Project.Root(), e.Project.Picked.Dir)
	if err != nil {
		return f, nil, &steps.Refused{Problem: "the migrations folder: " + err.Error(), Advice: "belay must be able to read every file in it"}
	}
	b := e.Bench
	b.Format, b.Folder, b.Table, b.Status = format, folder, nil, migration.Status{}
	f.Path, f.Tool = e.Project.Shown(), format.Name
	if all := newest(folder); len(all) > 0 {
		f.Last = all[0].Up.Path
	}
	known, kept := git.Inspect(ctx, e.Project.Dir, folder), &kept{}
	b.Git = known
	if !offline(e) {
		if err := readHistory(ctx, e, &f, known); err != nil {
			return f, nil, err
		}
		var err error
		if kept, err = readLedger(ctx, e); err != nil {
			return f, nil, err
		}
		if err := e.Fact(ctx, "preflight", kept.f); err != nil {
			return f, nil, err
		}
		if err := choose(e, &f); err != nil {
			return f, nil, err
		}
	}
	f.Problems = append(append(folderItems(e, known), gitItems(known, e.Bench.Status.UpTo)...), kept.items...)
	return f, nil, nil
}

// pickFolder settles which folder and tool it is, or asks.
func pickFolder(e *steps.Env) ([]journal.QuestionAsked, error) {
	var several *migration.AmbiguousError
	if !errors.As(e.Project.PickError, &several) {
		return nil, e.Project.PickError
	}
	answer, ok := e.Engine.Answered("tool.choice")
	if ok && e.Project.Choose(answer) == nil {
		return nil, nil
	}
	return []journal.QuestionAsked{{
		ID: "tool.choice", Text: "which migrations folder, of which tool?", Options: e.Project.Choices(),
		Why: several.Error(),
	}}, nil
}

func readHistory(ctx context.Context, e *steps.Env, f *fact.Folder, known git.Facts) error {
	var rows []migration.Row
	err := e.Sessions.Monitor(func(c *db.Conn) error {
		t, err := history.Open(ctx, c, e.Bench.Format, e.Project.Config.HistoryTable)
		if err != nil {
			return err
		}
		e.Bench.Table = t
		if !t.Exists {
			return nil
		}
		rows, err = t.Rows(ctx, c)
		return err
	})
	if t := e.Bench.Table; err != nil && t != nil && db.Classify(err) == db.Privilege {
		role := e.Bench.Target.Role
		return &steps.Refused{
			Problem: fmt.Sprintf("role %s lacks SELECT on TABLE %s, the history table", role, t.Quoted), Advice: "GRANT SELECT ON TABLE " + t.Quoted + " TO " + role, Fatal: true,
		}
	}
	if err != nil {
		if steps.HintOf(err) != "" {
			return err
		}
		return steps.Database("the history table", err)
	}
	t := e.Bench.Table
	if t.Refused != nil {
		return &steps.Refused{Problem: t.Refused.Error(), Advice: "name the right table with history_table in belay.toml, or the right tool with --tool", Fatal: true}
	}
	s := migration.Compare(e.Bench.Folder, rows, t.Variant)
	s = s.Doubt(func(m migration.Migration) bool { return slices.Contains(known.Added, m.Up.Path) })
	e.Bench.Status = s
	f.Read, f.Applied, f.Newest, f.NoHistory = true, len(s.Applied), s.Newest, !t.Exists
	if t.Exists {
		f.Table = t.Schema + "." + t.Name
	}
	for _, m := range s.Pending {
		f.Pending = append(f.Pending, named(e.Bench.Folder, m))
	}
	if len(s.Dirty) > 0 {
		f.Dirty = s.Dirty[0].Row.Version
	}
	return nil
}

func named(folder migration.Folder, m migration.Migration) fact.Migration {
	n := fact.Migration{Version: m.Version, Title: m.Title, Path: m.Up.Path, SHA256: m.Up.SHA256}
	if m.Down != nil {
		n.Down = m.Down.Path
	}
	return n
}

// choose takes what is pending, cut at the version that was asked for. A version
// may only cut the tail: nothing before it is passed over.
func choose(e *steps.Env, f *fact.Folder) error {
	if e.Confirmed != nil {
		return chooseConfirmed(e, f)
	}
	if e.Back {
		return chooseBack(e, f)
	}
	pending := e.Bench.Status.Pending
	end := len(pending)
	for _, v := range e.Versions {
		i := slices.IndexFunc(pending, func(m migration.Migration) bool { return sameVersion(m, v) })
		if i < 0 {
			return notPending(e, v)
		}
		end = i + 1
	}
	e.Bench.Chosen = pending[:end]
	for _, m := range e.Bench.Chosen {
		f.Chosen = append(f.Chosen, m.Version)
	}
	return nil
}

func notPending(e *steps.Env, v string) error {
	for _, m := range e.Bench.Status.Applied {
		if sameVersion(m, v) {
			return nil
		}
	}
	return &steps.Refused{
		Problem: v + " is not pending", Advice: "`belay status` lists what is", Fatal: true,
	}
}

func sameVersion(m migration.Migration, v string) bool {
	return m.Version == v || strings.TrimLeft(m.Version, "0") == strings.TrimLeft(v, "0")
}

// folderItems says what is wrong with the files, and between them, the history
// table and git.
func folderItems(e *steps.Env, g git.Facts) []fact.Item {
	b := e.Bench
	problems := b.Folder.Problems
	stops := b.Folder.Stopping(b.Chosen)
	found := b.Status.Problems(b.Format)
	found = append(found, b.Format.Collide(b.Folder, g.Added, g.Merged)...)
	for _, p := range found {
		if p.Stops {
			stops = append(stops, p)
		}
	}
	var items []fact.Item
	for _, p := range append(slices.Clone(problems), found...) {
		stop := slices.ContainsFunc(stops, func(s migration.Problem) bool { return s.Message == p.Message })
		// A late file is no concern of a way back: it is not run.
		late := e.Back && p.Kind == migration.Late
		items = append(items, problemItem(p, stop && !late && !mayHaveRun(e, p) && !ours(e.Confirmed, p)))
	}
	return items
}

// waivable are the problems that a person may have a reason to go on with.
var waivable = []migration.ProblemKind{migration.Late, migration.Missing}

func problemItem(p migration.Problem, stops bool) fact.Item {
	i := fact.Item{ID: string(p.Kind), Level: fact.Look, Text: p.Message, Hint: p.Hint}
	if stops {
		i.Level = fact.Stop
		if !slices.Contains(waivable, p.Kind) {
			i.ID += hard
		}
	}
	return i
}

// ours reports whether a row is dirty because this very run marked it so, before
// an earlier engine ended.
func ours(c *steps.Confirmed, p migration.Problem) bool {
	return c != nil && p.Kind == migration.DirtyRow && slices.Contains(c.Versions, p.Version)
}

// mayHaveRun reports whether a file below the tool's one row may have run here
// all the same. On a database of one's own it may: whoever writes two files on a
// branch runs both there. Elsewhere a file that was never merged has not run, and
// the tool would pass over it without a word.
func mayHaveRun(e *steps.Env, p migration.Problem) bool {
	return e.Bench.Target.Environment == "local" && slices.ContainsFunc(e.Bench.Status.Doubtful, func(m migration.Migration) bool { return m.Version == p.Version })
}

func gitItems(g git.Facts, oneRow bool) []fact.Item {
	if g.Unknown != "" {
		i := fact.Item{ID: "git", Level: fact.OK, Text: string(g.Unknown) + ": edited files cannot be told"}
		if oneRow {
			i.Text += ", nor files below the recorded version that never ran: the tool keeps one row, and passes over them without a word"
		}
		return []fact.Item{i}
	}
	var items []fact.Item
	for _, ed := range g.Edited {
		i := fact.Item{
			ID: "edited", Level: fact.Look, Text: fmt.Sprintf("%s was edited after it was merged (comments and blanks only)", ed.Path),
			Hint: "a migration that has run anywhere is never edited",
		}
		if ed.Kind == migration.EditSQL {
			i.Level = fact.Stop
			i.Text = fmt.Sprintf("%s was edited after it was merged: databases that ran it will not run it again", ed.Path)
			i.Hint = "take the file back as it was merged, and put the difference into a new migration"
		}
		items = append(items, i)
	}
	return items
}
