package migration

// plain is numbered SQL files that no tool owns.
var plain = register(Format{
	Name:  "plain",
	Title: "plain files",
	Doc: `# plain

**Files.** ` + "`VERSION_title.sql` or `VERSION-title.sql`" + ` in one flat folder, the version in digits (a leading V is let go). The way
back is ` + "`VERSION_title.down.sql`" + ` beside it, or a file of the same name in a folder ` + "`rollback`" + ` inside or beside the folder.
Numeric order; two files of one version stop everything.

**Transactions.** One transaction a file, with its history row. A file whose header says ` + "`-- belay: no-transaction`" + ` is run one
statement at a time; the markers of goose, dbmate, tern, Atlas and sqlx are obeyed there too. ` + "`-- belay: backfill`" + ` above a single
UPDATE has belay run it in batches, in a folder of any tool; ` + "`key=a,b`" + ` and ` + "`batch-time=50ms`" + ` may stand in the same line.

**History.** An existing ` + "`migrations(id, name, applied_at)`" + ` is adopted and written as it is: an id with a default is left to
the server and the version is read from the name, any other id is the version itself; the name is spelled as the newest row
spells it. Without one, ` + "`belay_migrations`" + ` is proposed and its DDL is shown first.

**Lock.** A key of belay's own, by schema and table: nobody else runs such a folder.
`,
	// Every tool with numbered files may look like this.
	Signs: []Sign{
		{Score: 50, Why: "numbered .sql files and no tool's marker", Name: isPlain},
		{Score: 30, Why: "numbered up files", Name: plainName.MatchString},
	},
	Outside:   Outside{Header: "-- belay: no-transaction\n", How: "write -- belay: no-transaction in its first line"},
	Load:      loadPlain,
	VersionOf: plainVersion,
	NextName:  plainNext,
	Compose:   composePlain,
	Adopts:    []string{"migrations"},
	Adopt:     adoptMigrations,
	History:   belayMigrations,
})

func plainNext(f Folder, title, now string) string {
	return nextVersion(f, now, 0) + "_" + slug(title) + ".sql"
}

// isPlain leaves out the up files, which are golang-migrate's or sqlx's.
func isPlain(name string) bool {
	part := plainName.FindStringSubmatch(name)
	return part != nil && part[3] != ".up"
}

// Owner names whose the history table is: that of plain files is belay's own.
func (f Format) Owner() string {
	if f.Name == plain.Name {
		return "belay"
	}
	return f.Name
}
