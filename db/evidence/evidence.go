// Package evidence asks a server who still uses a column, a table, a view or an index:
// its catalog, the texts it keeps, the statements it counted, its counters, what runs
// now, and who it sends changes to. Each source says from when to when it knows
// anything, what it cannot see, and what it saw. That nothing was seen is never a proof.
package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/sqlview/usage"
)

// Verdict is what a source says.
type Verdict string

// The verdicts.
const (
	Red      Verdict = "red"            // a use was seen
	Perhaps  Verdict = "perhaps"        // what was seen may be a use
	Nothing  Verdict = "nothing seen"   // within the source's period and blind spots
	CouldNot Verdict = "could not look" // the source was not there, or not for this role
)

// Level says what one finding is.
type Level string

// The levels.
const (
	// Uses is a use; Maybe may be one of something else of the same name.
	Uses  Level = "uses"
	Maybe Level = "perhaps"
	// Goes is no use: it goes with the thing, without a word.
	Goes Level = "goes with it"
	// Unasked is a place in which nobody has looked.
	Unasked Level = "not asked"
)

// Finding is one thing that a source saw.
type Finding struct {
	Level Level `json:"level"`
	// What names it: an object, a statement, a counter.
	What string `json:"what"`
	// Why says what makes it a use, or a doubtful one; "" = it is plain.
	Why string `json:"why,omitempty"`
	// Who sends it: a role, an application; "" = not known.
	Who string `json:"who,omitempty"`
	// Calls counts since the source's Since; 0 = it is not counted.
	Calls int64 `json:"calls,omitempty"`
	// Last is when it was last seen; zero = not known.
	Last time.Time `json:"last,omitzero"`
}

// Source is one place that was asked.
type Source struct {
	Name    string  `json:"source"`
	Verdict Verdict `json:"verdict"`
	// Why says why nobody could look; "" = somebody did.
	Why string `json:"why,omitempty"`
	// Since and Until bound what it can have seen, by the server's clock. A zero Since
	// is the state of the moment; Ever says that it counts since the database was made.
	Since time.Time `json:"since,omitzero"`
	Ever  bool      `json:"ever,omitempty"`
	Until time.Time `json:"until"`
	Found []Finding `json:"found"`
	// Blind says in words what the source cannot see.
	Blind []string `json:"blind_spots"`
	// Required is true for a source without which the whole says too little.
	Required bool `json:"required"`
}

func (s *Source) add(f Finding) { s.Found = append(s.Found, f) }

func (s *Source) blind(format string, args ...any) {
	s.Blind = append(s.Blind, fmt.Sprintf(format, args...))
}

// Settle makes the verdict of what was found. A source in which nobody could look stays
// so, unless a use was seen in the part that could be read.
func (s *Source) Settle() {
	has := func(l Level) bool { return slices.ContainsFunc(s.Found, func(f Finding) bool { return f.Level == l }) }
	switch {
	case has(Uses):
		s.Verdict = Red
	case s.Verdict == CouldNot:
	case has(Maybe):
		s.Verdict = Perhaps
	default:
		s.Verdict = Nothing
	}
}

// Subject is the thing as the catalog has it.
type Subject struct {
	usage.Subject
	OID    uint32 `json:"oid"`
	Number int16  `json:"attnum"` // the column's; 0 = the relation itself
	// Kind is "table", "partitioned table", "view", "materialized view", "index",
	// "foreign table"; of a column, that of its relation.
	Kind string `json:"kind"`
}

// Baseline is what was counted at a moment: only what came on top of it counts.
type Baseline struct {
	At     time.Time        `json:"at"`
	Counts map[string]int64 `json:"counts"`
	// Asked are the standbys that were asked then: of another one everything counts.
	Asked []string `json:"asked,omitempty"`
}

// Options are what a look is made with. The zero value counts everything since the
// counters were reset.
type Options struct {
	// Before is the moment from which on uses count; nil = since the counters' reset.
	Before *Baseline
	// Ignore are the functions, as schema.name, that a campaign itself put there.
	Ignore []string
	// Older are counts of statements, as the keys of a Baseline, that were there before a
	// name changed hands: the server tells statements apart by what their names mean, and
	// keeps the text of the first, so new code is counted under the old text.
	Older []string
	// Samples is how often the sessions are looked at, Pause apart; 0 = once.
	Samples int
	Pause   time.Duration
	// Standby names the server that is asked, where it is no primary: only what differs
	// from the primary is asked there.
	Standby string
}

