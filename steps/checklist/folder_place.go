package checklist

import (
	"fmt"
	"strings"

	"belay/db/history"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
)

// placeItems say where folder and database hardly belong together: what is
// applied is not in the folder, or another tool has kept its history here.
func placeItems(b *steps.Folder) []fact.Item {
	if b.Table == nil {
		return nil
	}
	var items []fact.Item
	if s := b.Status; s.WrongPlace() {
		items = append(items, fact.Item{ID: "place", Level: fact.Look,
			Text: fmt.Sprintf("only %d of %d applied versions are in the folder: perhaps it is the wrong database, "+
				"or the wrong folder",
				len(s.Applied)+len(s.Dirty), len(s.Applied)+len(s.Dirty)+len(s.Missing)),
			Hint: "compare the target with what you meant, and --migrations with it"})
	}
	for _, o := range b.Others {
		items = append(items, otherItem(b, o))
	}
	return items
}

// otherItem stops where the folder's own table is not there yet: all its files
// would count as pending.
func otherItem(b *steps.Folder, o history.Known) fact.Item {
	i := fact.Item{ID: "other-history", Level: fact.Look,
		Text: fmt.Sprintf("the database also has %s, a history table of %s", o.Quoted, o.Title()),
		Hint: "nothing to do where another application or an earlier tool keeps it; belay reads and writes " +
			b.Table.Quoted}
	if b.Table.Exists || len(b.Chosen) == 0 {
		return i
	}
	i.Level = fact.Stop
	i.Text = fmt.Sprintf("the database has %s, a history table of %s, and none of %s: what is pending is perhaps "+
		"applied already",
		o.Quoted, o.Title(), migration.Title(b.Format.Name))
	i.Hint = "wrong database, or a folder of another tool"
	var runs []string
	for _, tool := range o.Tools {
		if _, err := migration.Find(tool); err == nil {
			runs = append(runs, "--tool "+tool)
		}
	}
	if len(runs) > 0 {
		i.Hint += ": name it with " + strings.Join(runs, " or ")
	}
	return i
}

// namedTable is the history table's name: where it exists, or where it is missing.
func namedTable(t *history.Table) (exists, missing string) {
	name := t.Schema + "." + t.Name
	if t.Exists {
		return name, ""
	}
	return "", name
}
