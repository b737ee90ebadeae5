package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-timestamptz", Severity: lint.Warn, Kind: "blocks",
	Summary: "timestamp to timestamptz: free only with TimeZone UTC (12+)",
	Run:     typeTimestamptz,
	Doc: `
## Advice
Know in which time zone the old values were written before you say that they are moments.

## In practice
The change reads every value as a time in the session's TimeZone. From 12 on it is free where that is UTC; in any other zone
the table is rewritten. USING c AT TIME ZONE 'UTC' looks equal and rewrites even then. The migration's session and the
rehearsal's may have different zones: set it in the file.

## Measured
Seen on 12, 15, 17 and 18: no rewrite with TimeZone UTC, a rewrite elsewhere and with USING; on 10 and 11 always a rewrite.

## Instead
    SET timezone = 'UTC';
    ALTER TABLE t ALTER COLUMN at TYPE timestamptz;
`,
})

func typeTimestamptz(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		def := a.Def.GetColumnDef()
		c := a.Relation.Column(a.Name)
		if c == nil || p.Before(12) || !zoneChange(c.Type, catalog.TypeText(def.GetTypeName())) ||
			slices.Contains(a.Effect(s).Rewrites, a.Table) {
			continue
		}
		h := lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Every value of %s is taken for a time in UTC, and only in a session with that "+
				"TimeZone is the change free.", a.Name),
			Why:     "The session's TimeZone is UTC here; another session rewrites the table and means other moments.",
			Instead: utcSteps(a, catalog.TypeText(def.TypeName)),
		}
		if setsZone(s) {
			h.Severity, h.Instead = lint.Notice, ""
		}
		s.Report(h)
	}
}

func zoneChange(from, to string) bool {
	a, _, _ := catalog.SplitType(from)
	b, _, _ := catalog.SplitType(to)
	return a != b && strings.HasPrefix(a, "timestamp with") && strings.HasPrefix(b, "timestamp with")
}

// utcSteps makes the change free.
func utcSteps(a lint.Alteration, to string) string {
	return fmt.Sprintf("SET timezone = 'UTC';\nALTER TABLE %s ALTER COLUMN %s TYPE %s;  -- right where the old "+
		"values were written in UTC",
		lint.Quote(a.Table), lint.Ident(a.Name), to)
}

func zoneOf(s lint.Stmt) string {
	if zone := s.Catalog().TimeZone; zone != "" {
		return "that is " + zone
	}
	return "that is not known here"
}

// setsZone reports whether the file itself says the TimeZone that it goes by.
func setsZone(s lint.Stmt) bool {
	for set, v := range lint.Each(s.Pass(), (*pg.Node).GetVariableSetStmt) {
		if set.Index < s.Index && strings.EqualFold(v.Name, "timezone") {
			return true
		}
	}
	return false
}
