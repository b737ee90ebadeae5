package screen

import (
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/state"
	"belay/tui/look"
)

const waitsDoc = `Advice: know who is in your way before you queue behind them.
In practice: everybody who comes after a waiting ALTER TABLE waits too, so one idle transaction can stop a whole table. The queries are shown as far as your role may see them. E ends the session under the cursor, after it has shown it and you have typed the words; y copies the statements that would do it elsewhere: pg_cancel_backend first, pg_terminate_backend where a session is idle in its transaction.
Measured: belay asks once a second at most, in no transaction, and less often where asking is slow.`

// Waits is who waits for whom, with full queries. The cursor is on a session.
var Waits = Screen{
	Name:  "waits",
	Title: "who waits",
	Over:  true,
	Doc:   waitsDoc,
	Keys: []Hint{
		{Down, "choose"}, {EndIt, "end it…"}, {Copy, "copy pg_cancel_backend…"}, {PageDown, "queries"}, {ZoomIn, ""},
	},
	Panels: func(p page) []look.Panel {
		all := present(p.run, p.f, p.now)
		at := chosen(p.run, p.local, all)
		return []look.Panel{p.choosing(all, at), p.queries(all, at)}
	},
	Move: func(run *state.Run, l *Local, by int) bool {
		all := present(run, l.Facts, run.LastAt)
		if len(all) == 0 {
			return false
		}
		l.Cursor[atWaits] = all[within(chosen(run, *l, all), by, len(all))].Lock.PID
		delete(l.Scroll, atWaits+"/queries")
		return true
	},
	Turn: "queries",
	Copy: copyEnders,
}

// choosing is the tree with a cursor.
func (p page) choosing(all []activity.Node, at int) look.Panel {
	tree := p.waiting()
	tree.Right, tree.Give, tree.Grow, tree.Focus = false, 1, false, true
	if at < 0 {
		return tree
	}
	tree.Cursor = at + 1 // below the heads
	tree.Lines = func(w int) []string {
		mark := look.Width(p.Marks.Cursor) + 1
		var out []string
		for i, line := range p.Table(treeColumns, p.treeRows(all, p.sampleAge(), w-mark), w-mark) {
			sign := p.Marks.NoCursor
			if i == at+1 {
				sign = p.Text(look.Accent, p.Marks.Cursor)
			}
			out = append(out, sign+" "+line)
		}
		if last, ok := lastTry(p.run); ok && p.between(last, p.run.Sample.Tree()) {
			out = append(out,
				look.Wrap(p.Text(look.Attention,
					"between two tries: in the way "+measure.Age(p.now.Sub(last.At))+"; nothing of belay's waits now"),
					w)...)
		}
		return out
	}
	return tree
}

// queries are the full texts of the sessions, from the one under the cursor on.
func (p page) queries(all []activity.Node, at int) look.Panel {
	return look.Panel{Name: "queries", Title: "their full queries", Grow: true, Give: 2, Min: 4,
		Lines: func(w int) []string {
			if len(all) == 0 {
				return []string{p.Text(look.OK, "nobody is in the way")}
			}
			var out []string
			for i := range all {
				l := all[(at+i)%len(all)].Lock
				if len(out) > 0 {
					out = append(out, "")
				}
				head := p.session(l, p.sampleAge())
				if l.Granted && l.Relation != "" {
					head += p.Plain("; holds " + l.Mode.String() + " on " + l.Relation)
				}
				query := l.Query
				switch {
				case query == "" && hidden(l):
					query = hiddenText
				case query == "":
					query = "its query is not known here; E looks at it"
				}
				out = append(append(out, look.Wrap(head, w)...), p.Listing(query, w)...)
			}
			return out
		}}
}

// copyEnders are the statements that would end who stands in the way, for a person to
// run elsewhere: the gentle one first.
func copyEnders(run *state.Run, l Local, _ time.Time) string {
	var out []string
	for _, pid := range inTheWay(run, l.Facts) {
		out = append(out, "SELECT pg_cancel_backend("+strconv.Itoa(pid)+");    -- cancels its statement",
			"SELECT pg_terminate_backend("+strconv.Itoa(pid)+
				"); -- ends the session, where it is idle in a transaction")
	}
	if len(out) == 0 {
		return ""
	}
	return strings.Join(out, "\n") + "\n"
}
