// Package trust judges, by the catalog alone, whether relations that belay reads or
// writes beside the team's tables hand its rights to somebody else: a view or a
// trigger of a lesser role runs as whoever looks or writes. The tool's history table
// and belay's own ledger are judged by the same query.
package trust

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// Fault is one thing about a relation that runs what is not the server's own, or
// that lets another role put such a thing there.
//
// Trusted are the session's role, the roles that it is a member of, superusers and
// the database's owner.
type Fault struct {
	// Relation is quoted and with its schema.
	Relation string
	// What is the fault: "trigger t uses function public.f"; "it" and "its schema"
	// where the owner is.
	What string
	// Owner is whose it is; "" where that does not matter.
	Owner string
	// Trusted is true where Owner is trusted: a person may go on.
	Trusted bool
	// Reads is true where the relation is only another's and the session's role is no
	// superuser. An owner could put something else there between our look and our
	// reading; a lesser role, such as the one that looks by `belay doctor
	// --print-grants`, has nothing to lose that is worth such a race.
	Reads bool
	// Alone is true where a table is only another's, and nothing else is wrong with it: a
	// superuser often works on what a role of the team owns. Table says so.
	Alone bool
}

// String is the fault with its relation, as a sentence.
func (f Fault) String() string {
	switch {
	case f.Owner == "":
		return f.Relation + ": " + f.What
	case f.What == "it" || f.What == "its schema":
		return fmt.Sprintf("%s: %s belongs to role %s", f.Relation, f.What, f.Owner)
	}
	return fmt.Sprintf("%s: %s, of role %s", f.Relation, f.What, f.Owner)
}

// Error says that a relation is not read or written, and why.
type Error struct{ Faults []Fault }

// Error names the first fault and counts the others.
func (e *Error) Error() string {
	s := "belay does not touch " + e.Faults[0].String()
	if more := len(e.Faults) - 1; more > 0 {
		s += fmt.Sprintf(" (and %d more)", more)
	}
	return s
}

// Hint is what to do now.
func (e *Error) Hint() string {
	if f := e.Faults[0]; f.What == "it" || f.What == "its schema" {
		return "what it holds would run with your rights. Connect as role " + f.Owner + ", or let the database's " +
			"owner own it"
	}
	return "it would run with your rights. Ask who made it, and let its owner remove it"
}

// Faults are what was found of one or more relations, what is not trusted first.
type Faults []Fault

// Read is nil where the relations may be read.
func (all Faults) Read() error {
	return all.without(func(f Fault) bool { return f.Trusted || f.Reads || f.Alone })
}

// Write is nil where all is of trusted roles.
func (all Faults) Write() error {
	return all.without(func(f Fault) bool { return f.Trusted || f.Alone })
}

// Others reports whether a table without any other fault is another's.
func (all Faults) Others() bool {
	return slices.ContainsFunc(all, func(f Fault) bool { return f.Alone })
}

func (all Faults) without(harmless func(Fault) bool) error {
	if left := slices.DeleteFunc(slices.Clone(all), harmless); len(left) > 0 {
		return &Error{Faults: left}
	}
	return nil
}

// Named are the faults that a trusted role's own things are, such as its trigger.
func (all Faults) Named() []string {
	var out []string
	for _, f := range all {
		if f.Trusted {
			out = append(out, f.String())
		}
	}
	return out
}

//go:embed trust.sql
var sql string

// Table judges a table, its partitions, and what rules on it reach. Both names are
// unquoted. One that does not exist has no faults. That a plain table is another's is no
// fault by itself, and said as Alone.
func Table(ctx context.Context, q db.Querier, schema, name string) (Faults, error) {
	all, err := ask(ctx, q, schema, &name)
	return all.ofTable(), err
}

// Queue asks for Table with other questions.
func Queue(b *pgx.Batch, schema, name string, to *Faults) {
	b.Queue(sql, schema, name).QueryRow(func(r pgx.Row) error {
		all, err := read(r, schema)
		*to = all.ofTable()
		return err
	})
}

// ofTable says of the faults of one table which are only that it is another's.
func (all Faults) ofTable() Faults {
	if !slices.ContainsFunc(all, func(f Fault) bool { return !f.Trusted && !f.owned() }) {
		for i := range all {
			all[i].Alone = all[i].owned()
		}
	}
	return all
}

// owned reports whether the fault is only whose the relation or its schema is.
func (f Fault) owned() bool { return f.What == "it" || f.What == "its schema" }

// Schema judges all relations of a schema, named without quotes.
func Schema(ctx context.Context, q db.Querier, name string) (Faults, error) {
	return ask(ctx, q, name, nil)
}

func ask(ctx context.Context, q db.Querier, schema string, name *string) (Faults, error) {
	return read(q.QueryRow(ctx, sql, schema, name), schema)
}

// read takes the answer to one question.
func read(r pgx.Row, schema string) (all Faults, err error) {
	var text string
	if err = r.Scan(&text); err == nil {
		err = json.Unmarshal([]byte(text), &all)
	}
	if err != nil {
		return nil, fmt.Errorf("what others have put into schema %s: %w", schema, err)
	}
	return all, nil
}
