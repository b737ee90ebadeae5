package campaign

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	dbevidence "belay/db/evidence"
	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/sqlview/visible"
	"belay/steps/evidence"
)

// Board is a campaign as people read it.
type Board struct {
	Schema string               `json:"schema"`
	ID     string               `json:"id"`
	Says   string               `json:"says"`
	Owner  string               `json:"owner"`
	Since  time.Time            `json:"since"`
	At     time.Time            `json:"at"`
	State  ledger.CampaignState `json:"state"`
	// Trouble says what became of the thing meanwhile; "" = it is there.
	Trouble string `json:"trouble,omitempty"`
	Rows    []Row  `json:"phases"`
	// Next is what comes next, Do the command for it; "" = time alone, or nobody, has to
	// do something.
	Next string `json:"next"`
	Do   string `json:"do,omitempty"`
	// Away is what a tripwire has taken out of reach; nil = nothing is.
	Away *Standing `json:"away,omitempty"`
	// Seen is who uses the old now; nil = the phase asks for nothing of that kind.
	Seen        *evidence.Report `json:"evidence,omitempty"`
	Differences []string         `json:"kept"`
}

// Row is a phase on the board.
type Row struct {
	N     int               `json:"n"`
	Stage string            `json:"stage"`
	Title string            `json:"title"`
	State ledger.PhaseState `json:"state"`
	Now   bool              `json:"now"`
	// Safe answers "safe to do?" from the facts of the moment. Waits names the gates that
	// are closed.
	Safe  string   `json:"safe"`
	Waits []string `json:"waits,omitempty"`
	// Did is what was done, by whom and when.
	Did   []string `json:"did"`
	Gates []Gate   `json:"gates"`
	Files []string `json:"files"`
}

// Board looks at a campaign as it stands now. It changes nothing.
func (d *Desk) Board(ctx context.Context, c *Campaign, look bool) (Board, error) {
	b := Board{
		Schema: "belay.campaign/1", ID: c.Short(), Says: c.Start.Says, Owner: c.Owner, Since: c.Start.At, At: d.Now,
		State: c.State, Differences: c.Start.Differences,
	}
	current, n := c.Current()
	var gates []Gate
	if c.State == ledger.CampaignOpen {
		trouble, err := d.Trouble(ctx, c)
		if err != nil {
			return b, err
		}
		b.Trouble = trouble
		if b.Away, err = d.standing(ctx, c); err != nil {
			return b, err
		}
		if current != nil && current.row.State == ledger.PhaseWaiting && trouble == "" && b.Away == nil {
			if look {
				if b.Seen, err = d.Evidence(ctx, current); err != nil {
					return b, err
				}
			}
			gates = d.gates(current, b.Seen)
			if w := c.watched(n - 1); w > 0 && look && c.Phases[w].Baseline != nil {
				if b.Seen, err = d.Evidence(ctx, c.Phases[w]); err != nil {
					return b, err
				}
			}
		}
	}
	for i, p := range c.Phases {
		r := d.row(p, i+1)
		if p == current && c.State == ledger.CampaignOpen {
			r.Now, r.Gates, r.Safe = true, gates, d.safe(p, gates, cmp.Or(b.away(), b.Trouble))
			if w := c.watched(n - 1); w > 0 && b.Trouble == "" {
				r.Safe = stopped(p, c.Phases[w], b.Seen)
			}
			for _, g := range gates {
				if !g.Open {
					r.Waits = append(r.Waits, g.Name)
				}
			}
		} else if current != nil && i+1 > n && c.State == ledger.CampaignOpen {
			r.Safe = fmt.Sprintf("not yet: phase %d comes first", n)
		}
		b.Rows = append(b.Rows, r)
	}
	b.Next, b.Do = d.next(c, b.Trouble, gates)
	if b.Away != nil {
		b.Next = "bring it back: " + b.Away.Says
		if b.Away.Watched {
			b.Next = "its tripwire is out: " + b.Away.Says + "; to bring it back now"
		}
		b.Do = "belay campaign tripwire " + c.Short() + " --back"
	}
	return b, nil
}

// away says what a tripwire has taken out of reach; "" = nothing is.
func (b Board) away() string {
	if b.Away == nil {
		return ""
	}
	return b.Away.Says
}

func (d *Desk) row(p *Phase, n int) Row {
	r := Row{
		N: n, Stage: Titles[p.Stage], Title: p.Title, State: p.row.State, Did: []string{}, Gates: []Gate{},
		Files: []string{},
	}
	for _, f := range p.Files {
		if f.Path != "" {
			word := map[applied]string{ran: "applied", waiting: "pending", unknown: "not in this folder"}[d.fate(f)]
			r.Files = append(r.Files, f.Path+" ("+word+")")
		}
	}
	if w := p.Written; w != nil {
		r.Did = append(r.Did, "files written by "+w.By+" at "+w.At.Format(stamp))
	}
	if k := p.Confirmed; k != nil {
		by := k.By
		if k.Command != "" {
			by += " as `" + k.Command + "` said,"
		}
		r.Did = append(r.Did, "version "+k.Version+", confirmed by "+by+" at "+k.At.Format(stamp))
	}
	for _, w := range p.Waivers {
		r.Did = append(r.Did, w.Source+" waived by "+w.By+" at "+w.At.Format(stamp)+": "+w.Reason)
	}
	for _, t := range p.Trips {
		r.Did = append(r.Did, t.tells())
	}
	if p.DumpPath != "" {
		r.Did = append(r.Did, "last dump on "+p.DumpHost+": "+p.DumpPath)
	}
	if p.row.State == ledger.PhaseDone {
		r.Safe = "done at " + p.Done.Format(stamp)
	}
	return r
}

