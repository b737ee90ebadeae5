package sqlview

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"belay/sqlview/lint"
)

// githubLevels are the workflow commands of the severities.
var githubLevels = map[lint.Severity]string{lint.Stop: "error", lint.Warn: "warning", lint.Notice: "notice"}

// WriteGitHub writes a workflow command a hazard, which GitHub shows as an
// annotation at its line. Waived hazards are notices.
func WriteGitHub(w io.Writer, r Result) error {
	b := bufio.NewWriter(w)
	for _, p := range r.Folder {
		file := ""
		if p.place() != "" {
			file = "file=" + githubProperty(p.place()) + ","
		}
		fmt.Fprintf(b, "::%s %stitle=%s::%s\n", githubLevels[p.Level()], file, githubProperty("belay: "+p.Kind),
			githubText(p.text()))
	}
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			level, message := githubLevels[h.Level()], h.Message+"\n"+h.Why
			if h.Waived != nil {
				level, message = "notice", "waived: "+waivedText(h.Waived)+"\n"+message
			}
			if h.Instead != nil {
				message += "\nInstead:\n" + *h.Instead
			}
			fmt.Fprintf(b, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level,
				githubProperty(f.Path), h.Line, h.Column, githubProperty("belay: "+h.Rule), githubText(message))
		}
	}
	return b.Flush()
}

// githubText escapes the text of a workflow command.
func githubText(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubProperty escapes a value before the text, where "," and ":" part.
func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubText(s))
}
