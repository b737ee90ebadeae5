package migration

import (
	"strings"

	"belay/sqlview/pattern"
)

var knexFolder = programs{
	format: "knex", name: pattern.New(`^([0-9]{3,})[_-](.+)` + javaFile),
	twice:   "Knex goes by the whole name and runs both",
	version: func(_, name string) string { return name },
}

// knexBack is all of the newest batch, or with migrate:down its newest file alone.
func knexBack(rows []Row, command string) (all []string) {
	for _, r := range rows {
		if r.Batch == rows[0].Batch {
			all = append(all, r.Version)
		}
	}
	if strings.Contains(command, "migrate:down") {
		return all[:min(1, len(all))]
	}
	return all
}

// Knex is watched: its migrations are programs.
var _ = watch(Format{
	Name: "knex", Title: "Knex", Watched: true,
	Doc: `# knex

**Files.** ` + "`VERSION_name.js`" + ` (or .ts, .cjs, .mjs), sorted by name. Each is a program: belay cannot know which SQL it sends, says so,
and asks for a reason before it runs.

**Transactions.** One a file, unless it says ` + "`config = { transaction: false }`" + `.

**History.** ` + "`knex_migrations(id, name, batch, migration_time)`" + `: a file is applied where its whole name stands there. belay
reads it and never writes it. ` + "`knex migrate:rollback`" + ` takes back all of the newest batch, ` + "`migrate:down`" + ` one file.

**Lock.** A row of ` + "`knex_migrations_lock`" + `. A command that was ended by force leaves it taken: ` + "`knex migrate:unlock`" + `.
`,
	Load: knexFolder.load, VersionOf: knexFolder.versionOf, SortKey: func(v string) string { return v },
	Back:  knexBack,
	Wraps: lacks(`transaction\s*:\s*false`),
	History: reads("knex_migrations",
		func(table string) string {
			return "SELECT name, name, migration_time::pg_catalog.text, false, '', false, " +
				"batch::pg_catalog.text FROM " + table + " ORDER BY id DESC"
		},
		Column{"name", varchars}, Column{"batch", numbers}, Column{"migration_time", stamps}),
	Outside: Outside{How: "write exports.config = { transaction: false } into it"},
})
