package plain

import (
	"fmt"

	"belay/sqlview/measure"
	"belay/steps/fact"
)

// filling writes how far a backfill is.
func (p *printer) filling(f *fact.Filling) {
	text := fmt.Sprintf("%.1f %%, %s of ~%s rows, %s rows/s, batch %s of %s", 100*f.Progress, measure.Count(float64(f.Rows)),
		measure.Count(float64(f.Total)), measure.Rate(f.Rate), measure.MS(int64(f.BatchMS+0.5)), measure.MS(f.TargetMS))
	if f.LeftHighMS > 0 {
		text += fmt.Sprintf(", left about %s to %s", measure.MS(f.LeftLowMS), measure.MS(f.LeftHighMS))
	}
	switch {
	case f.State == "paused":
		text = "[=] " + f.Reason + "; " + text + "; the word is resume"
	case f.Waiting != "":
		text = "[=] waits for " + measure.Duration(p.now().Sub(f.WaitingSince)) + ": " + f.Waiting + "; " + text
	}
	p.say(p.now(), "%s   rows=%d progress=%.4f", text, f.Rows, f.Progress)
}
