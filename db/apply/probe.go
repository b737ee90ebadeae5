package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// Evidence is what the database said when it was asked for a unit.
type Evidence struct {
	Outcome Outcome `json:"outcome"`
	// Why is one sentence on what decided, or on what to look at.
	Why string `json:"why"`
	// Recorded is true where the history table has the unit, Dirty where it says
	// that the unit was begun and not ended.
	Recorded bool `json:"recorded"`
	Dirty    bool `json:"dirty"`
	// Ghosts are backends of the run that still live, at work or not.
	Ghosts []Ghost `json:"ghosts,omitempty"`
	// XID is the transaction's status as the server remembers it: committed,
	// aborted, in progress; "" = not asked, or forgotten.
	XID string `json:"xid,omitempty"`
	// TimelineChanged is true where another server was promoted since: what was
	// applied before may be lost.
	TimelineChanged bool `json:"timeline_changed,omitempty"`
	// Statements is how far a OneByOne unit is. From is the first statement that
	// is still to run.
	Statements []StatementEvidence `json:"statements,omitempty"`
	// Sent is the CALL or DO that makes the outcome unknown: only a person can know
	// whether it may be sent again. nil = it is something else.
	Sent    *int           `json:"sent,omitempty"`
	From    int            `json:"from"`
	Invalid []InvalidIndex `json:"invalid,omitempty"`
}

// StatementEvidence is one statement of a OneByOne unit.
type StatementEvidence struct {
	Index   int     `json:"index"`
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why"`
}

// Probe asks the database what became of a unit. The connection is a fresh one:
// not that of the unit. A unit whose backend still lives is Unknown with the
// backend named: what it does next is not decided yet. The error is for a probe
// that could not be made; the outcome is then Unknown too.
func Probe(ctx context.Context, c *db.Conn, u Unit, at Trace) (Evidence, error) {
	p := &probe{c: c.Conn, in: scopeOf(u, c.Team), u: u, at: at, e: Evidence{Outcome: Unknown}}
	err := p.ask(ctx)
	if err != nil {
		p.e.Outcome, p.e.Why = Unknown, "the database could not be asked"
		return p.e, fmt.Errorf("probe unit %s: %w", u.Name, err)
	}
	return p.e, nil
}

type probe struct {
	c  *pgx.Conn
	in scope
	u  Unit
	at Trace
	e  Evidence
}

func (p *probe) ask(ctx context.Context) error {
	rows, err := ask(ctx, p.c, `select pg_catalog.pg_is_in_recovery()`)
	if err != nil {
		return err
	}
	if rows[0][0] == "t" {
		p.e.Why = "this server is a standby: ask the primary"
		return nil
	}
	now := timeline(ctx, p.c)
	p.e.TimelineChanged = now != "" && p.at.Timeline != "" && now != p.at.Timeline
	// The order matters: a backend that is gone before the row is read cannot
	// write the row afterwards.
	if p.e.Ghosts, err = Ghosts(ctx, p.c, p.at); err != nil {
		return err
	}
	for i := range p.e.Ghosts {
		if err := p.e.Ghosts[i].regard(ctx, p.c); err != nil {
			return err
		}
	}
	if err := p.readMark(ctx); err != nil {
		return err
	}
	return p.decide(ctx)
}

func (p *probe) decide(ctx context.Context) error {
	switch {
	case p.u.Mark.shows(p.e.Recorded, p.e.Dirty) == showsApplied:
		p.e.Outcome, p.e.Why = Applied, "the history table says so"
		p.e.From = len(p.u.Statements)
		return nil
	case len(p.e.Ghosts) > 0 && p.e.Ghosts[0].Runs():
		p.e.Why = "it is still at work: " + p.e.Ghosts[0].String()
		return nil
	case len(p.e.Ghosts) > 0:
		p.e.Why = "its session is still open: " + p.e.Ghosts[0].String()
		return nil
	case p.u.Wrap == OneByOne:
		return p.statements(ctx)
	case p.u.Mark.SQL != "":
		p.e.Outcome, p.e.Why = NotApplied, "its backend is gone and the history table does not have it"
		return nil
	}
	return p.byXID(ctx)
}

