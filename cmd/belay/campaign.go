package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/db/backfill"
	"belay/db/ledger"
	"belay/sqlview/migration"
	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/campaign"
	"belay/steps/journal"
	"belay/steps/project"
)

// campaignOptions are the flags of the campaign commands.
type campaignOptions struct {
	answers, output         string
	markdown, live          bool
	using, back, fill, soak string
	version, source, reason string
	patience                time.Duration
	standbys, code, sets    []string
	ask                     asks
}

func (a *app) campaignCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "campaign",
		Short: "Walk a change through several deployments: add, deploy, stop using the old, drop",
		Long: `A change that old and new code cannot share is made over days: the new is added beside the old, code that uses it is
deployed, the old is no longer used, and only then it goes. A campaign keeps that in the database's ledger, so that every
host sees which phase is next, who confirmed what, and since when it is quiet.

The files of a phase are written when its gate is open, by ` + "`belay campaign next`" + `, and run by ` + "`belay run`" + ` like any other.
` + "`belay due`" + ` says what waits for whom.`,
		Args: noSuchSubcommand,
		RunE: command(func(c *cobra.Command, _ []string) error { return c.Help() }),
	}
	c.AddCommand(a.campaignNew(), a.campaignList(), a.campaignShow(), a.campaignNext(), a.campaignCheck(),
		a.campaignConfirm(),
		a.campaignWaive(), a.campaignTry(), a.campaignTripwire(), a.campaignAbandon())
	return c
}

func noSuchSubcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{problem: "there is no command campaign " + args[0],
		advice: "`belay campaign --help` lists them"}
}

// looking are the flags of a command that looks for uses.
func looking(c *cobra.Command, o *campaignOptions) {
	f := c.Flags()
	f.StringArrayVar(&o.standbys, "standby", nil,
		"ask this standby for uses too, by its `DSN`; may be given several times")
	f.StringArrayVar(&o.code, "code", nil,
		"search the git repository of this `DIR` for uses; may be given several times")
}

func answered(c *cobra.Command, o *campaignOptions) {
	c.Flags().StringVar(&o.answers, "answers", "", "answer questions from this TOML `FILE`")
}

func (a *app) campaignNew() *cobra.Command {
	var o campaignOptions
	var kinds strings.Builder
	for _, k := range campaign.Kinds() {
		fmt.Fprintf(&kinds, "  %-14s %s\n  %-14s %s\n", k.Name, k.Args, "", k.Does)
	}
	c := &cobra.Command{
		Use:   "new KIND ARG...",
		Short: "Begin a campaign: show its phases, and keep them after a yes",
		Long: "Makes the phases of a change out of the safe rewrites, shows them, and keeps them in the ledger " +
			"after a yes\n" +
			"(campaign.new in an answers file). What hangs on the thing and cannot be carried over is said first, " +
			"and nothing\n" +
			"is begun then. No file is written.\n\n" + kinds.String(),
		Example: `  belay campaign new rename users.email email_address
  belay campaign new type orders.id bigint --soak 3d
  belay campaign new drop old_orders`,
		Args: cobra.MinimumNArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			return a.atDesk(&o, func(d *campaign.Desk) error { return a.beginCampaign(d, args, o) })
		}),
	}
	f := c.Flags()
	f.StringVar(&o.using, "using", "", "type: the new value, as an `SQL` expression over the row")
	f.StringVar(&o.back, "back", "", "type: the old value of a changed row, as an `SQL` expression over it")
	f.StringArrayVar(&o.sets, "set", nil,
		"split, merge: what the columns of the other side make a column, as `\"COLUMN = SQL\"`; one for each "+
			"column of both sides")
	f.StringVar(&o.fill, "fill", "", "not-null: the value of rows without one, as an `SQL` expression over the row")
	f.StringVar(&o.soak, "soak", "7d", "how long it must be quiet before the old goes, as a `TIME` such as 7d or 36h")
	answered(c, &o)
	return c
}

// atDesk opens the database and the folder for one command.
func (a *app) atDesk(o *campaignOptions, do func(*campaign.Desk) error) (err error) {
	p, ask, err := a.asking(o.answers)
	if err != nil {
		return err
	}
	o.ask = ask
	d, err := campaign.Open(a.ctx, p, whoHere())
	if err != nil {
		return err
	}
	defer d.Close()
	d.Standbys, d.Code = o.standbys, o.code
	return askedFor("the campaign", do(d))
}

