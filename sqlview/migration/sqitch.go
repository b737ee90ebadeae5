package migration

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// Sqitch is watched: its registry is six tables with ids of its own.
var _ = watch(Format{
	Name: "sqitch", Title: "Sqitch", Watched: true,
	Doc: `# sqitch

**Files.** ` + "`sqitch.plan`" + ` says which changes there are and in which order; ` + "`deploy/NAME.sql` and `revert/NAME.sql`" + ` are their texts, judged
by their SQL. psql runs them.

**Transactions.** Those that the file writes itself: without BEGIN each statement stands alone.

**History.** ` + "`sqitch.changes`" + `, by the change's name. belay reads it and never writes the registry.

**Lock.** An advisory lock and LOCK TABLE on its changes.
`,
	Load: loadSqitch, VersionOf: func(name string) (string, bool) {
		return strings.TrimSuffix(path.Base(name), ".sql"), strings.HasPrefix(name, "deploy/")
	},
	History: sqitchHistory(),
	Outside: Outside{How: "leave BEGIN and COMMIT out of it"},
})

func sqitchHistory() History {
	h := reads("changes", selected("change", "change", "committed_at::pg_catalog.text", "committed_at DESC"),
		Column{"change_id", varchars}, Column{"change", varchars}, Column{"committed_at", stamps})
	h.Schema = "sqitch"
	return h
}

func loadSqitch(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "sqitch", Dir: dir, Git: there(root, ".git")}
	plan, err := readFile(root, dir, "sqitch.plan", TxForeign)
	if err != nil {
		return f, err
	}
	for line := range strings.Lines(string(plan.Bytes)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.ContainsRune("%#@", rune(line[0])) {
			continue
		}
		if err := f.addChange(root, strings.Fields(line)[0]); err != nil {
			return f, err
		}
	}
	return f, nil
}

// addChange reads a change of the plan. One that is there a second time was reworked:
// its first text has a tag in its name, which belay does not read.
func (f *Folder) addChange(root fs.FS, name string) error {
	if f.Find(name) != nil {
		f.Problems = append(f.Problems, Problem{Kind: Unsupported, Version: name, Stops: true,
			Message: "the change " + name + " was reworked: belay does not read which of its texts ran",
			Hint:    "run it with sqitch itself"})
		return nil
	}
	m := Migration{Version: name, Title: name, Number: f.nextInOrder()}
	var err error
	if m.Up, err = readFile(root, f.Dir, "deploy/"+name+".sql", TxNone); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		f.Problems = append(f.Problems, Problem{Kind: Orphan, Version: name, Stops: true,
			Message: "the plan has " + name + ", and there is no deploy/" + name + ".sql", Hint: "add the file"})
		return nil
	}
	if down, err := readFile(root, f.Dir, "revert/"+name+".sql", TxNone); err == nil {
		m.Down = &down
	}
	f.Migrations = append(f.Migrations, m)
	return nil
}
