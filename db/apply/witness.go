package apply

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// Witness is a question to the catalog whose answer shows whether a statement
// took effect. The zero value = nothing in the catalog shows it.
type Witness struct {
	// SQL answers one row with one column: done, open, or pending for a change
	// that the server began and did not end.
	SQL  string
	Args []string
	// Done and Open say what those answers mean, such as "database d is there".
	Done, Open string
	// Look is where a person looks when the catalog cannot be asked, and what else
	// a failure may leave; "" = nothing more.
	Look string
}

// Partition names both sides of ATTACH or DETACH PARTITION as "schema.name"; the
// zero value = the statement is neither.
type Partition struct {
	Parent string `json:"parent"`
	Name   string `json:"name"`
}

// String names it for a person.
func (p Partition) String() string { return "partition " + p.Name + " of " + p.Parent }

// what a witness answers.
const (
	witnessDone    = "done"
	witnessOpen    = "open"
	witnessPending = "pending"
)

// holds makes the question of a condition.
func holds(condition string) string {
	return "select case when " + condition + " then 'done' else 'open' end"
}

const (
	enumValue = `exists (select from pg_catalog.pg_enum where enumtypid operator(pg_catalog.=) pg_catalog.to_regtype($1) and enumlabel operator(pg_catalog.=) $2)`
	attached  = `exists (select from pg_catalog.pg_inherits
		where inhrelid operator(pg_catalog.=) pg_catalog.to_regclass($1) and inhparent operator(pg_catalog.=) pg_catalog.to_regclass($2))`
	// inhdetachpending came with 14; to_jsonb reads it where it is.
	detached = `select case when pg_catalog.to_regclass($1) is null then 'open'
		else coalesce((select case when (pg_catalog.to_jsonb(i) operator(pg_catalog.->>) 'inhdetachpending')::boolean then 'pending' else 'open' end
			from pg_catalog.pg_inherits i where i.inhrelid operator(pg_catalog.=) pg_catalog.to_regclass($1) and i.inhparent operator(pg_catalog.=) pg_catalog.to_regclass($2)), 'done') end`
	databaseThere     = `exists (select from pg_catalog.pg_database where datname operator(pg_catalog.=) $1)`
	tablespaceThere   = `exists (select from pg_catalog.pg_tablespace where spcname operator(pg_catalog.=) $1)`
	subscriptionThere = `exists (select from pg_catalog.pg_subscription where subname operator(pg_catalog.=) $1
		and subdbid operator(pg_catalog.=) (select oid from pg_catalog.pg_database where datname operator(pg_catalog.=) pg_catalog.current_database()))`
)

// there and gone are the witnesses of an object that is made or dropped.
func there(what, condition, name string) Witness {
	return Witness{
		SQL: holds(condition), Args: []string{name}, Done: what + " " + name + " is there",
		Open: what + " " + name + " is not there",
	}
}

func gone(what, condition, name string) Witness {
	w := there(what, "not "+condition, name)
	w.Done, w.Open = w.Open, w.Done
	return w
}

func (p Partition) attaching() Witness {
	return Witness{
		SQL: holds(attached), Args: p.args(), Done: p.Name + " is attached to " + p.Parent,
		Open: p.Name + " is not attached to " + p.Parent,
	}
}

func (p Partition) detaching() Witness {
	return Witness{
		SQL: detached, Args: p.args(), Done: p.Name + " is no partition of " + p.Parent,
		Open: p.Name + " is still a partition of " + p.Parent,
	}
}

func (p Partition) args() []string { return []string{quotedName(p.Name), quotedName(p.Parent)} }

// quotedName quotes "schema.name", or a name alone.
func quotedName(name string) string {
	schema, base, ok := strings.Cut(name, ".")
	if !ok {
		return pgx.Identifier{name}.Sanitize()
	}
	return pgx.Identifier{schema, base}.Sanitize()
}

// testify asks a witness. A role that may not ask leaves the statement open to a
// person.
func (w Witness) testify(ctx context.Context, c *pgx.Conn, in scope) (Outcome, string, error) {
	rows, err := in.ask(ctx, c, w.SQL, w.Args...)
	switch {
	case db.SQLState(err) == "42501":
		return Unknown, "this role may not ask the catalog: " + w.Look, nil
	case err != nil:
		return Unknown, "", err
	case rows[0][0] == witnessDone:
		return Applied, w.Done, nil
	case rows[0][0] == witnessPending:
		return NotApplied, fmt.Sprintf("%s, but it is half detached: DETACH PARTITION … FINALIZE ends it", w.Open), nil
	}
	return NotApplied, w.Open, nil
}
