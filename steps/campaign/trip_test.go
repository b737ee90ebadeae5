package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"

	"belay/db"
	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/evidence"
	"belay/db/scratch"
	"belay/steps"
)

// parked is a campaign of which something can be taken out of reach, with statements that
// old code sends, which miss it, and some of new code, which do not.
type parked struct {
	w          Wanted
	old, fresh func(id int) []string
}

var parkedKinds = []parked{
	{Wanted{Kind: "rename", Args: []string{"users.email", "email_address"}}, mails("email"), mails("email_address")},
	{Wanted{Kind: "drop", Args: []string{"old_orders"}}, only(`SELECT note FROM old_orders`), nil},
	{Wanted{Kind: "drop", Args: []string{"users.age"}}, only(`SELECT age FROM users`), mails("email")},
	{Wanted{Kind: "rename", Args: []string{"users", "people"}}, only(`SELECT id FROM users`), only(`SELECT id FROM people`)},
	{splitName, only(`SELECT name FROM persons`), splitCode(true)},
	{mergeName, only(`SELECT given FROM persons`), mergeCode(true)},
}

func only(sql string) func(int) []string { return func(int) []string { return []string{sql} } }

// toParking takes the campaign to the phase whose thing can be taken out of reach.
func (p *place) toParking(id string) (*Desk, *Campaign, *Phase) {
	p.t.Helper()
	for {
		d := p.desk()
		c, err := d.Find(p.t.Context(), id)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := d.Settle(p.t.Context(), c); err != nil {
			p.t.Fatal(err)
		}
		at, _ := c.Current()
		if at == nil {
			p.t.Fatal("nothing of it can be taken out of reach")
		}
		if at.Parking != nil {
			return d, c, at
		}
		p.step(id)
	}
}

// together sends statements in one transaction.
func (p *place) together(all []string) {
	p.t.Helper()
	p.db.Exec(p.t, "BEGIN;\n"+strings.Join(all, ";\n")+";\nCOMMIT")
}

// TestParking: what is out of reach is missed by old code alone, new code goes on and both
// sides stay in step, and what comes back is what went. The short form plays two.
func TestParking(t *testing.T) {
	played := parkedKinds
	if !dbtest.Long() {
		played = played[:2]
	}
	for _, k := range played {
		t.Run(k.w.Kind+" "+k.w.Args[0], func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, dbtest.New(t))
			d, c, at := p.toParking(p.begin(k.w).ID)
			was := p.dump()
			p.together(at.Parking.Away)
			failed := 0
			conn := p.db.Conn(t)
			for _, sql := range k.old(1) {
				_, err := conn.Exec(t.Context(), sql)
				if state := db.SQLState(err); state == "42703" || state == "42P01" {
					failed++
				}
			}
			if failed == 0 {
				t.Errorf("no statement of old code misses it: %v", k.old(1))
			}
			for id := 9001; k.fresh != nil && id < 9004; id++ {
				for _, sql := range k.fresh(id) {
					if _, err := conn.Exec(t.Context(), sql); err != nil {
						t.Errorf("%s: %v", sql, err)
					}
				}
			}
			if away, err := IsAway(t.Context(), d.conn, c, Trip{Parking: *at.Parking}); err != nil || !away {
				t.Errorf("away: %v, %v", away, err)
			}
			p.together(at.Parking.Back)
			if away, err := IsAway(t.Context(), d.conn, c, Trip{Parking: *at.Parking}); err != nil || away {
				t.Errorf("away after it came back: %v, %v", away, err)
			}
			if is := p.dump(); is != was {
				t.Errorf("what came back is another schema:\n%s", difference(was, is))
			}
			if at.Gates.Same == nil {
				return
			}
			if n, err := d.Count(t.Context(), at, time.Minute); err != nil || n.Found != 0 || !n.Whole {
				t.Errorf("%+v, %v", n, err)
			}
		})
	}
}

