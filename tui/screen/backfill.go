package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Backfill is a table before it is filled, and the batches while they run. It
// stands in the place of the run screen while a backfill is in hand.
var Backfill = Screen{
	Name: "backfill",
	Doc: `Advice: fill a large table in batches, until all rows have it.
In practice: a batch is as many rows as fit into the batch time; the foreground's slowest requests are about as slow as a batch is long. The cursor is committed with its rows: stop, detach, lose the connection, end the engine, go on from another host, and each row is still filled once. Whatever slows it is named with its value, its limit and since when; a signal that cannot be read counts as a reason to wait. The bar goes by the key's place in the server's statistics, so gaps in the keys do not bend it.
Measured: with batches of 10 ms beside 400 statements/s the 99th percentile was 6 ms, where one UPDATE held the median up for 12.7 s; a resume sends its first statement within 16 ms of its start.`,
	Keys: []Hint{
		{Pause, ""}, {Longer, "batch time"}, {Cancel, ""}, {Open, ""}, {RunIt, ""}, {Detach, "go on without me"}, {WhoWaits, ""}, {ShowLog, ""},
		{ZoomIn, ""},
	},
	View: draw("backfill", backfillBody),
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
func isPaused(f *fact.Filling) bool { return f.State == "paused" }

func cannotPause(run *state.Run, l Local) string {
	f := Filling(run, l.Facts)
	switch {
	case l.Top() == "rewrites":
		return "" // there it leaves a file out
	case f == nil || !Busy(run):
		return "nothing here can be paused: no backfill runs"
	case l.Lost:
		return "the engine is gone: `belay attach " + run.ID + "` goes on from the cursor"
	case f.State == "elsewhere":
		return "it goes on elsewhere: " + f.Owner
	}
	return ""
}

func cannotPace(run *state.Run, l Local) string {
	if cannotPause(run, l) != "" {
		return "no backfill runs: there is no batch time to change"
	}
	return ""
}

func backfillBody(p page) []view.Block {
	if f := Filling(p.run, p.f); f != nil {
		return fillingBody(p, f)
	}
	return append(tableBlocks(p), stepBody(p)...)
}

// tableBlocks say what would be filled, before it is.
func tableBlocks(p page) []view.Block {
	b := p.f.Backfill
	if b == nil || p.local.Screen != "backfill" {
		return nil
	}
	lines := append(code(p, b.SQL, 3), view.Line{})
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, view.Labelled(" "+label, 10, theme.Plain, text, p.w)...)
		}
	}
	add("rows", fmt.Sprintf("~%s of %s, indexes %s; walked by %s", measure.Count(float64(b.Rows)), measure.Bytes(b.Bytes), measure.Bytes(b.IndexBytes), b.Key))
	add("batches", "of about "+measure.MS(b.BatchTimeMS)+", each a transaction of its own; + and - change that")
	add("new rows", covers(b))
	if b.Ledger != "" {
		creates := "schema belay, for the cursor"
		if p.run.Question("ledger.create") != nil {
			creates += " (asked below)"
		}
		add("creates", creates)
	}
	return []view.Block{{Lines: append(lines, view.Line{}), Give: 1, Min: 4}}
}

// covers says who fills the rows that are written meanwhile.
func covers(b *fact.Backfill) string {
	s := b.Coverage
	if s == "none" {
		s = "nobody fills new rows"
	}
	if b.Misses != "" {
		s += "; can be missed: " + b.Misses
	}
	return s
}

