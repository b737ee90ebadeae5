package state

import (
	"encoding/json"
	"strings"
	"testing"

	"belay/sqlview"
	"belay/steps/fact"
	"belay/steps/journal"
)

// What is applied is not called proved where a data change met no row, or where row
// security hid some.
func TestDoubt(t *testing.T) {
	for _, c := range []struct {
		name, tag, rule string
		says            string
		hidden, met     bool
	}{
		{name: "rows changed", tag: "UPDATE 99"},
		{name: "no row changed", tag: "UPDATE 0", says: "UPDATE changed 0 rows"},
		{name: "no row deleted", tag: "DELETE 0", says: "DELETE changed 0 rows"},
		{name: "no row inserted", tag: "INSERT 0 0", says: "INSERT changed 0 rows"},
		{name: "one row inserted", tag: "INSERT 0 1"},
		{name: "nothing merged", tag: "MERGE 0", says: "MERGE changed 0 rows"},
		{name: "no data", tag: "ALTER TABLE"},
		{name: "was there", tag: "CREATE INDEX", met: true, says: "CREATE INDEX met what was there before"},
		{name: "rows that nobody counts", tag: "DO"},
		{
			name: "hidden", tag: "UPDATE 0", rule: "row-security-hides", says: "UPDATE changed 0 rows. Hidden.",
			hidden: true,
		},
		{
			name: "some hidden", tag: "UPDATE 7", rule: "row-security-hides", says: "UPDATE changed 7 rows. Hidden.",
			hidden: true,
		},
		{name: "another finding", tag: "UPDATE 7", rule: "update-without-where"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := New()
			r.Units = []Unit{{Outcome: journal.OutcomeApplied}}
			statementEnded(r, journal.Event{}, journal.StatementEnded{Tag: c.tag, Existed: true})
			statementEnded(r, journal.Event{}, journal.StatementEnded{Tag: c.tag, Existed: c.met})
			know(t, r, fact.Plan{Units: []fact.Unit{{Path: "1.sql"}}})
			know(t, r, fact.Review{Result: sqlview.Result{Files: []sqlview.FileResult{
				{Path: "1.sql", Hazards: []sqlview.Finding{{Rule: c.rule, Message: "Hidden."}}},
			}}})
			d := r.Doubt()
			if d.Hidden != c.hidden || (d.Text == "") != (c.says == "") || !strings.Contains(d.Text, c.says) {
				t.Errorf("%+v, want %q", d, c.says)
			}
		})
	}
}

// know keeps a fact as the journal would.
func know(t *testing.T, r *Run, v fact.Value) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	r.Facts[v.Fact()] = Fact{Value: b}
}

// Of many changes it is said how many there were, and that some did nothing.
func TestManyChangesAreSummed(t *testing.T) {
	var u Unit
	for i := range fewChanges + 2 {
		u.change(Change{Statement: i, Command: "UPDATE", Rows: int64(i)})
	}
	u.change(Change{Statement: 3, Command: "UPDATE", Rows: 0})
	if got := u.Changed(); got != "at least 10 data changes, 2 of them of no rows" {
		t.Error(got)
	}
}
