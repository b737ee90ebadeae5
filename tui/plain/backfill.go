package plain

import (
	"fmt"
	"strings"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// filling writes how far a backfill is.
func (p *printer) filling(f *fact.Filling) {
	text := fmt.Sprintf("%.1f %%, %s of ~%s, %s rows/s, batch %s of %s", 100*f.Progress,
		measure.Count(float64(f.Rows)),
		measure.Noun(measure.Count(float64(f.Total)), "row"), measure.Rate(f.Rate),
		measure.MS(int64(f.BatchMS+0.5)), measure.MS(f.TargetMS))
	if f.LeftHighMS > 0 {
		text += fmt.Sprintf(", left about %s to %s", measure.MS(f.LeftLowMS), measure.MS(f.LeftHighMS))
	}
	if f.Phase == fact.FillVerifying && f.ToCheck > 0 {
		text = fmt.Sprintf("verifying: %s of ~%s looked at again", measure.Count(float64(f.Checked)),
			measure.Noun(measure.Count(float64(f.ToCheck)), "row"))
	}
	switch {
	case f.State == fact.FillPaused:
		text = "[=] " + f.Reason + "; " + text + "; the word is resume"
	case f.Waiting != "":
		text = "[=] waits for " + measure.Duration(p.now().Sub(f.WaitingSince)) + ": " + f.Waiting + "; " + text
	}
	p.say(p.now(), "%s   rows=%d progress=%.4f", text, f.Rows, f.Progress)
}

// table writes what was read of a table before it is filled, and of a later
// reading what is new: it is read again after each answer.
func (p *printer) table(e journal.Event) {
	b, _, ok := state.Get[fact.Backfill](p.run)
	if !ok {
		return
	}
	line := p.block(e.At)
	line("backfill: %s   rows=%d key=%q", b.SQL, b.Rows, b.Key)
	if b.Coverage != "none" { // an item of its own says what that costs
		line("new rows: %s", b.Coverage)
	}
	for _, i := range b.Items {
		if i.Level != fact.OK {
			line("%s: %s", i.Level, i.Text)
		}
	}
}

// unsaid is a summary without what was written of the table, which it ends with.
func (p *printer) unsaid(summary string) string {
	if b, _, ok := state.Get[fact.Backfill](p.run); ok {
		for _, i := range b.Items {
			if p.once[string(i.Level)+": "+i.Text] {
				summary = strings.Replace(summary, "; "+i.Text, "", 1)
			}
		}
	}
	return summary
}
