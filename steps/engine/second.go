package engine

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"belay/sqlview/effect"
	"belay/steps"
	"belay/steps/approval"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/state"
)

// Where belay.toml asks for a second person, nothing begins before another OS user of this
// host, or somebody with another login on another, has approved just this plan, on this
// database, under these settings.

// wantsSecond says why a second person must approve; "" = none must.
func (g *engine) wantsSecond() string {
	t, _, _ := state.Get[fact.Target](g.run)
	switch g.env.Project.Config.Approve.SecondPerson {
	case "production":
		if t.Production() {
			return "belay.toml asks for it on production"
		}
	case "drop":
		if what := g.loses(); what != "" && t.Environment != "local" {
			return "belay.toml asks for it where data is lost: " + what
		}
	}
	return ""
}

// loses names the first statement that takes data away, or of which nobody knows.
func (g *engine) loses() string {
	review, _, _ := state.Get[fact.Review](g.run)
	for _, f := range review.Result.Files {
		for _, s := range f.Statements {
			switch {
			case !s.Analysed:
				return fmt.Sprintf("line %d of %s was not analysed", s.Line, f.Path)
			case s.Reversible == effect.ReversibleNone:
				return fmt.Sprintf("%s in line %d of %s", s.Kind, s.Line, f.Path)
			}
		}
	}
	return ""
}

// toApprove is what a second person is asked to approve.
func (g *engine) toApprove(why string) approval.Request {
	t, _, _ := state.Get[fact.Target](g.run)
	now, l := g.approvalNow(), g.env.Project.Limits
	r := approval.Request{
		Plan: now.plan, Identity: now.identity, Why: why, Who: who(os.Getuid()), At: g.now(),
		Command: cmp.Or(g.order.Command, "run"), Database: t.Database,
		Where: fmt.Sprintf("%s, %s, system %s, role %s", addressOf(t), cmp.Or(t.Environment, "production?"),
			t.SystemID, t.Role),
		Conditions: fmt.Sprintf("%s, role %s, %s, timeline %d, %s; waits %s, holds %s, %d tries for %s, "+
			"%d may queue, deadline %s%s",
			cmp.Or(g.order.Command, "run"), t.Role, t.Address, t.Timeline, t.Environment, l.LockTimeout,
			l.HoldBudget, l.Attempts, l.RetryFor, l.QueueLimit, l.Deadline, g.accepted()) + g.signers().bound(),
		Signed: g.signers().wanted(),
	}
	r.Hazards = g.hazards()
	for _, u := range g.found.Plan.Units {
		up := u.Migration.Up
		r.Files = append(r.Files, approval.NewFile(u.Migration.Version, up.Path, up.SHA256, up.Bytes))
	}
	r.Bound = approval.Bound(r.Plan, r.Identity, r.Conditions)
	return r
}

// hazards are what the review found above a notice, for whoever approves.
func (g *engine) hazards() []string {
	review, _, _ := state.Get[fact.Review](g.run)
	var all []string
	for _, f := range review.Result.Files {
		for _, h := range f.Hazards {
			if h.Severity == "notice" {
				continue
			}
			text := fmt.Sprintf("%s %s, line %d of %s: %s", h.Severity, h.Rule, h.Line, f.Path, h.Message)
			if why := review.Accepted[h.Rule]; why != "" {
				text += " Accepted: " + why
			}
			all = append(all, text)
		}
	}
	return all
}

// binding are the answers, besides acceptances, that an approval is of.
var binding = []string{"run.hold", "deploy.waive", "preflight.waive"}

// accepted are the decisions that change what would run or what was overridden.
func (g *engine) accepted() string {
	var all []string
	for id, a := range g.run.Answers {
		if strings.HasPrefix(id, "review.accept.") || slices.Contains(binding, id) {
			all = append(all, fmt.Sprintf("; %s = %s", id, a.Answer))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

// unapproved reports whether a second person must approve first. What is in the way is
// then asked for, or ends a run that nobody watches.
func (g *engine) unapproved() (waits bool, err error) {
	g.waits = ""
	why := g.wantsSecond()
	if why == "" || g.found.Plan == nil {
		return false, nil
	}
	r := g.toApprove(why)
	dir, err := project.ApprovalsDir()
	if err != nil {
		return true, err
	}
	if g.approvedNow(r.Bound) != nil {
		return false, nil
	}
	elsewhere := g.post(r)
	if given, err := g.hearApprovals(dir, r.Bound, g.sentNow(r.Bound)); err != nil || given {
		return false, err
	}
	how := g.howToApprove(dir, r.Bound, elsewhere)
	if a := g.run.Approval; a == nil || a.Bound != r.Bound || a.Given != nil || a.How != how {
		if err := g.record("", "", journal.ApprovalAsked{
			Bound: r.Bound, Why: why, Who: r.Who, UID: os.Getuid(), How: how,
		}); err != nil {
			return true, err
		}
	}
	if err := approval.Ask(dir, r); err != nil {
		return true, err
	}
	if g.order.Headless {
		g.finish(g.leftOpen(g.notApproved(why, how)))
	}
	g.waits, g.waitsIn = r.Bound, dir
	return true, nil
}

// notApproved ends a run that nobody watches and nobody has approved.
func (g *engine) notApproved(why, how string) journal.RunFinished {
	f := journal.RunFinished{
		Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "a second person must approve first: " + why + "; nothing has changed",
		Hint:    "another OS user approves: " + how + "; then give the same command again",
	}
	if no := g.run.Approval.Refused; no != nil {
		f.Summary = fmt.Sprintf("%s has refused it: %s; nothing has changed", no.Who, no.Why)
		f.Hint = "change what they name, or ask them to approve: " + how
	}
	return f
}

// howToApprove says how another person does it.
func (g *engine) howToApprove(dir, bound string, elsewhere bool) string {
	here := "name a group under [pairing] in " + project.PairingName + ", one of it approves by `belay approve`"
	if group, err := project.Pairing(); err == nil && group.Some() {
		here = fmt.Sprintf("`belay approve --of %s %s`", project.NameOf(dir), approval.Short(bound))
	}
	if elsewhere {
		return here + fmt.Sprintf("; on another host `belay approve %s`", approval.Short(bound))
	}
	return here
}

// approvedNow is who approved just this; nil = nobody. Before a run is open an approval
// gets old.
func (g *engine) approvedNow(bound string) *state.Approver {
	a := g.run.Approved(bound)
	if a == nil || g.run.Opened == nil && g.now().Sub(a.At) > approval.Lasts {
		return nil
	}
	return a
}

// approveKind names an approval where one is refused.
const approveKind journal.MessageKind = "approve"

// pollApproval goes on once somebody has approved what is waited for.
func (g *engine) pollApproval() error {
	if g.waits == "" || g.phase == running {
		return nil
	}
	given, err := g.hearApprovals(g.waitsIn, g.waits, g.pollSent(g.waits))
	if given {
		g.waits = ""
		g.again.from(0)
	}
	return err
}

// sameVoice refuses the yes of who approved: it would be one person's.
func (g *engine) sameVoice(by string) bool {
	why := g.wantsSecond()
	if why == "" || g.found.Plan == nil {
		return false
	}
	a := g.approvedNow(g.toApprove(why).Bound)
	return a != nil && a.Who == by
}

// forgetApproval takes away what was asked and approved, once the journal has it.
func (g *engine) forgetApproval() {
	if why := g.wantsSecond(); why != "" {
		if dir, err := project.ApprovalsDir(); err == nil {
			approval.Forget(dir, g.toApprove(why).Bound)
		}
	}
}
