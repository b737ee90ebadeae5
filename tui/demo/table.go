package demo

import (
	"belay/sqlview/lane"
	"belay/tui/theme"
	"belay/tui/view"
)

// columns are where the table's columns start, from the left.
var columns = [4]int{1, 27, 43, 65}

// table sets the lanes beside each other.
func (p picture) table() []view.Line {
	out := []view.Line{p.row(lane.Head, theme.Strong)}
	for _, r := range p.state.Results.Table() {
		out = append(out, p.row(r, theme.Plain))
	}
	return append(out, view.Line{}, view.Line{})
}

func (p picture) row(cells [4]string, role theme.Role) view.Line {
	at := columns
	if p.size.Width >= wide {
		at = [4]int{1, 32, 58, 84}
	} else if p.size.Width < 80 {
		at = [4]int{1, 26, 35, 52}
	}
	l := view.L(view.T(" "))
	for i, c := range cells {
		room := p.size.Width - at[i]
		if i < 3 {
			room = at[i+1] - at[i]
		}
		l.Left = append(l.Left, view.S(roleOf(c, role), view.Pad(view.Cut(c, room-1), room)))
	}
	return l
}

// roleOf colours what is not as it should be; the word says it too.
func roleOf(cell string, otherwise theme.Role) theme.Role {
	switch cell {
	case "INVALID", "?", "stopped", "failed", "not applied":
		return theme.Danger
	case "valid", "applied":
		return theme.OK
	}
	return otherwise
}

// meaning says what the columns are.
func (p picture) meaning() []view.Line {
	var out []view.Line
	for _, m := range [][2]string{
		{string(lane.Careless), "psql, no limits: one report, one ALTER, everybody waits"},
		{string(lane.Runbook), "lock_timeout 2s and a retry loop: the same limit ends the index build and leaves an INVALID index; IF NOT EXISTS then calls it done"},
		{string(lane.Belay), "a limit per statement, the index watched, the truth asked for"},
	} {
		out = append(out, view.Labelled(m[0], 10, theme.Plain, m[1], p.size.Width)...)
	}
	return out
}

// why is the text behind `?`.
func (p picture) why() []view.Line {
	var out []view.Line
	for _, text := range []string{
		"The advice. Set a lock_timeout before you change a table that is in use.",
		"In practice. ALTER TABLE needs ACCESS EXCLUSIVE for a moment. While it waits behind one forgotten " +
			"transaction, every request that comes later waits behind it. A short lock_timeout and a longer pause keep " +
			"that to a tenth of the time. The same limit is wrong for CREATE INDEX CONCURRENTLY: its waits hold up nobody, " +
			"and a limit on them leaves an INVALID index that IF NOT EXISTS takes for done.",
		"A connection that breaks at COMMIT says nothing about the commit. Whoever sends the statement again, or " +
			"calls it failed, guesses. belay asks the history row, which is written in the same transaction.",
		"A backfill (space) fills the column that belay's lane added, a million rows under the same traffic: space there " +
			"pauses and resumes within a batch, + and - change how long a batch takes, d leaves, and nothing of it is half done.",
		"Measured. Requests come at an even pace, 200 a second on 16 connections, and each is measured from the moment " +
			"it was due. The report holds the table for 6 s in every lane; the export goes on for 4 s once somebody waits " +
			"for its snapshot. Sessions, locks and the cut are real.",
	} {
		out = append(append(out, p.paragraph(theme.Plain, text)...), view.Line{})
	}
	return out
}
