// Package rewrite turns a migration that would block, fail or destroy into safe
// phases. A Way rewrites one statement; Propose applies the ways until no
// hazard is left that one of them lifts, keeps every other statement as it is
// written, and says what it could not rewrite. Text is cut out of the source and
// put together again, never printed from a tree, so that a default, a collation
// or an ON DELETE cannot be lost on the way. It writes nothing.
//
// The ways live in the package below, one file each, with their samples beside
// them.
package rewrite

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

// Way is one way to make a statement safe. Its fields are constant; Run is pure.
type Way struct {
	// ID is kebab-case and equal to the file's name: "index-concurrently".
	ID string
	// Summary says what becomes of what, one line.
	Summary string
	// Lifts are the rules whose hazards it takes away.
	Lifts []string
	// Doc is Markdown with the headings Files, In practice, Left alone.
	Doc string
	// Run rewrites the statement. A *Refusal says why it is left as it is.
	Run func(*Piece) (Rewritten, error)
	// Together rewrites statements that belong together, of which one takes away
	// what a later one brings back; nil = the way is for single statements. A way
	// has Run or Together.
	Together func([]*Piece) (Rewritten, error)
}

// Rewritten is what a way makes of a statement.
type Rewritten struct {
	// Phases run in order, each as a file of its own. A phase of one statement
	// that still has a hazard is rewritten in its turn.
	Phases []Phase
	// Differences says in sentences where the end differs from what the statement would
	// have made, on purpose.
	Differences []string
	// Contract is the second half, for days later; nil = there is none.
	Contract *Contract
}

// Phase is one file to be.
type Phase struct {
	// Title is what the file is named after, in words.
	Title string
	// SQL are its statements, without semicolons.
	SQL []string
	// Down are the statements of the way back, DownAlone true where they must run
	// outside a transaction. Nothing says in a sentence why there is nothing to
	// take back; without it an empty Down means that there is no way back.
	Down      []string
	DownAlone bool
	Nothing   string
	// Retreat are files that do what Down does, in order, and hold no strong lock for as
	// long as the table is large; none = Down alone is the way back.
	Retreat []Phase
	// Alone is true for a file that must run outside a transaction.
	Alone bool
	// Final is true for a phase that no way looks at again: what the review says of
	// it was so before.
	Final bool
	// Switch is true for the phase in which a replacement takes its place: it is
	// one transaction, and instant.
	Switch bool
	// Backfill is true for the one UPDATE that belay runs in batches.
	Backfill bool
	// Why says what the phase is for; Before what must have happened first, "" =
	// nothing but the phase before.
	Why, Before string
}

// Refusal says why a statement is left as it is. It is no failure.
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return r.Why }

// Refuse is a Refusal.
func Refuse(why string) (Rewritten, error) { return Rewritten{}, &Refusal{Why: why} }

// Input is a migration as it stands, with what is known where it runs.
type Input struct {
	// Path names the file in the plan, Title is the migration's own.
	Path, Title string
	SQL         []byte
	// Mode says what shares a transaction when the tool runs a file.
	Mode lint.Mode
	// Snapshot is the catalog before the file; nil = nothing is known.
	Snapshot *catalog.Snapshot
	// Options are those of the review that found the hazards.
	Options lint.Options
	// Fed has what a second column replaces fed on until it is dropped, so that the
	// change can be taken back without loss; Back is the old value of a change of type
	// as an expression over the changed row, "" = the server assigns.
	Fed  bool
	Back string
	// Given are the expressions that ways read beside the file's own.
	Given []string
}

// Plan is the proposal for one migration.
type Plan struct {
	// Files are the phases in order. Empty = there is nothing to rewrite.
	Files []File
	// Left are the statements that stay as they are although they have a hazard.
	Left []Left
	// Differences says where the end differs from the original's, on purpose.
	Differences []string
	// Later are the second halves that are not written with the files.
	Later []Later
	// Days are the statements that a campaign can make over several deployments.
	Days []Days
}

// File is a phase with what it does, as its header says it.
type File struct {
	Phase
	// Lock and Back are sentences: what it locks and for how long, and what the
	// way back costs.
	Lock, Back string
	// Ways are the ids of the ways that made it; empty = the original's own
	// statements.
	Ways []string
}

// Left is a statement that could not be rewritten.
type Left struct {
	Line      int
	SQL       string
	Rule, Why string
}
