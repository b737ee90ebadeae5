package main

import (
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/db/backfill"
	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/steps/campaign"
	"belay/steps/journal"
)

func (a *app) campaignShow() *cobra.Command {
	var o campaignOptions
	c := a.campaignOf("show [ID]", "The board: what is done, by whom, what is next, and whether it is safe",
		`Shows the phases with what was done, by whom and when, and answers for the next one whether it is safe to do, from what
the server says now. It changes nothing. Without ID it is the campaign that is open.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error { return a.showCampaign(d, c, o) })
	c.Flags().StringVar(&o.output, "output", "text", "text or json")
	showLive(c, &o)
	c.Flags().BoolVar(&o.markdown, "markdown", false, "as Markdown, for a pull request")
	looking(c, &o)
	return c
}

func (a *app) showCampaign(d *campaign.Desk, c *campaign.Campaign, o campaignOptions) error {
	if o.live {
		return a.liveBoard(o, c.Short())
	}
	if err := checkOutput(o.output, "text", "json"); err != nil {
		return err
	}
	b, err := d.Board(a.ctx, c, true)
	if err != nil {
		return err
	}
	switch paper, ok := a.paper(); {
	case o.markdown:
		a.out.put(b.Markdown())
	case o.output == "json":
		return a.out.value(b, true)
	case ok:
		a.out.draw(paper.Campaign(b))
	default:
		a.printBoard(b)
	}
	return nil
}

func (a *app) printBoard(b campaign.Board) {
	a.out.say("campaign %s: %s (%s), by %s, since %s", b.ID, b.Says, b.State, b.Owner, b.Since.Format(stampFormat))
	for _, r := range b.Rows {
		a.out.say("%d. %s: %s [%s]", r.N, r.Stage, r.Title, r.State)
		if r.Now || len(r.Gates) > 0 || !strings.HasPrefix(r.Safe, "not yet: phase ") {
			a.out.say("   safe to do? %s", r.Safe)
		}
		for _, line := range append(append([]string{}, r.Files...), r.Did...) {
			a.out.say("   %s", line)
		}
		for _, g := range r.Gates {
			word := "waits"
			if g.Open {
				word = "open"
			}
			a.out.say("   gate %s (%s): %s", g.Name, word, g.Says)
		}
	}
	a.sayNext(b)
}

func (a *app) sayNext(b campaign.Board) {
	if b.Do == "" {
		a.out.say("next: %s", b.Next)
		return
	}
	a.out.say("next: %s: %s", b.Next, b.Do)
}

func (a *app) campaignList() *cobra.Command {
	var o campaignOptions
	c := &cobra.Command{
		Use: "list", Short: "The campaigns of this database, those that are open first", Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			return a.atDesk(&o, func(d *campaign.Desk) error { return a.listCampaigns(d, o, false) })
		}),
	}
	c.Flags().StringVar(&o.output, "output", "text", "text or json")
	return c
}

func (a *app) dueCommand() *cobra.Command {
	var o campaignOptions
	c := &cobra.Command{
		Use: "due", Short: "What waits for whom: the open campaigns of this database, with what is " +
			"next", Args: cobra.NoArgs,
		Long: `Says of each open campaign what comes next: a command of yours, a deploy of yours, or time. What time alone has to pass
for stands last. It changes nothing. --live is a screen that looks again by itself.`,
		RunE: command(func(*cobra.Command, []string) error {
			if o.live {
				return a.liveBoard(o, "")
			}
			return a.atDesk(&o, func(d *campaign.Desk) error { return a.listCampaigns(d, o, true) })
		}),
	}
	c.Flags().StringVar(&o.output, "output", "text", "text or json")
	showLive(c, &o)
	return c
}

// showLive is the flag of what may be a screen.
func showLive(c *cobra.Command, o *campaignOptions) {
	c.Flags().BoolVar(&o.live, "live", false, "a screen that looks again by itself, with each campaign's checklist")
}

func (a *app) listCampaigns(d *campaign.Desk, o campaignOptions, due bool) error {
	if err := checkOutput(o.output, "text", "json"); err != nil {
		return err
	}
	all, others, err := d.All(a.ctx)
	if err != nil {
		return err
	}
	boards := []campaign.Board{}
	waits := []campaign.Board{}
	for _, c := range all {
		if due && c.State != ledger.CampaignOpen {
			continue
		}
		b, err := d.Board(a.ctx, c, due)
		if err != nil {
			return err
		}
		if due && b.Waits() {
			waits = append(waits, b)
		} else {
			boards = append(boards, b)
		}
	}
	boards = append(boards, waits...)
	if o.output == "json" {
		return a.out.value(boards, true)
	}
	if paper, ok := a.paper(); ok && len(boards) > 0 {
		a.out.draw(paper.Due(boards))
	} else {
		for _, b := range boards {
			a.out.say("%s", b.Line())
		}
	}
	if len(boards) == 0 && due {
		a.out.say("nothing is due: no campaign is open on this database")
	} else if len(boards) == 0 {
		a.out.say("no campaign was ever begun on this database")
	}
	if others > 0 {
		a.out.say("%s of another database came along with a restored dump: history only", measure.Plural(others,
			"campaign"))
	}
	return nil
}

func (a *app) campaignCheck() *cobra.Command {
	var o campaignOptions
	c := a.campaignOf("check [ID]", "Count the rows and look for the uses that the next phase waits for, and keep "+
		"what was seen",
		`Counts once the rows in which the old and the new disagree, by short queries over the table's pages, for at most
--patience; and asks who still uses the old. Both are kept in the ledger.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error { return a.checkCampaign(d, c, o) })
	c.Flags().DurationVar(&o.patience, "patience", 2*time.Minute, "count rows for at most this `TIME`")
	looking(c, &o)
	return c
}

