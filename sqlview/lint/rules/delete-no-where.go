package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "delete-no-where", Severity: lint.Stop, Kind: "destroys",
	Summary:    "DELETE without WHERE",
	Supersedes: []string{"big-update"},
	Run:        deleteNoWhere,
	Doc: `
## Advice
Look for DELETE without WHERE before you run anything.

## In practice
Every row is gone, and each stays locked against other writers until COMMIT. The space does not come back at once; a
vacuum that can cut empty pages off the end of the table later takes ACCESS EXCLUSIVE for it, which has surprised teams a
month after the delete. Foreign keys that point here are followed row by row.

## Measured
Seen on 10 to 18: ROW EXCLUSIVE on the table, a full scan, every row locked until COMMIT.

## Instead
Delete in batches with a condition; where really all shall go, rename the table aside and make an empty one.
`,
})

func deleteNoWhere(p *lint.Pass) {
	for s, d := range p.DataChanges() {
		if d.Delete == nil || !d.Everything() || !s.Existed(d.Table) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: d.Table, Object: d.Table, At: d.At,
			Message: fmt.Sprintf("Every row of %s is deleted.", d.Table),
			Why:     "There is no WHERE; after COMMIT the way back is a restore." + sized(s, d.Table),
			Instead: deleteInBatches(s, d) + "\n-- or rename the table aside and make an empty one",
		})
	}
}
