package main

import (
	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/campaign"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/playbook"
)

// tripOptions are the flags of the tripwire.
type tripOptions struct {
	campaignOptions
	span string
	back bool
}

func (a *app) campaignTripwire() *cobra.Command {
	var o tripOptions
	c := a.campaignOf("tripwire [ID]", "Take what the campaign drops next out of reach for a while, and watch who "+
		"misses it",
		`Gives what the next drop takes away another name, for --for, under the same short waits for its lock as any change,
and watches: sessions whose statement names it, the application's log, the probes, the rollbacks, who waits. What keeps
columns in step goes on meanwhile. Then it gets its name back: at the end of the time, on your word, or by itself as soon
as anything misses it, where you agreed to that (campaign.take_back). The campaign keeps who did it, when, and what
missed it. It is a run like any other: its screen may go, and `+"`belay stop`"+` brings it back at once.

Who reads on a standby misses it too. Sessions there are not watched; where one streams from the server, that is said
before and at the end. There is no REVOKE in place of the rename: an owner reaches what is revoked, and a column of which
SELECT is revoked breaks each SELECT *.

--back brings back what a tripwire left away whose process is gone.

Exit code 3: something missed it. 0: nothing was seen to.`,
		&o.campaignOptions, func(*campaign.Desk, *campaign.Campaign) error { return nil })
	c.RunE = command(func(_ *cobra.Command, args []string) error { return a.tripwire(first(args), o) })
	c.Flags().StringVar(&o.span, "for", "10m", "how long it is out of reach at most, as a `TIME` such as 10m or 24h")
	c.Flags().BoolVar(&o.back, "back", false, "bring back what is away")
	c.Flags().StringVar(&o.output, "output", "text", "text, or json: the journal's lines")
	looking(c, &o.campaignOptions)
	answered(c, &o.campaignOptions)
	return c
}

// tripwire works out what is done while the desk is open; the engine does it then.
func (a *app) tripwire(id string, o tripOptions) error {
	if err := checkOutput(o.output, "text", "json"); err != nil {
		return err
	}
	r := request{command: playbook.Tripwire.Name, headless: o.answers != "" || o.output == "json"}
	run := ""
	err := a.atDesk(&o.campaignOptions, func(d *campaign.Desk) error {
		c, err := d.Find(a.ctx, id)
		if err != nil {
			return err
		}
		var t steps.Tripwire
		if o.back {
			t, run, err = d.TripBack(a.ctx, c)
		} else {
			t, err = a.newTripwire(d, c, o)
		}
		r.tripwire = &t
		return err
	})
	if err != nil {
		return err
	}
	if k, err := engine.FindRun(run); run != "" && err == nil && k.Live {
		return a.stop(k.ID, true)
	}
	if r.answers, err = readAnswers(o.answers); err != nil {
		return err
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	w, err := a.begin(p, r)
	if err != nil {
		return err
	}
	return a.follow(w, o.output, r.headless)
}

// newTripwire shows what is done and asks whether it may come back by itself.
func (a *app) newTripwire(d *campaign.Desk, c *campaign.Campaign, o tripOptions) (t steps.Tripwire, err error) {
	wanted := campaign.TripWanted{}
	if wanted.For, err = span("--for", o.span); err != nil {
		return t, err
	}
	if t, err = d.Tripwire(a.ctx, c, wanted); err != nil {
		return t, err
	}
	q := journal.QuestionAsked{
		ID: "campaign.take_back", Options: []string{"no", "yes"}, Default: "no",
		Text: "may belay bring " + t.Says + " back by itself, as soon as anything misses it?",
	}
	answer, ok := o.ask(q)
	if !ok {
		return t, unanswered(q)
	}
	t.Itself = answer == "yes"
	return t, nil
}
