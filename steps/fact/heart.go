package fact

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/sqlview/measure"
)

// maxBehind is how many blockers the sentence names; the rest are counted.
const maxBehind = 3

// Clauses are the parts of the heart sentence, in their order. Each is complete
// in itself; a front end may set one under the other, never leave one out. An
// empty clause has nothing to say.
type Clauses struct {
	// Needs says which lock on what, and for how long.
	Needs string
	// Blocks says whom that holds up.
	Blocks string
	// Now says, with its age, whether something stands in the way; Behind then
	// names the blockers, one an entry.
	Now    string
	Behind []string
	// Queue says what would pile up.
	Queue string
	// Limits says when belay gives up and when the server undoes it.
	Limits string
}

// Clauses composes the heart sentence for the moment now, by the same clock as
// h.At.
func (h Heart) Clauses(now time.Time) Clauses {
	if h.Relation == "" && !h.Concurrent {
		return Clauses{Needs: "takes no table lock that others would notice: " + h.length(), Limits: h.limits()}
	}
	c := Clauses{Needs: h.needs(), Blocks: h.blocks(), Now: h.now(now), Limits: h.limits()}
	for i, b := range h.Blockers {
		if i == maxBehind {
			c.Behind = append(c.Behind, fmt.Sprintf("and %d more", len(h.Blockers)-maxBehind))
			break
		}
		c.Behind = append(c.Behind, Who(b, now.Sub(h.At)))
	}
	c.Queue = h.queue()
	return c
}

// Sentence is the heart sentence as one paragraph.
func (h Heart) Sentence(now time.Time) string {
	c := h.Clauses(now)
	at := c.Now
	if len(c.Behind) > 0 {
		at += " " + strings.Join(c.Behind, ", ")
	}
	var parts []string
	for _, p := range []string{c.Needs, c.Blocks, at, c.Queue, c.Limits} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "; ")
}

// Who names a session: "pid 881 (worker, user app, idle in transaction
// 7 min 31 s)". later is how long ago the session was seen.
func Who(l activity.Lock, later time.Duration) string {
	var about []string
	switch {
	case l.Wraparound:
		about = append(about, "autovacuum to prevent wraparound")
	case l.Application != "":
		about = append(about, l.Application)
	case l.BackendType != "" && l.BackendType != "client backend":
		about = append(about, l.BackendType)
	}
	if l.User != "" && l.User != l.Application {
		about = append(about, "user "+l.User)
	}
	age := time.Duration(l.SinceMS)*time.Millisecond + max(later, 0)
	about = append(about, strings.TrimSpace(l.State+" "+measure.Elapsed(age)))
	return "pid " + strconv.Itoa(l.PID) + " (" + strings.Join(about, ", ") + ")"
}

func (h Heart) needs() string {
	s := "needs " + h.Mode.String() + " on " + h.Relation
	var size []string
	if h.Bytes >= 0 {
		size = append(size, measure.Bytes(h.Bytes))
	}
	if h.Rows >= 0 {
		size = append(size, "~"+measure.Noun(measure.Count(h.Rows), "row"))
	}
	if len(size) > 0 {
		s += " (" + strings.Join(size, ", ") + ")"
	}
	for _, o := range h.Others {
		s += ", " + o.Mode.String() + " on " + o.Relation
	}
	if h.Concurrent {
		return s
	}
	if h.BatchMS > 0 {
		return s + ": in batches of about " + measure.MS(h.BatchMS)
	}
	return s + ": " + h.length()
}

func (h Heart) length() string {
	switch h.Duration {
	case effect.Instant:
		return "instant"
	case effect.Slow:
		return "slow, it works through the table"
	}
	return "nobody can know how long"
}

func (h Heart) blocks() string {
	if h.Concurrent {
		return "blocks neither reads nor writes"
	}
	if h.BatchMS > 0 {
		return "blocks neither reads nor writes, but for writes of the same rows until their batch is committed"
	}
	m := strongest(h)
	while := " while it waits and while it holds"
	switch {
	case m.BlocksReads():
		return "blocks reads and writes" + while
	case m.BlocksWrites():
		return "blocks writes" + while + "; reads go on"
	}
	return "blocks neither reads nor writes, only other schema changes and VACUUM"
}

func strongest(h Heart) lock.Mode {
	m := h.Mode
	for _, o := range h.Others {
		m = max(m, o.Mode)
	}
	return m
}

// staleAfter is when a sample's age is no longer a detail.
const staleAfter = 3 * time.Second

func (h Heart) now(now time.Time) string {
	if !h.Live {
		return "who stands in its way is not known: no connection to the server"
	}
	age := now.Sub(h.At)
	if age > staleAfter {
		at := "when last asked (" + measure.Age(age) + ", no newer answer) "
		switch {
		case h.Concurrent && len(h.Blockers) == 0:
			return at + "no older transaction was open that it would have waited for"
		case len(h.Blockers) == 0:
			return at + "nothing stood in its way"
		}
		return at + "it would have waited behind"
	}
	at := "right now (" + measure.Age(age) + ") "
	switch {
	case h.Concurrent && len(h.Blockers) == 0:
		return at + "no older transaction is open that it would wait for"
	case h.Concurrent:
		return at + "it would wait for transactions older than its start:"
	case len(h.Blockers) == 0:
		return at + "nothing stands in its way"
	}
	return at + "it would wait behind"
}

func (h Heart) queue() string {
	if h.Concurrent || !h.Live || !strongest(h).BlocksWrites() {
		return ""
	}
	n := "about " + measure.Rate(h.QueuePerSecond) + " statements/s"
	switch {
	case h.QueuePerSecond < 0:
		return "how many statements would queue behind it is not known yet"
	case h.QueuePerSecond == 0:
		return "no statements would queue: the table is quiet"
	case len(h.Blockers) == 0:
		return n + " would queue behind it if something did"
	}
	return n + " would queue behind it"
}

// batchLockMS is the lock_timeout of a batch.
const batchLockMS = 200

func (h Heart) limits() string {
	if h.Concurrent {
		return "no limit of the server's, belay's own deadline is " + measure.MS(h.DeadlineMS) +
			"; cancelling may leave an INVALID index"
	}
	if h.BatchMS > 0 {
		return "a batch that waits for a row gives up after " + measure.MS(batchLockMS) +
			" and is tried again, smaller; space pauses at the end of a batch"
	}
	var s string
	if h.LockTimeoutMS > 0 {
		verb := "gives up"
		if h.Duration != effect.Instant {
			verb = "gives up waiting"
		}
		s = "belay " + verb + " after " + measure.MS(h.LockTimeoutMS) + " and tries again; "
	}
	switch {
	case h.AcceptedHoldMS > 0:
		return s + "the server undoes it past the accepted " + measure.MS(h.AcceptedHoldMS)
	case h.DeadlineMS > 0:
		return s + "nobody waits for it, so it may take its time: belay's own deadline is " + measure.MS(h.DeadlineMS)
	case h.Duration == effect.Slow:
		return s + "how long it may hold its locks is not decided yet (R asks)"
	case h.UndonePastMS > 0 && h.Duration != effect.Instant:
		return s + "until a hold time is accepted it runs as instant: the server undoes it past " +
			measure.MS(h.UndonePastMS)
	case h.UndonePastMS > 0:
		return s + "the server undoes it past " + measure.MS(h.UndonePastMS)
	}
	return s + "no limit undoes it"
}
