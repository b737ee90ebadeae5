// Package lint judges statements: a Rule is a constant value with its doc
// inside, a Pass is what a rule may look at, a Hazard is what it found.
package lint

import (
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/parse"
)

// Severity is how bad a hazard is. The order is meaningful.
type Severity int

// The severities. Notice informs, Warn wants a look, Stop asks before a run.
const (
	Notice Severity = iota + 1
	Warn
	Stop
)

// Rule is one judgement. Its fields are constant; Run is pure.
type Rule struct {
	// ID is kebab-case and equal to the file's name: "index-nonconcurrent".
	ID       string
	Severity Severity
	// Kind is the class of harm: blocks, fails, breaks, destroys, silent,
	// corrupts, deadlocks, slow, session, hidden, note, style.
	Kind string
	// Summary is what the rule fires on, one line.
	Summary string
	// Doc is Markdown with the headings Advice, In practice, Measured, Instead.
	Doc string
	// Run reports hazards of the file through the pass.
	Run func(*Pass)
}

// Mode says who runs the file, which decides what shares a transaction.
type Mode int

// The modes. The zero value is Psql.
const (
	// Psql: every statement on its own unless the file says BEGIN (psql -f).
	Psql Mode = iota
	// OneTransaction: the tool wraps the file in one transaction.
	OneTransaction
	// Implicit: the tool sends the whole file as one string, which the server
	// runs as one implicit transaction (golang-migrate); a file of a single
	// statement is not in a transaction block.
	Implicit
	// NoTransaction: one statement at a time, by the file's or tool's own word.
	NoTransaction
)

// File is one migration text as the rules see it.
type File struct {
	Path string
	parse.File
	Source []byte
	Mode   Mode
	// ByBelay is true when belay will run the file: it sets the timeouts itself.
	ByBelay bool
	// Effects has one entry a statement, same index.
	Effects []effect.Effect
	// Catalogs has, for each statement, the snapshot it meets: what earlier
	// statements of the run did is already in it. Same index as Statements.
	Catalogs []*catalog.Snapshot
	// Transactions has, for each statement, the number of the transaction it
	// runs in; -1 = on its own. Equal numbers share one transaction.
	Transactions []int
}

// Hazard is one finding.
type Hazard struct {
	Rule     string
	Severity Severity
	// Statement is the index within the file; Line and Column count from 1,
	// the column in characters.
	Statement, Line, Column int
	// Relation is "schema.name"; "" = none.
	Relation string
	// Message is one sentence: what happens. Why names the facts that prove it.
	Message, Why string
	// Instead is the safe form; "" = there is none.
	Instead string
	Waived  *Waiver
}

// Waiver is a reasoned exception written in the file or by path.
type Waiver struct {
	Until  string `json:"until"` // YYYY-MM-DD
	Reason string `json:"reason"`
}

// Pass is what one rule sees of one file, and where it reports.
type Pass struct {
	File *File
	// Version is the server's major version; 0 = unknown, judge for the worst.
	Version int
	// Report adds a hazard. Rule and Severity are filled in where they are zero.
	Report func(Hazard)
}
