package screen

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// heart is the card that stands on every screen that leads to a run: five labelled
// rows, always in this order, so that a person finds each in the same place. It never
// gives way.
func (p page) heart(title string) look.Panel {
	h := p.f.Heart
	panel := look.Panel{Name: "heart", Title: title, Lines: p.heartRows}
	if h != nil && h.Live && (h.Relation != "" || h.Concurrent) {
		panel.State = p.age(p.now.Sub(h.At))
	}
	return panel
}

// age says how old a fact is; one that is no longer of this moment is said loudly.
func (p page) age(d time.Duration) string {
	if d > staleAfter {
		return p.Text(look.Stale, "no answer since "+measure.Duration(d))
	}
	return p.Plain(measure.Age(d))
}

// staleAfter is when an age is no longer a detail.
const staleAfter = 5 * time.Second

// heartTitle names the statement of the heart.
func (p page) heartTitle(head string) string {
	h := p.f.Heart
	if p.unread() {
		return head + ": not known"
	}
	if h == nil || h.Path == "" {
		return head
	}
	title := head + ": " + path.Base(h.Path)
	if h.Line > 0 && h.BatchMS == 0 {
		title += " line " + itoa(h.Line)
	}
	return title
}

// unread reports whether nobody knows what is pending: the database that would say it has
// not answered yet. What is judged meanwhile is the newest file, which need not run first.
func (p page) unread() bool {
	f, t := p.f.Folder, p.f.Target
	return f != nil && !f.Read && len(f.Pending) == 0 && t != nil && !t.Connected
}

func (p page) heartRows(w int) []string {
	h := p.f.Heart
	switch {
	case h != nil && !p.unread():
		return p.card(*h, w)
	case p.f.Target != nil && !p.f.Target.Connected:
		out := p.Paragraph(look.Danger, p.f.Target.Error, w, 2)
		return append(out, p.Paragraph(look.Plain, p.f.Target.Hint, w, 2)...)
	case p.run.Engine.PID == 0:
		return []string{p.Plain("belay reads the folder and asks the database; nothing is written")}
	}
	if why := p.halted(w); why != nil {
		return why
	}
	return []string{p.spin() + " " + p.Plain("asking the database who would block it and who would wait")}
}

// halted says why something is not known and does not come by itself: a step has ended
// without it, and none works. nil = it is on its way.
func (p page) halted(w int) []string {
	var at *state.Step
	for i := range p.run.Steps {
		switch s := &p.run.Steps[i]; s.Status {
		case journal.Running:
			return nil
		case journal.Failed, journal.Paused, journal.Stale:
			if at == nil {
				at = s
			}
		}
	}
	if at == nil {
		return nil
	}
	return p.Marked(look.Attention, p.Marks.Look, p.Plain("not known: "+at.Title+" stopped before it"), w)
}

// spin is the cell that moves while something works that reports nothing.
func (p page) spin() string { return p.Spin(p.now.Unix()) }

// tightBelow is the width from which on a card says more than the core of each row.
const tightBelow = 70

// short reports whether a row of the card has room for its core alone: the lines that a
// backfill's would take more are its SQL's.
func (p page) short() bool { return p.tight || p.crowded() }

func (p page) card(h fact.Heart, w int) []string {
	p.tight = w < tightBelow
	if h.Unseen {
		return p.unseenCard(h, w)
	}
	if h.Relation == "" && !h.Concurrent {
		out := p.Row("needs", p.Plain("no table lock that others would notice; ")+p.length(h), w)
		return append(out, p.Row("limits", p.limits(h), w)...)
	}
	out := p.Row("needs", p.needs(h), w)
	out = append(out, p.Row("blocks", p.blocks(h), w)...)
	out = append(out, p.behind(h, w)...)
	label := "queue"
	if p.inQueue(h) {
		label = "holds up"
	}
	out = append(out, p.Row(label, p.queue(h), w)...)
	return append(out, p.Row("limits", p.limits(h), w)...)
}

func (p page) needs(h fact.Heart) string {
	s := p.Text(look.Strong, h.Mode.String()) + p.Plain(" on "+h.Relation)
	if p.tight {
		h.Rows = -1
	}
	if size := sizeOf(h.Bytes, h.Rows); size != "" {
		s += "  " + p.Plain(size)
	}
	for _, o := range h.Others {
		s += p.Plain(", " + o.Mode.String() + " on " + o.Relation)
	}
	return s
}

