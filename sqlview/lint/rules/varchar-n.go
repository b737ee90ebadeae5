package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "varchar-n", Severity: lint.Notice, Kind: "style",
	Summary: "varchar(n) where text would do",
	Run:     varcharN,
	Doc: `
## Advice
Use text, and a CHECK where the length matters.

## In practice
A limit that was guessed is widened some day: free, but under ACCESS EXCLUSIVE. Narrowing it rewrites the table. A CHECK can
be changed NOT VALID, without either. There is no difference in space or speed.

## Measured
Seen on 10 to 18: widening varchar(n), or to text, does not rewrite; narrowing does.

## Instead
    name text CHECK (length(name) <= 200)
`,
})

func varcharN(p *lint.Pass) {
	for s, c := range p.TypedColumns() {
		base, mods, _ := catalog.SplitType(c.Type)
		if base != "character varying" || len(mods) == 0 {
			continue
		}
		name := lint.Ident(c.Name)
		c.Report(s, lint.Hazard{
			Message: fmt.Sprintf("Changing the limit of %s later needs a strong lock.", c.Name),
			Why:     "The type is " + c.Type + "; text is stored the same way.",
			Instead: fmt.Sprintf("%s text CHECK (length(%s) <= %d)", name, name, mods[0]),
		})
	}
}