// asking is the project of a command that needs a database and asks, and how it asks.
func (a *app) asking(answers string) (p *project.Project, ask asks, err error) {
	given, err := readAnswers(answers)
	if err != nil {
		return nil, nil, err
	}
	if p, err = a.target(); err != nil {
		return nil, nil, err
	}
	if !p.HasDSN() {
		return nil, nil, noDatabase()
	}
	return p, a.answering(given, answers != ""), nil
}

// asks gives the answer to a question; ok is false where there is none.
type asks = func(journal.QuestionAsked) (answer string, ok bool)

// whoHere is who gives a command, as the ledger keeps it.
func whoHere() string {
	host, _ := os.Hostname()
	return userName() + "@" + host
}

// askedFor gives an error that has no hint of its own the one of the database.
func askedFor(what string, err error) error {
	var ended *exited
	var exit *steps.Exit
	var hint interface{ Hint() string }
	if err == nil || errors.As(err, &ended) || errors.As(err, &exit) || errors.As(err, &hint) {
		return err
	}
	return steps.Database(what, err)
}

// span reads a time that may be in days.
func span(flag, text string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(text, "d")
	if isDays {
		text = days + "h"
	}
	d, err := time.ParseDuration(text)
	if isDays {
		d *= 24
	}
	if err != nil || d <= 0 {
		return 0, &usageError{problem: flag + " is " + text, advice: "write a time such as 7d, 36h, 10m"}
	}
	return d, nil
}

func (a *app) beginCampaign(d *campaign.Desk, args []string, o campaignOptions) error {
	soak, err := span("--soak", o.soak)
	if err != nil {
		return err
	}
	c, err := d.Propose(a.ctx, campaign.Wanted{
		Kind: args[0], Args: args[1:], Using: o.using, Back: o.back, Fill: o.fill, Sets: o.sets,
		Soak: soak, ID: backfill.NewID(),
	})
	if err != nil {
		return err
	}
	for i, p := range c.Phases {
		a.out.say("%d. %s: %s", i+1, campaign.Titles[p.Stage], p.Title)
		for _, f := range p.Files {
			a.out.say("     %s", strings.ToLower(f.Title))
		}
	}
	for _, k := range c.Start.Differences {
		a.out.say("know: %s", k)
	}
	create, err := a.needLedger(d, o)
	if err != nil {
		return err
	}
	if err := yes(o.ask, journal.QuestionAsked{ID: "campaign.new", Text: "begin the campaign: " + c.Start.Says +
		"?"}); err != nil {
		return err
	}
	if create {
		if err := d.CreateLedger(a.ctx); err != nil {
			return err
		}
	}
	if err := d.Begin(a.ctx, c); err != nil {
		return err
	}
	a.out.say("campaign %s is begun; next: belay campaign next %s", c.Short(), c.Short())
	return nil
}

// needLedger asks for the ledger where there is none; create is true after a yes.
func (a *app) needLedger(d *campaign.Desk, o campaignOptions) (create bool, err error) {
	if err := d.Ledger(a.ctx, true); !errors.Is(err, campaign.NoLedgerError{}) {
		return false, err
	}
	return true, yes(o.ask, journal.QuestionAsked{
		ID: steps.LedgerCreate, Text: "a campaign is kept in the database, in a schema belay. Create that schema?",
		Why: ledger.DDL(),
	})
}

// yes asks, and ends the command unless the answer is yes.
func yes(ask asks, q journal.QuestionAsked) error {
	q.Options, q.Default = []string{"no", "yes"}, "no"
	switch answer, ok := ask(q); {
	case !ok:
		return unanswered(q)
	case answer != "yes":
		return declined()
	}
	return nil
}

func declined() error {
	return &steps.Exit{Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "declined: nothing was written"}
}

// campaignOf makes a command over one campaign.
func (a *app) campaignOf(use, short, long string, o *campaignOptions, do func(*campaign.Desk,
	*campaign.Campaign) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.MaximumNArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			return a.atDesk(o, func(d *campaign.Desk) error {
				c, err := d.Find(a.ctx, strings.Join(args, ""))
				if err != nil {
					return err
				}
				return do(d, c)
			})
		}),
	}
}