// sizeOf is "48 GB, ~212 M rows", as far as it is known.
func sizeOf(bytes int64, rows float64) string {
	var size []string
	if bytes >= 0 {
		size = append(size, measure.Bytes(bytes))
	}
	if rows >= 0 {
		size = append(size, "~"+measure.Noun(measure.Count(rows), "row"))
	}
	return strings.Join(size, ", ")
}

// length is how long the work takes, and which statement's work it is where that is not
// the one shown: its locks stay to the end of the file.
func (p page) length(h fact.Heart) string {
	what, whose, rest := "the work", "", ": it goes through the table"
	if h.LongLine > 0 {
		what = "line " + itoa(h.LongLine)
		whose, rest = ": "+what, ", and the lock stays until the file ends"
	}
	switch h.Duration {
	case effect.Instant:
		if p.tight {
			return p.Text(look.OK, "instant")
		}
		return p.Plain("the work is ") + p.Text(look.OK, "instant")
	case effect.Slow:
		if p.tight {
			return p.Text(look.Attention, "slow") + p.Plain(whose)
		}
		return p.Plain(what+" is ") + p.Text(look.Attention, "slow") + p.Plain(rest)
	}
	if h.LongLine > 0 {
		return p.Plain("how long "+what+" works is ") + p.Text(look.Attention, "not known")
	}
	return p.Plain("how long it works is ") + p.Text(look.Attention, "not known")
}

func (p page) blocks(h fact.Heart) string {
	switch {
	case h.Concurrent:
		return p.Text(look.OK, "neither reads nor writes")
	case h.BatchMS > 0 && p.tight:
		return p.Text(look.OK, "neither") + p.Plain("; writes of the same rows wait about "+measure.MS(h.BatchMS))
	case h.BatchMS > 0:
		return p.Text(look.OK, "neither reads nor writes") +
			p.Plain("; writes of the same rows wait about "+measure.MS(h.BatchMS))
	}
	m := h.Mode
	for _, o := range h.Others {
		m = max(m, o.Mode)
	}
	return p.blocked(m) + p.length(h)
}

func (p page) blocked(m lock.Mode) string {
	while := " while it waits and holds; "
	if p.tight {
		while = "; "
	}
	switch {
	case m.BlocksReads():
		return p.Text(look.Danger, "reads and writes") + p.Plain(while)
	case m.BlocksWrites():
		return p.Text(look.Danger, "writes") + p.Plain(while+"reads go on; ")
	}
	return p.Text(look.OK, "neither reads nor writes") + p.Plain(", only other schema changes and VACUUM; ")
}

// inQueue reports whether the statement stands in the lock's queue at this moment. Before
// that all of the card is a forecast, and says so.
func (p page) inQueue(h fact.Heart) bool {
	u := p.run.InHand()
	return u != nil && u.Attempt != nil && !h.Concurrent && h.BatchMS == 0
}

// wayLabel heads the row of who is in the way.
func (p page) wayLabel(h fact.Heart) string {
	if p.inQueue(h) {
		return "waits for"
	}
	return "obstacle"
}

// most is how many sessions the card names; the rest are counted.
const most = 3

func (p page) behind(h fact.Heart, w int) []string {
	age, label := p.now.Sub(h.At), p.wayLabel(h)
	stood := h.Blockers
	if age <= staleAfter {
		stood = lasting(stood)
	}
	switch {
	case !h.Live:
		return p.Row(label, p.Text(look.Attention, "not known: no connection to the server"), w)
	case len(stood) == 0 && age <= staleAfter && p.passing(h, age) != "":
		return p.Row(label, p.passing(h, age), w)
	case len(stood) == 0 && h.Concurrent:
		return p.Row(label, p.fresh(age, "nobody: no older transaction is open"), w)
	case len(stood) == 0:
		return p.Row(label, p.fresh(age, "nobody: no session is in its way"), w)
	}
	var out []string
	for i, b := range stood {
		if i == most {
			return append(out, p.Row("", p.Plain(fmt.Sprintf("and %d more", len(stood)-most)), w)...)
		}
		who := p.session(b, age)
		if h.Concurrent {
			who += p.Plain("; the build's end waits for it")
		}
		out = append(out, p.Row(label, who, w)...)
		label = ""
	}
	return out
}

