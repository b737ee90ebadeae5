package screen

import (
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// Target says which database this is.
var Target = Screen{
	Name: "target",
	Doc: `Advice: be sure that this is the database you mean.
In practice: the name in a URL proves nothing. belay asks the server who it is: system identifier, database, role, primary or standby, and whether a pooler stands between. A database you have not named yet counts as production.
Measured: behind a pooler the process id of the protocol differs from pg_backend_pid(); settings made for one statement may then reach another session.`,
	Keys: []Hint{{Open, "next"}, {RunIt, ""}, {WhoWaits, ""}, {ShowLog, ""}},
	Hints: func(run *state.Run, l Local) []Hint {
		hints := stepHints(run, l)
		if asksAgain(run, l) {
			hints[0].Label = "ask it again"
		}
		return hints
	},
	Panels: func(p page) []look.Panel {
		t := p.f.Target
		if t == nil {
			return []look.Panel{
				{Title: "target", Grow: true, Lines: func(int) []string {
					return []string{p.spin() + " " + p.Plain("connecting")}
				}},
			}
		}
		return []look.Panel{
			p.asked(atTarget), p.presets(atTarget),
			{
				Name: "target", Title: "which database", State: p.environment(), Focus: true, Give: 1, Min: 4,
				Grow: true, Lines: func(w int) []string { return p.targetRows(t, w) },
			},
			{Name: "warnings", Title: "to look at", Give: 2, Min: 1, Lines: func(w int) []string {
				var out []string
				for _, x := range t.Warnings {
					out = append(out, p.Marked(look.Attention, p.Marks.Look, p.Plain(x), w)...)
				}
				return out
			}},
		}
	},
}

// Again says what enter does on a screen that has nothing further to show.
func Again(run *state.Run, l Local) string {
	if asksAgain(run, l) {
		return "asking the database again: nothing goes on before it answers"
	}
	return "looking again"
}

// asksAgain reports whether enter has belay ask the database again: there is nothing else
// to do on the screen of one that does not answer.
func asksAgain(run *state.Run, l Local) bool {
	t := l.Facts.Target
	return l.Screen == atTarget && Attention(run) == atTarget && question(run, atTarget) == nil && run.Opened == nil &&
		t != nil && !t.Connected && t.Host != ""
}

func (p page) targetRows(t *fact.Target, w int) []string {
	const label = 14
	var out []string
	add := func(name, text string) { out = append(out, p.RowOf(label, name, p.Plain(text), w)...) }
	if !t.Connected {
		out = append(out, p.RowOf(label, "not connected", p.Text(look.Danger, t.Error), w)...)
		add("do", t.Hint)
	}
	env := t.Environment
	if env == "" {
		env = "not named yet, so the production rules apply"
	}
	if t.EnvironmentFrom != "" {
		env += " (from " + t.EnvironmentFrom + ")"
	}
	add("environment", env)
	out = append(out, p.RowOf(label, "database", p.Text(look.Strong, t.Database), w)...)
	add("host", address(t))
	if t.Address != "" {
		add("", "the server calls itself "+t.Address)
	}
	if t.Version != "" {
		add("server", "PostgreSQL "+t.Version+", "+roleOf(t))
	}
	add("role", t.Role)
	if t.Superuser {
		out = append(out,
			p.RowOf(label, "",
				p.Text(look.Attention, "a superuser: nothing stops a mistake; a role that owns the tables is enough"),
				w)...)
	}
	if t.SystemID != "" {
		add("identity", "system "+t.SystemID+", database oid "+itoa(int(t.DatabaseOID)))
	}
	known := "no: first time here"
	if !t.PinnedAt.IsZero() {
		known = "since " + t.PinnedAt.In(p.now.Location()).Format("2 Jan 2006 15:04")
	}
	add("known", known)
	if !t.StartedAt.IsZero() {
		add("up", measure.Elapsed(p.now.Sub(t.StartedAt)))
	}
	add("connection", t.DSNFrom)
	return out
}
