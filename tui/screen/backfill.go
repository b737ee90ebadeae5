package screen

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// Backfill is a table before it is filled, and the batches while they run. It
// stands in the place of the run screen while a backfill is in hand.
var Backfill = Screen{
	Name: "backfill",
	Doc: `Advice: fill a large table in batches, until all rows have it.
In practice: a batch is as many rows as fit into the batch time; the foreground's slowest requests are about as slow as a batch is long. The cursor is committed with its rows: stop, detach, lose the connection, end the engine, go on from another host, and each row is still filled once. Whatever slows it is named with its value, its limit and since when; a signal that cannot be read counts as a reason to wait. The bar goes by the key's place in the server's statistics, so gaps in the keys do not bend it.
Measured: with batches of 10 ms beside 400 statements/s the 99th percentile was 6 ms, where one UPDATE held the median up for 12.7 s; a resume sends its first statement within 16 ms of its start.`,
	Hints: fillHints,
	Panels: func(p page) []look.Panel {
		if f := Filling(p.run, p.f); f != nil {
			return p.fillingPanels(f)
		}
		step := p.stepPanels(p.local.Screen)
		if s := p.run.Step(p.local.Screen); s != nil && p.local.Screen == atBackfill && len(itemsOf(p.run, s.ID)) > 0 &&
			(s.Status == journal.Done || s.Status == journal.Look) {
			step = step[1:] // what was found says it
		}
		return append([]look.Panel{p.table()}, step...)
	},
}

// fillHints are the keys of a table before it is filled, and of the batches.
func fillHints(run *state.Run, l Local) []Hint {
	f := Filling(run, l.Facts)
	if f == nil {
		open := "next"
		if question(run, atBackfill) != nil {
			open = "answer"
		} else if len(presetsOf(run, atBackfill)) > 0 {
			open = "choose"
		}
		return []Hint{{Open, open}, {RunIt, ""}, {WhoWaits, ""}, {ShowLog, ""}}
	}
	pause := Hint{Pause, "pause"}
	if isPaused(f) {
		pause.Label = "resume"
	}
	return []Hint{
		pause, {Longer, "batch time"}, {Cancel, ""}, {Detach, ""}, {WhoWaits, ""}, {EndIt, ""}, {ShowLog, ""},
		{ZoomIn, ""},
	}
}

// Filling is the backfill that runs, is paused, or was left when the run ended;
// nil = none.
func Filling(run *state.Run, f *Facts) *fact.Filling {
	if f == nil || f.Filling == nil || f.At[f.Filling.Fact()].Before(run.EngineAt) {
		return nil
	}
	u := run.InHand()
	if run.Finished != nil || (u != nil && u.Number == f.Filling.Unit) {
		return f.Filling
	}
	return nil
}

// isPaused reports whether the backfill waits for a person.
func isPaused(f *fact.Filling) bool { return f.State == fact.FillPaused }

// table says what would be filled, before it is.
func (p page) table() look.Panel {
	b := p.f.Backfill
	if b == nil || p.local.Screen != atBackfill && p.local.Screen != atStart {
		return look.Panel{Bare: true, Lines: func(int) []string { return nil }}
	}
	return look.Panel{Name: "table", Title: "batches on " + b.Relation,
		State: p.Plain(measure.Bytes(b.Bytes) + " without indexes, ~" +
			measure.Noun(measure.Count(float64(b.Rows)), "row")),
		Give: 1, Min: 4,
		Lines: func(w int) []string {
			out := append(p.code(b.SQL, w, 3), "")
			out = append(out, p.Row("walks", p.Plain("by "+b.Key+"; indexes "+measure.Bytes(b.IndexBytes)), w)...)
			out = append(out,
				p.Row("batches",
					p.Plain("of about ")+p.Text(look.Strong, measure.MS(b.BatchTimeMS))+
						p.Plain(", each a transaction of its own"), w)...)
			if p.local.Screen == atStart || len(itemsOf(p.run, atBackfill)) == 0 {
				out = append(out, p.Row("new rows", p.Plain(covers(b)), w)...)
			}
			if b.Ledger != "" {
				creates := "schema belay, for the cursor"
				if p.run.Question("ledger.create") != nil {
					creates += " (asked below)"
				}
				out = append(out, p.Row("creates", p.Plain(creates), w)...)
			}
			return out
		}}
}

