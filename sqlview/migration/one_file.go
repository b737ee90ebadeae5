package migration

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"

	"belay/sqlview/parse"
	"belay/sqlview/pattern"
)

// oneFile reads the folder of a tool that keeps each migration in a file of its
// own, both directions in it or one alone.
type oneFile struct {
	format string
	// name has the version and the title.
	name *pattern.Pattern
	// number reads the version as the tool does where it stores a number: leading
	// zeros go. Its error is a sentence. nil = the version is stored as it is
	// spelled.
	number func(version string) (uint64, error)
	// code are the names of migrations that are programs; notCode those among them that are
	// none. nil = none.
	code, notCode *pattern.Pattern
	// twice says what the tool does with two files of one version.
	twice string
	// fill completes a migration whose Up is the whole file, and says what in it
	// stops.
	fill func(m *Migration) []Problem
}

func (o oneFile) load(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: o.format, Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	takes := func(name string) bool { return o.name.MatchString(name) || o.isCode(name) }
	root = ahead(root, dir, l.files, takes)
	for _, name := range l.files {
		if err := o.add(&f, root, name); err != nil {
			return f, err
		}
	}
	f.Problems = append(f.Problems, checkIgnored(root, dir, l, Title(o.format), takes, likeMigration.MatchString)...)
	f.finish(l.files, o.twice)
	return f, nil
}

func (o oneFile) add(f *Folder, root fs.FS, name string) error {
	part := o.name.FindStringSubmatch(name)
	isCode := o.isCode(name)
	if isCode {
		part = o.code.FindStringSubmatch(name)
	}
	if part == nil {
		return nil
	}
	m := Migration{Version: part[1], Number: LeadingNumber(part[1]), Title: part[2]}
	if o.number != nil {
		number, err := o.number(part[1])
		if err != nil {
			f.Problems = append(f.Problems, Problem{Kind: Name, Paths: []string{name}, Stops: true,
				Message: name + ": " + err.Error(), Hint: "give it another version"})
			return nil
		}
		m.Version, m.Number = fmt.Sprint(number), number
	}
	if isCode {
		var err error
		if m.Up, err = readFile(root, f.Dir, name, TxForeign); err != nil {
			return err
		}
		f.Migrations, f.Problems = append(f.Migrations, m), append(f.Problems, program(o.format, m))
		return nil
	}
	file, err := readFile(root, f.Dir, name, TxFile)
	if err != nil {
		return err
	}
	m.Up = file
	if found := o.fill(&m); !bytes.HasPrefix(file.Whole, byteOrderMark) {
		f.Problems = append(f.Problems, found...)
	} // else the mark alone is told: the tool takes the first line for something else
	f.Migrations = append(f.Migrations, m)
	return nil
}

func (o oneFile) isCode(name string) bool {
	return o.code != nil && o.code.MatchString(name) && (o.notCode == nil || !o.notCode.MatchString(name))
}

// version is Format.VersionOf.
func (o oneFile) version(name string) (string, bool) {
	part := o.name.FindStringSubmatch(name)
	if part == nil && o.isCode(name) {
		part = o.code.FindStringSubmatch(name)
	}
	if part == nil {
		return "", false
	}
	return part[1], true
}

// compose writes the whole file of a draft and reads it as the tool does.
func (o oneFile) compose(name, text string) Migration {
	m := numbered(Format{VersionOf: o.version}, NewFile(name, []byte(text), TxFile))
	if part := o.name.FindStringSubmatch(path.Base(name)); part != nil {
		m.Title = part[2]
	}
	if o.number != nil {
		m.Version = fmt.Sprint(m.Number)
	}
	o.fill(&m)
	return m
}

// program is a migration that is written in a programming language.
func program(format string, m Migration) Problem {
	return Problem{Kind: Code, Version: m.Version, Paths: []string{m.Up.Path}, Stops: true,
		Message: fmt.Sprintf("%s is a program: only %s can run it", m.Up.Path, Title(format)),
		Hint:    "run it with the team's own command, then go on with belay"}
}

// atLine stops a file for what stands in one of its lines.
func atLine(file File, line int, what, hint string) Problem {
	return Problem{Kind: Marker, Paths: []string{file.Path}, Stops: true,
		Message: fmt.Sprintf("%s line %d: %s", file.Path, line, what), Hint: hint}
}

// bigint reads a version that is stored in a bigint.
func bigint(version string) (uint64, error) {
	number, err := parseVersion(version)
	if err != nil || number > math.MaxInt64 {
		return 0, fmt.Errorf("the version does not fit the history table's bigint")
	}
	return number, nil
}

// sourceLine is one line of a file: its number from 1, and where it begins and
// ends, line end included.
type sourceLine struct {
	number, start, end int
	text               string // without the line end
}

func linesOf(b []byte) []sourceLine {
	var all []sourceLine
	at := 0
	for raw := range strings.Lines(string(b)) {
		all = append(all, sourceLine{len(all) + 1, at, at + len(raw), strings.TrimRight(raw, "\r\n")})
		at += len(raw)
	}
	return all
}

// statementsOf are the texts of a file's statements, without their semicolons.
func statementsOf(b []byte) []string {
	var all []string
	for _, s := range parse.Split(b).Statements {
		all = append(all, s.SQL)
	}
	return all
}

// checkTemplate finds the first thing in a file that its tool replaces before it
// runs it: what is reviewed here would not be what runs there.
func checkTemplate(file File, placeholder *pattern.Pattern, what, hint string) []Problem {
	at := placeholder.FindIndex(file.Whole)
	if at == nil {
		return nil
	}
	line, _ := parse.Position(file.Whole, at[0])
	return []Problem{atLine(file, line, fmt.Sprintf("%s is %s", file.Whole[at[0]:at[1]], what), hint)}
}

// checkSections finds the up and down sections of another tool: run whole, the
// file would undo itself.
func checkSections(file File) []Problem {
	tool := sectionTool(file.Whole)
	if tool == "" {
		return nil
	}
	return []Problem{{Kind: Unsupported, Paths: []string{file.Path}, Stops: true,
		Message: fmt.Sprintf("%s has the up and down sections of %s: run whole, it would undo itself", file.Path,
			Title(tool)),
		Hint: "name the tool whose folder it is with --tool " + tool +
			", or part the file as this folder's tool wants it"}}
}
