package campaign

import (
	"fmt"
	"strings"
	"time"

	"belay/db/evidence"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
	"belay/sqlview/rewrite/ways"
	"belay/sqlview/usage"
	"belay/steps"
)

// Kind is a change that takes several deployments.
type Kind struct {
	Name string
	// Args are what it is given, in words for a person; Does says what it comes to.
	Args, Does string
	// least and most are how many arguments it takes.
	least, most int
	// finds is the argument that is there already; a column where column is true.
	column, index bool
	// regroups is true where columns take the place of others.
	regroups bool
	// sql is the plain change, of which the safe phases are made.
	sql func(w wish) (string, error)
	// phases are made of what the rewrite says.
	phases func(w wish, plan rewrite.Plan) []*Phase
}

// wish is a change that somebody wants.
type wish struct {
	kind Kind
	args []string
	// thing is what the first argument names, other what the second does, where it is
	// there too.
	thing, other evidence.Subject
	// fresh is a new name, unquoted.
	fresh             string
	using, back, fill string
	soak              time.Duration
	groups            ways.Regrouping
}

// Kinds are the changes that are known.
func Kinds() []Kind {
	return []Kind{
		{Name: "rename", Args: "TABLE.COLUMN NEW_NAME, or TABLE NEW_NAME", least: 2, most: 2, column: true,
			Does: "old and new code work side by side, then the old name goes", sql: renameSQL, phases: renamePhases},
		{Name: "type", Args: "TABLE.COLUMN TYPE", least: 2, most: 2, column: true,
			Does: "a column of the new type beside the old, in step, then in its " +
				"place", sql: typeSQL, phases: twinPhases},
		{Name: "split", Args: "TABLE.COLUMN NEW,NEW... --set \"COLUMN = EXPRESSION\"...", least: 2, most: 2,
			column: true, Does: "new columns beside the one, in step both ways, then the old goes", sql: regroupSQL,
			phases: regroupPhases, regroups: true},
		{Name: "merge", Args: "TABLE.COLUMN,COLUMN... NEW --set \"COLUMN = EXPRESSION\"...", least: 2, most: 2,
			column: true, Does: "one column beside the old ones, in step both ways, then those go", sql: regroupSQL,
			phases: regroupPhases, regroups: true},
		{Name: "not-null", Args: "TABLE.COLUMN", least: 1, most: 1, column: true,
			Does: "code writes the column first, then the server holds all to " +
				"it", sql: notNullSQL, phases: notNullPhases},
		{Name: "foreign-key", Args: "TABLE.COLUMN OTHER_TABLE.COLUMN", least: 2, most: 2, column: true,
			Does: "the index first, then the key, then its proof", sql: foreignKeySQL, phases: foreignKeyPhases},
		{Name: "drop", Args: "TABLE.COLUMN, or TABLE", least: 1, most: 1, column: true,
			Does: "set aside under another name, with a due date, then dropped", sql: dropSQL, phases: dropPhases},
		{Name: "replace-index", Args: `INDEX "CREATE INDEX ..."`, least: 2, most: 2, index: true,
			Does: "the new index first, then the old one goes", sql: replaceIndexSQL, phases: replaceIndexPhases},
	}
}

// FindKind finds a kind by its name.
func FindKind(name string) (Kind, error) {
	var names []string
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kind{}, &steps.Refused{
		Problem: "there is no kind of campaign " + name, Advice: "the kinds are " + strings.Join(names, ", "),
	}
}

// relation is the thing's relation as SQL writes it.
func (w wish) relation() string {
	return lint.Ident(w.thing.Schema) + "." + lint.Ident(w.thing.Relation)
}

func (w wish) columnName() string { return lint.Ident(w.thing.Column) }

// old names the thing as SQL spells it.
func (w wish) old() string {
	if w.thing.Column == "" {
		return w.relation()
	}
	return w.relation() + "." + w.columnName()
}

// says names the change.
func (w wish) says() string {
	switch w.kind.Name {
	case "rename":
		return "rename " + w.thing.Title() + " to " + w.fresh
	case "split":
		return "split " + w.thing.Title() + " into " + list(w.groups.New)
	case "merge":
		return "merge " + w.olds() + " into " + list(w.groups.New)
	case "type":
		return "type of " + w.thing.Title() + " to " + w.args[1]
	case "not-null":
		return w.thing.Title() + " not null"
	case "foreign-key":
		return "foreign key " + w.thing.Title() + " to " + w.other.Title()
	case "replace-index":
		return "replace index " + w.thing.Title()
	}
	return "drop " + w.thing.Title()
}

// named reads a new name.
func named(arg string) (string, error) {
	parts := usage.Parts(arg)
	if len(parts) != 1 {
		return "", &steps.Refused{
			Problem: arg + " is no new name", Advice: "give the name alone, as SQL spells it: email_address, " +
				"\"E-Mail\"",
		}
	}
	return parts[0], nil
}

func renameSQL(w wish) (string, error) {
	if w.thing.Column == "" {
		return "ALTER TABLE " + w.relation() + " RENAME TO " + lint.Ident(w.fresh), nil
	}
	return "ALTER TABLE " + w.relation() + " RENAME COLUMN " + w.columnName() + " TO " + lint.Ident(w.fresh), nil
}

func typeSQL(w wish) (string, error) {
	sql := "ALTER TABLE " + w.relation() + " ALTER COLUMN " + w.columnName() + " TYPE " + w.args[1]
	if w.using != "" {
		sql += " USING " + w.using
	}
	return sql, nil
}

// regroupSQL names the table and the first column that goes.
func regroupSQL(w wish) (string, error) {
	return "ALTER TABLE " + w.relation() + " DROP COLUMN " + w.columnName(), nil
}

func notNullSQL(w wish) (string, error) {
	return "ALTER TABLE " + w.relation() + " ALTER COLUMN " + w.columnName() + " SET NOT NULL", nil
}

func foreignKeySQL(w wish) (string, error) {
	return fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s.%s (%s)", w.relation(), w.columnName(),
		lint.Ident(w.other.Schema), lint.Ident(w.other.Relation), lint.Ident(w.other.Column)), nil
}

func dropSQL(w wish) (string, error) {
	if w.thing.Column == "" {
		return "DROP TABLE " + w.relation(), nil
	}
	return "ALTER TABLE " + w.relation() + " DROP COLUMN " + w.columnName(), nil
}

func replaceIndexSQL(w wish) (string, error) {
	return "DROP INDEX " + w.relation() + ";\n" + strings.TrimRight(strings.TrimSpace(w.args[1]), ";"), nil
}
