package history

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/sqlview/secret"
)

// NoSchemaError says that the schema of the history table does not exist.
// Schema is "" where search_path names none that does.
type NoSchemaError struct{ Schema string }

func (e *NoSchemaError) Error() string {
	if e.Schema == "" {
		return "search_path names no schema that exists, so the tool's history table has no place"
	}
	return fmt.Sprintf("schema %q of the history table does not exist", e.Schema)
}

// Hint is what to do now.
func (e *NoSchemaError) Hint() string {
	if e.Schema == "" {
		return "set search_path in the DSN, or name the table with history_table"
	}
	return "correct history_table"
}

// NameError says that a configured name is no identifier.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	return fmt.Sprintf("history_table %q is neither a table nor schema.table", secret.Line(e.Name))
}

// Hint is what to do now.
func (e *NameError) Hint() string { return "write table or schema.table, and quote names as SQL does" }

// ElsewhereError says that the history table is not where it was looked for,
// and a table that could be it stands elsewhere or under another name: taking
// the folder for wholly pending would be wrong.
type ElsewhereError struct {
	Schema, Name string   // where it was looked for
	Found        []string // quoted
}

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("schema %q has no history table %q, but there is %s", e.Schema, e.Name,
		strings.Join(e.Found, ", "))
}

// Hint is what to do now.
func (e *ElsewhereError) Hint() string {
	return "name the right one with history_table, or set search_path as the tool does"
}

// UnfitError says that a table has the tool's name and not its columns.
type UnfitError struct {
	Table     string // quoted
	Format    string
	LooksLike string // another tool, "" = not known
	Misfits   []migration.Misfit
}

func (e *UnfitError) Error() string {
	var why []string
	for _, m := range e.Misfits {
		why = append(why, strings.TrimSpace(m.Column+" "+m.Why))
	}
	looks := ""
	if e.LooksLike != "" && e.LooksLike != migration.Title(e.Format) {
		looks = " (it looks like " + e.LooksLike + "'s)"
	}
	return fmt.Sprintf("belay does not write to %s: it is not %s's table%s: %s",
		e.Table, migration.Title(e.Format), looks, strings.Join(why, ", "))
}

// Hint is what to do now.
func (e *UnfitError) Hint() string {
	return "name the right table with history_table in belay.toml, or the right tool with --tool"
}

// reads reports whether the rows can still be read.
func (e *UnfitError) reads() bool {
	return !slices.ContainsFunc(e.Misfits, func(m migration.Misfit) bool { return !m.Reads })
}
