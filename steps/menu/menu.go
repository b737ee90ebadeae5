// Package menu has the start menu: what people come to do with a live database,
// one entry a file. An entry is a constant value with its advice inside and the
// files that it takes; nothing here writes one.
package menu

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"belay/sqlview/migration"
)

// Entry is one line of the start menu.
type Entry struct {
	// Name is kebab-case and the file's name; `belay explain NAME` prints the entry.
	Name string
	// Title is the line of the menu.
	Title string
	// Doc is Markdown: Advice, In practice, Measured.
	Doc string
	// Steps are what to do next, in order.
	Steps []Step
	// Ask makes the entry for a person's own tables; nil = there is nothing to name.
	Ask *Ask
}

// Step is one thing to do. In its texts {file} stands for the file's name,
// {down} for that of its way back.
type Step struct {
	// Title names a new migration file; "" = the step needs none.
	Title string
	// Text says what to do, SQL or a command stands below it.
	Text string
	Code string
	// Alone is true for a file that must run outside a transaction.
	Alone bool
}

// Place is the folder that the steps are meant for. The zero value is a folder
// of which nothing is known.
type Place struct {
	// Folder is the migrations folder as a person names it, Tool its format.
	Folder, Tool string
	// Last is the path of the newest up file in the folder; "" = it is empty.
	Last string
	// Now is UTC as YYYYMMDDhhmmss, for versions that are timestamps.
	Now string
}

// All lists the entries in the order of the menu.
func All() []Entry {
	return []Entry{
		ForgotColumn, RenameColumnSafely, HugeTableColumn, IndexLive, VersionConflict, WrongAfterDeploy, ChangeOverDays,
	}
}

// Validate reports what an entry lacks.
func (e Entry) Validate() error {
	var errs []error
	for _, part := range []string{"## Advice", "## In practice", "## Measured"} {
		if !strings.Contains(e.Doc, part) {
			errs = append(errs, fmt.Errorf("%s has no %q", e.Name, part))
		}
	}
	if e.Name == "" || e.Title == "" || len(e.Steps) == 0 {
		errs = append(errs, fmt.Errorf("%s has no name, no title or no steps", e.Name))
	}
	if e.Ask != nil {
		if _, err := e.Read(e.Ask.Sample); err != nil || e.Ask.Text == "" {
			errs = append(errs, fmt.Errorf("%s asks nothing, or its own sample is no answer: %w", e.Name, err))
		}
	}
	for i, s := range e.Steps {
		if s.Text == "" || (s.Title == "") == strings.Contains(s.Text, "{file}") {
			errs = append(errs, fmt.Errorf("%s: step %d has no text, or names no file of its own", e.Name, i+1))
		}
	}
	return errors.Join(errs...)
}

// Text is the entry in Markdown, with the next steps for a place.
func (e Entry) Text(p Place) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n## Next\n", strings.TrimSpace(e.Doc))
	names := p.names(e.Steps)
	for i, s := range e.Steps {
		put := strings.NewReplacer("{file}", names[i], "{down}", down(names[i]))
		fmt.Fprintf(&b, "%d. %s\n\n", i+1, put.Replace(s.Text))
		if s.Code == "" {
			continue
		}
		code := put.Replace(s.Code)
		if s.Alone && p.Tool == "plain" {
			code = "-- belay: no-transaction\n" + code
		}
		fmt.Fprintf(&b, "    %s\n\n", strings.ReplaceAll(code, "\n", "\n    "))
	}
	return b.String()
}

// names are the files of the steps that have one, in the team's format.
func (p Place) names(all []Step) []string {
	var titles []string
	for _, s := range all {
		if s.Title != "" {
			titles = append(titles, s.Title)
		}
	}
	var next []string
	if f, err := migration.Find(p.Tool); err == nil {
		next = migration.NextNames(f, p.Last, titles, p.Now)
	}
	names := make([]string, len(all))
	for i, s := range all {
		switch {
		case s.Title == "":
		case len(next) > 0:
			names[i], next = path.Join(p.Folder, next[0]), next[1:]
		default:
			names[i] = "VERSION_" + strings.ReplaceAll(s.Title, " ", "_") + ".sql"
		}
	}
	return names
}

// down is the way back beside an up file.
func down(file string) string {
	if stem, ok := strings.CutSuffix(file, ".up.sql"); ok {
		return stem + ".down.sql"
	}
	return "the way back of " + path.Base(file)
}
