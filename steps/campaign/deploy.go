package campaign

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/secret"
	"belay/sqlview/visible"
	"belay/steps"
	"belay/steps/command"
	"belay/steps/journal"
)

// deployLimit is how long the team's command may take that names the deployed version,
// longestVersion how long that may be, in bytes.
const (
	deployLimit    = 30 * time.Second
	longestVersion = 200
)

// Deployed asks the team's command which version is deployed. That it may run is decided
// before. It is run without what names a server or a password; BELAY_CAMPAIGN and
// BELAY_PHASE tell it what is asked for.
func (d *Desk) Deployed(ctx context.Context, c *Campaign) (version string, err error) {
	line := d.Project.Config.Campaign.DeployCommand
	if line == "" {
		return "", refused("name one, such as [campaign] deploy_command = \"bin/deployed\"; or say the version "+
			"yourself: belay campaign confirm "+c.Short()+" --deploy VERSION",
			"belay.toml names no command that says what is deployed")
	}
	argv, err := command.Argv(line)
	if err != nil {
		return "", refused("fix the line", "[campaign] deploy_command in belay.toml: %v", err)
	}
	p, _ := c.Current()
	out, err := command.Ask(ctx, d.Project.Dir, argv, []string{
		"BELAY_CAMPAIGN=" + c.Short(), "BELAY_PHASE=" + p.Title,
	}, deployLimit)
	if err != nil {
		return "", refused("see what it says by itself; or say the version yourself: belay campaign confirm "+c.Short()+
			" --deploy VERSION", "nobody knows what is deployed: %s", secret.Text(err.Error(), nil))
	}
	return oneVersion(c, out)
}

// oneVersion reads what is deployed: the same on every line.
func oneVersion(c *Campaign, out []byte) (string, error) {
	var all []string
	for line := range strings.Lines(string(out)) {
		if v := strings.TrimSpace(line); v != "" && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	again := "wait until it is everywhere, and give the same command again"
	switch {
	case len(all) == 0:
		return "", refused("it has to print one line, or one for each place where the application runs",
			"the command printed no version")
	case len(all) > 1:
		const few = 3
		return "", notYet(again, "it is not the same everywhere: %s",
			visible.Line(strings.Join(all[:min(few, len(all))], ", ")))
	case len(all[0]) > longestVersion || visible.Line(all[0]) != all[0]:
		return "", refused("it has to print the version alone", "what the command printed is no version")
	}
	return all[0], nil
}

// notYet is what time lifts, or a person.
func notYet(advice, format string, args ...any) error {
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "nothing is confirmed: " + fmt.Sprintf(format, args...), Advice: advice,
	}
}

// ConfirmDeployed keeps that a deploy is out, as the team's command says. wanted is the
// version that it has to be; "" = any that did not confirm an earlier phase.
func (d *Desk) ConfirmDeployed(ctx context.Context, c *Campaign, is, wanted string) error {
	if wanted != "" && is != wanted {
		return notYet("wait until it is, and give the same command again", "%s is deployed, and not %s", is, wanted)
	}
	for _, p := range c.Phases {
		if k := p.Confirmed; k != nil && k.Version == is && wanted == "" {
			return notYet("where it has this change too, say so: --deploy "+is,
				"%s is deployed, which confirmed the phase %q already", is, p.Title)
		}
	}
	return d.confirm(ctx, c, Confirmed{
		Version: is, By: d.By, At: d.Now, Command: secret.Line(d.Project.Config.Campaign.DeployCommand),
	})
}
