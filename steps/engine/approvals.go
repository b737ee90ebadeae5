package engine

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"belay/sqlview/effect"
	"belay/sqlview/measure"
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

// approvals are what a second person says of a run, here and through the ledger. They
// belong to the loop.
type approvals struct {
	*diary
	project *project.Project
	notary  *notary
	// reject writes down what does not count.
	reject func(m journal.Received, by, why string) error
	// dropped are the approvals in the ledger that do not count, by id.
	dropped map[string]bool
	// waits is what must be approved first, in the folder waitsIn; nil = nothing.
	waits   *approval.Request
	waitsIn string
}

func newApprovals(n *notary, p *project.Project, reject func(journal.Received, string, string) error) *approvals {
	return &approvals{diary: n.diary, project: p, notary: n, reject: reject, dropped: map[string]bool{}}
}

// wantsSecond says why a second person must approve; "" = none must.
func (a *approvals) wantsSecond() string {
	t, _, _ := state.Get[fact.Target](a.run)
	switch a.project.Config.Approve.SecondPerson {
	case "production":
		if t.Production() {
			return "belay.toml asks for it on production"
		}
	case "drop":
		if what := a.loses(); what != "" && t.Environment != "local" {
			return "belay.toml asks for it where data is lost: " + what
		}
	}
	return ""
}

// loses names the first statement that takes data away, or of which nobody knows.
func (a *approvals) loses() string {
	review, _, _ := state.Get[fact.Review](a.run)
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
func (a *approvals) toApprove(why string, plan *steps.Plan) approval.Request {
	t, _, _ := state.Get[fact.Target](a.run)
	now, l := consentTo(plan, a.run, a.project.Limits), a.project.Limits
	r := approval.Request{
		Plan: now.plan, Identity: now.identity, Why: why, Who: who(os.Getuid()), At: a.now(),
		Command: cmp.Or(a.order.Command, "run"), Database: t.Database,
		Where: fmt.Sprintf("%s, %s, system %s, role %s", addressOf(t), cmp.Or(t.Environment, "production?"),
			t.SystemID, t.Role),
		Conditions: fmt.Sprintf("%s, role %s, %s, timeline %d, %s; waits %s, holds %s, %s for %s, "+
			"%d may queue, deadline %s%s",
			cmp.Or(a.order.Command, "run"), t.Role, t.Address, t.Timeline, t.Environment, l.LockTimeout,
			l.HoldBudget, measure.Plural(l.Attempts, "try"), l.RetryFor, l.QueueLimit, l.Deadline,
			a.accepted()) + a.signers().bound(),
		Signed: a.signers().wanted(),
	}
	r.Hazards = a.hazards()
	for _, u := range plan.Units {
		up := u.Migration.Up
		r.Files = append(r.Files, approval.NewFile(u.Migration.Version, up.Path, up.SHA256, up.Bytes, u.Hidden...))
	}
	r.Bound = approval.Bound(r.Plan, r.Identity, r.Conditions)
	return r
}

// hazards are what the review found above a notice, for whoever approves.
func (a *approvals) hazards() []string {
	review, _, _ := state.Get[fact.Review](a.run)
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
func (a *approvals) accepted() string {
	var all []string
	for id, given := range a.run.Answers {
		if strings.HasPrefix(id, "review.accept.") || slices.Contains(binding, id) {
			all = append(all, fmt.Sprintf("; %s = %s", id, given.Answer))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

// missing reports whether a second person must approve a plan first. What is in the way
// is then asked for; end is how a run ends that nobody watches, nil = it waits.
func (a *approvals) missing(plan *steps.Plan) (waits bool, end *journal.RunFinished, err error) {
	a.waits = nil
	why := a.wantsSecond()
	if why == "" || plan == nil {
		return false, nil, nil
	}
	r := a.toApprove(why, plan)
	dir, err := project.ApprovalsDir()
	if err != nil {
		return true, nil, err
	}
	if a.approvedNow(r.Bound) != nil {
		return false, nil, nil
	}
	elsewhere := a.notary.post(r)
	if given, err := a.hear(dir, r, a.notary.sentNow(r.Bound)); err != nil || given {
		return false, nil, err
	}
	how := a.howToApprove(dir, r.Bound, elsewhere)
	if was := a.run.Approval; was == nil || was.Bound != r.Bound || was.Given != nil || was.How != how {
		if err := a.record("", "", journal.ApprovalAsked{
			Bound: r.Bound, Why: why, Who: r.Who, UID: os.Getuid(), How: how,
		}); err != nil {
			return true, nil, err
		}
	}
	if err := approval.Ask(dir, r); err != nil {
		return true, nil, err
	}
	a.waits, a.waitsIn = &r, dir
	if a.order.Headless {
		f := a.notApproved(why, how)
		end = &f
	}
	return true, end, nil
}

// notApproved ends a run that nobody watches and nobody has approved.
func (a *approvals) notApproved(why, how string) journal.RunFinished {
	f := journal.RunFinished{
		Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "a second person must approve first: " + why + "; " + a.run.Unchanged(),
		Hint:    "another OS user approves: " + how + "; then give the same command again",
	}
	if no := a.run.Approval.Refused; no != nil {
		f.Summary = fmt.Sprintf("%s has refused it: %s; %s", no.Who, no.Why, a.run.Unchanged())
		f.Hint = "change what they name, or ask them to approve: " + how
	}
	return f
}

// howToApprove says how another person does it.
func (a *approvals) howToApprove(dir, bound string, elsewhere bool) string {
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
func (a *approvals) approvedNow(bound string) *state.Approver {
	by := a.run.Approved(bound)
	if by == nil || a.run.Opened == nil && a.now().Sub(by.At) > approval.Lasts {
		return nil
	}
	return by
}

// approveKind names an approval where one is refused.
const approveKind journal.MessageKind = "approve"

// poll reports whether somebody has approved meanwhile what is waited for.
func (a *approvals) poll() (given bool, err error) {
	if a.waits == nil || a.phase == running {
		return false, nil
	}
	given, err = a.hear(a.waitsIn, *a.waits, a.notary.pollSent(a.waits.Bound))
	if given {
		a.waits = nil
	}
	return given, err
}

// sameVoice reports whether who confirms a plan has approved it: it would be one person's.
func (a *approvals) sameVoice(plan *steps.Plan, by string) bool {
	why := a.wantsSecond()
	if why == "" || plan == nil {
		return false
	}
	was := a.approvedNow(a.toApprove(why, plan).Bound)
	return was != nil && was.Who == by
}

// use keeps an approval from another host for this run alone; nil = it is this run's, or
// none is needed.
func (a *approvals) use(plan *steps.Plan) (end *journal.RunFinished) {
	why := a.wantsSecond()
	if why == "" || a.run.Opened != nil {
		return nil
	}
	by := a.approvedNow(a.toApprove(why, plan).Bound)
	if by == nil || by.Request == "" {
		return nil
	}
	ours, err := a.notary.use(by.Request)
	if ours && err == nil {
		return nil
	}
	summary := "another run has used the approval of " + by.Who
	if err != nil {
		summary = "the ledger could not be told that the approval of " + by.Who + " is used: " + err.Error()
	}
	return &journal.RunFinished{
		Exit: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: summary + "; nothing has changed",
		Hint: "give the same command again: it asks for an approval of its own",
	}
}

// forget takes away what was asked and approved, once the journal has it.
func (a *approvals) forget(plan *steps.Plan) {
	if why := a.wantsSecond(); why != "" {
		if dir, err := project.ApprovalsDir(); err == nil {
			approval.Forget(dir, a.toApprove(why, plan).Bound)
		}
	}
}
