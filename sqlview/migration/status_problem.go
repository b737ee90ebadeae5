package migration

import (
	"fmt"
	"path"
	"strings"
)

// Problems are what a person must see of the status before anything runs. The
// folder's own problems are not repeated. Late migrations stop, because belay
// asks instead of passing over them or running them out of order.
func (s Status) Problems(f Format) []Problem {
	var found []Problem
	if len(s.Several) > 0 {
		found = append(found, severalRows(f, s.Several))
	}
	for _, d := range s.Dirty {
		found = append(found, dirtyRow(f, d))
	}
	for _, r := range s.Missing {
		found = append(found, s.missingFile(r))
	}
	for _, m := range s.Edited {
		found = append(found, edited(f, m))
	}
	for _, m := range s.Late {
		found = append(found, Problem{Kind: Late, Version: m.Version, Paths: []string{m.Up.Path}, Stops: true,
			Message: fmt.Sprintf("%s is not applied and lower than the newest applied version %s", m.Up.Path, s.Newest),
			Hint:    laterHint("it", m, s.folder)})
	}
	for _, m := range s.Doubtful {
		found = append(found, Problem{Kind: Late, Version: m.Version, Paths: []string{m.Up.Path}, Stops: true,
			Message: fmt.Sprintf("%s is new and lower than the applied version %s: %s will pass over it without a word",
				m.Up.Path, s.Newest, f.Name),
			Hint: laterHint("it", m, s.folder)})
	}
	return found
}

// severalRows stops: which version the tool then is at is chance.
func severalRows(f Format, rows []Row) Problem {
	var versions []string
	for _, r := range rows {
		versions = append(versions, r.Version)
	}
	return Problem{Kind: Unsupported, Paths: []string{f.History.Table}, Stops: true,
		Message: fmt.Sprintf("the history table has %d rows (%s), and %s keeps one: which of them it reads is chance",
			len(rows), few(versions), Title(f.Name)),
		Hint: "look which version the schema is at, and delete the other rows"}
}

func dirtyRow(f Format, d Dirty) Problem {
	p := Problem{Kind: DirtyRow, Version: d.Row.Version, Stops: true,
		Message: fmt.Sprintf("version %s is dirty: %s does not know whether it was applied", d.Row.Version, f.Name),
		Hint:    "look at what the file changed in the catalog, fix it, then record the version it is at"}
	if d.Migration != nil {
		p.Paths = []string{d.Migration.Up.Path}
	}
	if f.ForceCommand != "" {
		p.Hint += ": " + f.ForceCommand
	}
	return p
}

// edited stops nothing where the tool itself compares nothing: it is shown.
func edited(f Format, m Migration) Problem {
	p := Problem{Kind: Edited, Version: m.Version, Paths: []string{m.Up.Path}, Stops: f.History.Compares,
		Message: fmt.Sprintf("%s is not what %s recorded: its checksum is of another text", m.Up.Path, Title(f.Name)),
		Hint:    "take the old text back from git and write the difference as a new migration"}
	if f.History.Compares {
		p.Message += ", and it refuses to go on"
	}
	return p
}

// missingFile stops, but for rows below the folder's first file where others
// have theirs: teams fold old migrations into one.
func (s Status) missingFile(r Row) Problem {
	name := r.Version
	if r.Name != r.Version {
		name = strings.TrimSpace(name + " " + r.Name)
	}
	at, ok := s.folder.at(r.Version)
	if ok && s.Agreement > 0 && len(s.folder.Migrations) > 0 && at.Compare(s.folder.Migrations[0]) < 0 {
		return Problem{Kind: Missing, Version: r.Version,
			Message: fmt.Sprintf("the database has applied %s, which is older than the folder's first file", name),
			Hint:    "nothing to do where old migrations were folded into one"}
	}
	if twin := s.folder.otherwiseNamed(r.Version); twin != "" {
		return Problem{Kind: Missing, Version: r.Version, Stops: true,
			Message: fmt.Sprintf("the database has applied %s, and the folder has %s: the tool goes by the whole name",
				name, twin),
			Hint: "look at the folder that the tool runs: there are two, such as the sources and what is built of them"}
	}
	return Problem{Kind: Missing, Version: r.Version, Stops: true,
		Message: fmt.Sprintf("the database has applied %s, and no file of the folder is it", name),
		Hint:    "wrong folder, wrong database, or a branch that is behind: pull, or check --migrations and the target"}
}

// otherwiseNamed is the file that has a version's name but for the extension; "" = none.
func (f Folder) otherwiseNamed(version string) string {
	stem := func(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }
	if path.Ext(version) == "" {
		return ""
	}
	for _, m := range f.Migrations {
		if m.Version != version && stem(m.Version) == stem(version) {
			return m.Up.Path
		}
	}
	return ""
}
