package screen

import (
	"fmt"

	"belay/sqlview/measure"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Options are the answers of a question with what each does, and the place of
// the safe one. An option without an answer only closes the dialog.
func Options(q state.Question, run string) (options []Option, safe int) {
	for i, word := range q.Options {
		if word == q.Default {
			safe = i
		}
		options = append(options, Option{Answer: word, Label: optionText(q.ID, word, run)})
	}
	if q.Default == "" && len(options) > 0 {
		options = append(options, Option{Label: "not now"})
		safe = len(options) - 1
	}
	return options, safe
}

// optionText says what a word of a well-known question does.
func optionText(id, word, run string) string {
	words := map[string]string{
		"backup.choice/none":       "nothing now; the way back is the down file",
		"backup.choice/pitr":       "your archive with point-in-time recovery; you name what was tested",
		"backup.choice/snapshot":   "a snapshot of yours; you name it",
		"backup.choice/schema":     "pg_dump of the schema alone, in seconds: shows what was there",
		"backup.choice/dump":       "pg_dump of everything, read back until its end before it counts",
		"rehearse.choice/none":     "no rehearsal",
		"rehearse.choice/scratch":  "apply, take back, apply again on a throwaway cluster on this machine",
		"run.resolve/wait":         "wait for it here, then go on",
		"run.resolve/cancel":       "cancel it on the server; its leftover is offered to be dropped",
		"run.resolve/leave":        "leave it and look later: `belay attach " + Short(run) + "`",
		"run.lost/leave":           "ends here, nothing is touched",
		"run.lost/again":           "run it once more on this server",
		"target.timeline/yes":      "go on with the run on this server",
		"target.timeline/no":       "end here; `belay attach " + Short(run) + "` goes on later",
		"run.go_on/yes":            "go on: another round of tries, with the same limits",
		"run.go_on/no":             "stop here; nothing of this unit has changed",
		"run.autovacuum/yes":       "wait 1.5 s once; the server then cancels the autovacuum, which comes back later",
		"run.autovacuum/no":        "leave the autovacuum alone",
		"run.unwatched/yes":        "go on to the next unit although no screen watches",
		"run.unwatched/no":         "hold before the next unit while no screen watches",
		"index.drop_invalid/yes":   "drop it by DROP INDEX CONCURRENTLY",
		"index.drop_invalid/no":    "leave it as it is",
		"partition.finalize/yes":   "end it by DETACH … FINALIZE, in short tries, then go on behind it",
		"partition.finalize/no":    "leave it half detached, and end here",
		"target.environment/local": "a database that only you use",
		"history.create/yes":       "create the tool's history table with the tool's own statement, inside the run",
		"review.write/yes":         "write the files; nothing is committed",
		"review.write/no":          "no, write nothing",
		"history.create/no":        "do not create it",
		"deploy.state/not-out":     "nothing runs that code yet",
		"deploy.state/going-out":   "some processes run it, some do not",
		"deploy.state/everywhere":  "every process runs it (web, workers, jobs)",
		"monitor.resolve/watch":    "go on watching; the clock of clean minutes began anew",
		"monitor.resolve/rollback": "end here; the report names the command that takes it back",
		"monitor.resolve/end":      "end the watch; it stays applied",
		"smoke.resolve/again":      "ask the application once more",
		"smoke.resolve/monitor":    "go on as it is, and watch",
		"smoke.resolve/rollback":   "end here; the report names the command that takes it back",
		"trust.commands/yes":       "they may run here as long as the file stays as it is",
		"trust.commands/no":        "leave them out",
		"target.address/yes":       "it is the same database at a new address",
		"target.address/no":        "it is not: stop here",
	}
	if text, ok := words[id+"/"+word]; ok {
		return word + ": " + text
	}
	switch id + "/" + word {
	case "target.environment/production":
		return "production: real users; the database name is typed before a run"
	case "target.environment/staging":
		return "staging: shared, but no real users"
	}
	return word
}

// choiceBody is the run when it waits for a person: after a crash, after the
// tries are used up, before something is left behind.
func choiceBody(p page, q *state.Question) []view.Block {
	head := append(brokeLines(p), view.Paragraph(theme.Attention, q.Text, p.w, 1, 0)...)
	head = append(head, view.Line{})
	var why []view.Line
	if q.Why != "" {
		why = append(view.Paragraph(theme.Plain, q.Why, p.w, 1, 0), view.Line{})
	}
	blocks := []view.Block{{Lines: head}, {Lines: unitLines(p), Give: 2, Min: 2}, view.Gap(), {Lines: holdLines(p), Give: 3, Min: 1}, {Lines: why, Give: 4, Min: 1}}
	blocks = append(blocks, view.Block{Lines: optionLines(p, *q), Fill: true})
	blocks = append(blocks, view.Block{Lines: progressLines(p), Give: 2})
	if s := p.run.Sample; s != nil && s.Sessions.Waiting > 0 {
		blocks = append(blocks, view.Block{Lines: treeLines(p), Give: 5, Min: 2})
	}
	return blocks
}

// brokeLines say that the engine before this one ended without a word.
func brokeLines(p page) []view.Line {
	if p.run.Broke.IsZero() {
		return nil
	}
	return view.Paragraph(theme.Plain, fmt.Sprintf("run %s stopped at %s: its engine ended without a word",
		Short(p.run.ID), p.run.Broke.In(p.now.Location()).Format("15:04:05")), p.w, 1, 2)
}

// holdLines name who stood in the way over all tries, with counts.
func holdLines(p page) []view.Line {
	var out []view.Line
	for i := range p.run.Units {
		u := &p.run.Units[i]
		if u.Outcome == "applied" || len(u.Tries) == 0 {
			continue
		}
		longest, total := u.Stalled()
		out = append(out, view.Text(fmt.Sprintf(" %s, others held up at most %s a try, %s in all",
			tries(len(u.Tries)), measure.Duration(longest), measure.Duration(total))))
		for _, b := range u.Blockers() {
			age := measure.MS(b.AgeMS)
			out = append(out, view.L(view.T("   "), view.S(theme.Attention, fmt.Sprintf("pid %d", b.PID)),
				view.T(fmt.Sprintf("  %s  user %s  %s %s  in the way %d of %d times", b.Application, b.User, b.State, age, max(b.Count, 1), len(u.Tries)))))
		}
	}
	if len(out) > 0 {
		out = append(out, view.Line{})
	}
	return out
}

// optionLines are the answers with the cursor, or the word that enter opens a field.
func optionLines(p page, q state.Question) []view.Line {
	options, safe := Options(q, p.run.ID)
	if len(options) == 0 {
		return []view.Line{view.L(view.S(theme.Key, " enter"), view.T(" answers it"))}
	}
	cursor, ok := p.local.Cursor["run/"+q.ID]
	if !ok {
		cursor = safe
	}
	lines := []view.Line{view.L(view.S(theme.Strong, " what you can do"))}
	return append(lines, choices(options, clamp(cursor, len(options)), p.w)...)
}

func choices(options []Option, cursor, w int) []view.Line {
	var out []view.Line
	for i, o := range options {
		at, role := "  ", theme.Plain
		if i == cursor {
			at, role = "> ", theme.Selected
		}
		for n, s := range view.Wrap(o.Label, w-6, 0) {
			head := " " + at + itoa(i+1) + "  "
			if n > 0 {
				head = "      "
			}
			out = append(out, view.L(view.T(head), view.S(role, s)))
		}
	}
	return out
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return itoa(n) + " tries"
}