// Look asks one server. What one source does not tell is said with it; an error is one
// of the connection, and nothing is known then. counts is for a Baseline.
func Look(ctx context.Context, c *db.Conn, s Subject, o Options) (all []Source, counts map[string]int64, err error) {
	g := &gathering{c: c, s: s, o: o, counts: map[string]int64{}}
	if err := c.QueryRow(ctx, clockSQL).Scan(&g.now, &g.started, &g.reset); err != nil {
		return nil, nil, fmt.Errorf("evidence: the server's clock: %w", err)
	}
	for _, a := range g.asks() {
		if a.primary && o.Standby != "" {
			continue
		}
		source := Source{Name: a.name, Until: g.now, Found: []Finding{}, Blind: []string{}, Required: a.required}
		if o.Standby != "" {
			source.Name += " on " + o.Standby
		}
		err := a.ask(ctx, &source)
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
			source.Verdict, source.Why = CouldNot, pg.Message+" (SQLSTATE "+pg.Code+")"
		} else if err != nil {
			return nil, nil, fmt.Errorf("evidence: %s: %w", source.Name, err)
		}
		source.Settle()
		all = append(all, source)
	}
	return all, g.counts, nil
}

const clockSQL = `SELECT pg_catalog.clock_timestamp(), pg_catalog.pg_postmaster_start_time(), (SELECT d.stats_reset FROM pg_catalog.pg_stat_database d
	WHERE d.datname = pg_catalog.current_database())`

// gathering is a look on its way.
type gathering struct {
	c      *db.Conn
	s      Subject
	o      Options
	now    time.Time
	reset  *time.Time // of the server's counters of this database; nil = never
	counts map[string]int64
	// started is when the server was; fell is true where a counter is less than it was: a
	// crash loses counters, and nothing says when.
	started time.Time
	fell    bool
}

// ask is one question to a server.
type ask struct {
	name string
	// primary is true for what a standby has from its primary.
	primary, required bool
	ask               func(context.Context, *Source) error
}

// asks are the questions that make sense for the kind of thing.
func (g *gathering) asks() []ask {
	all := []ask{
		{"catalog", true, true, g.catalog}, {"texts", true, true, g.texts},
	}
	if g.s.Kind != "index" {
		all = append(all, ask{"statements", false, true, g.statements}, ask{"sessions", false, true, g.sessions})
	}
	if g.s.Kind != "view" && g.s.Kind != "foreign table" {
		all = append(all, ask{"counters", false, true, g.counters})
	}
	if g.s.Kind != "index" && g.s.Kind != "view" {
		all = append(all, ask{"subscribers", true, true, g.subscribers})
	}
	return all
}

// before is the baseline of the server that is asked; nil = it has none.
func (g *gathering) before() *Baseline {
	b := g.o.Before
	if b == nil || g.o.Standby != "" && !slices.Contains(b.Asked, g.o.Standby) {
		return nil
	}
	return b
}

// key is a count's key; those of a standby are its own.
func (g *gathering) key(key string) string {
	if g.o.Standby != "" {
		return g.o.Standby + "/" + key
	}
	return key
}

// counted is how much a count grew since the baseline, and keeps it for the next one. A
// count that was reset since, or fell, counts whole.
func (g *gathering) counted(key string, n int64, reset *time.Time) int64 {
	key = g.key(key)
	g.counts[key] = n
	b := g.before()
	g.fell = g.fell || b != nil && n < b.Counts[key]
	if b == nil || reset != nil && reset.After(b.At) || n < b.Counts[key] {
		return n
	}
	return n - b.Counts[key]
}

// period is since when a counter tells: its reset, or the baseline that came later.
func (g *gathering) period(s *Source, reset *time.Time) {
	if reset != nil {
		s.Since = reset.UTC()
	}
	s.Ever = reset == nil
	if b := g.before(); b != nil && b.At.After(s.Since) {
		s.Since, s.Ever = b.At, false
	}
}