func (a *app) campaignNext() *cobra.Command {
	var o campaignOptions
	c := a.campaignOf("next [ID]", "Write the files of the next phase, once its gate is open",
		`Notes what is applied meanwhile, then looks at the gate of the next phase: rows, time, uses. Where it is open, it shows
the phase's files and writes them after a yes (campaign.next in an answers file); before a drop the name of what goes is
typed (campaign.drop). belay run runs them.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error { return a.nextPhase(d, c, o) })
	c.Flags().DurationVar(&o.patience, "patience", 2*time.Minute, "count rows for at most this `TIME`")
	looking(c, &o)
	answered(c, &o)
	return c
}

// counts is how often rows are counted that may not be there.
const counts = 2

func (a *app) nextPhase(d *campaign.Desk, c *campaign.Campaign, o campaignOptions) error {
	if err := d.Ledger(a.ctx, true); err != nil {
		return err
	}
	if c.State != ledger.CampaignOpen {
		a.out.say("campaign %s is %s: nothing is next", c.Short(), c.State)
		return nil
	}
	over, err := d.Settle(a.ctx, c)
	if err != nil {
		return err
	}
	for _, p := range over {
		a.out.say("done: %s", p.Title)
	}
	p, _ := c.Current()
	if p != nil && p.State() == ledger.PhaseWaiting && p.Gates.Same != nil {
		for range counts {
			if _, err := d.Check(a.ctx, c, o.patience, backfill.NewID); err != nil {
				return err
			}
		}
	}
	b, err := d.Board(a.ctx, c, true)
	if err != nil {
		return err
	}
	if p == nil {
		a.out.say("%s", b.Line())
		return nil
	}
	for _, r := range b.Rows {
		if r.Now && r.State == ledger.PhaseWaiting && b.Trouble == "" {
			for _, g := range r.Gates {
				a.out.say("%s: %s", g.Name, g.Says)
			}
		}
	}
	if b.Do != "belay campaign next "+c.Short() {
		a.out.say("%s", b.Line())
		return waitsFor(b)
	}
	return a.writePhase(d, c, p, o)
}

// waitsFor ends a command that has nothing to write: it says what the campaign waits for.
func waitsFor(b campaign.Board) error {
	exit := &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "nothing is written, the campaign waits: " + b.Next, Advice: b.Do,
	}
	if b.Trouble != "" {
		exit.Summary = "nothing is written: " + b.Trouble
	}
	if exit.Advice == "" {
		exit.Advice = "`belay campaign show " + b.ID + "` shows its gates; then give the same command again"
	} else {
		exit.Advice = "do that first: " + exit.Advice
	}
	return exit
}

// writePhase shows the files of a phase, asks, and writes them.
func (a *app) writePhase(d *campaign.Desk, c *campaign.Campaign, p *campaign.Phase, o campaignOptions) error {
	made, err := d.Compose(c, p, time.Now().UTC().Format("20060102150405"))
	if err != nil {
		return err
	}
	for _, m := range made {
		a.showMigration(d, m)
	}
	if p.Gates.Typed != "" {
		q := journal.QuestionAsked{
			ID: "campaign.drop", Text: "type " + p.Gates.Typed +
				" to write the files that drop it", Expect: p.Gates.Typed,
		}
		switch answer, ok := o.ask(q); {
		case !ok:
			return unanswered(q)
		case answer != p.Gates.Typed:
			return declined()
		}
	} else if err := yes(o.ask, journal.QuestionAsked{
		ID: "campaign.next", Text: "write the files of: " + p.Title + "?",
	}); err != nil {
		return err
	}
	if p.Gates.Dump != "" {
		a.out.say("dumping %s, and reading the dump back", p.Gates.Dump)
		if err := d.Dump(a.ctx, c); err != nil {
			return err
		}
		a.out.say("the last dump is %s", p.DumpPath)
	}
	paths, err := d.WritePhase(a.ctx, c, made)
	if err != nil {
		return err
	}
	for _, name := range paths {
		a.out.say("wrote %s", path.Join(d.Project.Picked.Dir, name))
	}
	a.out.say("next: belay run; then: belay campaign next %s", c.Short())
	return nil
}

// showMigration prints the files of a migration that is not written yet.
func (a *app) showMigration(d *campaign.Desk, m migration.Migration) {
	for _, f := range m.Files() {
		a.out.say("%s", path.Join(d.Project.Picked.Dir, f.Path))
		for line := range strings.Lines(strings.TrimSpace(secret.SQL(string(f.Whole)))) {
			a.out.say("    %s", strings.TrimRight(line, "\r\n"))
		}
	}
}
