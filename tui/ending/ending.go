// Package ending is the dialog that ends a session of somebody else: it shows who that
// is, all of its SQL, what it blocks and what ending it means, and takes the words that
// count as a yes. It asks nobody and ends nobody: its owner does, and tells it what came
// of it.
package ending

import (
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/look"
)

// View is all that is known of the session now.
type View struct {
	// Seen is the session as it was seen last; Looked is false while nobody has looked.
	Looked bool
	Seen   activity.Session
	// Age is how long ago that was. Gone is true where it was not there any more, Error
	// why nobody could look.
	Age   time.Duration
	Gone  bool
	Error string
	// Canceled is true where a cancel of just this did not help.
	Canceled bool
	// Names are what its waiters are called, by pid; a pid without one is named alone.
	Names map[int]string
	// Ours is true where the run that is watched waits for it, and others behind the run.
	Ours bool
	// Fates are what became of earlier tries to end it, oldest first.
	Fates []Fate
}

// Fate is a try to end the session.
type Fate struct {
	Way activity.Way
	By  string
	Ago time.Duration
	// Word is what became of it, Why and Hint say more; Word "" = nobody knows yet.
	Word, Why, Hint string
	// Good is true where it does what was wanted.
	Good bool
}

// Way is the way that may be consented to now; "" = none, or not now.
func (v View) Way() activity.Way {
	if !v.Looked || v.Gone || v.Error != "" || v.Asking() {
		return ""
	}
	w, _ := v.Seen.Ending(v.Canceled)
	return w
}

// Asking reports whether a try is on its way.
func (v View) Asking() bool {
	n := len(v.Fates)
	return n > 0 && v.Fates[n-1].Word == ""
}

// Done reports whether the last try did what was wanted, and nothing is left to do here.
func (v View) Done() bool {
	n := len(v.Fates)
	return n > 0 && v.Fates[n-1].Good && v.Gone
}

// Expect is the only text that is a yes now; "" = nothing is.
func (v View) Expect() string {
	w := v.Way()
	if w == "" {
		return ""
	}
	return v.Seen.Consent(w)
}

// Panels are the dialog. field is what is typed, drawn.
func (v View) Panels(k *look.Look, field func(w int) []string) []look.Panel {
	d := drawing{k, v}
	return []look.Panel{
		{Name: "who", Title: v.title(), State: d.state(), Give: 1, Min: 4, Lines: d.who},
		{Name: "sql", Title: "its SQL", State: d.cut(), Focus: true, Grow: true, Give: 1, Min: 2, Lines: d.sql},
		{Name: "means", Title: v.heading(), Give: 1, Min: 3, Lines: d.means},
		{Name: "fates", Title: "what happened", Give: 1, Min: 2, Tail: true, Lines: d.fates},
		{Title: v.asks(), Lines: func(w int) []string { return d.consent(w, field) }},
	}
}

func (v View) title() string {
	name := Name(v.Seen)
	switch {
	case name == "":
		return "end a session"
	case v.Done():
		return name + " was ended; as it was before:"
	}
	return "end " + name
}

// Name is what a session is called.
func Name(s activity.Session) string {
	who := s.Application
	if who == "" && s.BackendType != "client backend" {
		who = s.BackendType
	}
	if who == "" {
		who = s.User
	}
	if s.PID == 0 {
		return who
	}
	return strings.TrimSpace("pid " + strconv.Itoa(s.PID) + " " + who)
}

// heading stands over what ending it means.
func (v View) heading() string {
	switch v.Way() {
	case activity.Cancel:
		return "cancel its statement: what that means"
	case activity.Terminate:
		return "terminate its connection: what that means"
	}
	return ""
}

func (v View) asks() string {
	switch {
	case v.Expect() != "":
		return "type " + v.Expect() + " to do it:"
	case v.Asking():
		return "on its way"
	case v.Done():
		return "done"
	}
	return "nothing to type"
}

type drawing struct {
	*look.Look
	v View
}

func (d drawing) state() string {
	switch {
	case !d.v.Looked:
		return d.Plain("looking")
	case d.v.Error != "":
		return d.Text(look.Danger, "nobody could look "+measure.Age(d.v.Age))
	case d.v.Gone:
		return d.Text(look.OK, "gone, seen "+measure.Age(d.v.Age))
	}
	return d.Plain(measure.Age(d.v.Age))
}

func (d drawing) who(w int) []string {
	s := d.v.Seen
	if !d.v.Looked {
		return []string{d.Plain("asking the server who that is")}
	}
	out := d.Row("who", d.about(s), w)
	out = append(out, d.Row("does", d.does(s), w)...)
	out = append(out, d.Row("holds", d.holds(s), w)...)
	out = append(out, d.Row("blocks", d.blocks(s), w)...)
	if d.v.Ours && len(s.Blocks) > 1 {
		text := "esc, c stops this run: who waits behind it alone goes on; nobody is ended"
		out = append(out, d.Row("instead", d.Plain(text), w)...)
	}
	if d.v.Error != "" {
		out = append(out, d.Row("but", d.Text(look.Danger, d.v.Error), w)...)
	}
	return out
}