// byXID decides a transaction that leaves no history row.
func (p *probe) byXID(ctx context.Context) error {
	outcome, why, err := p.transaction(ctx)
	p.e.Outcome, p.e.Why = outcome, why
	return err
}

// transaction asks for the fate of the transaction in the trace.
func (p *probe) transaction(ctx context.Context) (Outcome, string, error) {
	switch {
	case !p.at.CommitSent:
		return NotApplied, "COMMIT was never sent and its backend is gone", nil
	case p.at.XID == 0:
		return NotApplied, "its transaction wrote nothing", nil
	case p.e.TimelineChanged:
		// After a promotion the number is given out again, to a stranger.
		return Unknown, "another server was promoted since: look for the objects of the unit", nil
	}
	rows, err := ask(ctx, p.c, "select coalesce(pg_catalog.txid_status($1::int8), '')",
		strconv.FormatUint(p.at.XID, 10))
	if err != nil {
		return Unknown, "", err
	}
	p.e.XID = rows[0][0]
	switch p.e.XID {
	case "committed":
		return Applied, "the server says that its transaction was committed", nil
	case "aborted":
		return NotApplied, "the server says that its transaction was aborted", nil
	case "in progress":
		return Unknown, "its transaction is still in progress", nil
	}
	return Unknown, "the server no longer remembers its transaction: look for the objects of the unit", nil
}

// readMark reads the history table. A table that is not there has no row.
func (p *probe) readMark(ctx context.Context) error {
	if p.u.Mark.SQL == "" {
		return nil
	}
	rows, err := askAs(ctx, p.c, p.u.Role, p.u.Mark.SQL)
	if err != nil {
		if db.SQLState(err) == "42P01" {
			return nil
		}
		return err
	}
	p.e.Recorded, p.e.Dirty, err = p.u.Mark.read(rows)
	return err
}

// read says what the rows of a history table show of the unit.
func (m Mark) read(rows [][]string) (recorded, dirty bool, err error) {
	for _, r := range rows {
		if len(r) < 4 {
			return false, false, errors.New("the history table gave rows of another shape")
		}
		if m.has(r[0]) {
			// One row for all versions: a later one that was begun is no word on ours.
			return true, isTrue(r[3]) && !m.precedes(r[0]), nil
		}
		// One row for all versions: a unit that takes one back and was begun has
		// written the version before, dirty. Absent is not yet taken back.
		if m.Absent && m.UpTo && isTrue(r[3]) {
			dirty = true
		}
	}
	return false, dirty, nil
}

// shows puts what was read into a word; "" = the unit is not there.
func (m Mark) shows(recorded, dirty bool) shown {
	switch {
	case m.SQL == "":
		return ""
	case dirty:
		return showsBegun
	case recorded != m.Absent:
		return showsApplied
	}
	return ""
}

// has reports whether a history row of the version stands for the unit's.
func (m Mark) has(version string) bool {
	if !m.UpTo {
		return version == m.Version
	}
	return sameNumber(version, m.Version) || m.precedes(version)
}

func sameNumber(a, b string) bool {
	x, err1 := strconv.ParseUint(a, 10, 64)
	y, err2 := strconv.ParseUint(b, 10, 64)
	return err1 == nil && err2 == nil && x == y
}

// precedes reports whether a history row is of a version above the unit's.
func (m Mark) precedes(version string) bool {
	have, err1 := strconv.ParseUint(version, 10, 64)
	want, err2 := strconv.ParseUint(m.Version, 10, 64)
	return m.UpTo && err1 == nil && err2 == nil && have > want
}

func isTrue(s string) bool { return strings.HasPrefix(strings.ToLower(s), "t") || s == "1" }

// statements asks for each statement of a OneByOne unit.
func (p *probe) statements(ctx context.Context) error {
	for i, s := range p.u.Statements {
		e, err := p.statement(ctx, i, s)
		if err != nil {
			return err
		}
		p.e.Statements = append(p.e.Statements, e)
	}
	p.e.Outcome, p.e.Why = NotApplied, "the history table does not have it"
	for _, e := range p.e.Statements {
		if e.Outcome == Unknown {
			p.e.Outcome, p.e.Why = Unknown,
				fmt.Sprintf("statement %d (line %d): %s", e.Index+1, p.u.Statements[e.Index].Line, e.Why)
			return nil
		}
		if e.Outcome == NotApplied {
			p.e.Why = fmt.Sprintf("statement %d (line %d) is not applied: %s", e.Index+1, p.u.Statements[e.Index].Line,
				e.Why)
			return nil
		}
		p.e.From = e.Index + 1
	}
	p.e.Why = "all its statements are applied and the version is not recorded"
	return nil
}