// fillingBody is a backfill on its way.
func fillingBody(p page, f *fact.Filling) []view.Block {
	blocks := []view.Block{
		{Lines: units(p), Give: 6, Min: 1},
		{Lines: fillHead(p, f)},
		view.Gap(),
		{Lines: fillBar(p, f)},
		{Lines: fillNumbers(p, f)},
		{Lines: fillWhy(p, f)},
		view.Gap(),
		{Lines: signalLines(p, f), Give: 4, Min: 2},
		view.Gap(),
		{Lines: fillLog(p), Give: 6, Min: 1},
	}
	if p.h < 28 {
		blocks[len(blocks)-1].Fill = true
		return blocks
	}
	return append(blocks, view.Block{Lines: []view.Line{view.Rule(p.w)}, Give: 7}, view.Block{Lines: treeLines(p), Give: 7, Min: 2},
		view.Block{Lines: tableLines(p, 0), Give: 8}, view.Block{Lines: sessionLine(p), Give: 5, Fill: true})
}

func fillHead(p page, f *fact.Filling) []view.Line {
	text := f.Relation + "   UPDATE … SET " + f.Set
	if f.Where != "" {
		text += " WHERE " + f.Where
	}
	if f.Leaves > 1 && f.Leaf != "" {
		text += fmt.Sprintf("   leaf %d of %d: %s", f.LeafNumber, f.Leaves, f.Leaf)
	}
	return []view.Line{view.L(view.S(theme.Strong, " "+view.Cut(strings.Join(strings.Fields(text), " "), p.w-2)))}
}

// fillBar is the share of the work by the key's place, and the rows.
func fillBar(p page, f *fact.Filling) []view.Line {
	w := min(max(p.w-38, 20), 60)
	rows := fmt.Sprintf("%s of ~%s rows", measure.Count(float64(f.Rows)), measure.Count(float64(f.Total)))
	if f.State == "done" {
		rows = measure.Grouped(f.Rows) + " rows"
	}
	role := theme.Running
	if f.State != "running" {
		role = theme.Plain
	}
	return []view.Line{view.L(view.S(role, " "+view.Bar(f.Progress, w)), view.T(fmt.Sprintf(" %5.1f %%   %s", 100*f.Progress, rows)))}
}

// fillNumbers are pace, time left, the batch and what the table costs.
func fillNumbers(p page, f *fact.Filling) []view.Line {
	pace := fmt.Sprintf(" rate %s rows/s", measure.Rate(f.Rate))
	left := timeLeft(f)
	switch {
	case f.State == "running" && f.Phase == "verifying" && f.ToCheck > 0:
		pace, left = fmt.Sprintf(" now verifying: %s of ~%s rows looked at", measure.Count(float64(f.Checked)), measure.Count(float64(f.ToCheck))), ""
	case f.State == "running" && f.Phase != "" && f.Phase != "batches":
		pace += "   now " + f.Phase
	case f.State == "paused":
		pace = fmt.Sprintf(" rate 0 (was %s rows/s)", measure.Rate(f.Average))
	case f.State == "done":
		pace = fmt.Sprintf(" rate %s rows/s on average", measure.Rate(f.Average))
	}
	batch := fmt.Sprintf(" batch %s of %s, %s rows", measure.MS(int64(f.BatchMS+0.5)), measure.MS(f.TargetMS), measure.Grouped(int64(f.BatchRows)))
	key := ""
	if len(f.LastKey) > 0 && !f.Committed.IsZero() {
		key = "last key " + strings.Join(f.LastKey[:min(len(f.LastKey), 2)], ", ") + ", committed " + f.Committed.In(p.now.Location()).Format("15:04:05")
	}
	return []view.Line{
		view.Text(pace + "   " + left),
		view.Text(view.Cut(batch+"   "+key, p.w)),
		view.Text(fmt.Sprintf(" table %s   WAL of the server %s   batches %s", measure.Growth(f.HeapGrowth), measure.Bytes(f.WAL), measure.Grouped(f.Batches))),
	}
}

