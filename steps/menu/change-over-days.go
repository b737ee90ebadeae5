package menu

import (
	"fmt"
	"slices"
	"strings"
)

// ChangeOverDays begins a campaign.
var ChangeOverDays = Entry{
	Name:  "change-over-days",
	Title: "change or drop what running code uses, over days",
	Doc: `
## Advice
What running code still uses is changed in steps, each safe by itself: add the new, deploy code that uses both, stop using the
old, drop it. A table that is to go gets another name first, with the date, and is dropped a week later when nothing broke.

## In practice
The steps take days and several people, and the last one is done by whoever believes that nothing uses the old any more. A
campaign keeps the steps in the database: which is next, who confirmed which deploy, since when it is quiet, and what each
source says of who still uses the old. Files are written when their time has come, each phase is an ordinary run, and on any
day before the drop the whole can be taken back. It renames, changes a type, splits and merges columns, sets NOT NULL, adds a
foreign key, drops, and replaces an index.

## Measured
Over a campaign, under two writers of old code and two of new, no statement failed and no row was lost; renamed or dropped in
one go, every statement of old code fails from that moment on.
`,
	Steps: []Step{
		{
			Text: "Begin it: the phases are shown first, and nothing is kept without your yes.",
			Code: "belay campaign new drop old_orders\nbelay campaign new type orders.id bigint\n" +
				"belay campaign new foreign-key orders.user_id users.id",
		},
		{
			Text: "Then day by day: what waits for whom, and the files of the next phase.",
			Code: "belay due\nbelay campaign next",
		},
		{
			Text: "Before the drop, see who misses it while it can still come back at once.",
			Code: "belay campaign tripwire",
		},
	},
	Ask: &Ask{
		Text:   "Which change? What to do, to what (" + strings.Join(Changes, ", ") + "):",
		Sample: "drop old_orders",
		Make:   change,
	},
}

// Changes are the kinds of campaign.
var Changes = []string{"rename", "type", "split", "merge", "not-null", "foreign-key", "drop", "replace-index"}

// change is the command that begins a campaign of what a person typed. What that names is
// looked for by the command itself.
func change(words string) (Own, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(words), " ")
	rest = strings.TrimSpace(rest)
	if !slices.Contains(Changes, kind) || rest == "" {
		return Own{}, fmt.Errorf("a change and what it is of are needed: %s", strings.Join(Changes, ", "))
	}
	var args []string
	switch names := spaced(rest); kind {
	case "split", "merge", "replace-index":
		args = []string{rest} // with the quotes of a shell, as the command takes them
	case "type":
		args = []string{word(names[0])}
		if len(names) > 1 {
			args = append(args, quoted(strings.Join(names[1:], " ")))
		}
	default:
		for _, name := range names {
			args = append(args, word(name))
		}
	}
	return Own{
		Next:   []string{"belay campaign new " + kind + " " + strings.Join(args, " "), "belay due"},
		Begins: true,
		Says:   "It takes several deployments. The campaign shows its phases first, and asks before it keeps them.",
	}, nil
}

// spaced takes a text apart at the spaces outside of double quotes.
func spaced(text string) []string {
	in := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			in = !in
		}
		return r == ' ' && !in
	})
}

// quoted is a text as one word of a shell.
func quoted(text string) string {
	if !strings.ContainsAny(text, ` "'`) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
