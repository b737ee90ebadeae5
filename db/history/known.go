package history

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/migration"
)

// Known is a history table of any tool, met in a database.
type Known struct {
	Schema, Name string // unquoted
	Quoted       string
	// Tools are those whose table it is by its name and its columns, several where
	// they have the same.
	Tools []string
}

// Title names the tools.
func (k Known) Title() string { return titles(k.Tools) }

func titles(tools []string) string {
	var all []string
	for _, t := range tools {
		all = append(all, migration.Title(t))
	}
	return strings.Join(all, " or ")
}

// Everyone finds the history tables of every tool that belay knows, in all
// schemas, ordered by schema and name. It reads the catalog alone.
func Everyone(ctx context.Context, q Querier) ([]Known, error) {
	found, err := find(ctx, q, byNameSQL, knownNames())
	if err != nil {
		return nil, err
	}
	return everyone(found), nil
}

// knownNames are those of the tables that any tool's history is in, or that stand beside
// one.
func knownNames() (names []string) {
	for _, k := range migration.KnownTables() {
		names = append(names, k.Name)
		if k.Beside != "" {
			names = append(names, k.Beside)
		}
	}
	return names
}

// everyone picks the history tables of tools out of all relations of such names.
func everyone(found []relation) (all []Known) {
	for _, r := range found {
		if r.kind != "r" && r.kind != "p" {
			continue
		}
		if tools := migration.LooksLike(r.Table, neighbours(found, r.Schema)); len(tools) > 0 {
			all = append(all, Known{
				Schema: r.Schema, Name: r.Name, Quoted: pgx.Identifier{r.Schema, r.Name}.Sanitize(), Tools: tools,
			})
		}
	}
	return all
}

// Others are the known tables but for one: its own is named elsewhere. A nil
// table leaves none out.
func Others(all []Known, own *Table) []Known {
	return slices.DeleteFunc(slices.Clone(all), func(k Known) bool { return own != nil && k.Quoted == own.Quoted })
}

// Decide takes, of guesses at a folder, the one tool whose history table the
// database has; table is quoted. It is false where none has one, or several.
func Decide(found []migration.Detection, known []Known) (d migration.Detection, table string, ok bool) {
	for _, f := range found {
		i := slices.IndexFunc(known, func(k Known) bool { return slices.Contains(k.Tools, f.Tool) })
		if i < 0 {
			continue
		}
		if ok {
			return migration.Detection{}, "", false
		}
		d, table, ok = f, known[i].Quoted, true
	}
	return d, table, ok
}

func neighbours(all []relation, schema string) []string {
	var names []string
	for _, r := range all {
		if r.Schema == schema {
			names = append(names, r.Name)
		}
	}
	return names
}