// statement asks for one. The catalog decides where it can; else those before
// the one in hand had their answer, and those after it were never sent.
func (p *probe) statement(ctx context.Context, i int, s Statement) (StatementEvidence, error) {
	e := StatementEvidence{Index: i}
	if o, why, ok, err := p.catalog(ctx, i, s); ok || err != nil {
		e.Outcome, e.Why = o, why
		return e, err
	}
	var err error
	switch {
	case i < p.at.Statement && p.e.TimelineChanged:
		e.Outcome, e.Why = Unknown, "it ran on a server that another one has replaced since: look whether it is here"
	case i < p.at.Statement:
		e.Outcome, e.Why = Applied, "its answer came"
	case i > p.at.Statement, p.at.Aside:
		e.Outcome, e.Why = NotApplied, "it was not sent"
	case s.transactional():
		e.Outcome, e.Why, err = p.transaction(ctx)
	case len(p.at.Files) > 0:
		e.Outcome, e.Why, err = rewritten(ctx, p.c, p.at.Files)
	case repeatable[s.Kind]:
		e.Outcome, e.Why = NotApplied, "it can be sent again"
	case s.commits():
		e.Outcome, e.Why = Unknown,
			fmt.Sprintf("%s was sent and did not come to its end, or its answer was lost: what it committed by "+
				"itself stands", s.Kind)
		p.e.Sent = &i
	default:
		e.Outcome, e.Why = Unknown,
			"it was sent, no answer came, and the catalog does not show it: look whether it took effect"
		if s.Witness.Look != "" {
			e.Why += "; " + s.Witness.Look
		}
	}
	return e, err
}

// catalog decides a statement whose effect the catalog shows by name. What was
// not sent has no effect there: what is found then was there before.
func (p *probe) catalog(ctx context.Context, i int, s Statement) (Outcome, string, bool, error) {
	switch {
	case s.Witness.SQL != "" && (i < p.at.Statement || i == p.at.Statement && !p.at.Aside):
		o, why, err := s.Witness.testify(ctx, p.c, p.in)
		return o, why, true, err
	case s.Index.Name != "":
		return p.index(ctx, s)
	case s.Constraint.Name != "":
		return p.constraint(ctx, s.Constraint)
	}
	return "", "", false, nil
}

func (p *probe) index(ctx context.Context, s Statement) (Outcome, string, bool, error) {
	x, found, err := findIndex(ctx, p.c, p.in, s.Index)
	if err != nil {
		return Unknown, "", true, err
	}
	st, why := judge(s, x, found)
	switch {
	case st == stateInvalid || (s.Kind == "DROP INDEX" && found && !x.valid):
		p.e.Invalid = append(p.e.Invalid, x.InvalidIndex)
		return NotApplied, x.InvalidIndex.String(), true, nil
	case st == stateDone:
		return Applied, why, true, nil
	case st == stateDiffers:
		return NotApplied, why, true, nil
	}
	return NotApplied, "the catalog does not show it", s.Kind == "CREATE INDEX" || s.Kind == "DROP INDEX", nil
}

func (p *probe) constraint(ctx context.Context, k Constraint) (Outcome, string, bool, error) {
	schema, table, _ := strings.Cut(k.Table, ".")
	rows, err := p.in.ask(ctx, p.c, `select convalidated from pg_catalog.pg_constraint
		where conrelid operator(pg_catalog.=) pg_catalog.to_regclass($1) and conname operator(pg_catalog.=) $2`, pgx.Identifier{schema, table}.Sanitize(), k.Name)
	switch {
	case err != nil:
		return Unknown, "", true, err
	case len(rows) == 0:
		return NotApplied, "constraint " + k.Name + " is not there", true, nil
	case rows[0][0] == "t":
		return Applied, "constraint " + k.Name + " is validated", true, nil
	}
	return NotApplied, "constraint " + k.Name + " is not validated", true, nil
}
