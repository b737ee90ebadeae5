package catalog

import (
	"slices"

	"belay/sqlview/pattern"
)

// everyColumn is where a body reads a row without naming its columns.
var everyColumn = pattern.New(
	`(?i)\b(select|returning|,)\s*\*|[\w"]\s*\.\s*\*|\bvalues\s*\(\s*\(?\s*(new|old)\b\s*\)?\s*\.?\s*\*?\s*\)`,
)

// WholeRows reports whether a body reads rows without naming their columns.
func WholeRows(body string) bool { return everyColumn.MatchString(body) }

// TakesRows names a function that takes rows of a table as they are, its columns by
// place: a trigger's, or one that names the table. It sees others once the table has
// a column more. "" = there is none.
func (s *Snapshot) TakesRows(table string) string {
	r := s.Relation(table)
	if r == nil {
		return ""
	}
	for name, f := range s.Functions.All() {
		fires := slices.ContainsFunc(r.Triggers, func(t Trigger) bool { return t.Function == name })
		if (fires || Mentions(f.Body, Base(table))) && WholeRows(f.Body) {
			return name
		}
	}
	return ""
}
