// Package theme maps what a text means to one of the 16 ANSI colours. Nothing
// else in belay names a colour, and nothing is said by colour alone: every role
// is written with a word or a mark beside it.
package theme

// Role is what a piece of text means.
type Role int

// The roles. The zero value is plain text.
const (
	Plain Role = iota
	Strong
	// OK, Running, Attention, Danger and Stale colour marks and their words.
	OK
	Running
	Attention
	Danger
	Stale
	// Production, Staging, Local and Unset are the environment words.
	Production
	Staging
	Local
	Unset
	// Selected is the line under the cursor, beside its ">".
	Selected
	// Key is a key in the footer.
	Key
	// Rule is a line between panes.
	Rule
	// Keyword, Literal, Comment and Name are SQL.
	Keyword
	Literal
	Comment
	Name
	roles
)

// style is an SGR sequence with colour and the one without.
type style struct{ colour, plain string }

var styles = [roles]style{
	Plain:      {"", ""},
	Strong:     {"1", "1"},
	OK:         {"32", ""},
	Running:    {"1;36", "1"},
	Attention:  {"1;33", "1"},
	Danger:     {"1;31", "1"},
	Stale:      {"35", ""},
	Production: {"1;7;31", "1;7"},
	Staging:    {"1;7;33", "1;7"},
	Local:      {"1;7;32", "1;7"},
	Unset:      {"1;7;31", "1;7"},
	Selected:   {"1", "1"},
	Key:        {"1", "1"},
	Rule:       {"", ""},
	Keyword:    {"34", ""},
	Literal:    {"32", ""},
	Comment:    {"36", ""},
	Name:       {"", ""},
}

// Theme paints. The zero value paints without colour: bold and reverse only.
type Theme struct{ Colour bool }

// Paint wraps text in the role's style. The text must hold no escape sequence.
func (t Theme) Paint(r Role, text string) string {
	if text == "" || r < 0 || r >= roles {
		return text
	}
	sgr := styles[r].plain
	if t.Colour {
		sgr = styles[r].colour
	}
	if sgr == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}
