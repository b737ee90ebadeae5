// Package history finds the table in which a migration tool records what it
// ran, checks that it is the tool's own, and reads its rows. It only reads: the
// SQL that writes comes from migration.History and is run with the unit.
package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/trust"
	"belay/sqlview/migration"
)

// Querier is a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Table is a history table, or the place where it would be created.
type Table struct {
	Schema, Name string // unquoted
	// Quoted is schema and name as SQL writes them; it means the same table
	// whatever search_path the migration sets.
	Quoted string
	// OID is 0 where the table does not exist.
	OID    uint32
	Exists bool
	// NoSchema is true where not even the tool's own schema is there.
	NoSchema bool
	// Variant is how rows are read and written; of a table that does not exist,
	// how they will be.
	Variant migration.History
	// Refused is non-nil where the rows can be read and must not be written by
	// belay, because the table has columns that the tool does not know.
	Refused *UnfitError
	// Lacks are the privileges, such as INSERT, that the session's role would
	// need on the table to record a migration and does not have.
	Lacks []string
	// Faults are what others have put on the table: its Read is nil, its Write may not
	// be, and what it names is a trusted role's.
	Faults trust.Faults
}

// Open finds the format's table on the server by its catalog. configured is the
// team's own name for it, "table" or "schema.table" as SQL writes it; "" = the
// tool's default name in its own schema or the first of the team's search_path. A
// table that does not exist is no error. The error is a *NoSchemaError, an *ElsewhereError, a *NameError, an
// *UnfitError or a *trust.Error where not even reading is safe, or the connection's.
func Open(ctx context.Context, q *db.Conn, f migration.Format, configured string) (*Table, error) {
	t, _, err := open(ctx, q, f, configured)
	if err != nil || !t.Exists {
		return t, err
	}
	return t, t.trust(ctx, q)
}

// open is Open before anybody asks what others have put on the table. known are the
// tables of all tools.
func open(ctx context.Context, q *db.Conn, f migration.Format, configured string) (t *Table, known []Known, err error) {
	p, all, err := lookFor(ctx, q, f, configured)
	if err != nil {
		return nil, nil, err
	}
	known = everyone(all)
	here, elsewhere := p.split(all)
	h, at := choose(f, here, configured != "")
	if at == nil && configured == "" {
		found, err := candidates(ctx, q, p.names, f.History.Columns)
		if err != nil {
			return nil, nil, err
		}
		here, elsewhere = p.split(found)
		h, at = choose(f, here, false)
	}
	if at != nil {
		t, err := check(f.Name, h, at, migration.LooksLike(at.Table, neighbours(all, at.Schema)))
		return t, known, err
	}
	if names := around(f, p, configured != "", elsewhere); len(names) > 0 {
		return nil, nil, &ElsewhereError{Schema: p.schema, Name: p.names[0], Found: names}
	}
	t = newTable(p.schema, p.names[0], h)
	t.NoSchema = p.missing
	return t, known, nil
}

// Reading is what Read found. Its zero value is of a table that could not be opened.
type Reading struct {
	Table *Table
	// Rows are newest first.
	Rows []migration.Row
	// Known are the history tables of all tools.
	Known []Known
}

// Read is Open, Everyone and Rows, in as few round trips as that takes. Where the table
// was opened and its rows could not be read, there is a Table beside the error.
func Read(ctx context.Context, c *db.Conn, f migration.Format, configured string) (r Reading, err error) {
	t, known, err := open(ctx, c, f, configured)
	if err != nil {
		return Reading{}, err
	}
	r = Reading{Table: t, Known: known}
	if !t.Exists {
		return r, nil
	}
	r.Rows, err = t.rows(ctx, c, true)
	if _, untrusted := errors.AsType[*trust.Error](err); untrusted {
		return Reading{}, err
	}
	return r, err
}

// trust asks what others have put on the table, and whether it may be read.
func (t *Table) trust(ctx context.Context, q *db.Conn) (err error) {
	if t.Faults, err = trust.Table(ctx, q, t.Schema, t.Name); err != nil {
		return fmt.Errorf("history table %s: %w", t.Quoted, err)
	}
	return t.Faults.Read()
}

// Create is the DDL that makes the table as the tool does, its schema first where
// that is missing.
func (t *Table) Create() string {
	ddl := t.Variant.Create(t.Quoted)
	if t.NoSchema {
		ddl = "CREATE SCHEMA " + pgx.Identifier{t.Schema}.Sanitize() + ";\n" + ddl
	}
	return ddl
}

// around names tables that could be the one: of the right name elsewhere, else of the
// right columns under another name.
func around(f migration.Format, p place, configured bool, elsewhere []relation) []string {
	named := func(r relation) bool {
		return slices.ContainsFunc(p.names, func(name string) bool { return strings.EqualFold(name, r.Name) })
	}
	names := fitting(elsewhere, func(r relation) bool {
		h, table := choose(f, []relation{r}, configured || !slices.Contains(p.names, r.Name))
		return named(r) && table != nil && len(h.Fit(r.Table)) == 0
	})
	if configured || len(names) > 0 {
		return names
	}
	// One column, such as a name, is in many a table of the application's: such a
	// tool's own has no other.
	single := len(f.History.Columns) == 1
	return fitting(elsewhere, func(r relation) bool {
		return len(f.History.Fit(r.Table)) == 0 && (!single || len(r.Columns) == 1)
	})
}

