package report

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/visible"
)

const clock = "2006-01-02 15:04:05 UTC"

// Markdown is the report as text that reads well in a pull request.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Migration run %s: %s\n\n%s\n\n", r.Run, r.Outcome, escape(r.Summary))
	t := r.Target
	rows(&b, [][2]string{
		{"database", fmt.Sprintf("%s on %s:%d (%s)", t.Database, t.Host, t.Port, t.Environment)},
		{"server", fmt.Sprintf("PostgreSQL %s, system %s, timeline %d", t.Version, t.SystemID, t.Timeline)},
		{"role", t.Role},
		{"tool", r.Tool},
		{"opened", stamp(r.Opened)},
		{"finished", stamp(r.Finished)},
		{"plan", "sha256 " + r.PlanSHA256},
		{"belay", r.Version},
	})
	r.writeUnits(&b)
	r.writeHazards(&b)
	b.WriteString("\n## Checklist\n\n")
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "- %s: %s. %s\n", s.ID, s.Status, escape(s.Summary))
	}
	b.WriteString("\n## Decisions\n\n")
	for _, a := range r.Answers {
		fmt.Fprintf(&b, "- %s `%s` = %s, by %s\n", stamp(a.At), a.ID, escape(a.Answer), escape(a.By))
	}
	r.writeEnded(&b)
	b.WriteString("\n## Log\n\n")
	for _, l := range r.Log {
		fmt.Fprintf(&b, "- %s %s\n", stamp(l.At), escape(l.Text))
	}
	return b.String()
}

// manyChanges are listed of one file; the JSON has all that the journal holds.
const manyChanges = 20

func (r Report) writeUnits(b *strings.Builder) {
	b.WriteString("\n## What ran\n\n")
	for _, u := range r.Units {
		fmt.Fprintf(b, "- **%s** %s: %s", u.Version, escape(u.Path), u.Outcome)
		switch {
		case u.Proof != "":
			fmt.Fprintf(b, " (%s, %d ms)", escape(u.Proof), u.MS)
		case u.Reason != "":
			fmt.Fprintf(b, " (%s%s)", u.Reason, code(u.SQLState))
		}
		fmt.Fprintf(b, "\n  - sha256 %s\n", u.SHA256)
		if u.Tries > 0 {
			fmt.Fprintf(b, "  - %d tries, others held up at most %d ms at a time, %d ms in all\n", u.Tries, u.LongestMS,
				u.WaitedMS)
		}
		for _, w := range u.Blockers {
			fmt.Fprintf(b, "  - in the way: pid %d, %s, user %s, %s, in %d tries\n", w.PID, escape(w.Application),
				escape(w.User), w.State, w.Count)
		}
		for _, c := range u.Changes[:min(len(u.Changes), manyChanges)] {
			fmt.Fprintf(b, "  - statement %d: %s\n", c.Statement+1, c)
		}
		if n := len(u.Changes) - manyChanges; n > 0 {
			fmt.Fprintf(b, "  - and %d more data changes\n", n)
		}
		for _, l := range u.Left {
			fmt.Fprintf(b, "  - left behind: %s\n", escape(l))
		}
	}
	for _, h := range r.History {
		dirty := ""
		if h.Dirty {
			dirty = ", dirty"
		}
		fmt.Fprintf(b, "- history row: %s %s %s%s\n", h.Version, escape(h.Name), h.At, dirty)
	}
}

func (r Report) writeEnded(b *strings.Builder) {
	if len(r.SessionsEnded) == 0 {
		return
	}
	b.WriteString("\n## Sessions of others that were to be ended\n\n")
	for _, e := range r.SessionsEnded {
		fmt.Fprintf(b, "- %s %s pid %d", stamp(e.At), e.Way, e.PID)
		for _, about := range []string{e.Application, "user " + e.User, e.State} {
			if about != "" && about != "user " {
				fmt.Fprintf(b, ", %s", escape(about))
			}
		}
		fmt.Fprintf(b, ", asked by %s: ", escape(e.By))
		if e.Fate == "" {
			b.WriteString("what became of it was not seen\n")
			continue
		}
		fmt.Fprintf(b, "**%s**, %s\n", e.Fate, escape(e.Why))
	}
}

func (r Report) writeHazards(b *strings.Builder) {
	if len(r.Hazards) == 0 {
		return
	}
	b.WriteString("\n## Hazards\n\n")
	for _, h := range r.Hazards {
		fmt.Fprintf(b, "- %s `%s` %s:%d %s\n", h.Severity, h.Rule, escape(h.Path), h.Line, escape(h.Message))
		if h.Accepted != "" {
			fmt.Fprintf(b, "  - accepted: %s\n", escape(h.Accepted))
		}
	}
}

func rows(b *strings.Builder, pairs [][2]string) {
	b.WriteString("| | |\n|---|---|\n")
	for _, p := range pairs {
		fmt.Fprintf(b, "| %s | %s |\n", p[0], escape(p[1]))
	}
}

func code(sqlstate string) string {
	if sqlstate == "" {
		return ""
	}
	return ", SQLSTATE " + sqlstate
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(clock)
}

// markdown holds what would change the text's meaning in Markdown or HTML.
var markdown = strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "`", "'", "\r", " ", "\n", " ")

// escape makes text from files and databases safe to paste: one line, no markup,
// control characters and text direction marks visible.
func escape(s string) string { return visible.Line(markdown.Replace(s)) }
