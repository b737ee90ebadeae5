package menu

import (
	"errors"
)

// RenameColumnSafely is expand and contract.
var RenameColumnSafely = Entry{
	Name:  "rename-column-safely",
	Title: "rename a column that running code uses",
	Doc: `
## Advice
Expand and contract, as one replaces a wall that carries load: the new column beside the old, code that writes both and
reads the new, and the old one dropped by a later migration.

## In practice
The order matters more than it looks: both columns are written first, and only then are the old rows copied, and only
those that differ. Compare twice, switch the reads, wait, stop writing the old, wait again, drop. A plain RENAME has no
order of deploy and migration that works. "Nothing uses it any more" wants evidence: views, function bodies, jobs,
reports, subscribers.

## Measured
Copied before both were written, a row that came in between has NULL in the new column, and one that changed in between is
stale. After a RENAME a view goes on under the old name, SQL and plpgsql functions fail when they are called, and
pg_depend does not list them.
`,
	Steps: []Step{
		{
			Text: "Let a campaign walk you through all of it, over days: it writes the files when their time has " +
				"come, and " +
				"wants evidence before the drop. Or go the steps below by hand.",
			Code: "belay campaign new rename users.email email_address\nbelay due",
		},
		{
			Title: "add email address to users", Text: "Write {file} and run it; old code does not notice.",
			Code: "ALTER TABLE users ADD COLUMN email_address text;",
		},
		{Text: "Deploy code that writes both columns and still reads the old one."},
		{
			Text: "Copy in small transactions, then once more: nothing may be left.",
			Code: "belay backfill --table users --set \"email_address = email\" --where \"email_address IS DISTINCT " +
				"FROM email\"",
		},
		{Text: "Deploy code that reads the new column; days later code that does not name the old one."},
		{
			Title: "drop email from users",
			Text:  "Write {file}. The review asks where that code is, and wants it everywhere first.",
			Code:  "ALTER TABLE users DROP COLUMN email;",
		},
		{
			Text: "What the drop takes along, and why a plain rename is a stop:",
			Code: "belay explain drop-column\nbelay explain rename-column",
		},
	},
	Ask: &Ask{
		Text:   "Which column, and what shall it be called? Table, column and new name:",
		Sample: "users email email_address",
		Make: func(words string) (Own, error) {
			table, column, rest := cutTwo(words)
			name, more := cut(rest)
			if name == "" || more != "" {
				return Own{}, errors.New("a table, its column and the new name are needed")
			}
			return Own{
				Table: table, Column: column, New: name,
				Next:   []string{"belay campaign new rename " + word(table+"."+column) + " " + word(name), "belay due"},
				Begins: true,
				Says: "It takes several deployments: a campaign writes the files of each phase when its time has " +
					"come, and wants evidence before the drop.",
			}, nil
		},
	},
}