func (a *app) checkCampaign(d *campaign.Desk, c *campaign.Campaign, o campaignOptions) error {
	if err := d.Ledger(a.ctx, true); err != nil {
		return err
	}
	p := c.Checked()
	if p == nil || c.State != ledger.CampaignOpen {
		a.out.say("campaign %s is %s: there is nothing to check", c.Short(), c.State)
		return nil
	}
	seen, err := d.Check(a.ctx, c, o.patience, backfill.NewID)
	if err != nil {
		return err
	}
	if p.Gates.Same != nil && len(p.Counts) > 0 {
		a.out.say("%s", campaign.CountText(p.Gates.Same, p.Counts[len(p.Counts)-1].Counted))
	}
	if seen != nil {
		if paper, ok := a.paper(); ok {
			a.out.draw(paper.Evidence(*seen))
		} else {
			a.printEvidence(*seen)
		}
	}
	if p.Gates.Same == nil && seen == nil {
		a.out.say("phase %s waits for no rows and no uses", p.Title)
	}
	return nil
}

// sayBoard says what is next.
func (a *app) sayBoard(d *campaign.Desk, c *campaign.Campaign) error {
	b, err := d.Board(a.ctx, c, false)
	if err == nil {
		a.sayNext(b)
	}
	return err
}

func (a *app) campaignWaive() *cobra.Command {
	var o campaignOptions
	c := a.campaignOf("waive [ID]", "Answer for a source that speaks against a drop, with a reason",
		`Lets one source of evidence pass, as it stands now: a use that it did not know of then counts again. Your name, the
time and the reason are kept with it.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error {
			if o.source == "" || strings.TrimSpace(o.reason) == "" {
				return &usageError{problem: "a waiver names its source and a reason",
					advice: `such as --source texts --reason "the function is dropped tomorrow"`}
			}
			if err := d.Waive(a.ctx, c, o.source, strings.TrimSpace(o.reason)); err != nil {
				return err
			}
			a.out.say("%s is waived by %s: %s", o.source, d.By, strings.TrimSpace(o.reason))
			return a.sayBoard(d, c)
		})
	c.Flags().StringVar(&o.source, "source", "", "the `NAME` of the source, as the board has it")
	c.Flags().StringVar(&o.reason, "reason", "", "why, in `WORDS`")
	looking(c, &o)
	return c
}

func (a *app) campaignAbandon() *cobra.Command {
	var o campaignOptions
	c := a.campaignOf("abandon [ID]", "Give a campaign up: write what takes it back, so that the schema is as at "+
		"its start",
		`Shows the migrations that take back what ran, and the files that were written and never ran, which are taken out of the
folder and kept as copies. After a yes (campaign.abandon in an answers file) it writes them and closes the campaign; belay
run runs them. What has no way back is said, and nothing is done.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error { return a.abandonCampaign(d, c, o) })
	answered(c, &o)
	return c
}

func (a *app) abandonCampaign(d *campaign.Desk, c *campaign.Campaign, o campaignOptions) error {
	if err := d.Untouched(a.ctx, c); err != nil {
		return err
	}
	back, err := d.Abandon(c, time.Now().UTC().Format("20060102150405"))
	if err != nil {
		return err
	}
	for _, m := range back.Made {
		a.showMigration(d, m)
	}
	for _, m := range back.Gone {
		a.out.say("takes away %s: it never ran here", path.Join(d.Project.Picked.Dir, m.Up.Path))
	}
	for _, s := range back.Says {
		a.out.say("first: %s", s)
	}
	if len(back.Made) == 0 {
		a.out.say("nothing of it ran: the schema is as at its start")
	}
	q := journal.QuestionAsked{ID: "campaign.abandon", Text: "abandon the campaign: " + c.Start.Says + "?"}
	if err := yes(o.ask, q); err != nil {
		return err
	}
	paths, copies, err := d.GiveUp(a.ctx, c, back)
	if err != nil {
		return err
	}
	for _, name := range paths {
		a.out.say("wrote %s", path.Join(d.Project.Picked.Dir, name))
	}
	if copies != "" {
		a.out.say("copies of what was taken away are in %s", copies)
	}
	a.out.say("campaign %s is abandoned", c.Short())
	if len(paths) > 0 {
		a.out.say("next: belay run")
	}
	return nil
}
