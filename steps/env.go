package steps

import (
	"context"
	"fmt"
	"time"

	"belay/db/dump"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps/applog"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
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
	// Tripwire is what `belay campaign tripwire` was asked for; nil = this is none.
	Tripwire *Tripwire
	// Programs and SchemaDump are found once for all steps, by the server's major
	// version and by the fingerprint of the catalog.
	Programs   Once[int, Programs]
	SchemaDump Once[string, dump.Dump]
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
	Backfills map[string]Backfill
	SHA256    string
	// Command is the team's own command line; "" = belay runs the versions itself.
	Command     string
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
	// Hide keeps values out of every text that is recorded from here on, such as a
	// password that a server's error may quote.
	Hide(values []string)
	// Folder is the run folder.
	Folder() string
	// LeftOpen has the other runs of this user on the same database that have
	// something left, or work now.
	LeftOpen(systemID string, database uint32) []OpenRun
	// AppliedBefore has, by version, the newest run of this user that applied it on
	// the same database; one that was taken back since is in back, by the run that did.
	AppliedBefore(systemID string, database uint32) (by, back map[string]AppliedBy)
	// AppliedAnywhere is by of AppliedBefore for one folder and any database; dir is where
	// the run was begun, folder as a person names it there.
	AppliedAnywhere(dir, folder string) map[string]AppliedBy
	// Here is what this user's own folder says of a run, by id.
	Here(id string) Here
	// Claim is the run's ownership by the ledger, as the journal has it.
	Claim() state.Claim
	// Opening is what another host needs to go on with this run.
	Opening() Opening
	// UnitOutcome says how far a version came, by the journal.
	UnitOutcome(version string) (intent *journal.UnitIntent, outcome journal.Outcome)
	// Reviewed is the review as the journal has it by now; the zero value = there was none.
	Reviewed() fact.Review
}

// OpenRun is a run that has something left, of this host or, by the ledger, of another.
type OpenRun struct {
	ID string
	// Live is true while its engine, or a session of it, works.
	Live bool
	// Elsewhere is true of another host's. Owner is set where only its backfill is in the
	// ledger: it goes on there alone.
	Elsewhere bool
	Owner     string
	// Began is the version that it began and that is not applied; "" = none.
	Began string
	// Backfills are those of its files, by id; of another host's run none is known.
	Backfills []string
}

// AppliedBy is the run that applied a version.
type AppliedBy struct {
	Run      string
	At       time.Time
	Timeline int64
	// SHA256 is the file's, SQL what of it ran; Dir and Folder where the run was begun,
	// and of which folder.
	SHA256, SQL, Dir, Folder string
}

// Ran tells the files that are, byte for byte, what runs applied.
func Ran(by map[string]AppliedBy) func(migration.Migration) bool {
	return func(m migration.Migration) bool { return by[m.Version].Same(m.Up) }
}

// Same reports whether the file is, byte for byte, what a run applied.
func (a AppliedBy) Same(up migration.File) bool { return a.SHA256 != "" && a.SHA256 == up.SHA256 }

// Altered is the problem of a file that is not what a run applied; false = it is.
func (a AppliedBy) Altered(up migration.File) (migration.Problem, bool) {
	p := migration.Problem{
		Kind: migration.Edited, Paths: []string{up.Path}, Stops: true,
		Message: fmt.Sprintf("%s is not what run %s applied at %s", up.Path, a.Run,
			a.At.UTC().Format("2006-01-02 15:04 UTC")),
		Hint: "take the file back as it was, and put the difference into a new migration; what ran is in the plan " +
			"that `belay report " + a.Run + "` tells of",
	}
	if a.Whole(up) {
		p.Hint = migration.UneditHint(up.Path)
	}
	return p, a.SHA256 != "" && up.SHA256 != a.SHA256
}

// Whole reports whether what ran is all that stood in the file: of a file with up and
// down in it a run knows one part.
func (a AppliedBy) Whole(up migration.File) bool {
	return a.SQL != "" && string(up.Whole) == string(up.Bytes)
}

// RunSessions is how many sessions a run has on the target: executor, monitor, escape.
const RunSessions = 3

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