// newTable is a table that is not there yet.
func newTable(schema, name string, h migration.History) *Table {
	return &Table{Schema: schema, Name: name, Quoted: pgx.Identifier{schema, name}.Sanitize(), Variant: h}
}

// choose picks among the tables of one schema. A configured name may carry the
// tool's own shape or an adopted one.
func choose(f migration.Format, here []relation, configured bool) (migration.History, *relation) {
	if configured {
		if len(here) == 0 {
			return f.History, nil
		}
		return f.ChooseNamed(here[0].Table), &here[0]
	}
	var tables []migration.Table
	for _, r := range here {
		tables = append(tables, r.Table)
	}
	h, table := f.Choose(tables)
	for i := range here {
		if table != nil && here[i].Name == table.Name {
			return h, &here[i]
		}
	}
	return h, nil
}

// check refuses a table that is not the tool's.
func check(format string, h migration.History, r *relation, owners []string) (*Table, error) {
	t := newTable(r.Schema, r.Name, h)
	t.OID, t.Exists, t.Lacks = r.oid, true, r.lacks(h.Privileges)
	unfit := &UnfitError{Table: t.Quoted, Format: format, LooksLike: titles(owners), Misfits: h.Fit(r.Table)}
	if len(unfit.Misfits) == 0 && len(owners) > 0 && !slices.Contains(owners, format) {
		unfit.Misfits = append(unfit.Misfits, migration.Misfit{
			Why: "it has the columns of both, and what stands beside it is " + unfit.LooksLike + "'s",
		})
	}
	if r.kind != "r" && r.kind != "p" {
		unfit.Misfits = append(unfit.Misfits, migration.Misfit{Why: "it is not a table"})
	}
	switch {
	case len(unfit.Misfits) == 0:
	case unfit.reads():
		t.Refused = unfit
	default:
		return nil, unfit
	}
	return t, nil
}

// fitting names the tables elsewhere that are the tool's by their columns;
// another tool's of the same name are no business of ours.
func fitting(elsewhere []relation, fits func(relation) bool) []string {
	var names []string
	for _, r := range elsewhere {
		if (r.kind == "r" || r.kind == "p") && fits(r) {
			names = append(names, pgx.Identifier{r.Schema, r.Name}.Sanitize())
		}
	}
	return names
}

// Rows reads the history, newest first. A table that does not exist has none. The table
// is locked and judged again before it is read: a view that somebody put in its place
// since Open would run with our rights.
func (t *Table) Rows(ctx context.Context, c *db.Conn) ([]migration.Row, error) {
	if !t.Exists {
		return nil, nil
	}
	return t.rows(ctx, c, false)
}

// rows is Rows; a table that nobody has judged yet is judged before it is locked too: what
// is wrong with it is said rather than that the lock was refused.
func (t *Table) rows(ctx context.Context, c *db.Conn, unjudged bool) (all []migration.Row, err error) {
	fail := func(err error) ([]migration.Row, error) {
		c.Undo(ctx)
		return nil, err
	}
	var b pgx.Batch
	var locked trust.Faults
	if unjudged {
		trust.Queue(&b, t.Schema, t.Name, &t.Faults)
	}
	b.Queue("BEGIN READ ONLY")
	b.Queue("LOCK TABLE " + t.Quoted + " IN ACCESS SHARE MODE")
	trust.Queue(&b, t.Schema, t.Name, &locked)
	err = c.Send(ctx, &b)
	if wrong := cmp.Or(t.Faults.Read(), locked.Read()); wrong != nil {
		return fail(wrong)
	}
	if err == nil {
		all, err = t.readLocked(ctx, c)
	}
	if err != nil {
		return fail(fmt.Errorf("history table %s: %w", t.Quoted, err))
	}
	return all, nil
}

// readLocked reads the rows of the table that this transaction has locked, and ends it.
func (t *Table) readLocked(ctx context.Context, c *db.Conn) (all []migration.Row, err error) {
	var b pgx.Batch
	b.Queue(t.Variant.Read(t.Quoted)).Query(func(rows pgx.Rows) (err error) {
		all, err = pgx.CollectRows(rows, scanRow)
		return err
	})
	b.Queue("COMMIT")
	return all, c.Send(ctx, &b)
}

func scanRow(row pgx.CollectableRow) (r migration.Row, err error) {
	var at *string
	into := []any{&r.Version, &r.Name, &at, &r.Dirty, &r.Checksum, &r.Baseline, &r.Batch}
	err = row.Scan(into[:len(row.FieldDescriptions())]...)
	if at != nil {
		r.At = *at
	}
	return r, err
}

// Keys are the advisory lock keys under which the tool excludes itself on this
// database.
func (t *Table) Keys(database string) []int64 { return t.Variant.Keys(database, t.Schema, t.Name) }
