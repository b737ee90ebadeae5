package migration

import (
	"bytes"
	"io/fs"
	"path"
	"strings"

	"belay/sqlview/pattern"
)

// Liquibase is watched: belay reads changelogs of SQL alone.
var _ = watch(Format{
	Name: "liquibase", Title: "Liquibase", Watched: true,
	Doc: `# liquibase

**Files.** SQL that begins with ` + "`--liquibase formatted sql`" + `; each ` + "`--changeset author:id`" + ` is a migration, judged by its SQL. Changelogs of
XML, YAML and JSON, and an order that a master changelog gives, are not read: files count by their names.

**Transactions.** One a changeset, unless it says ` + "`runInTransaction:false`" + `.

**History.** ` + "`databasechangelog`" + `, by author and id. belay reads it and never writes it.

**Lock.** A row of ` + "`databasechangeloglock`" + `; a command that was ended by force leaves it taken.
`,
	Load:      loadLiquibase,
	VersionOf: func(name string) (string, bool) { return name, strings.HasSuffix(name, ".sql") },
	History: reads("databasechangelog",
		selected("author::pg_catalog.text OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) id::pg_catalog.text",
			"id", "dateexecuted::pg_catalog.text", "orderexecuted DESC"),
		Column{"id", varchars}, Column{"author", varchars}, Column{"filename", varchars}),
	Outside: Outside{How: "write runInTransaction:false behind --changeset"},
})

var (
	liquibaseHead = pattern.New(`(?i)\A\s*--\s*liquibase formatted sql`)
	changeset     = pattern.New(`(?im)^--\s*changeset\s+([^:\s]+:\S+)(.*)$`)
	rollbackLine  = pattern.New(`(?im)^--\s*rollback\s(.*)$`)
)

func loadLiquibase(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "liquibase", Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	for _, name := range l.files {
		if path.Ext(name) != ".sql" {
			continue
		}
		file, err := readFile(root, dir, name, TxFile)
		if err != nil {
			return f, err
		}
		if liquibaseHead.Match(file.Bytes) {
			f.changesets(file)
		}
	}
	return f, nil
}

// changesets takes a changelog apart.
func (f *Folder) changesets(file File) {
	all := changeset.FindAllSubmatchIndex(file.Whole, -1)
	for i, at := range all {
		to := len(file.Whole)
		if i+1 < len(all) {
			to = all[i+1][0]
		}
		tx := TxFile
		if bytes.Contains(bytes.ToLower(file.Whole[at[4]:at[5]]), []byte("runintransaction:false")) {
			tx = TxNone
		}
		m := Migration{
			Version: string(file.Whole[at[2]:at[3]]), Number: f.nextInOrder(),
			Up: file.part(at[0], to, tx),
		}
		m.Title = m.Version
		if back := rollbackLine.FindAllSubmatch(file.Whole[at[0]:to], -1); back != nil {
			var text []byte
			for _, line := range back {
				text = append(append(text, line[1]...), '\n')
			}
			down := NewFile(file.Path, text, tx)
			m.Down = &down
		}
		f.Migrations = append(f.Migrations, m)
	}
}
