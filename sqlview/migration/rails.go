package migration

import "belay/sqlview/pattern"

var railsFolder = programs{
	format: "rails", name: pattern.New(`^([0-9]+)_(.+)\.rb$`),
	twice: "Rails refuses them: DuplicateMigrationVersionError",
}

// Rails is watched: its migrations are programs.
var _ = watch(Format{
	Name: "rails", Title: "Rails", Watched: true,
	Doc: `# rails

**Files.** ` + "`VERSION_name.rb`" + ` in db/migrate, in numeric order. Each is a program: belay cannot know which SQL it sends, says so, and asks
for a reason before it runs.

**Transactions.** One a file, unless it says ` + "`disable_ddl_transaction!`" + `.

**History.** ` + "`schema_migrations(version)`" + ` beside ` + "`ar_internal_metadata`" + `. belay reads it and never writes it.

**Lock.** An advisory lock of its own, tried once: a second command fails at once.
`,
	Load: railsFolder.load, VersionOf: railsFolder.versionOf, Wraps: lacks(`disable_ddl_transaction!`),
	History: reads("schema_migrations", selected("version", "''", "''",
		"pg_catalog.length(version) DESC, version DESC"), Column{"version", varchars}),
	Outside: Outside{How: "write disable_ddl_transaction! into the class"},
})
