package migration

import "belay/sqlview/pattern"

var refineryFolder = programs{
	format: "refinery", name: pattern.New(`^V([0-9]+)__(\w+)\.(?:sql|rs)$`),
	twice: "refinery refuses them: it is repeated",
}

// Refinery is watched: it is a library of the team's own program.
var _ = watch(Format{
	Name: "refinery", Title: "refinery", Watched: true,
	Doc: `# refinery

**Files.** ` + "`V1__name.sql`" + `, judged by their SQL, and ` + "`V1__name.rs`" + `, which are programs. Files of U are not read.

**Transactions.** One a file. The history row is written in another one, unless the team's program says ` + "`set_grouped(true)`" + `.

**History.** ` + "`refinery_schema_history(version, name, applied_on, checksum)`" + `. belay reads it and never writes it.

**Lock.** None.
`,
	Load: refineryFolder.load, VersionOf: refineryFolder.versionOf,
	Wraps: func(File) bool { return true },
	History: reads("refinery_schema_history",
		selected("version::pg_catalog.text", "coalesce(name, '')", "coalesce(applied_on, '')", "version DESC"),
		Column{"version", numbers}, Column{"name", varchars}, Column{"applied_on", varchars},
		Column{"checksum", varchars}),
	Outside: Outside{How: "refinery runs every file in a transaction: run it by another way"},
})
