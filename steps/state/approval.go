package state

import (
	"time"

	"belay/steps/journal"
)

// Approval is the approval of a second person that a run asks for.
type Approval struct {
	journal.ApprovalAsked
	At time.Time
	// Given is who approved; nil = nobody has yet.
	Given *journal.ApprovalGiven
	// Refused is who has refused it and not approved it since; nil = nobody has.
	Refused *journal.ApprovalRefused
}

// Approved is who approved what is bound so; nil = nobody.
func (r *Outline) Approved(bound string) *Approver {
	for i := len(r.Approvers) - 1; i >= 0; i-- {
		if r.Approvers[i].Bound == bound {
			return &r.Approvers[i]
		}
	}
	return nil
}

// Approver is somebody who approved, and when.
type Approver struct {
	journal.ApprovalGiven
	At time.Time
}

// Unapproved is the approval that everything waits for; nil = none.
func (r *Outline) Unapproved() *Approval {
	if r.Approval == nil || r.Approval.Given != nil || r.Finished != nil {
		return nil
	}
	return r.Approval
}

func approvalAsked(r *Run, e journal.Event, b journal.ApprovalAsked) {
	if a := r.Approval; a != nil && a.Given != nil && a.Bound != b.Bound {
		r.pair(e, "the approval of %s is void: the files, the database or the settings have changed", a.Given.Who)
	}
	next := &Approval{ApprovalAsked: b, At: e.At}
	if r.Approval != nil && r.Approval.Bound == b.Bound {
		next.Refused = r.Approval.Refused
	}
	r.Approval = next
	r.pair(e, "%s needs a second person's approval: %s", b.Who, b.Why)
}

func approvalGiven(r *Run, e journal.Event, b journal.ApprovalGiven) {
	r.Approvers = append(r.Approvers, Approver{ApprovalGiven: b, At: e.At})
	if r.Approval != nil && r.Approval.Bound == b.Bound {
		r.Approval.Given, r.Approval.Refused = &b, nil
	}
	unknown := ""
	if b.Signed != "" {
		unknown = "; signed by " + b.Signed
	}
	if b.Unknown != "" {
		unknown += "; " + b.Unknown
	}
	r.pair(e, "approved by %s (%s), plan %.8s%s", b.Who, b.From(), b.Plan, unknown)
}

func approvalRefused(r *Run, e journal.Event, b journal.ApprovalRefused) {
	if r.Approval == nil || r.Approval.Bound != b.Bound {
		r.Approval = &Approval{ApprovalAsked: journal.ApprovalAsked{Bound: b.Bound}, At: e.At}
	}
	r.Approval.Refused = &b
	r.pair(e, "refused by %s (%s): %s", b.Who, b.From(), b.Why)
}
