package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Format is one migration tool.
type Format struct {
	// Name is kebab-case; the file that declares it is called the same, with
	// underscores: "golang-migrate" in golang_migrate.go.
	Name string
	// Doc is Markdown: files, transactions, history table, lock keys, and where
	// each fact was seen. `belay explain NAME` prints it.
	Doc string
	// Detect is how sure the format is that the folder dir under root is its
	// own, 0 (no) to 100 (certain by a marker of the tool).
	Detect func(root fs.FS, dir string) int
	// Load reads the folder dir under root ("." = root itself). It sees root
	// because some teams keep the way back in a folder beside it. The error is
	// the file system's; what is wrong with the files is in Folder.Problems.
	Load func(root fs.FS, dir string) (Folder, error)
	// VersionOf reads the version in the name of an up file; false for any other
	// name, also for one that the tool ignores.
	VersionOf func(name string) (version string, up bool)
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
	// which the tool is told to run it outside a transaction, where it needs one.
	Compose func(f Folder, d Draft, now string) Migration
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

// Find returns the format of that name. The error is an *UnknownToolError.
func Find(name string) (Format, error) {
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, &UnknownToolError{Name: name}
}

// UnknownToolError says that belay has no format of that name.
type UnknownToolError struct{ Name string }

func (e *UnknownToolError) Error() string {
	known := strings.Join(Names(), ", ")
	if title, ok := foreignTitle(e.Name); ok {
		return fmt.Sprintf("%s folders are recognised but not run by belay; it runs: %s", title, known)
	}
	return fmt.Sprintf("unknown tool %q; belay runs: %s", e.Name, known)
}

var formatName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

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
	need(f.Detect != nil && f.Load != nil && f.NextName != nil && f.VersionOf != nil && f.Compose != nil,
		"Detect, Load, NextName, Compose or VersionOf is missing")
	need((f.Adopt == nil) == (len(f.Adopts) == 0), "Adopt and Adopts do not go together")
	h := f.History
	need(h.Table != "" && len(h.Columns) > 0, "the history table has no name or no columns")
	need(h.Create != nil && h.Read != nil && h.Record != nil && h.Unrecord != nil && h.Keys != nil,
		"a function of the history is missing")
	need(len(h.Privileges) > 0, "the history names no privileges")
	need((h.Begin == nil) == (h.BeginDown == nil), "Begin and BeginDown do not go together")
	return errors.Join(errs...)
}
