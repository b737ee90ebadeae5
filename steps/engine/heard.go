package engine

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"belay/steps/approval"
	"belay/steps/journal"
)

// hearApprovals looks for what others said of a request: in the folder, and in sent, which
// came through the ledger. It writes down who approved or refused; of each person the
// latest word counts, and one refusal stands against all approvals. What does not count is
// taken away, and it is said why.
func (g *engine) hearApprovals(dir, bound string, sent []approval.Given) (given bool, err error) {
	all, bad := approval.Find(dir, bound)
	for _, b := range bad {
		slog.Warn("an approval", "error", b)
	}
	var words []approval.Given
	for _, a := range append(all, sent...) {
		if g.dropped[a.ID] {
			continue
		}
		signed, why := g.counts(a)
		if why != "" {
			if err := g.drop(a, why); err != nil {
				return false, err
			}
			continue
		}
		a.SignedBy = signed
		words = slices.DeleteFunc(words, func(w approval.Given) bool { return w.Name == a.Name && !w.At.After(a.At) })
		words = append(words, a)
	}
	if i := slices.IndexFunc(words, approval.Given.Refuses); i >= 0 {
		return false, g.refusedBy(words[i])
	}
	if len(words) == 0 {
		return false, nil
	}
	return true, g.approvedBy(words[0])
}

// drop takes an approval away that does not count, and says why, once.
func (g *engine) drop(a approval.Given, why string) error {
	a.Drop()
	if a.ID != "" {
		g.dropped[a.ID] = true
	}
	if a.Login != "" {
		// Of one request few are read: each is told, and none waits for the moment in
		// which the next may be.
		return g.record("", clipped(a.Name, 32),
			journal.MessageRefused{What: approveKind, Why: why, UID: a.UID})
	}
	return g.keyring.reject(journal.Received{Message: journal.Message{Kind: approveKind}, UID: a.UID}, who(a.UID), why)
}

func (g *engine) approvedBy(a approval.Given) error {
	now := g.approvalNow()
	return g.record("", clipped(a.Name, 32), journal.ApprovalGiven{
		Bound: a.Bound, Plan: now.plan, Identity: now.identity, Who: clipped(a.Name, 32), UID: a.UID,
		Host: clipped(a.Host, 60), Login: a.Login, Signed: a.SignedBy, Request: a.Request, Unknown: g.unknownOf(a),
	})
}

func (g *engine) refusedBy(a approval.Given) error {
	no := journal.ApprovalRefused{
		Bound: a.Bound, Who: clipped(a.Name, 32), UID: a.UID, Host: clipped(a.Host, 60), Login: a.Login,
		Why: clipped(a.Refused, 500),
	}
	if r := g.run.Approval; r != nil && r.Refused != nil && *r.Refused == no {
		return nil
	}
	return g.record("", no.Who, no)
}

// counts says why an approval does not count; why "" = it does, and signedBy is the key
// that signed it, "" = none was asked for.
func (g *engine) counts(a approval.Given) (signedBy, why string) {
	if g.now().Sub(a.At) > approval.Lasts {
		return "", "it is older than " + approval.Lasts.String()
	}
	keys := g.signers()
	if keys.wanted() {
		if signedBy, why = keys.check(a, g.now()); why != "" {
			return "", why
		}
	}
	if a.Login != "" {
		return signedBy, g.notFrom(a, signedBy != "")
	}
	how, same := approval.Same(os.Getuid(), approval.Who(), a.UID, a.Behind)
	switch {
	case same:
		return "", "nobody approves their own run: " + how
	case clipped(a.Name, 32) != who(a.UID):
		return "", fmt.Sprintf("%q was typed, and the name is %s", clipped(a.Name, 40), who(a.UID))
	}
	return signedBy, ""
}

// notFrom says why an approval from another host does not count. Between hosts the same
// person is who has the same login, for that is all that the server vouches for, or the
// same name; a signature vouches for the name.
func (g *engine) notFrom(a approval.Given, signed bool) string {
	name := clipped(a.Name, 32)
	switch {
	case name == "":
		return "no name was typed"
	case name == who(os.Getuid()) && (name != "root" || signed):
		return "nobody approves their own run: " + name + " runs it, and approves it on " + clipped(a.Host, 60)
	case a.Login == g.notary.login && !signed:
		return fmt.Sprintf("nobody approves their own run: login %s runs it and approves it, and the server knows "+
			"no more of who that is; connect with a login of your own, or let belay.toml ask for signatures", a.Login)
	}
	return ""
}

// unknownOf says what nobody can tell about who approved; "" = nothing.
func (g *engine) unknownOf(a approval.Given) string {
	if a.Login == "" {
		return approval.Unknown(a.UID, a.Behind)
	}
	switch {
	case a.SignedBy != "":
		return ""
	case g.notary.forges:
		return "login " + g.notary.login + ", which runs it, could have written that itself: it may write the ledger " +
			"as it likes"
	}
	return cmp.Or(approval.Unknown(a.UID, a.Behind), "name and host are what login "+a.Login+" said; the server "+
		"vouches for the login")
}
