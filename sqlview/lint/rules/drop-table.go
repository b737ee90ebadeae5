package rules

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-table", Severity: lint.Stop, Kind: "destroys",
	Summary: "DROP TABLE without a rename that has aged",
	Run:     dropTable,
	Doc: `
## Advice
Never drop a table without a safety net: rename it to a backup name with the date, drop it a week later.

## In practice
A rename shows within minutes who still needs the table, and its way back is instant; a drop has none but a restore that
loses everything written since. At the drop look at the scan counters since the rename, and keep a dump of that one table.
A table that refers to another takes ACCESS EXCLUSIVE on that one as well when it goes.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the table; dropping a referencing table: ACCESS EXCLUSIVE on the
referenced one too, its SELECTs waited.

## Instead
    ALTER TABLE t RENAME TO t_drop_20261201;      -- now
    DROP TABLE t_drop_20261201;                   -- a week later, when nothing has missed it

` + "`belay campaign new drop TABLE` walks a team through it, with evidence and a last dump before the drop." + `
`,
})

// dropAge is how long a renamed table should have waited.
const dropAge = 7 * 24 * time.Hour

func dropTable(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.RemoveType != pg.ObjectType_OBJECT_TABLE {
			continue
		}
		for _, table := range s.Dropped(d) {
			if s.Existed(table) {
				reportDropTable(p, s, table)
			}
		}
	}
}

func reportDropTable(p *lint.Pass, s lint.Stmt, table string) {
	h := lint.Hazard{
		Relation: table, Object: table,
		Message: fmt.Sprintf("All data of %s is gone.", table),
		Why:     "The way back is a restore, which loses everything written since." + sized(s, table),
		Instead: fmt.Sprintf("ALTER TABLE %s RENAME TO %s;\n-- and drop it a week later, when nothing has missed it",
			lint.Quote(table), lint.Ident(catalog.Base(table)+"_drop_"+stamp(p.Today))),
	}
	if aged(table, p.Today) {
		h.Severity = lint.Notice
		h.Why = "The name says that the table was set aside more than a week ago." + sized(s, table)
		h.Instead = "Look at the table's scan counters since the rename, and keep a dump of it."
	}
	s.Report(h)
}

func sized(s lint.Stmt, table string) string {
	if size := lint.Measure(s.Catalog().Relation(table)); size != "" {
		return " It holds " + size + "."
	}
	return ""
}

var dateInName = pattern.New(`(20\d\d)_?([01]\d)_?([0-3]\d)`)

// aged reports whether the name carries a date that is a week past.
func aged(table, today string) bool {
	m := dateInName.FindStringSubmatch(catalog.Base(table))
	if m == nil || !setAside.MatchString(catalog.Base(table)) {
		return false
	}
	since, err := time.Parse(time.DateOnly, strings.Join(m[1:], "-"))
	if err != nil {
		return false
	}
	now, err := time.Parse(time.DateOnly, today)
	return err == nil && now.Sub(since) >= dropAge
}

// stamp is the date as names carry it.
func stamp(today string) string {
	if today == "" {
		return "yyyymmdd"
	}
	return strings.ReplaceAll(today, "-", "")
}
