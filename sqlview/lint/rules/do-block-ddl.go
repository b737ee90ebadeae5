package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "do-block-ddl", Severity: lint.Warn, Kind: "hidden",
	Summary: "DDL inside DO or dynamic SQL: what is visible is judged",
	Run:     doBlockDDL,
	Doc: `
## Advice
Read the exact SQL before it runs, with what is inside blocks.

## In practice
A DO block is one statement and one transaction: every lock it takes stays until its end, loops included, and its
duration cannot be known from its text. Tools that read SQL see a string there. belay looks for data definition in the
text and names it, but a branch that is taken only on this server stays hidden. COMMIT inside is allowed only where
nothing has opened a transaction around the block.

## Measured
A rehearsal shows the locks such a block really takes; a parser cannot.

## Instead
Write the statements out in the migration. Where the guard was IF NOT EXISTS, use that form of the statement.
`,
})

func doBlockDDL(p *lint.Pass) {
	for s := range p.Statements() {
		body := s.Body()
		if body == nil || len(body.DDL) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Message: fmt.Sprintf("The block hides %s, which takes its locks until the block ends.",
				strings.Join(body.DDL, ", ")),
			Why:     "A DO block is one transaction, and how long it runs cannot be known from its text.",
			Instead: "Write the statements out in the migration file.",
		})
	}
}
