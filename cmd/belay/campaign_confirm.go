package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/campaign"
	"belay/steps/journal"
	"belay/steps/project"
)

func (a *app) campaignConfirm() *cobra.Command {
	var o campaignOptions
	var byCommand bool
	c := a.campaignOf("confirm [ID]", "Confirm that a deploy is out, with its version",
		`Keeps, with your name and the server's time, that the code which the campaign waits for is deployed everywhere. The
clock of the next phase starts with it.

--by-command takes the version from [campaign] deploy_command of belay.toml, after a yes to the file's bytes
(trust.commands): it prints one line, or one for each place where the application runs, which have to be the same. It
gets no password. With --deploy it has to be that version; without, another one than confirmed an earlier phase.

Exit code 4: that version is not out everywhere yet.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error { return a.confirmDeploy(d, c, o, byCommand) })
	c.Flags().StringVar(&o.version, "deploy", "", "the `VERSION` that is deployed")
	c.Flags().BoolVar(&byCommand, "by-command", false, "ask the team's command which version is deployed")
	looking(c, &o)
	answered(c, &o)
	return c
}

func (a *app) confirmDeploy(d *campaign.Desk, c *campaign.Campaign, o campaignOptions, byCommand bool) error {
	version := strings.TrimSpace(o.version)
	if version == "" && !byCommand {
		return &usageError{problem: "a deploy is confirmed only with its version",
			advice: "such as --deploy v2026.11.30, or --by-command"}
	}
	if _, err := d.Settle(a.ctx, c); err != nil {
		return err
	}
	p, _ := c.Current()
	by := d.By
	if byCommand {
		is, err := a.deployed(d, c, o)
		if err == nil {
			err = d.ConfirmDeployed(a.ctx, c, is, version)
		}
		if err != nil {
			return err
		}
		version, by = is, by+", as "+p.Confirmed.Command+" said"
	} else if err := d.Confirm(a.ctx, c, version); err != nil {
		return err
	}
	a.out.say("confirmed by %s: %s (%s)", by, p.Ask, version)
	return a.sayBoard(d, c)
}

// deployed asks the team's command, where the campaign waits for its word and it may run.
func (a *app) deployed(d *campaign.Desk, c *campaign.Campaign, o campaignOptions) (version string, err error) {
	if err := d.WaitsForDeploy(c); err != nil {
		return "", err
	}
	if d.Project.Config.Campaign.DeployCommand != "" {
		if err := trusted(d.Project, o); err != nil {
			return "", err
		}
	}
	return d.Deployed(a.ctx, c)
}

// trusted is nil where what belay.toml names may be done here.
func trusted(p *project.Project, o campaignOptions) error {
	team, err := p.Command(false)
	if err != nil {
		return err
	}
	if !p.Foreign() && !p.Named(false) {
		team = nil
	}
	t := steps.TrustOf(p, team)
	if t.Given() {
		return nil
	}
	q := t.Question()
	answer, ok := o.ask(q)
	may := false
	if ok {
		if may, err = t.Take(answer, o.answers != "", time.Now()); err != nil {
			return err
		}
	}
	if may {
		return nil
	}
	exit := &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "nothing is confirmed: " + q.Text + " Nobody has said yes",
		Advice:  "say it on a terminal, or in an answers file by trust.commands = \"" + q.Scripted + "\"",
	}
	if ok && answer == "no" {
		exit.Summary, exit.Advice = "nothing is confirmed: the command was declined",
			"say the version yourself: --deploy VERSION"
	}
	return exit
}
