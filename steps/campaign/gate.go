package campaign

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	dbevidence "belay/db/evidence"
	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/evidence"
)

// Gate is one thing that must hold before a phase, as it stands now.
type Gate struct {
	// Name is "time", "rows", "uses" or "tripwire".
	Name string `json:"gate"`
	Open bool   `json:"open"`
	// Says is how it stands, Next what opens it; "" = nothing is to be done.
	Says string `json:"says"`
	Next string `json:"next,omitempty"`
	// Due is when time alone opens it; zero = something else does.
	Due time.Time `json:"due,omitzero"`
}

// evidencePause is how far apart two looks at the sessions are.
const evidencePause = 300 * time.Millisecond

// enough is how many counts without a row a gate of rows takes.
const enough = 2

// gates are those of a phase, as they stand. Evidence comes from a look that was made.
func (d *Desk) gates(p *Phase, seen *evidence.Report) []Gate {
	var all []Gate
	if g, ok := d.soak(p, seen); ok {
		all = append(all, g)
	}
	if p.Gates.Same != nil {
		all = append(all, p.rows())
	}
	if seen != nil {
		all = append(all, p.unused(seen))
	}
	if g, ok := p.missed(); ok {
		all = append(all, g)
	}
	return all
}

// soak is the gate of time. A source whose counters were reset since the baseline knows
// nothing of what was before: the clock starts again with it.
func (d *Desk) soak(p *Phase, seen *evidence.Report) (Gate, bool) {
	if p.Gates.Soak == 0 || p.row.NotBefore.IsZero() {
		return Gate{}, false
	}
	due, why := p.row.NotBefore, "quiet for "+measure.Duration(p.Gates.Soak)
	if seen != nil && p.Baseline != nil {
		for _, s := range seen.Sources {
			if strings.HasPrefix(s.Name, "sessions") || p.waiver(s) != nil {
				continue
			}
			if again := s.Since.Add(p.Gates.Soak); s.Since.After(p.Baseline.At) && again.After(due) {
				due = again
				why = "the counters of " + s.Name + " were reset at " + s.Since.UTC().Format(stamp) +
					": the clock started again"
			}
		}
	}
	g := Gate{Name: "time", Open: !d.Now.Before(due), Due: due}
	g.Says = why + ", over since " + due.Format(stamp)
	if !g.Open {
		g.Says = fmt.Sprintf("%s: until %s, %s from now", why, due.Format(stamp), measure.Duration(due.Sub(d.Now)))
	}
	return g, true
}

const stamp = "2006-01-02 15:04:05 UTC"

// rows is the gate of rows that may not be there.
func (p *Phase) rows() Gate {
	g := Gate{Name: "rows", Next: "belay campaign check"}
	clean := 0
	for _, c := range slices.Backward(p.Counts) {
		if !c.Whole || c.Found > 0 {
			break
		}
		clean++
	}
	n := len(p.Counts)
	switch {
	case n == 0:
		g.Says = "nobody has counted " + p.Gates.Same.Says
	case clean >= enough:
		last := p.Counts[n-1]
		g.Open, g.Next = true, ""
		g.Says = fmt.Sprintf("no %s among %s, counted twice, last at %s", p.Gates.Same.Says,
			measure.Plural(int(last.Rows), "row"),
			last.At.Format(stamp))
	default:
		g.Says = CountText(p.Gates.Same, p.Counts[n-1].Counted)
	}
	return g
}

// CountText says what a count found.
func CountText(s *Same, c dbevidence.Counted) string {
	part := ""
	if !c.Whole {
		part = fmt.Sprintf(" in %d of %d pages, which is not all: give more --patience", c.Pages, c.All)
	}
	return fmt.Sprintf("%d %s among %s%s, at %s", c.Found, s.Says, measure.Plural(int(c.Rows), "row"), part,
		c.At.Format(stamp))
}

// unused is the gate of evidence.
func (p *Phase) unused(seen *evidence.Report) Gate {
	g := Gate{Name: "uses", Open: true}
	var against, waived []string
	for _, s := range seen.Sources {
		if !evidence.Blocks(s) {
			continue
		}
		if w := p.waiver(s); w != nil {
			waived = append(waived, s.Name+" (by "+w.By+": "+w.Reason+")")
			continue
		}
		why := string(s.Verdict)
		if s.Why != "" {
			why += ": " + s.Why
		} else if len(s.Found) > 0 {
			why += ": " + s.Found[0].What
		}
		against = append(against, s.Name+" "+why)
	}
	g.Says = seen.Says
	if len(waived) > 0 {
		g.Says = "waived: " + strings.Join(waived, ", ") + "; " + g.Says
	}
	if len(against) > 0 {
		g.Open = false
		g.Says = strings.Join(against, "; ")
		g.Next = "mend it, or answer for it: belay campaign waive ID --source NAME --reason WORDS"
	}
	return g
}

