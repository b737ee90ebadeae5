package report

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/sqlview/visible"
)

const clock = "2006-01-02 15:04:05 UTC"

// Markdown is the report as text that reads well in a pull request.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Migration run %s: %s\n\n%s\n\n", visible.Markdown(r.Run), visible.Markdown(r.Outcome),
		visible.Markdown(r.Summary))
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
	r.writeCommand(&b)
	r.writeHazards(&b)
	b.WriteString("\n## Checklist\n\n")
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "- %s: %s. %s\n", visible.Markdown(s.ID), visible.Markdown(s.Status),
			visible.Markdown(s.Summary))
	}
	b.WriteString("\n## Decisions\n\n")
	for _, a := range r.Answers {
		fmt.Fprintf(&b, "- %s %s = %s, by %s\n", stamp(a.At), visible.Code(a.ID), visible.Markdown(a.Answer),
			visible.Markdown(a.By))
	}
	r.writePairing(&b)
	r.writeEnded(&b)
	b.WriteString("\n## Log\n\n")
	for _, l := range r.Log {
		fmt.Fprintf(&b, "- %s %s\n", stamp(l.At), visible.Markdown(l.Text))
	}
	return b.String()
}

// writeCommand tells of the team's own command.
func (r Report) writeCommand(b *strings.Builder) {
	c := r.Command
	if c == nil {
		return
	}
	ended := c.Ended
	if ended == "" {
		ended = "its end was not seen"
	}
	fmt.Fprintf(b, "\n## The team's command\n\n- %s, named in %s\n- %s; started %s, %s of its seen\n",
		visible.Code(c.Line), visible.Markdown(c.From), visible.Markdown(ended),
		measure.Plural(max(c.Starts, 1), "time"), measure.Plural(c.Sessions, "session"))
	if c.Script != "" {
		fmt.Fprintf(b, "- runs %s\n", visible.Markdown(c.Script))
	}
	for _, path := range c.Unseen {
		fmt.Fprintf(b, "- which SQL %s sends was not known beforehand\n", visible.Markdown(path))
	}
	fmt.Fprintf(b, "- what it printed: %s\n", visible.Markdown(c.Log))
}

// manyChanges are listed of one file; the JSON has all that the journal holds.
const manyChanges = 20

func tries(n int) string { return measure.Plural(n, "try") }

func (r Report) writeUnits(b *strings.Builder) {
	b.WriteString("\n## What ran\n\n")
	for _, u := range r.Units {
		fmt.Fprintf(b, "- **%s** %s: %s", visible.Markdown(u.Version), visible.Markdown(u.Path),
			visible.Markdown(u.Outcome))
		switch {
		case u.Proof != "":
			fmt.Fprintf(b, " (%s, %s)", visible.Markdown(u.Proof), measure.MS(u.MS))
		case u.Reason != "":
			fmt.Fprintf(b, " (%s%s)", visible.Markdown(u.Reason), code(u.SQLState))
		}
		fmt.Fprintf(b, "\n  - sha256 %s\n", visible.Markdown(u.SHA256))
		if u.Tries > 0 {
			fmt.Fprintf(b, "  - %s, others could be held up at most %s at a time, %s in all\n", tries(u.Tries),
				measure.MS(u.LongestMS), measure.MS(u.WaitedMS))
		}
		for _, w := range u.Blockers {
			fmt.Fprintf(b, "  - in the way: pid %d, %s, user %s, %s, in %s\n", w.PID,
				visible.Markdown(w.Application), visible.Markdown(w.User), visible.Markdown(w.State), tries(w.Count))
		}
		for _, c := range u.Changes[:min(len(u.Changes), manyChanges)] {
			fmt.Fprintf(b, "  - statement %d: %s\n", c.Statement+1, visible.Markdown(c.String()))
		}
		if n := len(u.Changes) - manyChanges; n > 0 {
			fmt.Fprintf(b, "  - and %s\n", measure.Plural(n, "more data change"))
		}
		for _, l := range u.Left {
			fmt.Fprintf(b, "  - left behind: %s\n", visible.Markdown(l))
		}
	}
	for _, h := range r.History {
		dirty := ""
		if h.Dirty {
			dirty = ", dirty"
		}
		fmt.Fprintf(b, "- history row: %s %s %s%s\n", visible.Markdown(h.Version), visible.Markdown(h.Name),
			visible.Markdown(h.At), dirty)
	}
}

func (r Report) writePairing(b *strings.Builder) {
	if len(r.Watched)+len(r.Pairing) == 0 {
		return
	}
	b.WriteString("\n## Two people on one run\n\n")
	for _, w := range r.Watched {
		fmt.Fprintf(b, "- %s (uid %d) watched from %s to %s\n", visible.Markdown(w.Who), w.UID,
			stamp(w.First), stamp(w.Last))
	}
	for _, l := range r.Pairing {
		fmt.Fprintf(b, "- %s %s\n", stamp(l.At), visible.Markdown(l.Text))
	}
}

func (r Report) writeEnded(b *strings.Builder) {
	if len(r.SessionsEnded) == 0 {
		return
	}
	b.WriteString("\n## Sessions of others that were to be ended\n\n")
	for _, e := range r.SessionsEnded {
		fmt.Fprintf(b, "- %s %s pid %d", stamp(e.At), visible.Markdown(string(e.Way)), e.PID)
		for _, about := range []string{e.Application, "user " + e.User, e.State} {
			if about != "" && about != "user " {
				fmt.Fprintf(b, ", %s", visible.Markdown(about))
			}
		}
		fmt.Fprintf(b, ", asked by %s: ", visible.Markdown(e.By))
		if e.Fate == "" {
			b.WriteString("what became of it was not seen\n")
			continue
		}
		fmt.Fprintf(b, "**%s**, %s\n", visible.Markdown(string(e.Fate)), visible.Markdown(e.Why))
	}
}

func (r Report) writeHazards(b *strings.Builder) {
	if len(r.Hazards) == 0 {
		return
	}
	b.WriteString("\n## Hazards\n\n")
	for _, h := range r.Hazards {
		fmt.Fprintf(b, "- %s %s %s:%d %s\n", visible.Markdown(h.Severity), visible.Code(h.Rule),
			visible.Markdown(h.Path), h.Line, visible.Markdown(h.Message))
		if h.Accepted != "" {
			fmt.Fprintf(b, "  - accepted: %s\n", visible.Markdown(h.Accepted))
		}
	}
}

func rows(b *strings.Builder, pairs [][2]string) {
	b.WriteString("| | |\n|---|---|\n")
	for _, p := range pairs {
		fmt.Fprintf(b, "| %s | %s |\n", p[0], visible.Markdown(p[1]))
	}
}

func code(sqlstate string) string {
	if sqlstate == "" {
		return ""
	}
	return ", SQLSTATE " + visible.Markdown(sqlstate)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(clock)
}
