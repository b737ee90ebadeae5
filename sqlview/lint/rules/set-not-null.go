package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-not-null", Severity: lint.Stop, Kind: "blocks",
	Summary:        "SET NOT NULL without a valid CHECK (12+): scan under ACCESS EXCLUSIVE",
	GrowsWithTable: true,
	Run:            setNotNull,
	Doc: `
## Advice
Prove that there is no NULL before you say so: a CHECK NOT VALID, VALIDATE, then SET NOT NULL.

## In practice
SET NOT NULL reads the whole table under ACCESS EXCLUSIVE. From 12 on it believes a valid CHECK (c IS NOT NULL) and
reads nothing; the validation before it holds only SHARE UPDATE EXCLUSIVE. The CHECK must be valid and still be there:
drop it in a later statement, not in the same ALTER. From 18 NOT NULL itself can be added NOT VALID and validated.
Afterwards old code that inserts NULL fails.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: scan under ACCESS EXCLUSIVE. With a valid CHECK: no scan on 12, 15, 17 and 18, scan on
10 and 11. With a CHECK that is NOT VALID: scan everywhere. On 18 NOT NULL … NOT VALID, then VALIDATE: scan under SHARE
UPDATE EXCLUSIVE.

## Instead
    ALTER TABLE t ADD CONSTRAINT c_present CHECK (c IS NOT NULL) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT c_present;     -- another transaction
    ALTER TABLE t ALTER COLUMN c SET NOT NULL;       -- another transaction; no scan from 12 on
    ALTER TABLE t DROP CONSTRAINT c_present;
`,
})

func setNotNull(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_SetNotNull) {
		if c := a.Relation.Column(a.Name); c != nil && c.NotNull || !p.Before(12) && provenNotNull(a.Relation, a.Name) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Every row of %s is read while nobody can read or write it.", a.Table),
			Why:     notNullWhy(p, a),
			Instead: setNotNullSteps(p, a.Relation, a.Table, a.Name),
		})
	}
}

// provenNotNull reports whether a valid CHECK says that the column has no NULL.
func provenNotNull(r *catalog.Relation, column string) bool {
	if r == nil {
		return false
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.Check && k.Valid && catalog.Implies(k.Expression, catalog.Quote(column)+" IS NOT NULL") {
			return true
		}
	}
	return false
}

func notNullWhy(p *lint.Pass, a lint.Alteration) string {
	switch {
	case p.Before(12):
		return fmt.Sprintf("The server is version %d: before 12 SET NOT NULL always scans under ACCESS EXCLUSIVE.",
			p.Version)
	case a.Relation == nil:
		return fmt.Sprintf("Nothing is known of a valid CHECK (%s IS NOT NULL) that would spare the scan under "+
			"ACCESS EXCLUSIVE.", a.Name)
	}
	return fmt.Sprintf("There is no valid CHECK (%s IS NOT NULL) on the table that would spare the scan under ACCESS "+
		"EXCLUSIVE.", a.Name)
}

// setNotNullSteps makes a column NOT NULL without a long lock, as the server's
// version allows.
func setNotNullSteps(p *lint.Pass, r *catalog.Relation, table, column string) string {
	t, c := lint.Quote(table), lint.Ident(column)
	if p.Version >= 18 {
		name := lint.Ident(catalog.Base(table) + "_" + column + "_not_null")
		return fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s NOT NULL %s NOT VALID;\nALTER TABLE %s VALIDATE "+
			"CONSTRAINT %s;  -- another transaction",
			t, name, c, t, name)
	}
	name, steps := waitingNotNull(r, column), ""
	if name == "" {
		name = freeConstraint(r, column+"_present")
		steps = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID;\n", t, lint.Ident(name),
			c)
	}
	name = lint.Ident(name)
	steps += fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s;  -- another transaction", t, name)
	if p.Before(12) {
		return steps + "\n-- and keep the CHECK: before 12 SET NOT NULL scans all the same"
	}
	return steps +
		fmt.Sprintf("\nALTER TABLE %s ALTER COLUMN %s SET NOT NULL;  -- no scan now\nALTER TABLE %s DROP "+
			"CONSTRAINT %s;", t, c, t, name)
}

// waitingNotNull is a CHECK of the table that is still to be validated and says
// that the column has no NULL; "" = there is none.
func waitingNotNull(r *catalog.Relation, column string) string {
	if r == nil {
		return ""
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.Check && !k.Valid && k.Enforced &&
			catalog.Implies(k.Expression, catalog.Quote(column)+" IS NOT NULL") {
			return k.Name
		}
	}
	return ""
}
