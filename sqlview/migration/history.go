package migration

import (
	"fmt"
	"slices"
	"strings"
)

// Row is one row of a tool's history table, as far as the tool keeps it.
type Row struct {
	Version string
	Name    string // "" where the tool keeps none
	At      string // the tool's own time as text; "" where it keeps none
	Dirty   bool
	// Checksum is what the tool stored of the file, spelled as Migration.Checksum;
	// "" where it keeps none.
	Checksum string
	// Baseline is true where the row stands for every version up to its own.
	Baseline bool
	// Batch is what the tool applied together; "" where it keeps none.
	Batch string
}

// Write is one statement that records something in the history table. Args are
// bound, never spliced.
type Write struct {
	SQL  string
	Args []any
}

// History says how a tool records what it ran. The functions return SQL for a
// table named by its quoted, schema-qualified identifier.
type History struct {
	// Schema is where the tool keeps its table unless it is told otherwise; "" = in
	// the first schema of the search_path.
	Schema string
	// Table is the default name, without schema.
	Table string
	// Columns must be there with one of their types. A further column without a
	// default refuses native writing.
	Columns []Column
	// Create is the tool's own DDL, nil where belay only adopts the table.
	Create func(table string) string
	// Read selects version text, name text, at text, dirty boolean, newest first;
	// behind them, where the tool keeps them, checksum text, baseline boolean and batch
	// text. It
	// and the writes are run under the team's search_path: they name the schema of
	// each type, function and operator.
	Read func(table string) string
	// Privileges are what Read and the writes need on the table.
	Privileges []string
	// Compares is true where the tool refuses to go on once a checksum in the table
	// is not the file's.
	Compares bool
	// UpTo is true where one row of version N means every version <= N is applied.
	UpTo bool
	// Record is what makes m the newest applied version, inside the unit's own
	// transaction, or after Begin when the unit had none.
	Record func(table string, m Migration) []Write
	// Begin is committed before an up unit that cannot be in a transaction, and
	// BeginDown before such a down unit; nil for tools that write nothing then.
	Begin     func(table string, m Migration) []Write
	BeginDown func(table string, m Migration, prev *Migration) []Write
	// Unrecord is what takes m back; prev is the version before it, nil = none.
	Unrecord func(table string, m Migration, prev *Migration) []Write
	// Expand turns the rows of a tool that keeps only the newest of a chain into one
	// for each version that they stand for; nil = each row stands for itself.
	Expand func(f Folder, rows []Row) []Row
	// Keys are the advisory lock keys the tool takes on this database.
	// schema and table are unquoted.
	Keys func(database, schema, table string) []int64
}

// Column is a column that a history table must have.
type Column struct {
	Name string
	// Types are the accepted spellings of format_type.
	Types []string
}

// Table is a table as the catalog shows it, for Fit and Adopt. Names are
// unquoted.
type Table struct {
	Schema, Name string
	Columns      []TableColumn
}

// TableColumn is one live column of a Table.
type TableColumn struct {
	Name    string
	Type    string // as format_type prints it
	NotNull bool
	// Default is true for a default, an identity or a generated column: an
	// INSERT may leave it out.
	Default bool
}

// Column finds a column by name; nil = there is none.
func (t Table) Column(name string) *TableColumn {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Misfit is one way in which a table is not the tool's own.
type Misfit struct {
	Column string
	Why    string
	// Reads is true where the history can still be read, and only writing to
	// it is refused.
	Reads bool
}

// Fit compares a table with what the tool expects. No misfits = belay may read
// and write it as the tool does.
func (h History) Fit(t Table) []Misfit {
	var found []Misfit
	for _, want := range h.Columns {
		have := t.Column(want.Name)
		switch {
		case have == nil:
			found = append(found, Misfit{Column: want.Name, Why: "is missing"})
		case !slices.ContainsFunc(want.Types, func(t string) bool { return fitsType(t, have.Type) }):
			found = append(found, Misfit{Column: want.Name,
				Why: fmt.Sprintf("is %s, not %s", have.Type, strings.Join(want.Types, " or "))})
		}
	}
	for _, have := range t.Columns {
		if !h.knows(have.Name) && !have.Default {
			found = append(found, Misfit{Column: have.Name, Reads: true,
				Why: "is not one of the tool's and has no default, so belay cannot know what belongs in it"})
		}
	}
	return found
}

func (h History) knows(column string) bool {
	return slices.ContainsFunc(h.Columns, func(c Column) bool { return c.Name == column })
}

// Choose picks the history for the tables found in one schema: the tool's own
// table if it is there, else one that the format adopts, else the tool's own,
// still to be created (table nil). It is pure; the caller reads the catalog.
func (f Format) Choose(found []Table) (h History, table *Table) {
	for i := range found {
		if found[i].Name == f.History.Table {
			return f.History, &found[i]
		}
	}
	for i := range found {
		if h, ok := f.adopt(found[i]); ok {
			return h, &found[i]
		}
	}
	return f.History, nil
}

// ChooseNamed picks the history for a table that the team configured by name:
// one that the format adopts, else the tool's own shape under that name.
func (f Format) ChooseNamed(t Table) History {
	if h, ok := f.adopt(t); ok {
		return h
	}
	return f.History
}

func (f Format) adopt(t Table) (History, bool) {
	if f.Adopt == nil {
		return History{}, false
	}
	return f.Adopt(t)
}

// Tables are the names to look for in the catalog, the tool's own first.
func (f Format) Tables() []string { return append([]string{f.History.Table}, f.Adopts...) }
