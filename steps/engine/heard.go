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

// hear looks for what others said of a request: in the folder, and in sent, which came
// through the ledger. It writes down who approved or refused; of each person the latest
// word counts, and one refusal stands against all approvals. What does not count is taken
// away, and it is said why.
func (a *approvals) hear(dir string, r approval.Request, sent []approval.Given) (given bool, err error) {
	all, bad := approval.Find(dir, r.Bound)
	for _, b := range bad {
		slog.Warn("an approval", "error", b)
	}
	var words []approval.Given
	for _, word := range append(all, sent...) {
		if a.dropped[word.ID] {
			continue
		}
		signed, why := a.counts(word)
		if why != "" {
			if err := a.drop(word, why); err != nil {
				return false, err
			}
			continue
		}
		word.SignedBy = signed
		words = slices.DeleteFunc(words, func(w approval.Given) bool {
			return w.Name == word.Name && !w.At.After(word.At)
		})
		words = append(words, word)
	}
	if i := slices.IndexFunc(words, approval.Given.Refuses); i >= 0 {
		return false, a.refusedBy(words[i])
	}
	if len(words) == 0 {
		return false, nil
	}
	return true, a.approvedBy(r, words[0])
}

// drop takes an approval away that does not count, and says why, once.
func (a *approvals) drop(word approval.Given, why string) error {
	word.Drop()
	if word.ID != "" {
		a.dropped[word.ID] = true
	}
	if word.Login != "" {
		// Of one request few are read: each is told, and none waits for the moment in
		// which the next may be.
		return a.record("", clipped(word.Name, 32),
			journal.MessageRefused{What: approveKind, Why: why, UID: word.UID})
	}
	m := journal.Received{Message: journal.Message{Kind: approveKind}, UID: word.UID}
	return a.reject(m, who(word.UID), why)
}

func (a *approvals) approvedBy(r approval.Request, word approval.Given) error {
	return a.record("", clipped(word.Name, 32), journal.ApprovalGiven{
		Bound: word.Bound, Plan: r.Plan, Identity: r.Identity, Who: clipped(word.Name, 32), UID: word.UID,
		Host: clipped(word.Host, 60), Login: word.Login, Signed: word.SignedBy, Request: word.Request,
		Unknown: a.unknownOf(word),
	})
}

func (a *approvals) refusedBy(word approval.Given) error {
	no := journal.ApprovalRefused{
		Bound: word.Bound, Who: clipped(word.Name, 32), UID: word.UID, Host: clipped(word.Host, 60), Login: word.Login,
		Why: clipped(word.Refused, 500),
	}
	if r := a.run.Approval; r != nil && r.Refused != nil && *r.Refused == no {
		return nil
	}
	return a.record("", no.Who, no)
}

// counts says why an approval does not count; why "" = it does, and signedBy is the key
// that signed it, "" = none was asked for.
func (a *approvals) counts(word approval.Given) (signedBy, why string) {
	if a.now().Sub(word.At) > approval.Lasts {
		return "", "it is older than " + approval.Lasts.String()
	}
	keys := a.signers()
	if keys.wanted() {
		if signedBy, why = keys.check(word, a.now()); why != "" {
			return "", why
		}
	}
	if word.Login != "" {
		return signedBy, a.notFrom(word, signedBy != "")
	}
	how, same := approval.Same(os.Getuid(), approval.Who(), word.UID, word.Behind)
	switch {
	case same:
		return "", "nobody approves their own run: " + how
	case clipped(word.Name, 32) != who(word.UID):
		return "", fmt.Sprintf("%q was typed, and the name is %s", clipped(word.Name, 40), who(word.UID))
	}
	return signedBy, ""
}

// notFrom says why an approval from another host does not count. Between hosts the same
// person is who has the same login, for that is all that the server vouches for, or the
// same name; a signature vouches for the name.
func (a *approvals) notFrom(word approval.Given, signed bool) string {
	name := clipped(word.Name, 32)
	switch {
	case name == "":
		return "no name was typed"
	case name == who(os.Getuid()) && (name != "root" || signed):
		return "nobody approves their own run: " + name + " runs it, and approves it on " + clipped(word.Host, 60)
	case word.Login == a.notary.login && !signed:
		return fmt.Sprintf("nobody approves their own run: login %s runs it and approves it, and the server knows "+
			"no more of who that is; connect with a login of your own, or let belay.toml ask for signatures",
			word.Login)
	}
	return ""
}

// unknownOf says what nobody can tell about who approved; "" = nothing.
func (a *approvals) unknownOf(word approval.Given) string {
	if word.Login == "" {
		return approval.Unknown(word.UID, word.Behind)
	}
	switch {
	case word.SignedBy != "":
		return ""
	case a.notary.forges:
		return "login " + a.notary.login + ", which runs it, could have written that itself: it may write the ledger " +
			"as it likes"
	}
	return cmp.Or(approval.Unknown(word.UID, word.Behind), "name and host are what login "+word.Login+" said; the "+
		"server vouches for the login")
}
