package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-volatile-default", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD COLUMN with a volatile default: rewrite (user functions by the catalog and inlining)",
	GrowsWithTable: true,
	Supersedes:     []string{"add-col-default-pre11"},
	Run:            addColVolatileDefault,
	Doc: `
## Advice
Add the column first, give it the default for new rows, fill the old rows in batches.

## In practice
A default whose value differs from row to row must be written into every row: the table is rewritten under ACCESS
EXCLUSIVE. That is random(), gen_random_uuid(), clock_timestamp(), nextval() and every function declared VOLATILE, which
is what a function is when nothing was said. now() and CURRENT_TIMESTAMP are STABLE: one value, no rewrite. An SQL
function that can be inlined is judged by what it contains from 12 on.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: rewrite for random() and clock_timestamp(); gen_random_uuid() on 15, 17 and 18.
Not rewritten on 11 to 18: constants and now(). A VOLATILE SQL function that is a constant inside: rewrite on 10 and 11,
none on 12 to 18.

## Instead
    ALTER TABLE t ADD COLUMN c uuid;
    ALTER TABLE t ALTER COLUMN c SET DEFAULT gen_random_uuid();
    -- then fill the old rows in batches
`,
})

func addColVolatileDefault(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		k := c.Constraint(pg.ConstrType_CONSTR_DEFAULT)
		if k == nil {
			continue
		}
		volatile, unknown := s.Volatile(k.RawExpr)
		if len(volatile)+len(unknown) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(k.Location),
			Message: fmt.Sprintf("Adding %s rewrites the whole table, and nobody can read or write it meanwhile.",
				c.Colname),
			Why:     volatileWhy(volatile, unknown),
			Instead: defaultLater(s, c, s.DefaultText(k.Location)),
		})
	}
}

func volatileWhy(volatile, unknown []string) string {
	if len(volatile) > 0 {
		return fmt.Sprintf("%s is volatile: each row gets a value of its own, written under ACCESS EXCLUSIVE.",
			calls(volatile))
	}
	return fmt.Sprintf("%s could not be looked up, and a function is volatile unless it says otherwise: taken for "+
		"the worst.", calls(unknown))
}

// calls writes function names as calls: "random()".
func calls(names []string) string {
	return strings.Join(slices.Compact(slices.Clone(names)), "(), ") + "()"
}
