package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "rename-enum-value", Severity: lint.Stop, Kind: "breaks",
	Summary: "RENAME VALUE of an enum",
	Run:     renameEnumValue,
	Doc: `
## Advice
Add the new value and leave the old one.

## In practice
The rename is instant and changes what every row shows. Code that writes or compares the old spelling fails from that
moment on, code with the new one fails until then. Subscribers of logical replication have the type of their own: there the
new spelling does not exist. An enum value cannot be dropped; an unused one does no harm.

## Measured
Documented for 10 to 18: the label in pg_enum changes, no table is locked.

## Instead
    ALTER TYPE t ADD VALUE 'new';      -- write the new one, read both, change the rows in batches
`,
})

func renameEnumValue(p *lint.Pass) {
	for s, e := range lint.Each(p, (*pg.Node).GetAlterEnumStmt) {
		name := s.NameOf(e.TypeName)
		if e.OldVal == "" {
			continue
		}
		if t := s.Catalog().Types.Get(name); t != nil && t.CreatedHere {
			continue
		}
		s.Report(lint.Hazard{
			Object:  name + "." + e.OldVal,
			Message: fmt.Sprintf("Code that writes or compares '%s' fails from this moment on.", e.OldVal),
			Why:     "Every row shows the new label at once; no order of deploy and migration works for both.",
			Instead: fmt.Sprintf("ALTER TYPE %s ADD VALUE '%s';  -- deploy code that reads both and writes the new "+
				"one, change the rows in batches, leave the old value", lint.Quote(name), e.NewVal),
		})
	}
}
