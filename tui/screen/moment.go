package screen

import (
	"fmt"
	"math"
	"time"

	"belay/sqlview/measure"
	"belay/tui/look"
)

// fewLooks are too few to say anything of a moment.
const fewLooks = 5

// steadyFor is how long a table is free, or in use, before that is said of it.
const steadyFor = 5 * time.Second

// moment is whether now is a good one: what a try at the first lock would have met at the
// looks of the last minutes. Of the files after the first it says nothing, and says so.
func (p page) moment() string {
	o := p.run.Openings()
	if o.Looks < fewLooks {
		return ""
	}
	over := measure.Duration(o.Over.Round(time.Second))
	since := " for " + measure.Duration(o.Since.Round(time.Second))
	of := ""
	if p.f.Plan != nil && len(p.f.Plan.Units) > 1 {
		of = " (first file)"
	}
	at := fmt.Sprintf("; free at %d of %s in %s", o.Free, plural(o.Looks, "look"), over) + p.quietest()
	if p.crowded() {
		at = fmt.Sprintf("; free at %d of %s", o.Free, plural(o.Looks, "look"))
	}
	switch {
	case o.Free == o.Looks:
		return p.Text(look.OK, "good") + p.Plain(of+": nobody was in the way in the last "+over+p.chance())
	case o.Free == 0:
		return p.Text(look.Attention, "bad") +
			p.Plain(of+": somebody was in the way at each of "+plural(o.Looks, "look")+" in "+over+p.chance())
	case o.Since < steadyFor: // a word that changes with each look says nothing
		return p.Text(look.Strong, "on and off") + p.Plain(of+p.chance()+at)
	case o.FreeNow:
		return p.Text(look.OK, "free") + p.Plain(of+since+p.chance()+at)
	}
	return p.Text(look.Attention, "in use") + p.Plain(of+since+p.chance()+at)
}

// chance is how likely a try that begins now has the lock; "" = too little was seen.
func (p page) chance() string {
	if p.f.Heart == nil || p.f.Heart.LockTimeoutMS <= 0 {
		return ""
	}
	chance, ok := p.run.Chance(time.Duration(p.f.Heart.LockTimeoutMS) * time.Millisecond)
	if !ok {
		return ""
	}
	about := fmt.Sprintf("about %.0f %%", 5*math.Round(20*chance))
	switch {
	case chance >= 0.95:
		about = "over 95 %"
	case chance < 0.05:
		about = "under 5 %"
	}
	return ", chance " + about + " for a try of " + measure.MS(p.f.Heart.LockTimeoutMS)
}

// quietest names the minute in which it was best; "" = no two minutes were seen.
func (p page) quietest() string {
	m, ok := p.run.Quietest()
	if !ok {
		return ""
	}
	from := m.From.In(p.now.Location()).Format("15:04:05")
	return fmt.Sprintf("; quietest minute from %s, %d of %d", from, m.Free, m.Looks)
}
