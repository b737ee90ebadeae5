package migration

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Folders are the places where teams keep migrations, looked at in this order.
var Folders = []string{
	"migrations", "db/migrations", "db/migrate", "database/migrations", "sql/migrations", "supabase/migrations",
	"prisma/migrations", "internal/migrations", "internal/db/migrations", "internal/database/migrations",
	"pkg/migrations", "schema/migrations", "sql", "migration", "db/migration", "db",
	"src/main/resources/db/migration", "alembic/versions", "drizzle", ".",
}

// Detection is a guess at what one folder is.
type Detection struct {
	Dir string // under the root, "." = the root
	// Tool is a Format's name, or another tool's; "" for an empty folder, where
	// any tool may begin.
	Tool string
	// Score is 1 to 100; 100 is certain by a marker of the tool.
	Score int
	// Runs is true where belay has a Format of that name.
	Runs bool
	// Why is what was seen, behind "it has"; "" for an empty folder.
	Why string
}

// certain is the lead by which one guess at a folder beats another.
const certain = 15

// Detect looks for migrations folders under root: the known places, or only dir
// where it is not "". The best guess comes first.
func Detect(root fs.FS, dir string) []Detection {
	dirs := Folders
	if dir != "" {
		dirs = []string{dir}
	}
	var all []Detection
	for _, d := range dirs {
		all = append(all, detectDir(root, d)...)
	}
	slices.SortStableFunc(all, func(a, b Detection) int { return cmp.Compare(b.Score, a.Score) })
	return all
}

func detectDir(root fs.FS, dir string) []Detection {
	p, ok := lookAt(root, dir)
	if !ok {
		return nil
	}
	var found []Detection
	for _, f := range Formats() {
		if s, ok := p.first(f.Signs); ok {
			found = append(found, Detection{Dir: dir, Tool: f.Name, Score: s.Score, Runs: true, Why: s.Why})
		}
	}
	for _, t := range foreign {
		if s, ok := p.first(t.signs); ok {
			found = append(found, Detection{Dir: dir, Tool: t.name, Score: s.Score, Why: s.Why})
		}
	}
	if len(found) == 0 && len(p.files)+len(p.folders) == 0 && strings.HasPrefix(path.Base(dir), "migrat") {
		// A folder whose name promises migrations and that has none yet; a .gitkeep
		// does not count.
		found = append(found, Detection{Dir: dir, Score: 1, Runs: true})
	}
	return found
}

// Pick decides between detections. A Detection without a Tool is an empty
// folder: nothing is pending there. The error is a *NoFolderError, an
// *AmbiguousError or a *ForeignError.
func Pick(found []Detection) (Detection, error) {
	if len(found) == 0 {
		return Detection{}, &NoFolderError{}
	}
	open := contenders(found)
	if len(open) > 1 {
		return Detection{}, &AmbiguousError{Found: open}
	}
	if !open[0].Runs {
		return Detection{}, &ForeignError{Detection: open[0]}
	}
	return open[0], nil
}

// contenders keeps, of each folder, the best guess and those close behind it;
// an empty folder only where there is no other.
func contenders(found []Detection) []Detection {
	best, all := map[string]int{}, 0
	for _, d := range found {
		best[d.Dir] = max(best[d.Dir], d.Score)
		all = max(all, d.Score)
	}
	return slices.DeleteFunc(slices.Clone(found), func(d Detection) bool {
		return d.Score <= best[d.Dir]-certain || d.Tool == "" && all > d.Score
	})
}

// NoFolderError says that no known place has migrations.
type NoFolderError struct {
	// Near are other places that look as if they had some, best first.
	Near []Detection
}

func (*NoFolderError) Error() string { return "no migrations folder found" }

// Hint says what to do now.
func (e *NoFolderError) Hint() string {
	if len(e.Near) > 0 {
		var each []string
		for _, d := range e.Near {
			each = append(each, fmt.Sprintf("--migrations %s (%s)", d.Dir, Title(d.Tool)))
		}
		return "name it, as " + strings.Join(each, ", or ")
	}
	return "name it with --migrations DIR; `belay demo` shows a run without a database, `belay --help` lists the " +
		"commands; looked for " + strings.Join(Folders[:len(Folders)-1], ", ")
}

// AmbiguousError says that several guesses are as good.
type AmbiguousError struct{ Found []Detection }

func (e *AmbiguousError) Error() string {
	var each []string
	for _, d := range e.Found {
		each = append(each, fmt.Sprintf("%s (%s: %s)", d.Dir, d.Tool, d.Why))
	}
	return "several migrations folders or tools are possible: " + strings.Join(each, ", ")
}

// Hint says what to do now: the words of each choice.
func (e *AmbiguousError) Hint() string {
	folders := slices.ContainsFunc(e.Found, func(d Detection) bool { return d.Dir != e.Found[0].Dir })
	var flags []string
	for _, d := range e.Found {
		flag := "--tool " + d.Tool
		if folders {
			flag = "--migrations " + d.Dir + " " + flag
		}
		flags = append(flags, flag)
	}
	keys := fmt.Sprintf("tool = %q", e.Found[0].Tool)
	if folders {
		keys = fmt.Sprintf("migrations = %q, ", e.Found[0].Dir) + keys
	}
	return "choose with " + strings.Join(flags, ", or ") + "; in belay.toml that is " + keys
}

// ForeignError says that the folder is of a tool that belay does not run.
type ForeignError struct{ Detection }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s looks like a folder of %s: it has %s", e.Dir, Title(e.Tool), e.Why)
}

// Hint says what to do now.
func (e *ForeignError) Hint() string {
	if f, err := Find(e.Tool); err == nil && f.Watched {
		return "its own command can run it while belay watches: name that as command in belay.toml, or as the script " +
			"migrate of package.json; where the guess is wrong, name the tool with --tool: " +
			strings.Join(Names(), ", ")
	}
	return "belay runs folders of " + strings.Join(Names(), ", ") +
		"; name the tool with --tool where the guess is wrong"
}