// waiver is the one that lets a source pass; nil = there is none, or the source found
// something that was not known then.
func (p *Phase) waiver(s dbevidence.Source) *Waiver {
	for i, w := range p.Waivers {
		if w.Source != s.Name {
			continue
		}
		fresh := slices.ContainsFunc(s.Found, func(f dbevidence.Finding) bool {
			return (f.Level == dbevidence.Uses || f.Level == dbevidence.Unasked) && !slices.Contains(w.Found, f.What)
		})
		if !fresh {
			return &p.Waivers[i]
		}
	}
	return nil
}

// Count counts the rows that may not be there before a phase, for at most so long.
func (d *Desk) Count(ctx context.Context, p *Phase, patience time.Duration) (c dbevidence.Counted, err error) {
	err = steps.AsTool(ctx, d.conn, d.Project, func() error {
		if _, err := d.conn.Exec(ctx, "SET row_security = off"); err != nil {
			return err
		}
		var err error
		c, err = dbevidence.Count(ctx, d.conn, p.Gates.Same.Table, p.Gates.Same.Where, patience)
		if _, reset := d.conn.Exec(ctx, "RESET row_security"); err == nil {
			err = reset
		}
		return err
	})
	return c, steps.Database("counting "+p.Gates.Same.Says, err)
}

// Settle brings what is kept up to what is: a phase whose files are applied is done, and
// the clock of the next one starts. It returns the phases that became done.
func (d *Desk) Settle(ctx context.Context, c *Campaign) ([]*Phase, error) {
	var over []*Phase
	for c.State == ledger.CampaignOpen {
		p, n := c.Current()
		if p == nil || p.row.State != ledger.PhaseWritten || !d.ran(p) {
			break
		}
		if err := d.finish(ctx, c, n-1); err != nil {
			return over, err
		}
		over = append(over, p)
	}
	return over, nil
}

// finish writes that a phase is done, and begins the time of the next one.
func (d *Desk) finish(ctx context.Context, c *Campaign, i int) error {
	p := c.Phases[i]
	p.Done, p.row.State = d.Now, ledger.PhaseDone
	indices := []int{i}
	var state ledger.CampaignState
	if i+1 == len(c.Phases) {
		state = ledger.CampaignDone
	} else if next := c.Phases[i+1]; next.Gates.Soak > 0 {
		next.row.NotBefore = d.Now.Add(next.Gates.Soak)
		seen, err := d.Evidence(ctx, next)
		if err != nil {
			return err
		}
		if seen != nil {
			next.Baseline = baseline(seen)
		}
		indices = append(indices, i+1)
	} else if w := c.watched(i + 1); w > 0 {
		seen, err := d.Evidence(ctx, c.Phases[w])
		if err != nil {
			return err
		}
		c.Phases[w].Baseline = baseline(seen)
		indices = append(indices, w)
	}
	if err := d.save(ctx, c, state, indices...); err != nil {
		return err
	}
	if state != "" {
		c.State = state
	}
	return nil
}

// watched is the phase whose uses are of interest while a person stops using the old, at
// index i: what is left of them shows who still does. 0 = there is none.
func (c *Campaign) watched(i int) int {
	if p := c.Phases[i]; !p.Confirms() || p.Stage != Stop {
		return 0
	}
	for w := i + 1; w < len(c.Phases); w++ {
		if c.Phases[w].Gates.Evidence != "" {
			return w
		}
	}
	return 0
}

// save writes phases, and what they are from then on.
func (d *Desk) save(ctx context.Context, c *Campaign, state ledger.CampaignState, indices ...int) error {
	var all []ledger.Change
	for _, i := range indices {
		ch, err := c.change(i)
		if err != nil {
			return err
		}
		all = append(all, ch)
	}
	if err := d.Ledger(ctx, true); err != nil {
		return err
	}
	err := d.write(ctx, func(conn *db.Conn) error {
		return ledger.SavePhases(ctx, conn.Conn, c.ID, state, all...)
	})
	if err != nil {
		return err
	}
	for k, i := range indices {
		c.Phases[i].row, c.Phases[i].was = all[k].Is, all[k].Is
	}
	return nil
}
