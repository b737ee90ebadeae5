package migration

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// Alembic is watched: its migrations are programs in a chain.
var _ = watch(Format{
	Name: "alembic", Title: "Alembic", Watched: true,
	Doc: `# alembic

**Files.** ` + "`versions/*.py`" + `, a chain by ` + "`revision` and `down_revision`" + `. Each is a program: belay cannot know which SQL it sends, says so,
and asks for a reason before it runs. ` + "`alembic upgrade FROM:TO --sql`" + ` prints it.

**Transactions.** One for the whole command; an ` + "`autocommit_block`" + ` commits what stands before it.

**History.** ` + "`alembic_version(version_num)`" + `: the newest revision alone; those before it in the chain count as applied. belay reads it
and never writes it. A chain that branches is not read: merge the heads first.

**Lock.** None.
`,
	Load: loadAlembic, VersionOf: func(name string) (string, bool) {
		return strings.TrimSuffix(path.Base(name), ".py"), strings.HasSuffix(name, ".py")
	},
	Preview: func(command []string, m Migration, before *Migration) []string {
		from := "base"
		if before != nil {
			from = before.Version
		}
		return behind(command, func(word string) bool {
			return path.Base(word) == "alembic" || word == "alembic.config"
		}, "upgrade", from+":"+m.Version, "--sql")
	},
	Wraps:   lacks(`autocommit_block`),
	History: alembicHistory(),
	Outside: Outside{How: "wrap the statement: with op.get_context().autocommit_block()"},
})

func alembicHistory() History {
	h := reads("alembic_version", selected("version_num", "''", "''", "version_num"),
		Column{"version_num", varchars})
	h.Expand = ancestors
	return h
}

// ancestors has a row for each migration of the chain up to the rows that are there.
func ancestors(f Folder, rows []Row) []Row {
	all := slices.Clone(rows)
	for _, r := range rows {
		at := slices.IndexFunc(f.Migrations, func(m Migration) bool { return m.Version == r.Version })
		for _, m := range f.Migrations[:max(at, 0)] {
			all = append(all, Row{Version: m.Version})
		}
	}
	return all
}

var (
	alembicID   = pattern.New(`(?m)^revision(?:\s*:[^=\n]*)?\s*=\s*['"]([^'"]+)['"]`)
	alembicDown = pattern.New(`(?m)^down_revision(?:\s*:[^=\n]*)?\s*=\s*(?:None|['"]([^'"]*)['"])\s*(?:#.*)?$`)
)

func loadAlembic(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "alembic", Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	after := map[string][]Migration{}
	for _, name := range l.files {
		if path.Ext(name) != ".py" {
			continue
		}
		file, err := readFile(root, dir, name, TxForeign)
		if err != nil {
			return f, err
		}
		id, down := alembicID.FindSubmatch(file.Bytes), alembicDown.FindSubmatch(file.Bytes)
		switch {
		case id == nil:
			continue // such as __init__.py
		case down == nil:
			f.Problems = append(f.Problems, Problem{Kind: Unsupported, Paths: []string{name}, Stops: true,
				Message: name + ": its down_revision is not one revision, so the chain cannot be read",
				Hint:    "merge what branches into one chain, or run it without belay"})
			continue
		}
		title := strings.TrimSuffix(name, ".py")
		m := Migration{Version: string(id[1]), Title: title, Up: file, Down: &file}
		after[string(down[1])] = append(after[string(down[1])], m)
	}
	f.chain(after)
	return f, nil
}

// chain puts the migrations in the order of their chain; what branches, or begins at
// no file, stops.
func (f *Folder) chain(after map[string][]Migration) {
	total := 0
	for _, all := range after {
		total += len(all)
	}
	for at := ""; len(after[at]) > 0 && len(f.Migrations) <= total; {
		next := after[at]
		if len(next) > 1 {
			f.Problems = append(f.Problems, Problem{Kind: Duplicate, Stops: true, Version: next[0].Version,
				Paths: []string{next[0].Up.Path, next[1].Up.Path},
				Message: fmt.Sprintf("%s and %s follow the same revision: the chain has two heads", next[0].Up.Path,
					next[1].Up.Path),
				Hint: "let one of them follow the other, or merge the heads with alembic merge"})
			return
		}
		m := next[0]
		m.Number = f.nextInOrder()
		f.Migrations, at = append(f.Migrations, m), m.Version
	}
	if len(f.Migrations) != total {
		f.Problems = append(f.Problems, Problem{Kind: Missing, Stops: true,
			Message: fmt.Sprintf("%d of %d revisions hang on none that is here", total-len(f.Migrations), total),
			Hint:    "add the file that they follow"})
	}
}
