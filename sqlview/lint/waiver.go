package lint

import (
	"regexp"
	"strings"

	"belay/sqlview/parse"
	"belay/sqlview/pattern"
)

// Waiver is a reasoned exception, written above a statement or made by path.
// Its JSON is what belay.review/1 prints of it.
type Waiver struct {
	// Until is YYYY-MM-DD, the last day it counts; "" = without an end.
	Until  string `json:"until"`
	Reason string `json:"reason"`
	// Rule is the id of the rule whose hazards it covers.
	Rule string `json:"-"`
	// Path is a pattern of slash-separated paths: "*" within a name, "**" over
	// folders; "" = the waiver stands in the file itself.
	Path string `json:"-"`
	// Statement is the statement a comment stands above; -1 = none, or by path.
	Statement int `json:"-"`
	// Line is the comment's line; 0 = by path.
	Line int `json:"-"`
	// Used is true once it has covered a hazard.
	Used bool `json:"-"`
}

// Expired reports whether the waiver's last day is before today, both as
// YYYY-MM-DD. An unknown today expires nothing.
func (w *Waiver) Expired(today string) bool {
	return w.Until != "" && today != "" && w.Until < today
}

var (
	directive = pattern.New(`belay:allow\s+(\S+)[ \t]*([^\n]*)`)
	until     = pattern.New(`^until=(\d{4}-\d{2}-\d{2})(?:\s+|$)`)
)

// Waivers reads the waivers that a file's comments make:
//
//	-- belay:allow RULE until=YYYY-MM-DD reason
//
// above the statement. A comment behind a statement on its last line, or
// inside it, belongs to that statement.
func Waivers(f parse.File) []Waiver {
	var found []Waiver
	for _, c := range f.Comments {
		m := directive.FindStringSubmatch(c.Text)
		if m == nil {
			continue
		}
		w := Waiver{Rule: m[1], Statement: statementOf(f.Statements, c), Line: c.Line}
		w.Until, w.Reason = untilAndReason(m[2])
		found = append(found, w)
	}
	return found
}

func untilAndReason(rest string) (string, string) {
	rest = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "*/"))
	m := until.FindStringSubmatch(rest)
	if m == nil {
		return "", rest
	}
	return m[1], strings.TrimSpace(rest[len(m[0]):])
}

func statementOf(statements []parse.Statement, c parse.Comment) int {
	for i := range statements {
		s := &statements[i]
		if c.Start < s.End || c.Line == s.EndLine {
			return i
		}
	}
	return Alone
}

// covers reports whether the waiver takes the hazard away: a waiver without a
// reason, or past its day, does not.
func (w *Waiver) covers(h *Hazard, path, today string) bool {
	if w.Rule != h.Rule || w.Reason == "" || w.Expired(today) {
		return false
	}
	if w.Path != "" {
		return matchPath(w.Path, path)
	}
	return w.Statement == h.Statement
}

// matchPath matches a slash-separated path; "**" stands for any number of
// folders, "*" and "?" stay within one name.
func matchPath(pattern, path string) bool {
	var b strings.Builder
	b.WriteString("^")
	for i := 0; i < len(pattern); i++ {
		switch {
		case strings.HasPrefix(pattern[i:], "**/"):
			b.WriteString("(.*/)?")
			i += 2
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(".*")
			i++
		case pattern[i] == '*':
			b.WriteString("[^/]*")
		case pattern[i] == '?':
			b.WriteString("[^/]")
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return regexp.MustCompile(b.String() + "$").MatchString(path)
}

// ReportWaiver adds a hazard about a waiver, at its comment.
func (p *Pass) ReportWaiver(w *Waiver, h Hazard) {
	h.Rule, h.Severity, h.Line, h.Column = p.rule.ID, p.rule.Severity, max(w.Line, 1), 1
	h.Statement = max(w.Statement, 0)
	*p.found = append(*p.found, h)
}
