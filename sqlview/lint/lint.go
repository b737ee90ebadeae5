// Package lint judges statements: a Rule is a constant value with its doc
// inside, a Pass is what a rule may look at, a Hazard is what it found. Check
// runs rules over one file, keeps one finding per cause and applies waivers.
// The rules themselves live in the package below, one file each.
package lint

import (
	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
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
	// Supersedes lists rules whose finding about the same object of the same
	// statement says less exactly what this rule says. They are then left out.
	Supersedes []string
	// GrowsWithTable is true where the harm is work that grows with the table.
	// On a table that is known to be small and quiet it is a notice.
	GrowsWithTable bool
	// PerSession is true where a notice is of whoever runs the files and not of one of
	// them: a review says it once.
	PerSession bool
	// Last is true for a rule that judges what the others found.
	Last bool
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
	// Tool names the tool that the folder belongs to; "" = none that is known.
	Tool string
	// Outside is the tool's way to run a file outside a transaction; its zero value =
	// none is known.
	Outside migration.Outside
	// ByBelay is true when belay will run the file: it sets the timeouts itself.
	ByBelay bool
	// Program is true where the last statement stands for what nobody can read of a
	// program: its Problem says what that is.
	Program bool
	// Backfill is true where the file's header asks for batches. See InBatches.
	Backfill bool
	// Inherits is what the files before it in the run leave in the session of the
	// team's tool; belay runs each file with the settings of the login.
	Inherits []Left
	// Effects has one entry a statement, same index. Empty = not judged yet.
	Effects []effect.Effect
	// Catalogs has, for each statement, the snapshot it meets: what earlier
	// statements of the run did is already in it. Same index as Statements.
	Catalogs []*catalog.Snapshot
	// Transactions has, for each statement, the number of the transaction it
	// runs in; -1 = on its own. Equal numbers share one transaction. Check
	// fills it in where it is empty.
	Transactions []int
}

// Unsendable says why no part of the file may be sent to a server, with the line;
// "" = it may. A tool that sends the file as it is fails at every line of psql.
func (f *File) Unsendable() (line int, why string) {
	for _, s := range f.Statements {
		if s.Unsendable {
			return s.Problem.Line, s.Problem.Message
		}
		if what, _ := TakesSession(s); what != "" && f.Mode != Psql {
			return s.Line, s.Kind + " " + what
		}
	}
	for _, m := range f.Meta {
		if f.Mode == Implicit && m.What == parse.MetaCommand {
			return m.Line, "a line for psql alone, at which the team's tool fails"
		}
	}
	return 0, ""
}

// Hazard is one finding.
type Hazard struct {
	Rule     string
	Severity Severity
	// Statement is the index within the file; Line and Column count from 1,
	// the column in characters.
	Statement, Line, Column int
	// At is the byte offset into the statement's SQL where the danger stands.
	// Check turns it into Line and Column; 0 is the statement's first byte.
	At int
	// Relation is "schema.name"; "" = none.
	Relation string
	// Object names what the danger is about within the statement: a column, a
	// constraint, an index; "" = the statement as a whole. One finding per
	// cause is decided by it.
	Object string
	// Message is one sentence: what happens. Why names the facts that prove it.
	Message, Why string
	// Instead is the safe form; "" = there is none.
	Instead string
	// Waived is set where a waiver covers the hazard; it then does not count.
	Waived *Waiver
}

// Small says up to where a table counts as small and quiet. The zero value
// counts no table as small.
type Small struct {
	Rows  float64 // live rows
	Bytes int64   // heap, indexes and TOAST
	// PerSecond bounds reads and writes a second together: a small table that
	// is hot is dangerous all the same.
	PerSecond float64
}

// Options are what Check needs to know beyond file and rules.
type Options struct {
	// Version is the server's major version; 0 = unknown.
	Version int
	// Small bounds the tables on which growing work is only a notice.
	Small Small
	// Waivers are the exceptions that belay.toml makes by path.
	Waivers []Waiver
	// Today is YYYY-MM-DD; "" = nothing expires.
	Today string
	// Style is false where rules of kind style stay silent.
	Style bool
	// Moment is what goes on at the server; nil = nobody was asked.
	Moment *activity.Moment
	// Quiet is true where notices of kind session stay silent: the preflight and
	// the heart of a run say the same, and newer.
	Quiet bool
}

// Pass is what one rule sees of one file, and where it reports.
type Pass struct {
	File *File
	// Version is the server's major version; 0 = unknown: see Before.
	Version int
	// Today is YYYY-MM-DD; "" = not known.
	Today string
	// Waivers are the exceptions that may apply to the file.
	Waivers []*Waiver
	// Moment is what goes on at the server; nil = nobody was asked.
	Moment *activity.Moment

	rule  *Rule
	small Small
	found *[]Hazard
	// facts is shared by the rules that judge one file.
	facts *facts
}
