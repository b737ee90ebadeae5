package parse

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"belay/sqlview/pattern"
)

// What Meta.What says.
const (
	MetaCommand = "psql meta-command"
	CopyData    = "COPY data"
)

// does says what psql does at a meta-command, for those that people write into
// files. The others are named without.
var does = map[string]string{
	"if":               "psql leaves out the lines up to \\elif, \\else or \\endif where the condition is false",
	"elif":             "psql takes one branch and leaves out the others",
	"else":             "psql takes one branch and leaves out the others",
	"endif":            "psql ends a branch here",
	"i":                "psql reads another file here; review that file too",
	"ir":               "psql reads another file here; review that file too",
	"include":          "psql reads another file here; review that file too",
	"include_relative": "psql reads another file here; review that file too",
	"g":                "psql sends the statement before it here, perhaps into a file or a program",
	"gx":               "psql sends the statement before it here",
	"gset":             "psql keeps the answer of the statement before it as variables",
	"gexec":            "psql runs the rows of the statement before it as SQL",
	"gdesc":            "psql only describes the statement before it, and does not run it",
	"crosstabview":     "psql sends the statement before it here",
	"watch":            "psql sends the statement before it again and again",
	"bind":             "psql binds values to the statement before it",
	"copy":             "psql runs COPY with a file of its own here; write it as COPY to have it analysed",
	"c":                "psql connects to another database here; what follows was read as if it did not",
	"connect":          "psql connects to another database here; what follows was read as if it did not",
	"!":                "psql runs a shell command here",
	"o":                "psql sends output into a file or a program from here on",
	"set":              "psql sets a variable, which may change the text that follows",
	"unset":            "psql drops a variable, which may change the text that follows",
	"q":                "psql ends here: what follows never runs",
	"r":                "psql throws away what was read of the statement so far",
	"reset":            "psql throws away what was read of the statement so far",
	"e":                "psql opens an editor here",
	"edit":             "psql opens an editor here",
	"encoding":         "psql reads what follows in another encoding",
	"echo":             "psql prints the rest of the line, and runs what stands there between backquotes",
	"restrict":         "psql refuses other commands like this one from here on",
	"unrestrict":       "psql takes other commands like this one again",
	";":                "psql sends what stands before and after it as one message, which is one transaction",
}

// idle are the commands that change nothing of the SQL that psql sends: the
// marks of a dump, and the word to stop at the first error, as belay does.
var idle = pattern.New(
	`^\\(?:(restrict|unrestrict)[ \t]+([A-Za-z0-9]+)|set[ \t]+ON_ERROR_STOP[ \t]+(?:on|true|yes|1))[ \t\r]*$`,
)

// understood reports whether a meta-command between statements is one of them.
// While a dump is restricted psql takes nothing but the end of it.
func (s *splitter) understood(t token) bool {
	m := idle.FindStringSubmatch(t.text(s.src))
	switch {
	case m == nil || s.open >= 0 || !s.ownLine(t):
		return false
	case m[1] == "unrestrict":
		paired := m[2] == s.restricted
		s.restricted = ""
		return paired
	case s.restricted != "":
		return false
	}
	s.restricted = m[2]
	return true
}

// sends names the meta-commands that send the statement in hand, as a
// semicolon would.
var sends = map[string]bool{
	"g": true, "gx": true, "gset": true, "gexec": true, "gdesc": true,
	"crosstabview": true, "watch": true,
}

// takeMeta sets a meta-command aside. One that is not understood is a statement
// that is not analysed, and so is the statement that it stands in.
func (s *splitter) takeMeta(t token) {
	text := t.text(s.src)
	name := metaName(text)
	if text == `\` && t.end < len(s.src) && s.src[t.end] == ';' {
		name = ";"
	}
	if sends[name] {
		s.finish()
	}
	m := Meta{Start: t.start, End: t.end, Line: s.lineAt(t.start), What: MetaCommand}
	if !s.understood(t) {
		m.Problem = problemAt(s.src, t.start, metaMessage(name))
	}
	s.file.Meta = append(s.file.Meta, m)
	switch {
	case m.Problem == nil:
	case s.open >= 0:
		s.refused = or(s.refused, m.Problem)
	default:
		s.add(t.start, t.end, m.Problem)
		s.file.Statements[len(s.file.Statements)-1].Unsendable = true
	}
}

func or(p, other *Problem) *Problem {
	if p != nil {
		return p
	}
	return other
}

// ownLine reports whether nothing stands before the token on its line.
func (s *splitter) ownLine(t token) bool {
	line := s.src[1+bytes.LastIndexByte(s.src[:t.start], '\n') : t.start]
	return len(bytes.TrimSpace(bytes.TrimPrefix(line, []byte(byteOrderMark)))) == 0
}

func metaMessage(name string) string {
	if what := does[name]; what != "" {
		return `\` + name + ": " + what
	}
	return `\` + name + " is a command of psql, which no server reads"
}

// metaName is the command's name without backslash and arguments.
func metaName(text string) string {
	text = text[1:]
	if r, size := utf8.DecodeRuneInString(text); size > 0 && (r >= utf8.RuneSelf || !isNameStart(text[0])) {
		return string(r)
	}
	if i := strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}); i >= 0 {
		text = text[:i]
	}
	return text
}

func (s *splitter) takeCopyData(t token) {
	s.file.Meta = append(s.file.Meta, Meta{Start: t.start, End: t.end, Line: s.lineAt(t.start), What: CopyData})
	if t.kind == openCopyData {
		s.finish()
		s.add(t.start, t.end,
			problemAt(s.src, t.start, `COPY data without its end (a line \.); psql takes all that follows as data`))
	}
}

// psqlVariable is the psql variable that text begins with, :name, :'name',
// :"name" or :{?name}; "" where it begins with none.
func psqlVariable(text string) string {
	if len(text) < 2 || text[0] != ':' {
		return ""
	}
	name := text[1:]
	switch c := text[1]; {
	case c == '\'' || c == '"':
		return quotedVariable(text, string(c))
	case c == '{':
		return quotedVariable(text, "}")
	case !isNameStart(c):
		return ""
	}
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return text[:1+i]
		}
	}
	return text
}

func quotedVariable(text, end string) string {
	n := strings.Index(text[2:], end)
	if n < 0 {
		return ""
	}
	return text[:2+n+1]
}
