package screen

import (
	"strings"

	"belay/sqlview/measure"
	"belay/tui/theme"
	"belay/tui/view"
)

// Target says which database this is.
var Target = Screen{
	Name: "target",
	Doc: `Advice: be sure that this is the database you mean.
In practice: the name in a URL proves nothing. belay asks the server who it is: system identifier, database, role, primary or standby, and whether a pooler stands between. A database you have not named yet counts as production.
Measured: behind a pooler the process id of the protocol differs from pg_backend_pid(); settings made for one statement may then reach another session.`,
	Keys: []Hint{{Open, "next"}, {RunIt, ""}, {WhoWaits, ""}, {ShowLog, ""}},
	View: draw("target", targetBody),
}

func targetBody(p page) []view.Block {
	t := p.f.Target
	if t == nil {
		return []view.Block{{Lines: []view.Line{{}, view.Text(" connecting")}}}
	}
	var lines []view.Line
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, view.Labelled(label, 13, theme.Plain, text, p.w)...)
		}
	}
	if !t.Connected {
		lines = append(lines, view.Paragraph(theme.Danger, "not connected: "+t.Error, p.w, 1, 2)...)
		lines = append(lines, view.Paragraph(theme.Plain, "-> "+t.Hint, p.w, 1, 3)...)
		lines = append(lines, view.Line{})
	}
	env := t.Environment
	if env == "" {
		env = "not named yet, so the production rules apply"
	}
	if t.EnvironmentFrom != "" {
		env += " (from " + t.EnvironmentFrom + ")"
	}
	add("environment", env)
	add("database", t.Database)
	add("host", address(t))
	if t.Address != "" {
		add("", "the server calls itself "+t.Address)
	}
	if t.Version != "" {
		add("server", "PostgreSQL "+t.Version+", "+strings.TrimSpace(roleOf(t)))
	}
	add("role", t.Role)
	if t.Superuser {
		add("", "a superuser: nothing stops a mistake; a role that owns the tables is enough")
	}
	if t.SystemID != "" {
		add("identity", "system "+t.SystemID+", database oid "+itoa(int(t.DatabaseOID)))
	}
	if t.PinnedAt.IsZero() {
		add("pinned", "no: first time here")
	} else {
		add("pinned", "since "+t.PinnedAt.In(p.now.Location()).Format("2 Jan 2006 15:04"))
	}
	if !t.StartedAt.IsZero() {
		add("up", measure.Clock(p.now.Sub(t.StartedAt)))
	}
	add("connection", t.DSNFrom)
	for _, w := range t.Warnings {
		for i, s := range view.Wrap(w, p.w-6, 0) {
			mark := view.T("    ")
			if i == 0 {
				mark = view.S(theme.Attention, " [!]")
			}
			lines = append(lines, view.L(mark, view.T(" "+s)))
		}
	}
	return append([]view.Block{{Lines: asked(p, "target"), Give: 1, Min: 2}}, p.scrolled("target", lines))
}

// asked is the open question of a step, on its screen.
func asked(p page, step string) []view.Line {
	q := question(p.run, step)
	if q == nil {
		return nil
	}
	lines := []view.Line{}
	for i, s := range view.Wrap(q.Text, p.w-6, 0) {
		mark := view.T("    ")
		if i == 0 {
			mark = view.S(theme.Attention, " [?]")
		}
		lines = append(lines, view.L(mark, view.S(theme.Attention, " "+s)))
	}
	return append(lines, view.Text("     enter answers it"), view.Line{})
}
