package menu

import (
	"errors"
	"strings"
)

// IndexLive is an index while everybody works.
var IndexLive = Entry{
	Name:  "index-live",
	Title: "build an index on a live database",
	Doc: `
## Advice
CREATE INDEX CONCURRENTLY.

## In practice
The word alone is not enough. It must stand alone in its file, outside a transaction. It is not without locks: it takes
SHARE UPDATE EXCLUSIVE and waits twice for transactions that are older, also for those that read other tables. A short
lock_timeout or statement_timeout cancels it there and leaves an INVALID index, which every write still maintains. belay
builds it with lock_timeout 0 and a deadline of its own, watches its phases, and offers to drop what a failed build left.
A unique one may fail at the very end: look for duplicates first.

## Measured
Cancelled by lock_timeout, the index stays with indisvalid = false; run again with IF NOT EXISTS it says "skipping",
exits with 0, and is still INVALID. A plain CREATE INDEX holds SHARE, so every write waits, on 10 to 18.
`,
	Steps: []Step{
		{
			Title: "orders customer id idx", Text: "Write {file}, with this one statement.",
			Code: "CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id);", Alone: true,
		},
		{Text: "See which transactions it would wait for, then run it.", Code: "belay watch --once\nbelay run"},
		{Text: "More:", Code: "belay explain index-nonconcurrent\nbelay explain cic-if-not-exists-invalid"},
	},
	Ask: &Ask{
		Text:   "Which table, and which of its columns? Table, then the columns:",
		Sample: "orders customer_id, created_at",
		Make: func(words string) (Own, error) {
			table, columns := cut(words)
			columns = strings.TrimSuffix(strings.TrimPrefix(columns, "("), ")")
			if table == "" || columns == "" {
				return Own{}, errors.New("a table and a column are needed")
			}
			own := Own{Table: table}
			if first, rest := cut(columns); rest == "" {
				own.Column = first
			}
			name := made(table, columns, "idx")
			own.Files = []File{{
				Title: strings.ReplaceAll(name, "_", " "),
				SQL:   "CREATE INDEX CONCURRENTLY " + name + " ON " + table + " (" + columns + ");",
			}}
			return own, nil
		},
	},
}
