package apply

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/sqlview/migration"
)

// Unit is one migration file, ready to run. It is applied as a whole or not at
// all, unless Wrap is OneByOne.
type Unit struct {
	// Name is how events and errors call it, usually the version.
	Name string
	// Path is the file's path; errors name it with the line.
	Path       string
	Statements []Statement
	Wrap       Wrap
	// From is the first statement of a OneByOne unit that is still to run; the
	// ones before it were proved applied by an earlier run. 0 = all.
	From int
	// Begin is written in a transaction of its own before the first statement of
	// a OneByOne unit, Record after the last. For the other wraps Record is
	// written before COMMIT in the unit's own transaction and Begin is not used.
	Begin, Record []migration.Write
	// Unbegin takes Begin back where a OneByOne unit ended with nothing done. nil
	// = what Begin wrote stays, and the Result says so.
	Unbegin []migration.Write
	// History is the table that Begin and Record write: it is judged once more in the
	// transaction that writes it, under a lock that keeps everybody from changing it.
	// The zero value = it is not judged again.
	History Table
	// Mark is where the database shows that the unit is applied.
	Mark Mark
	// Role is set for the statements and the history row; "" = the session's own.
	Role string
	// Keys are the advisory lock keys of the team's tool that the run session
	// holds. They are released around CONCURRENTLY.
	Keys []int64
	// Hold is the longest accepted hold of the unit's locks. 0 = judged instant:
	// the hold budget applies.
	Hold time.Duration
	// Queue is the number of sessions expected to queue behind an accepted Hold;
	// the breaker stands at twice that, never under the queue limit.
	Queue int
	// Detached are partitions that were taken off by FINALIZE since the unit began:
	// their DETACH … CONCURRENTLY is done.
	Detached []Partition
}

// Statement is one statement of a unit.
type Statement struct {
	SQL string
	// Line and Column are where SQL starts in the file, from 1, the column in
	// characters.
	Line, Column int
	// Kind is PostgreSQL's command tag; "" where the statement was not analysed.
	Kind   string
	Effect effect.Effect
	// Concurrent is true for CREATE INDEX, DROP INDEX, REINDEX and DETACH
	// PARTITION with CONCURRENTLY.
	Concurrent bool
	// Index is what CREATE INDEX or DROP INDEX names; the zero value = nothing to
	// look for by name.
	Index Index
	// Uniques are the unique indexes that the statement builds, of constraints too.
	Uniques []Unique
	// Constraint is what VALIDATE CONSTRAINT names; the zero value = none.
	Constraint Constraint
	// Partition is what ATTACH or DETACH PARTITION names, of a table or an index;
	// the zero value = neither.
	Partition Partition
	// Witness shows in the catalog whether any other statement took effect.
	Witness Witness
	// Unsendable says why no server may be sent the text, as one of psql's own
	// commands; "" = it may.
	Unsendable string
	// Stdin is true for COPY FROM STDIN, whose data stands in no SQL.
	Stdin bool
	// Patient is true for VALIDATE CONSTRAINT, VACUUM and ANALYZE: where their lock
	// is weak they work as long as it takes, while everybody reads and writes.
	Patient bool
}

// Index names an index as the statement spells it, unquoted.
type Index struct {
	Schema string // "" = by search_path, or the table's
	Name   string // "" = the server chooses
	// Table is the indexed table as "schema.name"; "" for DROP INDEX.
	Table string
	// Only is true for an index of a partitioned table alone, without its
	// partitions: INVALID until each has its part attached.
	Only bool
	// drop is the oid of the INVALID index that DropInvalid means.
	drop uint32
}

// Constraint names a constraint of a table.
type Constraint struct {
	Table string // "schema.name"
	Name  string
}

// Wrap says what surrounds the statements of a unit.
type Wrap string

// How a unit runs.
const (
	// Transaction: BEGIN, the statements, the history row, COMMIT.
	Transaction Wrap = "transaction"
	// Own is a file that is one BEGIN … COMMIT: its first and last statement are
	// left out and ours stand in their place.
	Own Wrap = "own"
	// OneByOne: each statement on its own, the history row apart.
	OneByOne Wrap = "one-by-one"
)

