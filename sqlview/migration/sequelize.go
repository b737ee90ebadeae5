package migration

import "belay/sqlview/pattern"

var sequelizeFolder = programs{
	format: "sequelize", name: pattern.New(`^([0-9]{3,})[_-](.+)\.(js|ts|cjs|cts)$`),
	not:     pattern.New(`\.d\.ts$`),
	twice:   "Sequelize goes by the whole name and runs both",
	version: func(_, name string) string { return name },
}

// Sequelize is watched: its migrations are programs.
var _ = watch(Format{
	Name: "sequelize", Title: "Sequelize", Watched: true,
	Doc: `# sequelize

**Files.** ` + "`VERSION-name.js`" + `, sorted by name. Each is a program: belay cannot know which SQL it sends, says so, and asks for a reason
before it runs.

**Transactions.** None, unless the program opens one: what a failed file did before its error stays.

**History.** ` + "`SequelizeMeta(name)`" + `: a file is applied where its whole name stands there. belay reads it and never writes it.

**Lock.** None.
`,
	Load: sequelizeFolder.load, VersionOf: sequelizeFolder.versionOf, SortKey: func(v string) string { return v },
	History: reads("SequelizeMeta", selected("name", "name", "''", "name DESC"), Column{"name", varchars}),
	Outside: Outside{How: "a file is outside a transaction unless it opens one"},
})
