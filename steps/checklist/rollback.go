package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/sqlview/migration"
	"belay/sqlview/rewrite"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Rollback shows the way back before there is anything to take back.
var Rollback = steps.Step{
	ID: "rollback", Title: "rollback", Looks: true,
	Doc: `**The advice.** Know the way back before you start: a rollback migration, or the backup.

**In practice.** A down file is rarely run and often wrong, missing or empty. So belay reads it, and rates the
way back of every statement: instant (one quick statement), slow (it rebuilds or rewrites), lossy (the
change itself altered values), none (the data is gone). A backup is not the way back: restoring it loses
every write since. Once new code has written data, take the code back first, then fix it with a new migration; the
schema comes last. ` + "`belay rollback`" + ` runs the down file with the same care as the way forward.

**Measured.** DROP COLUMN of a new column is instant and loses what was written to it. An index that was
dropped takes as long to build again as it did the first time.`,
}

// decisionRule is the rule of thumb that stands beside every way back.
const decisionRule = "take it back if requests are blocked for over 30 s or errors double against the baseline; " +
	"if new code has written data since: the code first, then a forward fix, the schema last"

// RunRollback rates the way back of what would run; way says it in a sentence, "" =
// there is nothing to take back.
func RunRollback(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement) (
	way string, out steps.Outcome, err error,
) {
	f := fact.Rollback{Rule: decisionRule, Items: []fact.Item{}}
	for i, m := range slices.Backward(folder.UnderReview(target)) {
		if i >= len(judged.Review.Files) || len(judged.Files) == 0 {
			continue
		}
		w := wayOf(e.Back, judged, m, i)
		f.Ways = append(f.Ways, w)
		f.Rating = fact.Worse(f.Rating, w.Rating)
		f.Items = append(f.Items, wayItems(w)...)
	}
	if len(f.Ways) == 0 {
		return "", steps.Done("nothing pending: nothing to take back"), e.Fact(ctx, "rollback", f)
	}
	if folder.Stays != "" {
		f.Items = slices.Insert(f.Items, 0, fact.Item{
			ID: "stays", Level: fact.Look, Text: folder.Stays,
			Hint: "write its way back, or fix it with a new migration",
		})
	}
	f.Items = append(f.Items, fact.Item{ID: "rule", Level: fact.OK, Text: "rule: " + decisionRule})
	out = judgeRollback(f)
	return out.Summary, out, e.Fact(ctx, "rollback", f)
}

// wayOf is the way back of the migration whose up file is the i-th of a review.
func wayOf(back bool, judgement steps.Judgement, m migration.Migration, i int) fact.Way {
	up, down := sides(back, &judgement.Review, m, i)
	w := fact.Way{Version: m.Version, Up: up.Path, Undo: []fact.Undo{}}
	for n, s := range up.Statements {
		rating := s.Reversible
		if judged := judgement.Files[i]; !back && n < len(judged.Effects) && s.Analysed && ownTables(judged, n) {
			rating, s.Inverse = effect.ReversibleInstant, "" // it goes with its table
		}
		if !s.Analysed {
			rating = effect.ReversibleNone
		}
		w.Rating = fact.Worse(w.Rating, rating)
		w.Undo = append(w.Undo, fact.Undo{Line: s.Line, Kind: s.Kind, Rating: rating, Inverse: s.Inverse})
	}
	if down == nil {
		w.Unseen = m.Down != nil && m.Down.Tx == migration.TxForeign
		return w
	}
	w.Down = down.Path
	if len(down.Statements) == 0 && m.Down != nil {
		w.Nothing = rewrite.NothingBack(m.Down.Bytes)
	}
	for _, s := range down.Statements {
		w.Runs = append(w.Runs, fact.Statement{
			SQL: fact.SQL(s.SQL, nil), Line: s.Line, Kind: s.Kind, Needs: s.Locks, Seconds: downDuration(s),
		})
	}
	return w
}

// sides are the judgements of a version's up and down file; down is nil where
// there is none. Where versions are taken back, what runs is the down file.
func sides(back bool, r *sqlview.Result, m migration.Migration, i int) (up, down *sqlview.FileResult) {
	up = &r.Files[i]
	for j := range r.Down {
		if m.Down != nil && r.Down[j].Path == m.Down.Path {
			down = &r.Down[j]
		}
	}
	if back && down != nil {
		return down, up
	}
	return up, down
}

func downDuration(s sqlview.StatementResult) effect.Duration {
	if !s.Analysed {
		return effect.Unknown
	}
	return s.Duration
}