// Mark is where the database shows that a unit is applied: the tool's history
// table. The zero value means that there is no such place.
type Mark struct {
	// SQL is what migration.History.Read returns: version, name, at, dirty.
	SQL     string
	Version string
	// UpTo is true where a row of version N means every version <= N.
	UpTo bool
	// Absent is true for a unit that takes Version back: its mark is that the
	// version is not there.
	Absent bool
}

// control lists the command tags that start or end a transaction.
var control = []string{
	"BEGIN", "START TRANSACTION", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE",
	"PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT",
}

// Validate reports what makes a unit impossible to run. It sends nothing.
func (u Unit) Validate() error {
	switch u.Wrap {
	case Transaction, Own, OneByOne:
	default:
		return fmt.Errorf("unit %s: unknown wrap %q", u.Name, u.Wrap)
	}
	if u.Wrap == Own && !u.isOwn() {
		return fmt.Errorf("unit %s: %s does not start with BEGIN and end with COMMIT", u.Name, u.Path)
	}
	if u.From < 0 || u.From > len(u.Statements) || (u.From > 0 && u.Wrap != OneByOne) {
		return fmt.Errorf("unit %s: cannot start at statement %d", u.Name, u.From)
	}
	for _, s := range u.body() {
		if err := u.check(s); err != nil {
			return fmt.Errorf("%s:%d: %w", u.Path, s.Line, err)
		}
	}
	return nil
}

func (u Unit) check(s Statement) error {
	switch {
	case slices.Contains(control, s.Kind):
		return fmt.Errorf("%s inside the file: belay opens and ends the transaction itself", s.Kind)
	case s.Unsendable != "":
		return errors.New(s.Unsendable)
	case s.Stdin:
		return errors.New("COPY FROM STDIN needs data that psql reads: use INSERT, or run the file with psql")
	case u.Wrap != OneByOne && (s.Concurrent || (s.Effect.Known && !s.Effect.Transactional)):
		return fmt.Errorf("%s cannot run inside a transaction: give it a file of its own", s.name())
	}
	return nil
}

func (u Unit) isOwn() bool {
	n := len(u.Statements)
	if n < 2 {
		return false
	}
	first, last := u.Statements[0].Kind, u.Statements[n-1].Kind
	return (first == "BEGIN" || first == "START TRANSACTION") && (last == "COMMIT" || last == "END")
}

// body is what is sent: without the BEGIN and COMMIT of an Own unit.
func (u Unit) body() []Statement {
	if u.Wrap == Own && u.isOwn() {
		return u.Statements[1 : len(u.Statements)-1]
	}
	return u.Statements
}

// index is a statement's place in the file, from 0.
func (u Unit) index(i int) int {
	if u.Wrap == Own {
		return i + 1
	}
	return i
}

// Patient reports whether the unit may take its time, because it makes neither
// reads nor writes wait: only belay's own deadline ends it.
func (u Unit) Patient() bool { return block{statements: u.body()}.patient() }

func (s Statement) name() string {
	if s.Kind == "" {
		return "the statement"
	}
	if s.Concurrent {
		return s.Kind + " CONCURRENTLY"
	}
	return s.Kind
}

// detaches reports whether it is DETACH PARTITION … CONCURRENTLY.
func (s Statement) detaches() bool { return s.Concurrent && s.Partition != Partition{} }

// patient reports whether the statement may run for long with its lock: it makes neither reads nor writes wait.
func (s Statement) patient() bool { return s.Patient && s.Effect.Known && !s.strong() }

// strong reports whether the statement may make reads or writes wait. What was
// not analysed may.
func (s Statement) strong() bool {
	if !s.Effect.Known || s.Effect.Duration == effect.Unknown {
		return true
	}
	m := s.Effect.Strongest().Mode
	return m.BlocksReads() || m.BlocksWrites()
}

// commits reports whether the statement ends transactions by itself, or may.
func (s Statement) commits() bool { return s.Effect.Commits != effect.CommitsNever }

// transactional reports whether the statement can be in a transaction of ours.
func (s Statement) transactional() bool {
	return s.Effect.Known && s.Effect.Transactional && !s.Concurrent && !s.commits()
}

// gentle reports whether the statement runs outside a transaction and blocks
// neither reads nor writes, so that it may wait without a limit.
func (s Statement) gentle() bool {
	return s.Concurrent || (s.Effect.Known && s.Effect.Duration != effect.Unknown &&
		s.Effect.Strongest().Mode <= lock.ShareUpdateExclusive)
}
