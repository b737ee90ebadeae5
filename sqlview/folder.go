package sqlview

import (
	"bufio"
	"fmt"
	"path"
	"slices"
	"strings"

	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/sqlview/visible"
)

// FolderFinding is something wrong with files as migrations: with their order or
// names, or between them and what was merged or has run. No rule finds it, because
// it lies in no statement. It is beyond the contract.
type FolderFinding struct {
	// Kind is a migration.ProblemKind.
	Kind     string   `json:"kind"`
	Severity string   `json:"severity"` // stop, warn
	Version  string   `json:"version,omitempty"`
	Paths    []string `json:"paths"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
}

// FolderFindings are the problems of a folder at dir, as the result shows them.
// stops are those that nothing may run before.
func FolderFindings(dir string, all, stops []migration.Problem) []FolderFinding {
	var out []FolderFinding
	for _, p := range all {
		f := FolderFinding{
			Kind: string(p.Kind), Severity: lint.Warn.String(), Version: p.Version, Paths: []string{},
			Message: p.Message, Hint: p.Hint,
		}
		if slices.ContainsFunc(stops, func(s migration.Problem) bool { return s.Message == p.Message }) {
			f.Severity = lint.Stop.String()
		}
		for _, name := range p.Paths {
			f.Paths = append(f.Paths, path.Join(dir, name))
		}
		out = append(out, f)
	}
	return out
}

// Level is the severity as the rules know it; 0 for a label nobody knows.
func (f FolderFinding) Level() lint.Severity { return Finding{Severity: f.Severity}.Level() }

// place is the file that an annotation stands at; "" = none is concerned.
func (f FolderFinding) place() string {
	if len(f.Paths) == 0 {
		return ""
	}
	return f.Paths[len(f.Paths)-1]
}

func (f FolderFinding) text() string {
	return strings.TrimSpace(f.Message + "\n" + f.Hint)
}

func writeFolder(b *bufio.Writer, all []FolderFinding) {
	for _, f := range all {
		fmt.Fprintf(b, "%s %s\n", f.Severity, visible.Line(f.Kind))
		writePart(b, "", f.Message)
		writePart(b, "-> ", f.Hint)
		fmt.Fprintln(b)
	}
}
