package journal

import "fmt"

// ApprovalAsked says that nothing begins before a second person has approved.
type ApprovalAsked struct {
	// Bound names the plan, the database and the settings; an approval is of it alone.
	Bound string `json:"bound"`
	Why   string `json:"why"`
	// Who runs it and cannot approve it, UID as the system counts them.
	Who string `json:"who"`
	UID int    `json:"uid"`
	// How says how another person approves.
	How string `json:"how"`
}

// ApprovalGiven says who approved.
type ApprovalGiven struct {
	Bound string `json:"bound"`
	Plan  string `json:"plan_sha256"`
	// Identity is the cluster and the database.
	Identity string `json:"identity"`
	Who      string `json:"who"`
	UID      int    `json:"uid"`
	Host     string `json:"host"`
	// Login is who wrote it into the ledger from another host, by the server's word; ""
	// = it was given on this host. Request is the ledger's request that it is of.
	Login   string `json:"login,omitempty"`
	Request string `json:"request,omitempty"`
	// Signed is the fingerprint of the SSH key that signed it; "" = none was asked for.
	Signed string `json:"signed,omitempty"`
	// Unknown says what nobody can tell about them; "" = nothing.
	Unknown string `json:"unknown,omitempty"`
}

// ApprovalRefused says who refused what an approval was asked for, and why.
type ApprovalRefused struct {
	Bound string `json:"bound"`
	Who   string `json:"who"`
	UID   int    `json:"uid"`
	Host  string `json:"host"`
	Login string `json:"login,omitempty"` // as of ApprovalGiven
	Why   string `json:"why"`
}

// From says on which host somebody gave their word, and how they are known.
func (b ApprovalGiven) From() string { return from(b.UID, b.Host, b.Login) }

// From says on which host somebody gave their word, and how they are known.
func (b ApprovalRefused) From() string { return from(b.UID, b.Host, b.Login) }

func from(uid int, host, login string) string {
	if login != "" {
		return fmt.Sprintf("login %s, from %s", login, host)
	}
	return fmt.Sprintf("uid %d on %s", uid, host)
}

// Kind names the event.
func (ApprovalAsked) Kind() Kind   { return "approval.asked" }
func (ApprovalGiven) Kind() Kind   { return "approval.given" }
func (ApprovalRefused) Kind() Kind { return "approval.refused" }
