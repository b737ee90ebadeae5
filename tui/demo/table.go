package demo

import (
	"belay/steps/demo/lane"
	"belay/tui/look"
)

// table sets the lanes beside each other.
func (p picture) table(w int) []string {
	head := lane.Head
	cols := []look.Column{{Head: head[0], Least: 16}, {Head: head[1]}, {Head: head[2]}, {Head: head[3]}}
	var rows [][]string
	for _, r := range p.state.Results.Table() {
		rows = append(rows, []string{p.Plain(r[0]), p.cell(r[1]), p.cell(r[2]), p.cell(r[3])})
	}
	return p.Table(cols, rows, w)
}

// cell colours what is not as it should be; the word says it too.
func (p picture) cell(text string) string {
	switch text {
	case "INVALID", "?", "stopped", "failed", "not applied":
		return p.Text(look.Danger, text)
	case "valid", "applied":
		return p.Text(look.OK, text)
	}
	return p.Plain(text)
}

// meaning says what the columns are.
func (p picture) meaning(w int) []string {
	var out []string
	for _, m := range [][2]string{
		{string(lane.Careless), "psql, no limits: one report, one ALTER, everybody waits"},
		{
			string(lane.Runbook),
			"lock_timeout 2s and a retry loop: the same limit ends the index build and leaves an INVALID index; IF " +
				"NOT EXISTS then calls it done",
		},
		{string(lane.Belay), "a limit per statement, the index watched, the truth asked for"},
	} {
		out = append(out, p.RowOf(10, m[0], p.Plain(m[1]), w)...)
	}
	return out
}

// why is the text behind `?`.
func (p picture) why(w int) []string {
	var out []string
	for _, part := range [][2]string{
		{"The advice", "Set a lock_timeout before you change a table that is in use."},
		{"In practice", "ALTER TABLE needs ACCESS EXCLUSIVE for a moment. While it waits behind one forgotten " +
			"transaction, every request that comes later waits behind it. A short lock_timeout and a longer pause " +
			"keep " +
			"that to a tenth of the time. The same limit is wrong for CREATE INDEX CONCURRENTLY: its waits hold up " +
			"nobody, " +
			"and a limit on them leaves an INVALID index that IF NOT EXISTS takes for done."},
		{"The cut",
			"A connection that breaks at COMMIT says nothing about the commit. Whoever sends the statement again, or " +
				"calls it failed, guesses. belay asks the history row, which is written in the same transaction."},
		{"The backfill",
			"space fills the column that belay's lane added, a million rows under the same traffic: space there " +
				"pauses and resumes within a batch, + and - change how long a batch takes, d leaves, and nothing of " +
				"it is half done."},
		{"Measured",
			"Requests come at an even pace, 200 a second on 16 connections, and each is measured from the moment " +
				"it was due. The report holds the table for 6 s in every lane; the export goes on for 4 s once " +
				"somebody waits " +
				"for its snapshot. Sessions, locks and the cut are real."},
	} {
		if len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, p.Text(look.Strong, part[0]))
		out = append(out, look.Wrap(p.Plain(part[1]), w)...)
	}
	return out
}
