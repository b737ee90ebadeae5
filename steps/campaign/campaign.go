// Package campaign walks a change through several deployments: add, deploy, stop using
// the old, drop. It makes the phases of a change out of the safe rewrites that exist,
// keeps them in the ledger, and opens each gate only by facts: what the history table
// says is applied, a deploy that a person confirmed, rows that agree, time that passed by
// the server's clock, and no use of the old that anybody saw. Files of a phase are written
// when its gate is open, never before: a drop that lies in the folder would be run.
package campaign

import (
	"encoding/json"
	"fmt"
	"time"

	"belay/db/evidence"
	"belay/db/ledger"
	"belay/sqlview/rewrite"
)

// Stage is one of the four steps of expand and contract.
type Stage int

// The stages.
const (
	Add    Stage = 1 + iota // the new beside the old
	Deploy                  // code that uses the new, or both
	Stop                    // nothing uses the old any more
	Drop                    // the old goes
)

// Titles are the stages as people read them.
var Titles = map[Stage]string{Add: "add", Deploy: "deploy", Stop: "stop using the old", Drop: "drop"}

// File is a migration of a phase.
type File struct {
	rewrite.File
	// Path and Version are set once it was written, SHA256 is over its bytes then.
	Path    string `json:"path,omitempty"`
	Version string `json:"version,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
}

// Gates are what must hold before a phase begins.
type Gates struct {
	// Same is a table and a condition for its rows: none may satisfy it, at two counts.
	Same *Same `json:"same,omitempty"`
	// Soak is how long it must have been quiet since the phase before.
	Soak time.Duration `json:"soak,omitempty"`
	// Evidence is the thing of which no use may be seen meanwhile, as SQL spells it, Own
	// are functions that the campaign itself made.
	Evidence string   `json:"evidence,omitempty"`
	Own      []string `json:"own,omitempty"`
	// Also are more things of which no use may be seen.
	Also []string `json:"also,omitempty"`
	// Typed is the name that a person types before the files are written.
	Typed string `json:"typed,omitempty"`
	// Dump is the table that is dumped before the files are written, as schema.table.
	Dump string `json:"dump,omitempty"`
}

// Same are rows that may not be there.
type Same struct {
	Table string `json:"table"`
	Where string `json:"where"`
	// Says names them: "rows in which email and email_address differ".
	Says string `json:"says"`
}

// Confirmed is a deploy that a person answers for.
type Confirmed struct {
	Version string    `json:"version"`
	By      string    `json:"by"`
	At      time.Time `json:"at"` // by the server's clock
	// Command is what named the version; "" = the person did.
	Command string `json:"command,omitempty"`
}

// Counted is a count of rows that may not be there.
type Counted struct {
	evidence.Counted
	By string `json:"by"`
}

// Waiver lets a source of evidence pass, as it was when it was waived.
type Waiver struct {
	Source string    `json:"source"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	// Found are the findings that were waived: a new one is not.
	Found []string `json:"found"`
}

// Phase is what belay.phase.gates holds.
type Phase struct {
	Title string `json:"title"`
	Stage Stage  `json:"stage"`
	// Safe says why the phase is safe once its gates are open.
	Safe string `json:"safe"`
	// Files are what it runs; none = a person confirms a deploy, and Ask says of what.
	Files []File `json:"files"`
	Ask   string `json:"ask,omitempty"`
	Gates Gates  `json:"gates"`

	Confirmed *Confirmed         `json:"confirmed,omitempty"`
	Counts    []Counted          `json:"counts,omitempty"`
	Baseline  *evidence.Baseline `json:"baseline,omitempty"`
	// Older are the statements that were counted before the names changed hands.
	Older   []string `json:"older,omitempty"`
	Waivers []Waiver `json:"waivers,omitempty"`
	// Parking takes what the phase drops out of reach for a while; nil = it cannot. Trips
	// are the times that it was, newest last.
	Parking *rewrite.Parking `json:"parking,omitempty"`
	Trips   []Trip           `json:"tripwires,omitempty"`
	// Written says who wrote the files and when, Done when it was over.
	Written *Confirmed `json:"written,omitempty"`
	Done    time.Time  `json:"done,omitzero"`
	// DumpPath is the last dump of what goes, DumpHost where it lies.
	DumpPath string `json:"dump,omitempty"`
	DumpHost string `json:"dump_host,omitempty"`

	// row is the phase's row, was what it was when it was read.
	row, was ledger.Phase
}

