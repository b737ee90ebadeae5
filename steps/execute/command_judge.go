package execute

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/journal"
)

// commandView is the database as the history and the catalog have it at a moment.
type commandView struct {
	// known is false where the history cannot be read; why says so.
	known bool
	why   string
	// missing is true where there is no history table that belay knows.
	missing bool
	rows    []migration.Row
	// applied and dirty are versions of the folder.
	applied, dirty []string
	// takes is what the command would take back now.
	takes []string
	// catalog is the fingerprint of the schema without the tool's own tables; "" = not
	// known.
	catalog string
}

// commandEnd is how one start of the command ended.
type commandEnd struct {
	exit   int    // -1 = by a signal
	signal string // its name; "" = none
	took   time.Duration
	// stopped is why a person or belay's own end ended it; ours is which limit did.
	stopped error
	ours    string
	// lockTimeout is true where it looks as if a lock was waited for in vain: what the
	// history says decides.
	lockTimeout bool
	waited      time.Duration
	blockers    []journal.Blocker
	// sessions were certainly its, in this database; left is still at work.
	sessions int
	left     string
}

// aside is how long to stay away before the next try: nine times the wait, so that
// others are held up a tenth of the time at most.
func (e commandEnd) aside() time.Duration { return 9 * max(e.waited, 100*time.Millisecond) }

func (e commandEnd) says() string {
	text := fmt.Sprintf("exit code %d after %s", e.exit, measure.Duration(e.took))
	if e.signal != "" {
		text = fmt.Sprintf("ended by %s after %s", e.signal, measure.Duration(e.took))
	}
	if e.left != "" {
		text += ", still at work: " + e.left
	}
	return text
}

// commandVerdict is what the command came to.
type commandVerdict struct {
	// done are the versions that are as they were meant to be, by the history.
	done []string
	// ok is true where all are, and nothing else.
	ok bool
	// unread is true where the command ended well and its history cannot be read.
	unread bool
	// again is true where nothing was applied and the lock alone was in the way.
	again   bool
	code    int
	outcome journal.Outcome
	summary string
	hint    string
}

// commandCase is all that judging a command's end needs.
type commandCase struct {
	line, run     string
	log           string   // where its output is
	expect        []string // versions, in order
	back          bool
	before, after commandView
	end           commandEnd
	// proves is true where an unchanged catalog and history mean that nothing has
	// changed: what runs is in one transaction with its row, or is nothing but DDL.
	proves bool
	// whole are the versions of which nothing stands where they failed: one transaction,
	// or a single statement.
	whole []string
}

// judgeCommand decides by exit code and history: both must say the same.
func judgeCommand(c commandCase) commandVerdict {
	v := commandVerdict{done: c.done()}
	extra := c.extra()
	all, ended := len(v.done) == len(c.expect), c.line+" ended with "+c.end.says()
	switch {
	case c.end.left != "":
		v.set(steps.ExitUnknown, journal.OutcomeUnknown, ended,
			"wait until that has ended: `belay attach "+c.run+"` asks the database again; run nothing before")
	case !c.after.known && c.end.exit == 0 && (c.end.sessions > 0 || c.before.catalog != c.after.catalog):
		v.unread, v.done = true, c.expect
	case !c.after.known && c.end.exit == 0:
		v.set(steps.ExitUnknown, journal.OutcomeUnknown, ended+"; what it recorded is not known: "+c.after.why,
			c.elsewhere())
	case !c.after.known:
		v.set(steps.ExitUnknown, journal.OutcomeUnknown, ended+"; what it recorded is not known: "+c.after.why,
			"look what of it is there, and close the run with `belay abandon "+c.run+"`")
	case len(extra) > 0 && all:
		v.set(steps.ExitFailed, journal.OutcomeApplied,
			ended+": what was reviewed is applied, and more than that: "+strings.Join(extra, ", "),
			"nobody has reviewed that: look at it with `belay review` and its files now")
	case len(extra) > 0:
		did := map[bool]string{false: ": it recorded ", true: ": it took back "}[c.back]
		v.set(steps.ExitUnknown, journal.OutcomeUnknown,
			ended+did+strings.Join(extra, ", ")+", which was not reviewed, and not "+c.missing(v.done),
			"look which migrations the command runs, and on which folder")
	case all && c.end.exit == 0:
		v.ok = true
	case all:
		v.set(steps.ExitPerson, journal.OutcomePerson,
			ended+", and the history has all of "+strings.Join(c.expect, ", "),
			"see in its output what failed after that; `belay attach "+c.run+"` goes on with the checks")
	case len(v.done) > 0 && !slices.Contains(c.whole, c.failed(v.done)):
		v.set(steps.ExitUnknown, journal.OutcomeUnknown,
			fmt.Sprintf("%s: %s of %d; not %s, of which a part may stand: nobody knows what runs in a "+
				"transaction", ended, measure.Plural(len(v.done), "migration"), len(c.expect), c.missing(v.done)),
			"look what of it stands, mend that, and close the run with `belay abandon "+c.run+
				"`; then run again")
	case len(v.done) > 0:
		v.set(steps.ExitPerson, journal.OutcomePerson,
			fmt.Sprintf("%s: %s of %d; not %s", ended, measure.Plural(len(v.done), "migration"), len(c.expect),
				c.missing(v.done)),
			"mend what failed; `belay run` then goes on with what is left")
	default:
		c.nothing(&v, ended)
	}
	return v
}