// fresh is good news only while it is of this moment.
func (p page) fresh(age time.Duration, text string) string {
	if age > staleAfter {
		return p.Text(look.Stale, text+", "+measure.Age(age))
	}
	return p.Text(look.OK, text)
}

// session names who stands in the way: pid, who, what they do, since when. What the
// role may not see is said, never shown as empty.
func (p page) session(l activity.Lock, later time.Duration) string {
	s := p.Text(look.Attention, strings.TrimSpace("pid "+strconv.Itoa(l.PID)+" "+name(l)))
	if l.PID == 0 {
		s = p.Text(look.Attention, "prepared transaction "+l.Application)
	}
	if l.User != "" && l.User != name(l) && !p.tight {
		s += p.Plain(" (user " + l.User + ")")
	}
	if hidden(l) {
		return s + p.Plain(", what it does is "+hiddenText)
	}
	if l.Wraparound {
		s += p.Plain(", autovacuum to prevent wraparound, it does not yield")
	} else if l.State != "" {
		s += p.Plain(", " + l.State)
	}
	if l.SinceMS >= 0 {
		s += " " + p.Text(look.Attention, measure.Elapsed(time.Duration(l.SinceMS)*time.Millisecond+max(later, 0)))
	}
	return s
}

// hiddenText says why a session's doings are not seen, and what would show them.
const hiddenText = "hidden: needs pg_read_all_stats"

// hidden reports whether the role may not see what a session does.
func hidden(l activity.Lock) bool { return l.SinceMS < 0 && l.Query == "" && l.PID != 0 }

// name is what a session is called: its application, else what kind it is, else whose.
func name(l activity.Lock) string {
	switch {
	case strings.HasPrefix(l.Application, "belay/"):
		return "belay"
	case l.Application != "":
		return l.Application
	case l.BackendType != "" && l.BackendType != "client backend":
		return l.BackendType
	}
	return l.User
}

func (p page) queue(h fact.Heart) string {
	m := h.Mode
	for _, o := range h.Others {
		m = max(m, o.Mode)
	}
	switch {
	case h.Concurrent || h.BatchMS > 0 || !m.BlocksWrites():
		return p.Plain("nobody")
	case !h.Live || h.QueuePerSecond < 0:
		return p.Plain("how many statements is not known yet")
	case h.QueuePerSecond == 0:
		return p.Plain("nobody: the table is quiet")
	}
	while := " statements/s of others would wait behind it"
	switch {
	case p.inQueue(h):
		while = " statements/s of others while it waits"
	case len(lasting(h.Blockers)) == 0 && !p.tight:
		while = " statements/s of others, if it had to wait"
	}
	return p.Plain("about ") + p.Text(look.Strong, measure.Rate(h.QueuePerSecond)) + p.Plain(while)
}

func (p page) limits(h fact.Heart) string {
	var parts []string
	say := func(text string) { parts = append(parts, p.Plain(text)) }
	switch {
	case h.Concurrent:
		say("the server sets none; belay cancels it after " + measure.MS(h.DeadlineMS))
		say("a cancel may leave an INVALID index")
		return strings.Join(parts, "; ")
	case h.BatchMS > 0 && p.short():
		return p.Plain("a batch that waits is tried again; space pauses")
	case h.BatchMS > 0:
		say("a batch that waits is given up and tried again")
		say("space pauses at the end of a batch")
		return strings.Join(parts, "; ")
	case h.LockTimeoutMS > 0:
		if p.tight {
			say(measure.MS(h.LockTimeoutMS) + " a try")
			break
		}
		say("waits " + measure.MS(h.LockTimeoutMS) + " at most, tries again")
	}
	switch {
	case h.AcceptedHoldMS > 0:
		say("over the accepted " + measure.MS(h.AcceptedHoldMS) + " the server undoes it")
	case h.DeadlineMS > 0:
		say("belay cancels it after " + measure.MS(h.DeadlineMS))
	case h.Duration == effect.Slow:
		parts = append(parts, p.Text(look.Attention, "how long it may hold its locks is not decided yet"))
	case h.UndonePastMS > 0 && h.Duration != effect.Instant:
		say("a try over " + measure.MS(h.UndonePastMS) + " is undone, until you accept a longer hold")
	case h.UndonePastMS > 0:
		say("a try over " + measure.MS(h.UndonePastMS) + " is undone")
	default:
		parts = append(parts, p.Text(look.Attention, "no limit undoes it"))
	}
	return strings.Join(parts, "; ")
}
