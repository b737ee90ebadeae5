package menu

import (
	"errors"
)

// WrongAfterDeploy is trouble after a migration and its code are out.
var WrongAfterDeploy = Entry{
	Name:  "wrong-after-deploy",
	Title: "something goes wrong after the deploy",
	Doc: `
## Advice
Roll back: a down migration, or the backup.

## In practice
Roll the code back first: after a change that breaks neither side it is enough, and it loses nothing. A down migration
loses what was written to the new columns since; once new code has written data, a small migration forward is usually
better. Restoring comes last: every write since the backup is gone. Decide before the run when you turn back, such as
requests blocked for over 30 s or twice the errors, and who says so.

## Measured
"psql db < backup.sql" into a database in use ends with exit code 0 and is no restore: a table without a primary key held
every row twice, a sequence went back, the next INSERT was a duplicate. pg_restore refuses a plain-text dump.
`,
	Steps: []Step{
		{Text: "What ran, when, and who waits now.", Code: "belay report\nbelay watch --once"},
		{Text: "Undo the deploy of the code, with your deploy tool, unless the migration broke the old code."},
		{
			Title: "fix forward",
			Text:  "Or write {file}: the smallest change that lets both versions of the code work.",
			Code:  "ALTER TABLE orders ALTER COLUMN status DROP NOT NULL;",
		},
		{Text: "Read what the way back loses before you take it.", Code: "belay explain rollback"},
	},
	Ask: &Ask{
		Text:   "What is the smallest change that lets both versions of the code work? In SQL:",
		Sample: "ALTER TABLE orders ALTER COLUMN status DROP NOT NULL",
		Make: func(words string) (Own, error) {
			if words == "" {
				return Own{}, errors.New("a statement is needed")
			}
			return Own{Files: []File{{Title: "fix forward", SQL: words + ";"}}}, nil
		},
	},
}