// safe answers "safe to do?" for the phase that is next.
func (d *Desk) safe(p *Phase, gates []Gate, trouble string) string {
	if trouble != "" {
		return "no: " + trouble
	}
	for _, g := range gates {
		if !g.Open {
			return "not yet: " + g.Says
		}
	}
	if p.row.State == ledger.PhaseWritten && d.ran(p) {
		return "done: its files are applied"
	}
	return "yes: " + p.Safe
}

// stopped answers "safe to do?" where a person says that the old is no longer used: what
// was seen since the deploy, of uses and of rows in which both disagree.
func stopped(p, watched *Phase, seen *evidence.Report) string {
	s := "yes: " + p.Safe
	if seen != nil && seen.Verdict == dbevidence.Red {
		s = "look first, since " + watched.Baseline.At.Format(stamp) + ": " + seen.Says
	}
	if n := len(watched.Counts); n > 0 {
		s += "; " + CountText(watched.Gates.Same, watched.Counts[n-1].Counted)
	}
	return s
}

// next says what comes next, and the command for it.
func (d *Desk) next(c *Campaign, trouble string, gates []Gate) (says, do string) {
	p, _ := c.Current()
	id := c.Short()
	switch {
	case c.State != ledger.CampaignOpen || p == nil:
		return "nothing: the campaign is " + string(c.State), ""
	case trouble != "":
		return "see to that, or give it up", "belay campaign abandon " + id
	case p.Confirms() && !slices.ContainsFunc(gates, func(g Gate) bool { return !g.Open }):
		word := " --deploy VERSION"
		if d.Project.Config.Campaign.DeployCommand != "" {
			word = " --by-command"
		}
		return "once " + p.Ask, "belay campaign confirm " + id + word
	case p.row.State == ledger.PhaseWritten && d.ran(p):
		return "its files are applied: note it, and begin the next phase", "belay campaign next " + id
	case p.row.State == ledger.PhaseWritten && d.lost(p) != "":
		return "use the folder that has " + d.lost(p) + ": it was written on another host, or in another branch", ""
	case p.row.State == ledger.PhaseWritten:
		return "run its files", "belay run"
	}
	for _, g := range gates {
		switch {
		case g.Open:
		case g.Name == "time":
			return "wait until " + g.Due.Format(stamp) + ", " + measure.Duration(g.Due.Sub(d.Now)) + " from now", ""
		case g.Name == tripSource:
			return "mend what missed it, and set it again", "belay campaign tripwire " + id
		case g.Name == "rows":
			return "count them", "belay campaign check " + id
		default:
			return "mend what speaks against it, or answer for it", "belay campaign waive " + id +
				" --source NAME --reason WORDS"
		}
	}
	return "write its files", "belay campaign next " + id
}

// Line is a campaign on one line, for status and for what is due.
func (b Board) Line() string {
	s := "campaign " + b.ID + ", " + b.Says + ": " + string(b.State)
	for _, r := range b.Rows {
		if r.Now {
			s = fmt.Sprintf("campaign %s, %s: phase %d of %d, %s", b.ID, b.Says, r.N, len(b.Rows), r.Title)
		}
	}
	if b.Trouble != "" {
		return s + ": " + b.Trouble
	}
	if b.State == ledger.CampaignOpen {
		s += "; " + b.Next
		if b.Do != "" {
			s += ": " + b.Do
		}
	}
	return s
}

// Wrong reports whether something stands where it does not belong.
func (b Board) Wrong() bool { return b.Trouble != "" || b.Away != nil && !b.Away.Watched }

// Waits reports whether time alone has to pass.
func (b Board) Waits() bool { return b.State == ledger.CampaignOpen && b.Do == "" }

// Markdown is the board for a pull request.
func (b Board) Markdown() string {
	var s strings.Builder
	fmt.Fprintf(&s, "## %s\n\nCampaign %s of %s, since %s, as of %s: %s.\n\n", md(b.Says), md(b.ID), md(b.Owner),
		b.Since.Format(stamp), b.At.Format(stamp), b.State)
	s.WriteString("| phase | step | safe to do? | what was done |\n|---|---|---|---|\n")
	for _, r := range b.Rows {
		did := append([]string{}, r.Files...)
		fmt.Fprintf(&s, "| %d. %s | %s | %s | %s |\n", r.N, md(r.Title), md(r.Stage), md(r.Safe),
			md(strings.Join(append(did, r.Did...), "; ")))
	}
	fmt.Fprintf(&s, "\nNext: %s", md(b.Next))
	if b.Do != "" {
		s.WriteString(" (" + visible.Code(b.Do) + ")")
	}
	s.WriteString("\n")
	if b.Seen == nil {
		return s.String()
	}
	s.WriteString("\n### Who uses the old\n\n" + md(b.Seen.Says) +
		"\n\n| source | verdict | period | seen | blind to |\n|---|---|---|---|---|\n")
	for _, e := range b.Seen.Shown() {
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %s |\n", md(e.Name), md(e.Verdict), md(e.Period),
			md(strings.Join(e.Found, "; ")),
			md(strings.Join(e.Blind, "; ")))
	}
	return s.String()
}

// md keeps a text within a cell of a table.
func md(text string) string { return visible.Markdown(text) }
