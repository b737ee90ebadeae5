package menu

import (
	"errors"
)

// ForgotColumn is a migration that has run and lacks something.
var ForgotColumn = Entry{
	Name:  "forgot-column",
	Title: "a column was forgotten in a migration that has run",
	Doc: `
## Advice
A migration that has run anywhere, a colleague's laptop included, is never edited: its tool will not run it again. What
was forgotten is a new migration.

## In practice
The edit parts the schemas without a word: new databases get the column, those that ran the old text never do. Most tools
keep no hash and cannot notice. Take the file back as it was merged and put the difference into a file of its own. belay
compares applied files with the commit that merged them, and stops where their SQL was changed.

## Measured
golang-migrate says "no change" to an edited file that has run, with exit code 0. Its history table holds a version and a
dirty flag, nothing else.
`,
	Steps: []Step{
		{
			Text: "If the old file was edited: take it back as it was merged.",
			Code: "git log --oneline -- OLD_FILE\ngit checkout COMMIT -- OLD_FILE",
		},
		{
			Title: "add note to orders", Text: "Write {file}, with your table and column; its way back is {down}.",
			Code: "ALTER TABLE orders ADD COLUMN note text;",
		},
		{Text: "Let it be judged, then run it.", Code: "belay review\nbelay run"},
	},
	Ask: &Ask{
		Text:   "Which column is missing, in which table? Table, column and type:",
		Sample: "orders note text",
		Make: func(words string) (Own, error) {
			table, column, is := cutTwo(words)
			if is == "" {
				return Own{}, errors.New("a table, a column and its type are needed")
			}
			return Own{Table: table, New: column, Files: []File{{
				Title: "add " + bare(column) + " to " + bare(table),
				SQL:   "ALTER TABLE " + table + " ADD COLUMN " + column + " " + is + ";",
			}}}, nil
		},
	},
}