// wayItems are the lines of one version: what the way back costs, then what the
// down file would do.
func wayItems(w fact.Way) []fact.Item {
	cost := fact.Item{ID: "way-back", Level: fact.OK, Text: w.Version + " " + rated(w.Rating, inverses(w))}
	switch {
	case w.Unseen && w.Rating == effect.ReversibleNone && inverses(w) == "":
	case w.Rating == effect.ReversibleNone:
		cost.Level, cost.Hint = fact.Look,
			"only a copy made before brings it back; rename instead of dropping, and drop a week later"
	case w.Rating == effect.ReversibleLossy:
		cost.Level, cost.Hint = fact.Look, "before the run, copy the old values to a column or a table of their own"
	}
	items := []fact.Item{cost}
	switch {
	case w.Unseen:
		items = append(items, fact.Item{
			ID: "unseen-down", Level: fact.Look,
			Text: w.Up + " has its way back in itself: what that does is not known",
			Hint: "read it there; only the tool's own command runs it",
		})
	case w.Down == "":
		items = append(items, fact.Item{
			ID: "no-down", Level: fact.Look, Text: w.Up + " has no down file",
			Hint: "write one, or know that the way back is a new migration",
		})
	case w.Nothing != "":
		items = append(items, fact.Item{
			ID: "nothing-back", Level: fact.OK, Text: w.Down + " has nothing to take back: " + w.Nothing,
		})
	case len(w.Runs) == 0:
		items = append(items, fact.Item{
			ID: "empty-down", Level: fact.Look,
			Text: w.Down + " is empty: it would be recorded as taken back with nothing changed",
			Hint: "write the way back into it",
		})
	}
	for _, s := range w.Runs {
		items = append(items, downItem(w, s))
	}
	return append(items, unreadItems(w)...)
}

// unreadItems name the constraints that the way back brings back NOT VALID, so that no
// lock is held while their rows are read, and what reads them afterwards.
func unreadItems(w fact.Way) (items []fact.Item) {
	for i, s := range w.Runs {
		sql := oneLine(strings.TrimSuffix(strings.TrimSpace(s.SQL), ";"))
		head, name, ok := strings.Cut(sql, " ADD CONSTRAINT ")
		if !ok || !strings.HasSuffix(sql, " NOT VALID") {
			continue
		}
		if name, _, ok = strings.Cut(name, " "); !ok || strings.Count(name, `"`)%2 != 0 {
			continue
		}
		reads := head + " VALIDATE CONSTRAINT " + name
		read := func(s fact.Statement) bool { return strings.Contains(oneLine(s.SQL), reads) }
		if slices.ContainsFunc(w.Runs[i:], read) {
			continue
		}
		items = append(items, fact.Item{
			ID: "comes-back-unread", Level: fact.OK,
			Text: fmt.Sprintf("%s:%d brings %s back NOT VALID: rows are checked from then on, and no lock is held "+
				"while the old ones are read. What reads them afterwards: %s", w.Down, s.Line, name, reads),
		})
	}
	return items
}

// rated puts the rating before what the way back is, which may begin with that word itself.
func rated(r effect.Reversible, inverses string) string {
	inverses = strings.TrimPrefix(inverses, string(r)+": ")
	switch {
	case r == effect.ReversibleNone && inverses == "":
		return "no way back is known"
	case r == effect.ReversibleNone:
		return "no way back: " + inverses
	case inverses == "":
		return string(r)
	}
	return string(r) + ": " + inverses
}

// mostInverses are named in a sentence; of a file of thousands nobody reads all.
const mostInverses = 8

func inverses(w fact.Way) string {
	var parts []string
	seen := map[string]bool{}
	for _, u := range w.Undo {
		if u.Inverse != "" && !seen[u.Inverse] {
			seen[u.Inverse] = true
			parts = append(parts, u.Inverse)
		}
	}
	if more := len(parts) - mostInverses; more > 0 {
		parts = append(parts[:mostInverses], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// downItem is one statement of a down file.
func downItem(w fact.Way, s fact.Statement) fact.Item {
	i := fact.Item{ID: "down", Level: fact.OK, Text: fmt.Sprintf("%s:%d %s", w.Down, s.Line, oneLine(s.SQL))}
	for _, n := range s.Needs {
		i.Text += fmt.Sprintf(", %s on %s", n.Mode, n.Relation)
	}
	i.Text += ": " + string(s.Seconds)
	if s.Seconds != effect.Instant && s.Kind != "" {
		i.Level, i.Hint = fact.Look, "the way back is not instant either: rehearse how long it takes"
	}
	if s.Kind == "" {
		i.Level, i.Hint = fact.Look, "it could not be analysed: read it yourself"
	}
	return i
}

func oneLine(sql string) string { return strings.Join(strings.Fields(sql), " ") }

// dearest is the way back that the rating is of.
func dearest(f fact.Rollback) fact.Way {
	for _, w := range f.Ways {
		if w.Rating == f.Rating {
			return w
		}
	}
	return f.Ways[0]
}

// judgeRollback looks for what has no way back; nothing here stops a run.
func judgeRollback(f fact.Rollback) steps.Outcome {
	summary := rated(f.Rating, inverses(dearest(f)))
	if more := len(f.Ways) - 1; more > 0 {
		summary = fmt.Sprintf("of %d files, %s is the hardest to take back: %s", more+1, dearest(f).Version, summary)
	}
	for _, i := range f.Items {
		if i.Level == fact.OK {
			continue
		}
		if i.ID != "way-back" {
			summary = i.Text
		}
		return steps.Outcome{Status: journal.Look, Summary: summary, Hint: i.Hint}
	}
	return steps.Outcome{Status: journal.Done, Summary: summary}
}
