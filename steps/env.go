package steps

import (
	"context"
	"fmt"
	"slices"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/backfill"
	"belay/db/dump"
	"belay/db/history"
	"belay/db/scratch"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps/applog"
	"belay/steps/fact"
	"belay/steps/fix"
	"belay/steps/git"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/rehearsal"
	"belay/steps/state"
)

// Env is what a step may use. It belongs to the engine; steps keep nothing.
type Env struct {
	Project *project.Project
	// Versions cuts the tail of what is pending; empty = all pending.
	Versions []string
	// RehearsalFile is the record of a rehearsal that was given; "" = none.
	RehearsalFile string
	Now           func() time.Time
	Parser        *parse.Parser
	// Run is the short id of the run; it names belay's sessions on the server.
	Run string
	// Resumed is true where an earlier engine opened this run; Headless where
	// nobody can be asked.
	Resumed, Headless bool
	// Started is the system identifier of a throwaway server that belay started
	// for this engine; "" = none.
	Started string
	// Back is true where versions are taken back: the down files run, newest first.
	Back bool
	// Adopt is the uuid of the run of another host that is to be taken over; "" =
	// the one of the same files, if there is one.
	Adopt string
	// Confirmed is what an earlier engine's run is bound to; nil for a new run.
	Confirmed *Confirmed
	// Sessions are the engine's connections. See Sessions.
	Sessions *Sessions
	// Steering reaches the backfill that runs. See Steering.
	Steering *Steering
	// Backfill is what `belay backfill` was asked for; nil = this is no backfill
	// alone. Its Spec is empty where the ledger knows it by the ID.
	Backfill *Backfill
	Bench    *Bench
	// Baseline is the server's health before the run.
	Baseline *Baseline
	// Log is the application's log; it is read from the first look at it until the
	// engine ends.
	Log *applog.Log
	// Engine is how a step speaks to the journal and to people.
	Engine Engine
}

// Confirmed is what a person said yes to. A run that is taken up again works on
// these bytes and on this database, or not at all.
type Confirmed struct {
	Versions []string          // in order
	Files    map[string][]byte // by version
	// Backfills are the units that run in batches, by version: at least the id, by
	// which the ledger has the cursor.
	Backfills   map[string]Backfill
	SHA256      string
	SystemID    string
	DatabaseOID uint32
	Timeline    int
}

// Engine is the part of the engine that steps see. There are two: the process
// that owns a journal, and the one of the tests.
type Engine interface {
	// Record writes an event; decisions are on the disk when it returns.
	Record(ctx context.Context, step string, body journal.Body) error
	// Answered gives the accepted answer of a question, from a person or from an
	// answers file.
	Answered(id string) (answer string, ok bool)
	// Approved is Answered for a question that is bound: an answer that was given
	// of something else is none.
	Approved(id, bound string) (answer string, ok bool)
	// Given gives the accepted answer of a question and who gave it; one that is
	// open has none. One of an
	// answers file counts without being asked.
	Given(id string) (answer, by string, ok bool)
	// Ask waits for an answer. No transaction may be open. Where nobody will
	// answer it returns an *Exit.
	Ask(ctx context.Context, step string, q journal.QuestionAsked) (string, error)
	// HoldNext reports whether no further unit may start, and why: somebody asked
	// to stop, or nobody watches.
	HoldNext() (why *Exit, hold bool)
	// Folder is the run folder.
	Folder() string
	// LeftOpen names the other runs of this user on the same database that have
	// something left, by id.
	LeftOpen(systemID string, database uint32) []string
	// AppliedBefore has, by version, the newest run of this user that applied it on
	// the same database; one that was taken back since is not there.
	AppliedBefore(systemID string, database uint32) map[string]AppliedBy
	// Here is what this user's own folder says of a run, by id.
	Here(id string) Here
	// Claim is the run's ownership by the ledger, as the journal has it.
	Claim() state.Claim
	// Opening is what another host needs to go on with this run.
	Opening() Opening
	// Came says how far a version came, by the journal.
	Came(version string) (intent *journal.UnitIntent, outcome string)
}

// AppliedBy is the run that applied a version.
type AppliedBy struct {
	Run      string
	At       time.Time
	Timeline int64
}

