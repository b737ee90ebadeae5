package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// Format is one migration tool.
type Format struct {
	// Name is kebab-case; the file that declares it is called the same, with
	// underscores: "golang-migrate" in golang_migrate.go.
	Name string
	// Title is how the tool calls itself.
	Title string
	// Doc is Markdown: files, transactions, history table, lock keys, and where
	// each fact was seen. `belay explain NAME` prints it.
	Doc string
	// Signs tell a folder of the tool, the surest first; the first that holds counts.
	Signs []Sign
	// Load reads the folder dir under root ("." = root itself). It sees root
	// because some teams keep the way back in a folder beside it. The error is
	// the file system's; what is wrong with the files is in Folder.Problems.
	Load func(root fs.FS, dir string) (Folder, error)
	// VersionOf reads the version in the path of an up file, relative to the folder;
	// false for any other, also for one that the tool ignores.
	VersionOf func(name string) (version string, up bool)
	// SortKey is a text by which versions sort as the tool runs them, equal for
	// what the tool takes for one version; nil = versions are numbers.
	SortKey func(version string) string
	// History is the tool's own table, and the one that is created.
	History History
	// Adopt, where it is set, offers other tables that the format can record in:
	// it returns the History for a table that it found, or false. Nil = none.
	Adopt func(Table) (History, bool)
	// Adopts names the tables that Adopt may be asked about.
	Adopts []string
	// ForceCommand is the tool's own way to clear a dirty row; "" = it has none.
	ForceCommand string
	// NextName is the path of the next migration's up file, relative to the
	// folder; "" = unsupported. now is UTC as YYYYMMDDhhmmss.
	NextName func(f Folder, title string, now string) string
	// Compose writes a draft as the folder's next migration, with the word by
	// which the tool is told to run it outside a transaction, where it needs one;
	// nil = only the tool itself can make a migration.
	Compose func(f Folder, d Draft, now string) Migration
	// OwnNames is true where a file cannot be renamed: the tool keeps its name
	// elsewhere too.
	OwnNames bool
	// Sums is the file beside the migrations in which the tool keeps what it computes
	// of their names and texts, relative to the folder, as it must be for these; nil =
	// it keeps none.
	Sums func(all []Migration) (name string, text []byte)
	// Outside says how a file is told to run outside a transaction.
	Outside Outside
	// Watched is true for a tool that only its own command runs: belay reads folder
	// and history, and the History writes nothing.
	Watched bool
	// Back lists the versions that the tool's own way back takes, newest first, by its
	// rows, newest first, and the command line; nil = the newest of the folder's order.
	Back func(rows []Row, command string) []string
	// Preview is the command line by which a watched tool prints the SQL of a migration
	// and sends none of it, made of the words of the team's own; before is the migration
	// that precedes it, nil = none. A nil line, or a nil Preview, is that it cannot.
	Preview func(command []string, m Migration, before *Migration) []string
	// Wraps reports whether a watched tool runs a program of the folder in one
	// transaction with its history row; nil = nobody knows.
	Wraps func(File) bool
}

// Outside is a tool's way to run a file outside a transaction.
type Outside struct {
	// Header is the line above the statement, with its line end; "" = there is
	// none: the statement stands alone in its file, or the tool has no way.
	Header string
	// How is the same as a sentence: what to write where, or what to do instead.
	How string
}

// formats is filled by register, from the package-level variables of the files
// that declare a format.
var formats []Format

func register(f Format) Format {
	formats = append(formats, f)
	return f
}

// Formats lists what belay can run, sorted by name.
func Formats() []Format {
	all := slices.Clone(formats)
	slices.SortFunc(all, func(a, b Format) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Names lists the names of Formats, sorted.
func Names() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// Find returns the format of that name, a watched one too. The error is an
// *UnknownToolError.
func Find(name string) (Format, error) {
	for _, all := range [][]Format{formats, watched} { // asked for each file of a folder
		if i := slices.IndexFunc(all, func(f Format) bool { return f.Name == name }); i >= 0 {
			return all[i], nil
		}
	}
	return Format{}, &UnknownToolError{Name: name}
}

// UnknownToolError says that belay has no format of that name.
type UnknownToolError struct{ Name string }

func (e *UnknownToolError) Error() string {
	if t := foreignNamed(e.Name); t != nil {
		return t.title + " folders are recognised and not read by belay"
	}
	return fmt.Sprintf("unknown tool %q", e.Name)
}

// Hint says what to do now.
func (e *UnknownToolError) Hint() string { return "belay runs " + strings.Join(Names(), ", ") }

var formatName = pattern.New(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Validate reports what a format lacks.
func Validate(f Format) error {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, fmt.Errorf("format %s: %s", f.Name, what))
		}
	}
	need(formatName.MatchString(f.Name), "the name is not kebab-case")
	need(strings.HasPrefix(f.Doc, "# "), "the doc does not begin with a heading")
	need(f.Title != "" && (f.Watched || len(f.Signs) > 0), "it has no title or no signs")
	need(!slices.ContainsFunc(f.Signs, func(s Sign) bool { return s.Score < 1 || s.Score > 100 || s.Why == "" }),
		"a sign has no reason, or a score that is not within 1 to 100")
	if f.Watched {
		need(f.Load != nil && f.VersionOf != nil, "Load or VersionOf is missing")
		need(f.History.Table != "" && len(f.History.Columns) > 0 && f.History.Read != nil, "its history cannot be read")
		need(f.History.Create == nil && f.History.Record == nil && f.History.Unrecord == nil, "it writes its history")
		return errors.Join(errs...)
	}
	need(f.Load != nil && f.NextName != nil && f.VersionOf != nil, "Load, NextName or VersionOf is missing")
	need(f.Outside.How != "", "it does not say how a file runs outside a transaction")
	need((f.Adopt == nil) == (len(f.Adopts) == 0), "Adopt and Adopts do not go together")
	h := f.History
	need(h.Table != "" && len(h.Columns) > 0, "the history table has no name or no columns")
	need(h.Create != nil && h.Read != nil && h.Record != nil && h.Unrecord != nil && h.Keys != nil,
		"a function of the history is missing")
	need(len(h.Privileges) > 0, "the history names no privileges")
	need((h.Begin == nil) == (h.BeginDown == nil), "Begin and BeginDown do not go together")
	return errors.Join(errs...)
}
