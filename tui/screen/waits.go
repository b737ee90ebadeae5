package screen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/state"
	"belay/tui/look"
)

const waitsDoc = `Advice: know who is in your way before you queue behind them.
In practice: everybody who comes after a waiting ALTER TABLE waits too, so one idle transaction can stop a whole table. Sessions that wait alike are one row, which stands for the one that waits longest; the live view of belay watch shows each. The queries are shown as far as your role may see them. E ends the session under the cursor, after it has shown it and you have typed the words; y copies the statement that would do it elsewhere: pg_cancel_backend for a session at work, and pg_terminate_backend for one that is idle in its transaction, because a cancel does nothing to it.
Measured: belay asks once a second at most, in no transaction, and less often where asking is slow.`

// Waits is who waits for whom, with full queries. The cursor is on a session.
var Waits = Screen{
	Name:  "waits",
	Title: "who waits",
	Over:  true,
	Doc:   waitsDoc,
	Hints: func(run *state.Run, l Local) []Hint {
		hints := []Hint{{Down, "choose"}, {EndIt, "end it…"}}
		if ends := enders(run, l); len(ends) > 0 {
			hints = append(hints, Hint{Copy, "copy " + ends[0].signal + "()"})
		}
		return append(hints, Hint{PageDown, "queries"}, Hint{ZoomIn, ""})
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
func (p page) choosing(all []activity.Row, at int) look.Panel {
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
		if last, ok := lastTry(p.run); ok && tried(p.run).Attempt == nil && p.between(last, planted(p.run, p.f)) {
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
func (p page) queries(all []activity.Row, at int) look.Panel {
	return look.Panel{Name: "queries", Title: "their full queries", Grow: true, Give: 2, Min: 4,
		Lines: func(w int) []string {
			if len(all) == 0 {
				return []string{p.Text(look.OK, "nobody is in the way")}
			}
			var out []string
			for i := range all {
				r := all[(at+i)%len(all)]
				l := r.Lock
				if len(out) > 0 {
					out = append(out, "")
				}
				head := p.session(l, p.sampleAge())
				if l.Granted && l.Relation != "" {
					head += p.Plain("; holds " + l.Mode.String() + " on " + l.Relation)
				}
				if n := len(r.PIDs); n > 1 {
					head += p.Plain(fmt.Sprintf("; with %d more that wait alike: pid %s", n-1, pidsText(r.PIDs[1:])))
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

// mostPIDs is how many sessions of a row are named.
const mostPIDs = 20

func pidsText(pids []int) string {
	var parts []string
	for _, pid := range pids[:min(len(pids), mostPIDs)] {
		parts = append(parts, itoa(pid))
	}
	if n := len(pids) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d more", n))
	}
	return strings.Join(parts, ", ")
}

// ender is a statement that ends a session, by its signal.
type ender struct {
	pid    int
	signal string
	says   string
}

// enders are the statements for the session under the cursor; where that is none that may
// be ended, for whoever is in the way.
func enders(run *state.Run, l Local) []ender {
	all := present(run, l.Facts, run.LastAt)
	way := inTheWay(run, l.Facts)
	if at := chosen(run, l, all); at >= 0 && whyNotEnd(run, all[at].Lock) == "" {
		way = []int{all[at].Lock.PID}
	}
	var out []ender
	for _, r := range all {
		for _, pid := range r.PIDs {
			if !slices.Contains(way, pid) {
				continue
			}
			e := ender{pid, "pg_cancel_backend", "cancels its statement"}
			if r.Lock.Granted && strings.Contains(r.Lock.State, "idle") {
				e.signal, e.says = "pg_terminate_backend", "ends the session: it is idle, a cancel would do nothing"
			}
			out = append(out, e)
		}
	}
	return out
}

// copyEnders are those statements, for a person to run elsewhere.
func copyEnders(run *state.Run, l Local, _ time.Time) string {
	var b strings.Builder
	for _, e := range enders(run, l) {
		b.WriteString("SELECT " + e.signal + "(" + strconv.Itoa(e.pid) + "); -- " + e.says + "\n")
	}
	return b.String()
}
