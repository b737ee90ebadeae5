package campaign

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	dbevidence "belay/db/evidence"
	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/sqlview/rewrite"
	"belay/steps"
)

// TripState says where what a phase drops is.
type TripState string

// The states of a tripwire. Between Meant and Away only the catalog knows.
const (
	// Meant: it was about to be taken away.
	Meant TripState = "meant"
	// Away: it is out of reach.
	Away TripState = "away"
	// Returned: it is back, or was never away.
	Returned TripState = "back"
)

// Trip is one time that what a phase drops was taken out of reach before, and watched.
type Trip struct {
	rewrite.Parking
	// Run is the run that does it, By who asked for it, Itself whether they agreed that it
	// is brought back by itself.
	Run    string        `json:"run"`
	By     string        `json:"by"`
	Itself bool          `json:"itself"`
	For    time.Duration `json:"for"`
	State  TripState     `json:"state"`
	// At is when it was meant, Out and Returned when it went and came back, by the
	// server's clock; zero = not known.
	At       time.Time `json:"at"`
	Out      time.Time `json:"out,omitzero"`
	Returned time.Time `json:"returned,omitzero"`
	// Whole is true where it was watched to the end of its time, and nothing missed it.
	Whole bool `json:"whole,omitempty"`
	// Why says why it came back, Saw what missed it.
	Why string   `json:"why,omitempty"`
	Saw []string `json:"saw,omitempty"`
}

// tells is the trip in one line, for what was done.
func (t Trip) tells() string {
	s := "tripwire by " + t.By + " at " + t.At.Format(stamp) + ": "
	switch {
	case t.State == Meant:
		return s + "nobody wrote down what became of it"
	case t.State == Away:
		return s + "away since " + t.Out.Format(stamp)
	case t.Out.IsZero():
		return s + "it was not taken away: " + t.Why
	}
	s += "away for " + measure.Duration(t.span()) + ", brought back " + t.Why
	if len(t.Saw) > 0 {
		s += "; missed by " + strings.Join(t.Saw, "; ")
	}
	return s
}

// open is the trip of a phase that is not known to be back; nil = there is none.
func (p *Phase) open() *Trip {
	if n := len(p.Trips); n > 0 && p.Trips[n-1].State != Returned {
		return &p.Trips[n-1]
	}
	return nil
}

// tripping is the phase that has an open trip, with its number from 1; nil = none has.
func (c *Campaign) tripping() (*Phase, int) {
	for i, p := range c.Phases {
		if p.open() != nil {
			return p, i + 1
		}
	}
	return nil, 0
}

// Standing of a tripwire, for a board.
type Standing struct {
	// Says is the whole of it: what is away, since when, by whom, and who watches.
	Says string `json:"says"`
	// Run is the run that took it away; Watched is true while a session of it lives.
	Run     string `json:"run"`
	Watched bool   `json:"watched"`
}