// covers says who fills the rows that are written meanwhile.
func covers(b *fact.Backfill) string {
	s := b.Coverage
	if s == "none" {
		s = "nothing fills new rows"
	}
	if b.Misses != "" {
		s += "; can be missed: " + b.Misses
	}
	return s
}

// fillingPanels are a backfill on its way.
func (p page) fillingPanels(f *fact.Filling) []look.Panel {
	if u := p.lockless(); u != nil {
		return []look.Panel{p.files(), p.statement(u), p.trying(u), p.filling(f), p.waiting(), p.tables(), p.newest()}
	}
	return []look.Panel{p.files(), p.filling(f), p.signals(f), p.waiting(), p.tables(), p.newest()}
}

// lockless is the unit whose backfill tries for a lock beside its batches; nil = none does.
func (p page) lockless() *state.Unit {
	if u := p.run.InHand(); u != nil && u.Beside != nil && p.run.Finished == nil {
		return u
	}
	return nil
}

// filling is the statement, the bar, and the numbers of pace.
func (p page) filling(f *fact.Filling) look.Panel {
	title := "filling " + f.Relation
	if f.Leaves > 1 && f.Leaf != "" {
		title += fmt.Sprintf(", leaf %d of %d: %s", f.LeafNumber, f.Leaves, f.Leaf)
	}
	return look.Panel{Name: "filling", Title: title, State: p.fillState(f), Focus: f.State == fact.FillRunning,
		Lines: func(w int) []string {
			out := p.fillSQL(f, w)
			if p.h >= 18 && (len(out) == 1 || !p.crowded()) {
				out = append(out, "")
			}
			// The numbers stand below the bar: beside it, all of it would be drawn anew with each.
			percent := fmt.Sprintf("%.1f %%", 100*f.Progress)
			out = append(out, p.Bar(f.Progress, max(w, 10)))
			out = append(out, p.Ends(p.Text(look.Strong, percent)+"  "+p.fillRowsDone(f), p.Plain(timeLeft(f)), w))
			out = append(out, p.fillWhy(f, w)...)
			return append(out, p.fillNumbers(f, w)...)
		}}
}

func (p page) fillSQL(f *fact.Filling, w int) []string {
	sql := "UPDATE " + f.Relation + " SET " + f.Set
	if f.Where != "" {
		sql += " WHERE " + f.Where
	}
	sql = flat(sql)
	out, most := look.Wrap(p.Code(look.Source(sql, 1)[0], p.tokens(sql)), w), 4
	if p.crowded() {
		most = 2
	}
	if p.low() {
		most = 1
	}
	if len(out) > most {
		out = append(out[:most-1], p.Cut(out[most-1]+" "+out[most], w))
	}
	return out
}

func (p page) fillRowsDone(f *fact.Filling) string {
	if f.State == fact.FillDone {
		return p.Text(look.Strong, measure.Grouped(f.Rows)) + p.Plain(" rows")
	}
	return p.Text(look.Strong, measure.Count(float64(f.Rows))) +
		p.Plain(" of ~"+measure.Noun(measure.Count(float64(f.Total)), "row"))
}

// fillState is whether it is at full speed, in a word.
func (p page) fillState(f *fact.Filling) string {
	switch {
	case f.State == fact.FillElsewhere:
		return p.Text(look.Attention, p.Marks.Running+" goes on elsewhere")
	case isPaused(f):
		return p.Text(look.Attention, p.Marks.Paused+" paused")
	case p.lockless() != nil:
		return p.Text(look.Attention, p.Marks.Paused+" waits")
	case f.State == fact.FillDone && f.Left > 0:
		return p.Text(look.Attention, p.Marks.Look+" done, some rows left")
	case f.State == fact.FillDone:
		return p.Text(look.OK, p.Marks.Done+" done")
	case f.Phase == fact.FillVerifying:
		return p.Text(look.Accent, "verifying")
	case f.Waiting != "":
		return p.Text(look.Attention, p.Marks.Paused+" waits")
	}
	if age := p.fillAge(f); age > late {
		return p.Text(look.Danger, "no answer since "+measure.Duration(age))
	}
	if f.Nice > 0 { // as it was asked to
		return p.Text(look.OK, fmt.Sprintf("rests %gx each batch", f.Nice))
	}
	return p.Text(look.OK, "full speed")
}

