package main

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"belay/sqlview/visible"
	"belay/steps"
	"belay/steps/approval"
	"belay/steps/journal"
	"belay/steps/project"
)

// approving is what `belay approve` was given.
type approving struct {
	of, plan, refuse, key, answers string
	setup                          bool
}

func (a *app) approveCommand() *cobra.Command {
	var o approving
	c := &cobra.Command{
		Use:   "approve [PLAN]",
		Short: "Approve, or refuse, as a second person, what somebody else would run",
		Long: `Prints all that would run, on which database and under which settings, and asks for your name. Where
belay.toml says [approve] second_person, nothing begins before another OS user has approved; it counts for just these
files, this database and these settings, for a day and for one run.

What is asked for is named by the beginning of its hash, as the other screen shows it. On the same host, --of says
whose run it is; on a screen opened by ` + "`belay attach --of USER`" + ` the key a does the same. From another
host the request is found in the ledger of the database (schema belay): give the database as ever, and connect with
a login of your own, which is what the server vouches for. --setup makes the ledger ready for that, after a yes that
shows the DDL.

Where belay.toml names allowed_signers, the approval is signed with your SSH key, by ssh-keygen on this host.
--refuse says no, with a reason; it stands until you approve.`,
		Example: `  belay approve --of anna 3fa9c2d1
  belay approve 3fa9c2d1
  belay approve --refuse "not on Friday"`,
		Args: cobra.MaximumNArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			o.plan = first(args)
			return a.approve(o)
		}),
	}
	c.Flags().StringVar(&o.of, "of", "",
		"whose run of this host it is: a `USER`, or the folder that is their $XDG_STATE_HOME")
	c.Flags().StringVar(&o.refuse, "refuse", "", "refuse it, for this `REASON`")
	c.Flags().StringVar(&o.key, "key", "",
		"sign with this SSH key `FILE`; default is the first of yours in ~/.ssh")
	c.Flags().BoolVar(&o.setup, "setup", false, "make the ledger ready for approvals from other hosts, after a yes")
	c.Flags().StringVar(&o.answers, "answers", "", "with --setup: answer questions from this TOML `FILE`")
	return c
}

func (a *app) approve(o approving) error {
	switch {
	case o.setup:
		return a.setUpApprovals(o.answers)
	case o.answers != "":
		return &usageError{
			problem: "no answers file approves anything",
			advice:  "give it with --setup, or type your name in a terminal",
		}
	case o.of == "":
		return a.approveElsewhere(o)
	}
	others, err := project.OthersOf(o.of)
	if err != nil {
		return err
	}
	dir := project.ApprovalsBeside(filepath.Join(others.Dir, "any"))
	all, err := approval.Requests(dir, others.UID)
	if err != nil {
		return &steps.Refused{
			Problem: "what " + others.Who + " asks for cannot be seen: " + err.Error(),
			Advice:  others.Who + " names a group of yours in " + project.PairingName,
		}
	}
	r, err := requested(all, others.Who, o.plan)
	if err != nil {
		return err
	}
	if how, same := approval.Same(others.UID, approval.Behind{}, os.Getuid(), approval.Who()); same {
		return &steps.Refused{
			Problem: "nobody approves their own run: " + how,
			Advice:  "another person approves it, as their own OS user",
		}
	}
	return a.approveIt(r, o, func(g approval.Approval) error { return approval.Give(dir, g) })
}

// requested finds the one request that is meant.
func requested(all []approval.Request, who, plan string) (approval.Request, error) {
	var hits []approval.Request
	var names []string
	for _, r := range all {
		if strings.HasPrefix(r.Bound, plan) && time.Since(r.At) < approval.Lasts {
			hits = append(hits, r)
			names = append(names, visible.Line(approval.Short(r.Bound)+" on "+r.Database+" by "+r.Who))
		}
	}
	switch {
	case len(hits) == 1:
		return hits[0], nil
	case len(hits) > 1:
		return approval.Request{}, &steps.Refused{
			Problem: fmt.Sprintf("%d approvals are asked for: %s", len(hits), strings.Join(names, ", ")),
			Advice:  "name the one that you mean",
		}
	}
	return approval.Request{}, &steps.Refused{
		Problem: who + " asks for no approval",
		Advice:  "it is asked for once everything else is answered; an older one is void where the plan has changed",
	}
}

// approveIt shows all of it and asks for the name.
func (a *app) approveIt(r approval.Request, o approving, give func(approval.Approval) error) error {
	if err := r.Check(); err != nil {
		return &steps.Refused{
			Problem: "what would be shown is not what would be approved: " + err.Error(),
			Advice:  "trust nothing of it; ask " + r.Who + " what they changed",
		}
	}
	me, err := user.Current()
	if err != nil {
		return err
	}
	a.showRequest(r)
	word := "approve"
	if o.refuse != "" {
		word = "refuse"
	}
	typed, _ := a.answering(nil, !term.IsTerminal(int(a.in.Fd())))(journal.QuestionAsked{
		Text: word + " it as " + me.Username + "? type your name", Expect: me.Username,
	})
	if typed != me.Username {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "not " + word + "d: only " + me.Username + ", typed in full, is your word",
			Advice:  "give the same command again, in a terminal",
		}
	}
	g := approval.Of(r, typed)
	g.Refused = o.refuse
	if r.Signed {
		if g, err = sign(a.ctx, g, o.key); err != nil {
			return err
		}
	}
	if err := give(g); err != nil {
		return err
	}
	if o.refuse != "" {
		a.out.say("refused by %s: %s; it stands until %s approves", me.Username, visible.Line(o.refuse), me.Username)
		return nil
	}
	a.out.say("approved by %s: plan %s, for a day and one run of %s; any change voids it", me.Username,
		approval.Short(r.Plan), visible.Line(r.Who))
	return nil
}