// standing asks the catalog where what a tripwire took away is; nil = it is where it
// belongs.
func (d *Desk) standing(ctx context.Context, c *Campaign) (*Standing, error) {
	p, _ := c.tripping()
	if p == nil {
		return nil, nil
	}
	t := p.open()
	if away, err := IsAway(ctx, d.conn, c, *t); err != nil || !away {
		return nil, err
	}
	since := t.Out
	if since.IsZero() {
		since = t.At
	}
	s := &Standing{
		Run: t.Run, Says: c.what() + " is out of reach as " + t.As + ", since " + since.Format(stamp) + ", by " + t.By,
	}
	err := d.conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
		WHERE a.datname = pg_catalog.current_database() AND pg_catalog.starts_with(a.application_name, $1))`,
		"belay/"+t.Run+"/").Scan(&s.Watched)
	if err != nil {
		return nil, steps.Database("who watches the tripwire", err)
	}
	if s.Watched {
		s.Says += "; run " + t.Run + " watches it"
	} else {
		s.Says += "; nobody watches it"
	}
	return s, nil
}

// what names what the campaign takes away.
func (c *Campaign) what() string { return strings.Join(c.Objects, ", ") }

// IsAway asks the catalog whether what a trip takes away is out of reach now.
func IsAway(ctx context.Context, conn *db.Conn, c *Campaign, t Trip) (away bool, err error) {
	sql, args := `SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1 AND a.attname = $2
		AND NOT a.attisdropped)`, []any{c.Start.Table, t.As}
	if !c.column() {
		schema, _, _ := strings.Cut(c.Start.Names[0], ".")
		sql, args = `SELECT EXISTS (SELECT FROM pg_catalog.pg_class k JOIN pg_catalog.pg_namespace n ON n.oid = k.relnamespace
			WHERE n.nspname = $1 AND k.relname = $2)`, []any{schema, t.As}
	}
	err = conn.QueryRow(ctx, sql, args...).Scan(&away)
	return away, steps.Database("where "+c.what()+" is", err)
}

// column reports whether the campaign is about a column.
func (c *Campaign) column() bool { return len(c.Objects) > 0 && c.Objects[0] != c.Start.Names[0] }

// TripWanted is a tripwire that somebody wants.
type TripWanted struct {
	For    time.Duration
	Itself bool
}

// Tripwire works out how what the campaign drops next is taken out of reach, and brought
// back. The error says why it cannot be, or why it would say nothing.
func (d *Desk) Tripwire(ctx context.Context, c *Campaign, w TripWanted) (t steps.Tripwire, err error) {
	p, n := c.Current()
	if err := d.mayTrip(ctx, c, p); err != nil {
		return t, err
	}
	seen, err := d.Evidence(ctx, p)
	if err != nil {
		return t, err
	}
	for _, s := range seen.Sources {
		if s.Verdict == dbevidence.Red && p.waiver(s) == nil {
			return t, refused(
				"mend it, or answer for it: belay campaign waive "+c.Short()+" --source NAME --reason WORDS",
				"who needs it is known already, and would fail: %s: %s", s.Name, s.Found[0].What)
		}
	}
	t = steps.Tripwire{
		Campaign: c.ID, Phase: n, Says: c.what() + " (renamed to " + p.Parking.As + ")", Away: p.Parking.Away,
		Back: p.Parking.Back, As: p.Parking.As, For: w.For, Itself: w.Itself,
	}
	standbys, unseen, err := dbevidence.Standbys(ctx, d.conn)
	if err != nil {
		return t, steps.Database("the standbys", err)
	}
	t.Standbys = dbevidence.StandbysSaid(standbys, unseen)
	for _, name := range append([]string{p.Gates.Evidence}, p.Gates.Also...) {
		s, err := dbevidence.Find(ctx, d.conn, name)
		if err != nil {
			return t, err
		}
		t.Subjects = append(t.Subjects, s)
	}
	return t, nil
}

// mayTrip says why there is nothing to take away now.
func (d *Desk) mayTrip(ctx context.Context, c *Campaign, p *Phase) error {
	show := "`belay campaign show " + c.Short() + "` says what is next"
	if err := d.Ledger(ctx, true); err != nil {
		return err
	}
	trouble, err := d.Trouble(ctx, c)
	if err != nil {
		return err
	}
	away, err := d.standing(ctx, c)
	switch {
	case err != nil:
		return err
	case c.State != ledger.CampaignOpen || p == nil:
		return refused("`belay campaign list` has those that are open", "campaign %s is %s", c.Short(), c.State)
	case trouble != "":
		return refused("see to that first", "%s", trouble)
	case away != nil:
		return refused("bring it back: belay campaign tripwire "+c.Short()+" --back", "%s", away.Says)
	case p.Parking == nil && p.Stage == Drop && len(p.Files) > 0:
		return refused("its own phases take it out of reach where that is needed; "+show,
			"%s cannot be taken away for a while here: it does not stand under its old name any more, or is an index",
			c.what())
	case p.Parking == nil:
		return refused("the phases before come first: "+show, "the campaign is not at the drop: phase is %q", p.Title)
	case p.row.State != ledger.PhaseWaiting:
		return refused("run them, or take them out of the folder: belay campaign abandon "+c.Short(),
			"the files that take it away for good are written already")
	}
	return nil
}

// TripBack is what brings back what a tripwire left away.
func (d *Desk) TripBack(ctx context.Context, c *Campaign) (t steps.Tripwire, run string, err error) {
	away, err := d.standing(ctx, c)
	if err != nil {
		return t, "", err
	}
	if away == nil {
		if err := d.found(ctx, c); err != nil {
			return t, "", err
		}
		return t, "", refused("`belay campaign show "+c.Short()+"` says what is next", "nothing of campaign %s is away",
			c.Short())
	}
	p, n := c.tripping()
	o := p.open()
	return steps.Tripwire{
		Campaign: c.ID, Phase: n, Says: c.what(), Away: o.Away, Back: o.Back, For: o.For, Itself: o.Itself, Only: true,
	}, o.Run, nil
}

// found closes a trip of which nobody wrote down that it came back, and which the catalog
// says is where it belongs.
func (d *Desk) found(ctx context.Context, c *Campaign) error {
	p, n := c.tripping()
	if p == nil {
		return nil
	}
	t := p.open()
	t.State, t.Returned, t.Why = Returned, d.Now, "by somebody: it was found where it belongs"
	return d.save(ctx, c, "", n-1)
}

// Untouched refuses what would look at something that a tripwire has taken away.
func (d *Desk) Untouched(ctx context.Context, c *Campaign) error {
	away, err := d.standing(ctx, c)
	if err == nil && away != nil {
		err = refused("bring it back: belay campaign tripwire "+c.Short()+" --back", "%s", away.Says)
	}
	return err
}

// NoteTrip keeps what became of a trip, as whom the connection is: change is given the
// open trip of the phase, or the one to be where there is none.
func NoteTrip(ctx context.Context, conn *db.Conn, identity string, t steps.Tripwire,
	change func(t *Trip, now time.Time)) error {
	rows, _, err := ledger.Campaigns(ctx, conn, identity)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r ledger.Campaign) bool { return r.ID == t.Campaign })
	if i < 0 {
		return fmt.Errorf("campaign %s is not in the ledger any more", t.Campaign)
	}
	c, err := read(rows[i])
	if err != nil {
		return err
	}
	p := c.Phases[t.Phase-1]
	trip := p.open()
	if trip == nil {
		p.Trips = append(p.Trips, Trip{State: Meant, Parking: rewrite.Parking{Away: t.Away, Back: t.Back, As: t.As}})
		trip = &p.Trips[len(p.Trips)-1]
	}
	var now time.Time
	if err := conn.QueryRow(ctx, `SELECT pg_catalog.clock_timestamp()`).Scan(&now); err != nil {
		return err
	}
	change(trip, now.UTC())
	ch, err := c.change(t.Phase - 1)
	if err != nil {
		return err
	}
	return ledger.SavePhases(ctx, conn.Conn, c.ID, "", ch)
}

// tripSource is the name by which a tripwire that was missed is waived.
const tripSource = "tripwire"

// missed is the gate of the tripwire; false = none came to its end. One that was missed is
// made good by a later one that nothing missed, and that was out for as long.
func (p *Phase) missed() (Gate, bool) {
	clean := Trip{}
	for _, t := range slices.Backward(p.Trips) {
		switch {
		case t.State != Returned || t.Out.IsZero():
		case t.Whole && t.span() > clean.span():
			clean = t
		case len(t.Saw) > 0 && (!clean.Whole || t.span() > clean.span()):
			return p.answered(t), true
		}
	}
	return Gate{Name: tripSource, Open: true, Says: clean.tells()}, clean.Whole
}

// answered is the gate of a tripwire that was missed: a person may answer for it.
func (p *Phase) answered(t Trip) Gate {
	g := Gate{Name: tripSource, Says: t.tells(), Next: "mend it, and set it again"}
	for _, w := range p.Waivers {
		if w.Source == tripSource && !w.At.Before(t.Returned) {
			g.Open, g.Next, g.Says = true, "", "waived by "+w.By+": "+w.Reason+"; "+g.Says
		}
	}
	return g
}

// span is how long it was out of reach.
func (t Trip) span() time.Duration { return t.Returned.Sub(t.Out) }

// Missed are the signs that somebody misses what is away: sessions whose statement since
// then names it. blind says why nobody could look; "" = somebody did.
func Missed(ctx context.Context, conn *db.Conn, subjects []dbevidence.Subject, since time.Time) (
	saw []string, blind string, err error) {
	for _, s := range subjects {
		source, err := dbevidence.Sessions(ctx, conn, s, since)
		if err != nil {
			return nil, "", err
		}
		blind = cmp.Or(blind, source.Why)
		for _, f := range source.Found {
			if line := f.Who + ": " + f.What; f.Level == dbevidence.Uses && !slices.Contains(saw, line) {
				saw = append(saw, line)
			}
		}
	}
	return saw, blind, nil
}
