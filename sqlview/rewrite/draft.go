package rewrite

import (
	"strings"

	"belay/sqlview/migration"
	"belay/sqlview/parse"
)

// width is where the lines of a header are broken.
const width = 100

// Drafts are the files of a plan as texts, each with a header that says what it
// is for. from names the original.
func (p Plan) Drafts(from string) []migration.Draft {
	var all []migration.Draft
	for _, f := range p.Files {
		all = append(all, f.draft(from))
	}
	return all
}

func (f File) draft(from string) migration.Draft {
	var up strings.Builder
	if f.Backfill {
		up.WriteString("-- belay: backfill\n")
		up.WriteString(
			comment("belay runs this UPDATE in short batches, because of the line above; another tool runs it as it " +
				"stands."),
		)
	}
	up.WriteString(comment("From " + from + ": " + f.Why + "."))
	if f.Before != "" {
		up.WriteString(comment("Before this file: " + f.Before + "."))
	}
	up.WriteString(comment("Lock: " + f.Lock + "."))
	up.WriteString(comment("Way back: " + f.Back + "."))
	up.WriteString(statements(f.SQL))
	d := migration.Draft{Title: f.Title, Up: up.String(), NoTransaction: f.Alone, DownNoTransaction: f.DownAlone}
	switch {
	case len(f.Down) > 0:
		d.Down = statements(f.Down)
	case f.Nothing != "":
		d.Down = comment(upperFirst(f.Nothing) + ".")
	}
	return d
}

func statements(all []string) string {
	var b strings.Builder
	for _, sql := range all {
		b.WriteString(sql)
		// A comment at the end would swallow the semicolon.
		if tokens := parse.Tokens([]byte(sql)); len(tokens) > 0 && tokens[len(tokens)-1].Kind == parse.TokenComment {
			b.WriteString("\n")
		}
		b.WriteString(";\n")
	}
	return b.String()
}

// comment breaks a sentence into lines of SQL comments.
func comment(text string) string {
	var b strings.Builder
	line := "--"
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > width && line != "--" {
			b.WriteString(line + "\n")
			line = "--  "
		}
		line += " " + w
	}
	return b.String() + line + "\n"
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// nothingBack begins the down file of a phase that leaves nothing to take back.
const nothingBack = "-- Nothing to take back: "

// NothingBack reads from a down file of ours without statements why there is nothing to
// take back; "" = the file does not say so.
func NothingBack(down []byte) string {
	_, why, _ := strings.Cut(string(down), nothingBack)
	why, _, _ = strings.Cut(strings.ReplaceAll(why, "\n-- ", " "), "\n")
	return strings.TrimSuffix(strings.Join(strings.Fields(why), " "), ".")
}
