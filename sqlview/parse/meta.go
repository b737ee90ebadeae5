package parse

import "strings"

// What Meta.What says.
const (
	MetaCommand = "psql meta-command"
	CopyData    = "COPY data"
)

// notAnalysed names the meta-commands that run SQL, or change where it runs,
// in a way that the file does not show.
var notAnalysed = map[string]string{
	"i":                "psql reads another file here; review that file too",
	"ir":               "psql reads another file here; review that file too",
	"include":          "psql reads another file here; review that file too",
	"include_relative": "psql reads another file here; review that file too",
	"gexec":            `\gexec runs the rows of the statement before it as SQL`,
	"copy":             `\copy runs COPY from psql; write it as COPY to have it analysed`,
	"c":                "psql connects to another database here; what follows was read as if it did not",
	"connect":          "psql connects to another database here; what follows was read as if it did not",
	"!":                "psql runs a shell command here",
}

// sends names the meta-commands that send the statement in hand, as a
// semicolon would.
var sends = map[string]bool{
	"g": true, "gx": true, "gset": true, "gexec": true, "gdesc": true,
	"crosstabview": true, "watch": true,
}

func (s *splitter) takeMeta(t token) {
	name := metaName(t.text(s.src))
	if sends[name] {
		s.finish()
	}
	s.file.Meta = append(s.file.Meta, Meta{t.start, t.end, s.lineAt(t.start), MetaCommand})
	// Inside a statement psql runs it before the rest is read.
	if message := notAnalysed[name]; message != "" && s.open < 0 {
		s.add(t.start, t.end, problemAt(s.src, t.start, message))
	}
}

// metaName is the command's name without backslash and arguments.
func metaName(text string) string {
	text = text[1:]
	if strings.HasPrefix(text, "!") {
		return "!"
	}
	if i := strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}); i >= 0 {
		text = text[:i]
	}
	return text
}

func (s *splitter) takeCopyData(t token) {
	s.file.Meta = append(s.file.Meta, Meta{t.start, t.end, s.lineAt(t.start), CopyData})
	if t.kind == openCopyData {
		s.finish()
		s.add(t.start, t.end, problemAt(s.src, t.start, `COPY data without its end (a line \.); psql takes all that follows as data`))
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
