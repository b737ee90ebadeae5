package migration

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"belay/sqlview/pattern"
)

// Problem is something wrong with the folder that a person must see.
type Problem struct {
	Kind    ProblemKind
	Paths   []string
	Version string
	Message string
	Hint    string
	// Stops is true where nothing may run before it is mended. A problem that
	// lies in the text of one file (see Folder.Stopping) stops only that file.
	Stops bool
}

// ProblemKind is the class of a problem.
type ProblemKind string

// The kinds of problem.
const (
	Duplicate   ProblemKind = "duplicate"   // two files of one version
	Late        ProblemKind = "late"        // below the newest merged or applied version
	Case        ProblemKind = "case"        // two paths that differ in case only
	Name        ProblemKind = "name"        // a name the tool ignores or cannot read
	Orphan      ProblemKind = "orphan"      // a down file without its up file
	Empty       ProblemKind = "empty"       // no SQL, or some that is still to be written
	Encoding    ProblemKind = "encoding"    // a NUL byte, a byte order mark, not UTF-8
	Marker      ProblemKind = "marker"      // a marker where nobody obeys it
	Unsupported ProblemKind = "unsupported" // written for another tool
	DirtyRow    ProblemKind = "dirty"       // the tool does not know how it ended
	Missing     ProblemKind = "missing"     // applied, and no file has it
	Edited      ProblemKind = "edited"      // not as it was merged, or as it ran
	Code        ProblemKind = "code"        // a program that only the tool can run
)

// ofText are the kinds that lie in the text of one file.
var ofText = []ProblemKind{Empty, Encoding, Marker, Code}

// Stopping lists the problems that stop a run of these migrations: those of
// the folder's order and names, and those in the text of the files to be run.
// An applied file that is not UTF-8 is history and stops nothing.
func (f Folder) Stopping(run []Migration) []Problem {
	var stop []Problem
	for _, p := range f.Problems {
		if p.Stops && (!slices.Contains(ofText, p.Kind) || touches(p, run)) {
			stop = append(stop, p)
		}
	}
	return stop
}

func touches(p Problem, run []Migration) bool {
	return slices.ContainsFunc(run, func(m Migration) bool {
		return slices.Contains(p.Paths, m.Up.Path) || (m.Down != nil && slices.Contains(p.Paths, m.Down.Path))
	})
}

// emptyOnPurpose is a comment that says why there is no SQL. belay review --fix
// writes such ways back.
var emptyOnPurpose = pattern.New(`(?im)^\s*--\s*nothing to take back\b`)

// Unwritten is a line of a file that belay wrote and that lacks SQL which only a person
// can write: it stops a run for as long as it is there.
const Unwritten = "-- Not written yet: write the SQL here, then delete this line.\n"

// WriteUp is what stands in a new migration that nobody has written yet.
const WriteUp = "-- Write the SQL here.\n"

// unwritten says that a person still has to write SQL of the file; none = it is written.
func unwritten(f File, empty bool) []Problem {
	p := Problem{Kind: Empty, Paths: []string{f.Path}, Stops: true}
	switch {
	case bytes.Contains(f.Bytes, []byte(Unwritten)):
		p.Message = f.Path + " is not written to its end: a part of its SQL stands there as a comment"
		p.Hint = "write it as statements, and delete the line that says \"Not written yet\""
	case empty && bytes.Contains(f.Bytes, []byte(WriteUp)):
		p.Message = f.Path + " is not written yet: it would be recorded as applied and change nothing"
		p.Hint = "write its SQL, or remove the file where none is needed"
	default:
		return nil
	}
	return []Problem{p}
}

// checkText finds what is wrong with the bytes of one file.
func checkText(f File) []Problem {
	if why := encodingFault(f.Bytes); why != "" {
		return []Problem{{Kind: Encoding, Paths: []string{f.Path}, Stops: true,
			Message: f.Path + ": " + why,
			Hint:    "save the file as UTF-8 without NUL bytes and without a byte order mark"}}
	}
	empty := len(normalize(f.Bytes, false)) == 0
	if found := unwritten(f, empty); found != nil {
		return found
	}
	if empty && !emptyOnPurpose.Match(f.Bytes) {
		return []Problem{{Kind: Empty, Paths: []string{f.Path},
			Message: f.Path + " has no SQL in it: it will be recorded as applied and change nothing",
			Hint:    "write the SQL, or say that it is meant so in a comment: -- Nothing to take back"}}
	}
	return checkBackfill(f)
}

// encodingFault names the first byte that PostgreSQL would not take, "" = none.
func encodingFault(b []byte) string {
	if bytes.HasPrefix(b, byteOrderMark) {
		return "begins with a byte order mark, which the server reads as a syntax error"
	}
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == 0 {
			return "NUL byte at " + position(b, i)
		}
		if r == utf8.RuneError && size == 1 {
			return fmt.Sprintf("byte 0x%02x is not UTF-8 at %s", b[i], position(b, i))
		}
		i += size
	}
	return ""
}

// position is the place of a byte: line and column from 1, the column in
// characters, the offset from 0.
func position(b []byte, offset int) string {
	start := bytes.LastIndexByte(b[:offset], '\n') + 1
	return fmt.Sprintf("line %d, column %d (byte %d)",
		1+bytes.Count(b[:offset], []byte{'\n'}), 1+utf8.RuneCount(b[start:offset]), offset)
}

// checkCase finds paths that are one file on a disk that folds case.
func checkCase(paths []string) []Problem {
	first := map[string]string{}
	var found []Problem
	for _, p := range paths {
		fold := strings.ToLower(p)
		if other, ok := first[fold]; ok {
			found = append(found, Problem{Kind: Case, Paths: []string{other, p},
				Message: fmt.Sprintf("%s and %s differ in case only: on macOS they are one file", other, p),
				Hint:    "rename one of them"})
			continue
		}
		first[fold] = p
	}
	return found
}

// checkDuplicates finds several up files of one version. why says what the tool
// does with them.
func checkDuplicates(f Folder, why string) []Problem {
	var found []Problem
	for _, same := range f.Twins() {
		found = append(found, duplicate(f, same, why))
	}
	return found
}

func duplicate(f Folder, same []Migration, why string) Problem {
	var paths []string
	for _, m := range same {
		paths = append(paths, m.Up.Path)
	}
	return Problem{Kind: Duplicate, Paths: paths, Version: same[0].Version, Stops: true,
		Message: fmt.Sprintf("%d files of version %s: %s; %s", len(paths), same[0].Version, strings.Join(paths, ", "),
			why),
		Hint: laterHint("what is applied nowhere", same[len(same)-1], f)}
}