// Bench is what the steps of one engine found out for each other. It is made
// again by every engine; nothing of it outlives the process.
type Bench struct {
	Identity db.Identity
	Target   fact.Target
	Format   migration.Format
	Folder   migration.Folder
	Table    *history.Table
	Status   migration.Status
	// Git is what git knows of the folder.
	Git git.Facts
	// Snapshot is the catalog of what Chosen names and reaches, Whole all of it;
	// nil = not read. Whole takes half a second for 5,000 tables and is read by
	// whoever needs it: see checklist.whole.
	Snapshot, Whole *catalog.Snapshot
	// Looked is true once the preflight knows what would run; before, nothing can
	// be said of it.
	Looked bool
	// Chosen are the migrations of this run, in order.
	Chosen []migration.Migration
	// Review is the judgement of Chosen, Judged its files, in the same order.
	Review sqlview.Result
	Judged []*lint.File
	// Rewrites are the safe forms that the review proposes, Wrote the answer that
	// was acted on last: one yes writes once.
	Rewrites []fix.Proposal
	Wrote    string
	// Programs are PostgreSQL's own on this machine; nil until somebody looked.
	Programs *Programs
	// SchemaDump is the dumped schema and SchemaDumpOf the catalog's fingerprint
	// at that time, Backup the choice that was carried out, Rehearsal the record
	// that counts; nil = none.
	SchemaDump   *dump.Dump
	SchemaDumpOf string
	Backup       *fact.Backup
	Rehearsal    *rehearsal.Record
	// Written is the first reading of what the database's clients write.
	Written Written
	// Plan is what would run; nil until the review made it.
	Plan *Plan
	// Ledger is what stands in the database of belay itself.
	Ledger Ledger
	// Back is Env.Back.
	Back bool
	// Way is the way back in one sentence; "" = none is known.
	Way string
	// Smoke is what the probes answered so far.
	Smoke fact.Smoke
}

// Programs are what backup and rehearsal start. NoServer and NoClient say in a
// sentence what is not here; "" = it is.
type Programs struct {
	Server             scratch.Binaries
	Client             dump.Client
	NoServer, NoClient string
}

// Written is a reading of the rows that were ever written.
type Written struct {
	At   time.Time
	Rows float64
}

// Plan is the exact work of a run. It is made from bytes that were read once.
type Plan struct {
	Units  []Unit
	SHA256 string
}

// Next is the place of the first unit that is not applied; 0 where all are.
func (p *Plan) Next(applied func(version string) bool) int {
	return max(slices.IndexFunc(p.Units, func(u Unit) bool { return !applied(u.Migration.Version) }), 0)
}

// Recorded reports whether the history said of a version that it is applied when
// the preflight looked. It is false while a way back is planned.
func (b *Bench) Recorded(version string) bool {
	return !b.Back && slices.ContainsFunc(b.Status.Applied, func(m migration.Migration) bool { return m.Version == version })
}

// Unit is one file of the plan with its judgement.
type Unit struct {
	apply.Unit
	Migration migration.Migration
	// Instant is false where a hold time must be accepted first.
	Instant bool
	// Concurrent is true where a statement runs CONCURRENTLY.
	Concurrent bool
	// Backfill is how the one UPDATE is run in batches; nil = as it is.
	Backfill *Backfill
}

// Backfill is a unit that is run in batches.
type Backfill struct {
	// ID is the uuid in the ledger.
	ID   string        `json:"id"`
	Spec backfill.Spec `json:"spec"`
}

// ConcurrentDeadline is belay's own limit of a statement that runs CONCURRENTLY.
const ConcurrentDeadline = 6 * time.Hour

// Fact records an observation.
func (e *Env) Fact(ctx context.Context, step string, v fact.Value) error {
	f, err := journal.Fact(v.Fact(), v)
	if err != nil {
		return err
	}
	return e.Engine.Record(ctx, step, f)
}

// Folder is the run folder.
func (e *Env) Folder() string { return e.Engine.Folder() }

// Note records a sentence for the log and the report.
func (e *Env) Note(ctx context.Context, step, format string, args ...any) error {
	return e.Engine.Record(ctx, step, journal.Noted{Text: fmt.Sprintf(format, args...)})
}

// Progress says how far a step is, for the screens.
func (e *Env) Progress(ctx context.Context, step, format string, args ...any) error {
	return e.Engine.Record(ctx, step, journal.StepProgress{Text: fmt.Sprintf(format, args...)})
}