// TestTripwireIsRemembered: a trip whose process is gone is said by every look, keeps all
// from going on that would meet what is away, and what missed it keeps the drop closed.
func TestTripwireIsRemembered(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	begun := p.begin(Wanted{Kind: "drop", Args: []string{"old_orders"}})
	if _, err := p.desk().Tripwire(t.Context(), begun, TripWanted{For: time.Minute}); err == nil ||
		!strings.Contains(err.Error(), "the campaign is not at the drop") {
		t.Errorf("before its time: %v", err)
	}
	d, c, at := p.toParking(begun.ID)
	trip, err := d.Tripwire(t.Context(), c, TripWanted{For: time.Minute, Itself: true})
	if err != nil {
		t.Fatal(err)
	}
	note := func(change func(*Trip, time.Time)) {
		t.Helper()
		conn, err := db.Connect(t.Context(), d.cfg, db.Session{Kind: db.Executor, Run: "trip", Step: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := NoteTrip(t.Context(), conn, d.Identity.Key(), trip, change); err != nil {
			t.Fatal(err)
		}
	}
	look := func() (*Desk, *Campaign, Board) {
		t.Helper()
		d := p.desk()
		c, err := d.Find(t.Context(), begun.ID)
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Board(t.Context(), c, true)
		if err != nil {
			t.Fatal(err)
		}
		return d, c, b
	}
	note(func(t *Trip, now time.Time) { t.By, t.At = "op1@test", now })
	d, c, b := look()
	if b.Away != nil {
		t.Errorf("meant and never away, yet: %+v", b.Away)
	}
	if _, _, err := d.TripBack(t.Context(), c); err == nil || !strings.Contains(err.Error(), "nothing of campaign") {
		t.Errorf("nothing is away: %v", err)
	}
	if _, c, _ := look(); c.Phases[1].open() != nil {
		t.Errorf("what was never away is not closed: %+v", c.Phases[1].Trips)
	}
	note(func(t *Trip, now time.Time) { t.By, t.At = "op1@test", now })
	p.together(at.Parking.Away) // and here its process ends, before it could say so
	d, c, b = look()
	if b.Away == nil || b.Away.Watched || !strings.Contains(b.Do, "tripwire "+c.Short()+" --back") ||
		!strings.HasPrefix(b.Rows[1].Safe, "no: public.old_orders is out of reach as old_orders_drop_") {
		t.Fatalf("%+v", b)
	}
	_, checked := d.Check(t.Context(), c, time.Minute, backfill.NewID)
	_, again := d.Tripwire(t.Context(), c, TripWanted{For: time.Minute})
	_, _, gone := d.GiveUp(t.Context(), c, Back{})
	for _, err := range []error{checked, d.Waive(t.Context(), c, "texts", "a test"), again, gone} {
		if err == nil || !strings.Contains(err.Error(), "nobody watches it") || !strings.Contains(steps.HintOf(err),
			"--back") {
			t.Errorf("with it away: %v, %s", err, steps.HintOf(err))
		}
	}
	back, _, err := d.TripBack(t.Context(), c)
	if err != nil || !back.Only || !slices.Equal(back.Back, at.Parking.Back) {
		t.Errorf("%+v, %v", back, err)
	}
	p.together(at.Parking.Back)
	note(func(t *Trip, now time.Time) {
		t.State, t.Out, t.Returned, t.Why, t.Saw = Returned, now, now, "by itself", []string{"cron: SELECT 1"}
	})
	p.gates(begun.ID, tripSource, false, "brought back by itself; missed by cron: SELECT 1")
	d, c, _ = look()
	if err := d.Waive(t.Context(), c, tripSource, "the job is gone"); err != nil {
		t.Fatal(err)
	}
	p.gates(begun.ID, tripSource, true, "waived by op1@test: the job is gone")
}

// TestGateOfTheTripwire: what was missed is made good by a later one that nothing missed, to
// its end and for as long, or by a person's word since.
func TestGateOfTheTripwire(t *testing.T) {
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	trip := func(hour int, out time.Duration, whole bool, saw ...string) Trip {
		from := at.Add(time.Duration(hour) * time.Hour)
		return Trip{State: Returned, Out: from, Returned: from.Add(out), Whole: whole, Saw: saw}
	}
	missed := trip(1, time.Minute, false, "cron")
	word := Waiver{Source: tripSource, At: at.Add(90 * time.Minute)}
	for _, c := range []struct {
		name  string
		phase Phase
		set   bool
		open  bool
	}{
		{"none", Phase{}, false, true},
		{"never away", Phase{Trips: []Trip{{State: Returned}}}, false, true},
		{"clean", Phase{Trips: []Trip{trip(1, time.Minute, true)}}, true, true},
		{"stopped", Phase{Trips: []Trip{trip(1, time.Minute, false)}}, false, true},
		{"missed", Phase{Trips: []Trip{missed}}, true, false},
		{"missed after a clean one", Phase{Trips: []Trip{trip(0, time.Hour, true), missed}}, true, false},
		{"then stopped", Phase{Trips: []Trip{missed, trip(2, time.Hour, false)}}, true, false},
		{"then clean for less", Phase{Trips: []Trip{missed, trip(2, time.Second, true)}}, true, false},
		{"then clean", Phase{Trips: []Trip{missed, trip(2, time.Hour, true)}}, true, true},
		{"waived", Phase{Trips: []Trip{missed}, Waivers: []Waiver{word}}, true, true},
		{"missed again", Phase{
			Trips: []Trip{missed, trip(2, time.Hour, false, "cron")}, Waivers: []Waiver{word},
		}, true, false},
	} {
		if g, set := c.phase.missed(); set != c.set || set && g.Open != c.open {
			t.Errorf("%s: set %v, %+v; want %v, open %v", c.name, set, g, c.set, c.open)
		}
	}
}

// TestMissed: a statement that names what is away counts from the moment on, and one of new
// code never.
func TestMissed(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	d, _, at := p.toParking(p.begin(parkedKinds[0].w).ID)
	subject, err := evidence.Find(t.Context(), d.conn, at.Gates.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	conn := p.db.Conn(t)
	missed := func(since time.Time) []string {
		t.Helper()
		saw, blind, err := Missed(t.Context(), d.conn, []evidence.Subject{subject}, since)
		if err != nil || blind != "" {
			t.Fatalf("%v, %s", err, blind)
		}
		return saw
	}
	send := func(sql string) {
		_, _ = conn.Exec(t.Context(), sql) // it may fail: that is what it is for
	}
	send(`SELECT email FROM users`)
	p.together(at.Parking.Away)
	since := dbtest.QueryVal[time.Time](t, p.db, `SELECT clock_timestamp()`)
	if saw := missed(since); len(saw) > 0 {
		t.Errorf("what was sent before misses it: %v", saw)
	}
	send(`SELECT email_address FROM users`)
	if saw := missed(since); len(saw) > 0 {
		t.Errorf("new code misses it: %v", saw)
	}
	send(`UPDATE users SET email = 'x' WHERE id = 1`)
	if saw := missed(since); len(saw) != 1 || !strings.HasSuffix(saw[0], "UPDATE users SET email = 'x' WHERE id = 1") {
		t.Errorf("%v", saw)
	}
}

// TestTripwireNamesStandbys: who reads on a standby misses what is away too, and is seen by
// nobody: that is said before.
func TestTripwireNamesStandbys(t *testing.T) {
	dbtest.LongAlone(t)
	cluster := dbtest.NewCluster(t, scratch.Options{})
	p := newPlace(t, dbtest.In(t, cluster, "shop"))
	d, c, _ := p.toParking(p.begin(Wanted{Kind: "drop", Args: []string{"old_orders"}}).ID)
	trip, err := d.Tripwire(t.Context(), c, TripWanted{For: time.Minute})
	if err != nil || strings.Contains(trip.Tells(), "standby") {
		t.Fatalf("%s, %v", trip.Tells(), err)
	}
	if _, err := cluster.Standby(t.Context()); err != nil {
		t.Fatal(err)
	}
	dbtest.WaitFor(t, "the standby", func() bool {
		trip, err = d.Tripwire(t.Context(), c, TripWanted{For: time.Minute})
		return err == nil && strings.Contains(trip.Tells(),
			"; who reads on a standby misses it too and is NOT watched: ")
	})
}
