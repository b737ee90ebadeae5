package migration

import (
	"slices"
	"strings"
)

// KnownTable is a tool's history table as far as it takes to know it again.
type KnownTable struct {
	// Tool is the name of the Format or of the tool that belay does not run.
	Tool string
	// Schema is the one that the tool always uses; "" = any.
	Schema, Name string
	// Columns are all there in the tool's table.
	Columns []string
	// Beside is a table of the same schema without which it is another tool's; ""
	// = the columns tell.
	Beside string
	// types narrow a column of a shared name.
	types map[string][]string
}

// KnownTables are the history tables of every tool that belay knows, of those
// that it runs and of those that it does not.
func KnownTables() []KnownTable {
	var all []KnownTable
	for _, f := range Formats() {
		all = append(all, f.known())
	}
	for _, t := range foreign {
		for _, k := range t.tables {
			k.Tool = t.name
			all = append(all, k)
		}
	}
	return all
}

func (f Format) known() KnownTable {
	k := KnownTable{Tool: f.Name, Name: f.History.Table, types: map[string][]string{}}
	for _, c := range f.History.Columns {
		k.Columns = append(k.Columns, c.Name)
		k.types[c.Name] = c.Types
	}
	return k
}

// Is reports whether a table of the catalog is this one. tables are the names of
// the others in its schema.
func (k KnownTable) Is(t Table, tables []string) bool {
	if !strings.EqualFold(k.Name, t.Name) || k.Schema != "" && k.Schema != t.Schema {
		return false
	}
	for _, name := range k.Columns {
		c := t.Column(name)
		if c == nil || k.types[name] != nil &&
			!slices.ContainsFunc(k.types[name], func(want string) bool { return fitsType(want, c.Type) }) {
			return false
		}
	}
	return k.Beside == "" || slices.Contains(tables, k.Beside)
}

// LooksLike names the tools whose history table this is by its name and its
// columns, best first; tables are the names of the others in its schema.
func LooksLike(t Table, tables []string) []string {
	var found []KnownTable
	for _, k := range KnownTables() {
		if k.Is(t, tables) {
			found = append(found, k)
		}
	}
	// What says more of the table comes first: dbmate's one column is in many.
	slices.SortStableFunc(found, func(a, b KnownTable) int { return weight(b) - weight(a) })
	var tools []string
	for _, k := range found {
		if weight(k) == weight(found[0]) && !slices.Contains(tools, k.Tool) {
			tools = append(tools, k.Tool)
		}
	}
	return tools
}

func weight(k KnownTable) int {
	if k.Beside != "" {
		return len(k.Columns) + 1
	}
	return len(k.Columns)
}

// fitsType compares a type as format_type prints it; a length that is not asked
// for does not count.
func fitsType(want, have string) bool {
	return want == have || strings.HasPrefix(have, want+"(")
}
