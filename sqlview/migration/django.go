package migration

import (
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

var djangoFolder = programs{
	format: "django", name: pattern.New(`^([0-9]{4})_(.+)\.py$`),
	twice: "Django goes by the whole name, and refuses two leaves of its graph",
	version: func(dir, name string) string {
		app := path.Base(path.Dir(path.Clean(dir)))
		return app + "." + strings.TrimSuffix(name, ".py")
	},
}

// Django is watched: its migrations are programs.
var _ = watch(Format{
	Name: "django", Title: "Django", Watched: true,
	Doc: `# django

**Files.** ` + "`APP/migrations/NNNN_name.py`" + `, one folder an app: name it with --migrations. Each is a program: belay cannot know which SQL
it sends, says so, and asks for a reason before it runs. ` + "`python manage.py sqlmigrate APP NNNN`" + ` prints it.

**Transactions.** One a file, unless it says ` + "`atomic = False`" + `.

**History.** ` + "`django_migrations(id, app, name, applied)`" + `. belay reads it and never writes it. A command that migrates every app records
those of other apps too: belay then says that more was applied than was reviewed. Give the app's name in the command.

**Lock.** None.
`,
	Load: djangoFolder.load, VersionOf: djangoFolder.versionOf, SortKey: func(v string) string { return v },
	Preview: func(command []string, m Migration, _ *Migration) []string {
		app, name, _ := strings.Cut(m.Version, ".")
		return behind(command, func(word string) bool {
			return path.Base(word) == "manage.py" || path.Base(word) == "django-admin"
		}, "sqlmigrate", app, name)
	},
	Wraps:   lacks(`(?m)^\s*atomic\s*=\s*False`),
	History: djangoHistory(),
	Outside: Outside{How: "write atomic = False into the class"},
})

func djangoHistory() History {
	h := reads("django_migrations",
		selected("app::pg_catalog.text OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) name::pg_catalog.text",
			"name", "applied::pg_catalog.text", "id DESC"),
		Column{"app", varchars}, Column{"name", varchars}, Column{"applied", stamps})
	h.Expand = ofApp
	return h
}

// ofApp leaves out the rows of other apps, whose files stand in other folders.
func ofApp(f Folder, rows []Row) []Row {
	if len(f.Migrations) == 0 {
		return rows
	}
	app, _, _ := strings.Cut(f.Migrations[0].Version, ".")
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !strings.HasPrefix(r.Version, app+".") })
}