func (d drawing) about(s activity.Session) string {
	parts := []string{}
	add := func(what, is string) {
		if is != "" {
			parts = append(parts, what+is)
		}
	}
	add("", s.Application)
	add("role ", s.User)
	add("database ", s.Database)
	if s.BackendType != "client backend" {
		add("", s.BackendType)
	}
	switch {
	case s.Client != "":
		add("from ", s.Client)
	case s.BackendType == "client backend":
		add("", "from the server's own host")
	}
	if s.Hidden() {
		return d.Plain(strings.Join(parts, ", ")+"; ") +
			d.Text(look.Attention, "the rest is hidden: needs pg_read_all_stats")
	}
	if n := s.At.Sub(s.BackendStart); n > 0 {
		add("connected ", measure.Elapsed(n)+" ago")
	}
	return d.Plain(strings.Join(parts, ", "))
}

func (d drawing) does(s activity.Session) string {
	if s.Hidden() {
		return ""
	}
	state := s.State
	if s.Wraparound {
		state = "autovacuum to prevent wraparound"
	}
	text := d.Text(look.Attention, state)
	if !s.StateSince.IsZero() {
		text += d.Plain(" for ") + d.Text(look.Attention, measure.Elapsed(s.At.Sub(s.StateSince)))
	}
	if s.TransactionStart.IsZero() {
		return text + d.Plain("; in no transaction")
	}
	return text + d.Plain("; its transaction is "+measure.Elapsed(s.At.Sub(s.TransactionStart))+" old")
}

// most is how many locks and waiters are named; the rest are counted.
const most = 3

func (d drawing) holds(s activity.Session) string {
	if len(s.Holds) == 0 {
		return d.Plain("no lock on a table of this database")
	}
	var parts []string
	for i, h := range s.Holds {
		if i == most {
			parts = append(parts, measure.Plural(len(s.Holds)-most, "more lock"))
			break
		}
		parts = append(parts, h.Mode.String()+" on "+h.Relation)
	}
	return d.Plain(strings.Join(parts, ", "))
}

func (d drawing) blocks(s activity.Session) string {
	if len(s.Blocks) == 0 {
		return d.Text(look.OK, "nobody waits for it now")
	}
	text := d.Text(look.Strong, measure.Plural(len(s.Blocks), "session")) + d.Plain(": ")
	for i, pid := range s.Blocks {
		if i == most {
			return text + d.Plain(", and others")
		}
		if i > 0 {
			text += d.Plain(", ")
		}
		text += d.Plain(strings.TrimSpace("pid " + strconv.Itoa(pid) + " " + d.v.Names[pid]))
	}
	return text
}

func (d drawing) cut() string {
	if !d.v.Seen.Cut {
		return ""
	}
	return d.Text(look.Attention, "cut by the server") + d.Plain(": track_activity_query_size")
}

func (d drawing) sql(w int) []string {
	switch s := d.v.Seen; {
	case !d.v.Looked:
		return nil
	case s.Query == "" && s.Hidden():
		return []string{d.Text(look.Attention, "hidden: needs pg_read_all_stats")}
	case s.Query == "":
		return []string{d.Plain("none")}
	default:
		lines := d.Listing(s.Query, w)
		if s.State != "active" && s.BackendType == "client backend" {
			lines = append([]string{d.Plain("its last statement, which has ended:")}, lines...)
		}
		return lines
	}
}

func (d drawing) means(w int) []string {
	way := d.v.Way()
	if way == "" {
		return nil
	}
	_, why := d.v.Seen.Ending(d.v.Canceled)
	var out []string
	for _, s := range d.v.Seen.Means(way) {
		out = append(out, d.Marked(look.Attention, d.Marks.Look, d.Plain(s), w)...)
	}
	return append(out, d.Marked(look.Plain, d.Marks.Dot, d.Plain(why), w)...)
}

func (d drawing) fates(w int) []string {
	var out []string
	for _, f := range d.v.Fates {
		head := string(f.Way) + " by " + f.By + ", " + measure.Age(f.Ago) + ": "
		switch {
		case f.Word == "":
			out = append(out,
				d.Marked(look.Accent, d.Marks.Running, d.Plain(head)+d.Text(look.Accent, "the signal is on its way"),
					w)...)
			continue
		case f.Good:
			out = append(out,
				d.Marked(look.OK, d.Marks.Done, d.Plain(head)+d.Text(look.OK, f.Word)+d.Plain(", "+f.Why), w)...)
		default:
			out = append(out,
				d.Marked(look.Danger, d.Marks.Failed, d.Plain(head)+d.Text(look.Danger, f.Word)+d.Plain(", "+f.Why),
					w)...)
		}
		if f.Hint != "" {
			out = append(out, d.Row("do", d.Plain(f.Hint), w)...)
		}
	}
	return out
}

// consent is the field, or why there is none.
func (d drawing) consent(w int, field func(w int) []string) []string {
	switch {
	case d.v.Expect() != "":
		return field(w)
	case d.v.Asking():
		return []string{d.Plain("what becomes of it is seen within 3 s")}
	case !d.v.Looked:
		return []string{d.Plain("first it is looked at")}
	case d.v.Done():
		return look.Wrap(d.Text(look.OK, "it is gone, and what it held is free")+
			d.Plain(": whoever waited for it goes on by itself; esc goes back"), w)
	case d.v.Gone:
		return []string{d.Text(look.OK, "it is not there any more: nothing to end")}
	case d.v.Error != "":
		return []string{d.Text(look.Attention, "nobody is ended unseen")}
	}
	_, why := d.v.Seen.Ending(d.v.Canceled)
	return look.Wrap(d.Text(look.Attention, why), w)
}
