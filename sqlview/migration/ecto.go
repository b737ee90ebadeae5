package migration

import "belay/sqlview/pattern"

var ectoFolder = programs{
	format: "ecto", name: pattern.New(`^([0-9]+)_(.+)\.exs$`), twice: "Ecto refuses them",
}

// Ecto is watched: its migrations are programs.
var _ = watch(Format{
	Name: "ecto", Title: "Ecto", Watched: true,
	Doc: `# ecto

**Files.** ` + "`VERSION_name.exs`" + ` in priv/repo/migrations. Each is a program: belay cannot know which SQL it sends, says so, and asks for
a reason before it runs.

**Transactions.** One a file, unless it says ` + "`@disable_ddl_transaction true`" + `.

**History.** ` + "`schema_migrations(version, inserted_at)`" + `. belay reads it and never writes it.

**Lock.** LOCK TABLE on its history table.
`,
	Load: ectoFolder.load, VersionOf: ectoFolder.versionOf, Wraps: lacks(`@disable_ddl_transaction\s+true`),
	History: reads("schema_migrations",
		selected("version::pg_catalog.text", "''", "inserted_at::pg_catalog.text", "version DESC"),
		Column{"version", numbers}, Column{"inserted_at", stamps}),
	Outside: Outside{How: "write @disable_ddl_transaction true into the module"},
})