// nothing is a command after which the history is as before.
func (c commandCase) nothing(v *commandVerdict, ended string) {
	same := c.before.catalog != "" && c.before.catalog == c.after.catalog
	dirty := slices.DeleteFunc(slices.Clone(c.after.dirty), func(d string) bool {
		return slices.Contains(c.before.dirty, d)
	})
	switch {
	case len(dirty) > 0:
		v.set(steps.ExitPerson, journal.OutcomePerson, ended+" and left version "+strings.Join(dirty, ", ")+" dirty",
			"look what of it is there, then let the tool mark it as it is; nothing runs before")
	case c.end.exit == 0:
		v.set(steps.ExitUnknown, journal.OutcomeUnknown, ended+" and recorded nothing in this database", c.elsewhere())
	case same && c.proves && c.end.stopped != nil:
		v.set(steps.ExitFailed, journal.OutcomeNotApplied, c.line+": stopped on request; nothing has changed", "")
	case same && c.proves:
		why := ended
		if c.end.ours != "" {
			why = c.line + ": " + c.end.ours + ", so belay cancelled it"
		}
		v.again = c.end.lockTimeout
		v.set(steps.ExitFailed, journal.OutcomeNotApplied, why+"; nothing has changed",
			"what it printed says why: "+c.log)
	case same:
		v.set(steps.ExitUnknown, journal.OutcomeUnknown, ended+
			"; it recorded nothing and the schema is as it was; whether rows were changed is not known",
			"look at the rows that it changes; `belay attach "+c.run+"` then asks the database again")
	default:
		v.set(steps.ExitUnknown, journal.OutcomeUnknown, ended+"; it recorded nothing, and the schema has changed "+
			"since it began",
			"look what of it stands; `belay attach "+c.run+"` then asks the database again")
	}
}

// elsewhere says where a command may have been that came to nothing here.
func (c commandCase) elsewhere() (hint string) {
	if c.end.sessions == 0 {
		return "no session of its was seen here: perhaps it migrated ANOTHER database; see which one it reads from " +
			"the " +
			"environment or from a file such as .env"
	}
	return "its sessions were here: see in its output what it did, and which history table it writes"
}

func (v *commandVerdict) set(code int, outcome journal.Outcome, summary, hint string) {
	v.code, v.outcome, v.summary, v.hint = code, outcome, summary, hint
}

// done are the expected versions that the history has, or has no more on a way back.
func (c commandCase) done() (all []string) {
	for _, version := range c.expect {
		if slices.Contains(c.after.applied, version) != c.back {
			all = append(all, version)
		}
	}
	return all
}

// failed is the first version that was not done: the one that the command failed at.
func (c commandCase) failed(done []string) string {
	first, _, _ := strings.Cut(c.missing(done), ", ")
	return first
}

func (c commandCase) missing(done []string) string {
	var all []string
	for _, version := range c.expect {
		if !slices.Contains(done, version) {
			all = append(all, version)
		}
	}
	return strings.Join(all, ", ")
}

// extra are the versions that changed in the history, and that nobody asked for.
func (c commandCase) extra() (all []string) {
	was, is := c.before.applied, c.after.applied
	if c.back {
		was, is = is, was
	}
	for _, version := range is {
		if !slices.Contains(was, version) && !slices.Contains(c.expect, version) {
			all = append(all, version)
		}
	}
	if c.back {
		return all
	}
	for _, r := range c.after.rows {
		same := func(o migration.Row) bool { return o.Version == r.Version && o.Name == r.Name }
		known := slices.ContainsFunc(c.expect, func(v string) bool { return sameNumber(v, r.Version) }) ||
			slices.ContainsFunc(is, func(v string) bool { return sameNumber(v, r.Version) })
		if name := strings.TrimSpace(r.Version + " " + r.Name); !known && !r.Dirty &&
			!slices.ContainsFunc(c.before.rows, same) && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func sameNumber(a, b string) bool { return strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0") }