// Confirms reports whether a person confirms the phase, and no file is run.
func (p *Phase) Confirms() bool { return p.Ask != "" }

// change is a phase as it is to be kept: i counts from 0.
func (c *Campaign) change(i int) (ledger.Change, error) {
	p := c.Phases[i]
	b, err := c.document(i)
	if err != nil {
		return ledger.Change{}, err
	}
	is := p.row
	is.Gates, is.Objects = b, nil
	for _, f := range p.Files {
		if f.Path != "" {
			is.Objects = append(is.Objects, f.Path)
		}
	}
	return ledger.Change{Was: p.was, Is: is}, nil
}

// document is what is kept of a phase; that of the first has the start with it.
func (c *Campaign) document(i int) (json.RawMessage, error) {
	var doc any = c.Phases[i]
	if i == 0 {
		doc = first{Phase: c.Phases[0], Start: &c.Start}
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("campaign: %w", err)
	}
	return b, nil
}

// Start is what is known of the campaign from its beginning; it stands with the phases.
type Start struct {
	// Says names the change: "rename public.users.email to email_address".
	Says string `json:"says"`
	// Table is the relation by its oid, Names what it may be called meanwhile.
	Table uint32    `json:"table"`
	Names []string  `json:"names"`
	At    time.Time `json:"at"`
	Tool  string    `json:"tool"`
	// Differences says where the end differs from the plain change, on purpose; Mend is what
	// makes whole what the ways back leave.
	Differences []string `json:"kept"`
	Mend        []string `json:"mend,omitempty"`
	// Soak is how long the soaks are, for what is said of them.
	Soak time.Duration `json:"soak"`
}

// Campaign is a change with its phases, as the ledger has them.
type Campaign struct {
	ledger.Campaign
	Start  Start
	Phases []*Phase
}

// first is the document of the first phase, which has the start with it.
type first struct {
	*Phase
	Start *Start `json:"start"`
}

// read takes a campaign out of its rows.
func read(row ledger.Campaign) (*Campaign, error) {
	c := &Campaign{Campaign: row}
	for i, r := range row.Phases {
		p := &Phase{}
		err := json.Unmarshal(r.Gates, p)
		if err == nil && i == 0 {
			err = json.Unmarshal(r.Gates, &struct {
				Start *Start `json:"start"`
			}{&c.Start})
		}
		if err != nil {
			return nil, fmt.Errorf("campaign %s, phase %d: %w", row.Short(), r.N, err)
		}
		p.row, p.was = r, r
		c.Phases = append(c.Phases, p)
	}
	return c, nil
}

// Current is the first phase that is not done, with its number from 1; nil = all are.
func (c *Campaign) Current() (*Phase, int) {
	for i, p := range c.Phases {
		if p.row.State != ledger.PhaseDone {
			return p, i + 1
		}
	}
	return nil, len(c.Phases)
}

// Checked is the phase whose rows and uses a check looks at: the current one, or the one
// that a person's word is for; nil = all are done.
func (c *Campaign) Checked() *Phase {
	p, n := c.Current()
	if p == nil {
		return nil
	}
	if w := c.watched(n - 1); w > 0 {
		return c.Phases[w]
	}
	return p
}

// State is how far a phase is.
func (p *Phase) State() ledger.PhaseState { return p.row.State }

// NotBefore is the earliest time of the phase by the server's clock; zero = any.
func (p *Phase) NotBefore() time.Time { return p.row.NotBefore }