// timeLeft is a range, and nothing before there is one.
func timeLeft(f *fact.Filling) string {
	switch {
	case f.State == "done":
		return "took " + measure.MS(f.TookMS) + " without pauses"
	case f.State == "elsewhere":
		return ""
	case f.LeftHighMS <= 0:
		return "left: not known yet"
	}
	left := "left about " + measure.MS(f.LeftLowMS) + " to " + measure.MS(f.LeftHighMS)
	if low, high := measure.MS(f.LeftLowMS), measure.MS(f.LeftHighMS); low == high {
		left = "left about " + high
	}
	if isPaused(f) {
		left += " once resumed"
	}
	return left
}

// fillWhy is why it is not at full speed, or how it ended.
func fillWhy(p page, f *fact.Filling) []view.Line {
	since := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return " for " + measure.Duration(max(p.now.Sub(at), 0))
	}
	switch {
	case f.State == "elsewhere":
		return view.Paragraph(theme.Attention, "[>] goes on elsewhere: "+f.Owner+"; nothing more is sent from here", p.w, 1, 5)
	case isPaused(f):
		role := theme.Attention
		if f.PausedBy == "an error" {
			role = theme.Danger
		}
		return view.Paragraph(role, "[=] paused"+since(f.PausedSince)+": "+f.Reason, p.w, 1, 5)
	case f.State == "done":
		role := theme.OK
		if f.Left > 0 {
			role = theme.Attention
		}
		return view.Paragraph(role, "[x] "+f.Verified, p.w, 1, 5)
	case f.Waiting != "":
		return view.Paragraph(theme.Attention, "[=] waits"+since(f.WaitingSince)+": "+f.Waiting, p.w, 1, 5)
	}
	return []view.Line{view.L(view.S(theme.OK, " [>] at full speed"))}
}

// signalLines are the throttle signals, those over their limit first.
func signalLines(p page, f *fact.Filling) []view.Line {
	if len(f.Signals) == 0 || f.State == "done" || f.State == "elsewhere" {
		return nil
	}
	all := slices.Clone(f.Signals)
	slices.SortStableFunc(all, func(a, b fact.Reading) int { return order(a) - order(b) })
	cols := []view.Column{{Head: "slows down or waits when"}, {Head: "now", Right: true}, {Head: "limit", Right: true}, {Head: ""}}
	var rows [][]string
	for _, s := range all {
		word := "ok"
		switch {
		case s.Unread != "":
			word = "cannot be read: waits"
		case s.Action != "":
			word = map[string]string{"halve": "smaller batches", "wait": "waits", "pause": "pauses"}[s.Action]
		case s.Note != "":
			word += " (" + s.Note + ")"
		}
		if s.Action != "" && !s.Since.IsZero() {
			word += " for " + measure.Duration(max(p.now.Sub(s.Since), 0))
		}
		what := s.What
		if what == "" {
			what = strings.ReplaceAll(s.Name, "_", " ")
		}
		rows = append(rows, []string{what, s.Value, s.Limit, word})
	}
	return view.Table(cols, rows, p.w)
}

func order(s fact.Reading) int {
	if s.Action != "" || s.Unread != "" {
		return 0
	}
	return 1
}

// fillLog is the newest of what the backfill waited for.
func fillLog(p page) []view.Line {
	lines := logLines(p, "run")
	if len(p.run.Log) == 0 {
		return nil
	}
	return lines[max(0, len(lines)-4):]
}

// fillRemains is what a backfill leaves if it is stopped or left now.
func fillRemains(run *state.Run, f *fact.Filling) string {
	rows := measure.Count(float64(f.Rows)) + " rows stay filled"
	switch {
	case f.State == "elsewhere":
		return "it goes on elsewhere; you may leave"
	case isPaused(f):
		return "safe to leave: nothing is open in the database; another host can resume it"
	case run.Unwatched:
		return "safe to leave: it goes on; if you stop now: " + rows
	}
	return "stop now: " + rows + ", none half done; left alone: pauses in 5 min"
}

// pauseWord is what space does now.
func pauseWord(run *state.Run, f *Facts) string {
	if x := Filling(run, f); x != nil && isPaused(x) {
		return "resume"
	}
	return "pause"
}
