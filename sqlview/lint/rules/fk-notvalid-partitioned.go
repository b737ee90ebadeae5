package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "fk-notvalid-partitioned", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"fails"},
	Summary:    "NOT VALID foreign key on a partitioned table before 18",
	Run:        fkNotValidPartitioned,
	Doc: `
## Advice
Before 18 give each partition its foreign key by itself.

## In practice
The way that holds no long lock, NOT VALID and then VALIDATE, is refused on a partitioned table before 18. What works there
is the same on every partition, one by one; a plain foreign key on the parent afterwards takes over the valid ones.

## Measured
Seen on 11, 12, 15 and 17: error 42809. Seen on 18: works.

## Instead
    ALTER TABLE partition ADD CONSTRAINT fk FOREIGN KEY (c) REFERENCES p (id) NOT VALID;
    ALTER TABLE partition VALIDATE CONSTRAINT fk;     -- each partition
    ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (c) REFERENCES p (id);
`,
})

func fkNotValidPartitioned(p *lint.Pass) {
	if !p.Before(18) {
		return
	}
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_FOREIGN) {
		if !k.SkipValidation || k.Relation == nil || k.Relation.Kind != catalog.PartitionedTable {
			continue
		}
		s.Report(lint.Hazard{
			Relation: k.Table, Object: strings.Join(catalog.Strings(k.FkAttrs), ","), At: int(k.Constraint.Location),
			Message: fmt.Sprintf("This fails before 18 (42809): %s is partitioned, and its foreign keys cannot be "+
				"NOT VALID.", k.Table),
			Why: fmt.Sprintf("%s has %s; %s.", k.Table, lint.Count(len(k.Relation.Children), "partition"),
				serverIs(p)),
			Instead: perPartition(s, newForeignKey{k.Table, catalog.Strings(k.FkAttrs), k.Constraint, nil}),
		})
	}
}

// serverIs says which server was judged for.
func serverIs(p *lint.Pass) string {
	if p.Version == 0 {
		return "the server's version is not known"
	}
	return fmt.Sprintf("the server is version %d", p.Version)
}