// fillAge is how old the numbers of a running backfill are.
func (p page) fillAge(f *fact.Filling) time.Duration {
	if f.State != fact.FillRunning || p.run.Finished != nil {
		return 0
	}
	return p.now.Sub(p.f.At[f.Fact()])
}

// fillWhy is why it is not at full speed, or how it ended.
func (p page) fillWhy(f *fact.Filling, w int) []string {
	since := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return "for " + measure.Duration(max(p.now.Sub(at), 0)) + ": "
	}
	switch {
	case f.State == fact.FillElsewhere:
		return p.Row("owner", p.Text(look.Attention, f.Owner)+p.Plain("; nothing more is sent from here"), w)
	case isPaused(f):
		role := look.Attention
		if f.PausedBy == "an error" {
			role = look.Danger
		}
		return p.Row("paused", p.Plain(since(f.PausedSince))+p.Text(role, f.Reason), w)
	case p.lockless() != nil:
		u := p.lockless()
		text := since(u.BesideSince()) + u.Beside.What + ": " + tries(len(u.Tries))
		if who := blockersText(u.Blockers()); who != "" {
			text += ", behind " + who
		}
		return p.Row("waits", p.Text(look.Attention, text), w)
	case f.State == fact.FillDone:
		role := look.OK
		if f.Left > 0 || f.Unanalyzed {
			role = look.Attention
		}
		return p.Row("verified", p.Text(role, f.Verified), w)
	case f.Waiting != "":
		return p.Row("waits", p.Plain(since(f.WaitingSince))+p.Text(look.Attention, f.Waiting), w)
	}
	return nil
}

// fillNumbers are pace, the batch, the key that was reached and what the table costs.
func (p page) fillNumbers(f *fact.Filling, w int) []string {
	pace := p.Text(look.Strong, measure.Rate(f.Rate)) + p.Plain(" rows/s  ") +
		p.Spark(look.Accent, p.f.Trends["rate"][max(0, len(p.f.Trends["rate"])-30):])
	switch {
	case f.State == fact.FillRunning && f.Phase == fact.FillVerifying && f.ToCheck > 0:
		pace = p.Plain(fmt.Sprintf("%s of ~%s looked at", measure.Count(float64(f.Checked)),
			measure.Noun(measure.Count(float64(f.ToCheck)), "row")))
	case f.State == fact.FillRunning && f.Phase != "" && f.Phase != fact.FillBatches:
		pace += p.Plain("  now " + string(f.Phase))
	case isPaused(f):
		pace = p.Plain("0, was " + measure.Rate(f.Average) + " rows/s")
	case f.State == fact.FillDone:
		pace = p.Plain(measure.Rate(f.Average) + " rows/s on average")
	}
	out := p.Row("rate", pace, w)
	batch := fmt.Sprintf("%s of %s, %s, %s done", measure.MS(int64(f.BatchMS+0.5)), measure.MS(f.TargetMS),
		measure.Rows(int64(f.BatchRows)), measure.Grouped(f.Batches))
	out = append(out, p.Cut(p.Row("batch", p.Plain(batch), 1000)[0], w))
	if len(f.LastKey) > 0 && !f.Committed.IsZero() {
		key := "key " + strings.Join(f.LastKey[:min(len(f.LastKey), 2)], ", ") + ", committed " +
			p.clockAt(f.Committed)
		out = append(out, p.Cut(p.Row("reached", p.Plain(key), 1000)[0], w))
	}
	return append(out,
		p.Row("growth", p.Plain("table "+measure.Growth(f.HeapGrowth)+", WAL of the server "+measure.Growth(f.WAL)),
			w)...)
}

// timeLeft is a range, and nothing before there is one.
func timeLeft(f *fact.Filling) string {
	switch {
	case f.State == fact.FillDone:
		return "took " + measure.MS(f.TookMS) + " without pauses"
	case f.State == fact.FillElsewhere:
		return ""
	case f.LeftHighMS <= 0:
		return "time left: not known yet"
	}
	left := "about " + measure.MS(f.LeftLowMS) + " to " + measure.MS(f.LeftHighMS)
	if low, high := measure.MS(f.LeftLowMS), measure.MS(f.LeftHighMS); low == high {
		left = "about " + high
	}
	if isPaused(f) {
		return left + " left once resumed"
	}
	return left + " left"
}
