package fix

import (
	"path"
	"strings"

	"belay/sqlview/visible"
	"belay/steps/fact"
)

// Text is a proposal for a person: each file with its text, then what differs,
// what was left, what the review says of the new files, and what becomes of the
// original. dir is the folder as a person names it.
func Text(r fact.Rewrite, dir string) string {
	var b strings.Builder
	name := path.Join(dir, r.Path)
	if len(r.Files) == 0 {
		visible.Fprintf(&b, "%s: %s\n", name, r.Refused)
		left(&b, r)
		return b.String()
	}
	visible.Fprintf(&b, "%s as %s:\n", name, count(len(r.Files), "file"))
	for _, f := range r.Files {
		file(&b, path.Join(dir, f.Path), f.SQL)
		for _, h := range f.Hazards {
			visible.Fprintf(&b, "    ! %s\n", h)
		}
		if f.Down != "" {
			file(&b, path.Join(dir, f.Down), f.DownSQL)
		}
	}
	b.WriteString("\n")
	for _, k := range r.Differences {
		visible.Fprintf(&b, "differs: %s\n", k)
	}
	left(&b, r)
	visible.Fprintf(&b, "judged again: %d stop, %d warn\n", r.Stop, r.Warn)
	visible.Fprintf(&b, "the original %s\n", r.Original)
	if r.Refused != "" {
		visible.Fprintf(&b, "cannot be written here: %s\n", r.Refused)
	}
	return b.String()
}

func file(b *strings.Builder, name, text string) {
	visible.Fprintf(b, "\n%s\n", name)
	b.WriteString("    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n")
}

func left(b *strings.Builder, r fact.Rewrite) {
	for _, l := range r.Left {
		visible.Fprintf(b, "left as it is, line %d, %s: %s\n", l.Line, l.Rule, l.Why)
	}
}
