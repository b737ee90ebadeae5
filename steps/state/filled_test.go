package state

import (
	"encoding/json"
	"strings"
	"testing"

	"belay/sqlview/activity"
	"belay/steps/fact"
	"belay/steps/journal"
)

// TestFilled folds how far a backfill came: what of it stands is said until it is applied,
// and that nothing has changed only where its journal knows of no row and no trigger.
func TestFilled(t *testing.T) {
	rows := func(id string, n int64) fact.Value {
		return fact.Filling{ID: id, Relation: "public.users", Filling: activity.Filling{Rows: n}}
	}
	ledger := func(n int64) fact.Value { return fact.Filled{ID: "a-b", Relation: "public.users", Rows: n} }
	trigger := func(name string) fact.Value { return fact.Synced{ID: "a-b", Relation: "public.users", Trigger: name} }
	const filled = "30 485 rows of public.users stay filled"
	for _, c := range []struct {
		name  string
		facts []fact.Value
		unit  *Unit
		alone bool
		says  string
	}{
		{name: "nothing begun", says: "nothing has changed"},
		{name: "begun without a row", facts: []fact.Value{rows("a-b", 0)}, unit: &Unit{}, says: "nothing has changed"},
		{name: "rows", facts: []fact.Value{rows("a-b", 30485)}, unit: &Unit{}, alone: true, says: filled},
		{name: "a row", facts: []fact.Value{rows("a-b", 1)}, unit: &Unit{}, says: "1 row of public.users stays filled"},
		{name: "in a run of files", facts: []fact.Value{rows("a-b", 30485)}, unit: &Unit{}, says: filled},
		{
			name: "taken up, not read yet", facts: []fact.Value{rows("a-b", 30485), rows("a-b", 0)}, unit: &Unit{},
			alone: true, says: filled,
		},
		{
			name: "another backfill behind it", facts: []fact.Value{rows("a-b", 30485), rows("c-d", 0)}, unit: &Unit{},
			says: "nothing has changed",
		},
		{name: "of another host", facts: []fact.Value{ledger(30485)}, alone: true, says: filled},
		{
			name: "of the ledger, then an engine", facts: []fact.Value{ledger(30485), rows("a-b", 0)}, unit: &Unit{},
			says: filled,
		},
		{
			name: "a trigger", facts: []fact.Value{trigger("zz_belay_sync_1")}, unit: &Unit{}, alone: true,
			says: "the sync trigger zz_belay_sync_1 stays on public.users",
		},
		{
			name: "rows and a trigger", unit: &Unit{}, says: filled + "; the sync trigger zz stays on public.users",
			facts: []fact.Value{trigger("zz"), rows("a-b", 30485)},
		},
		{
			name: "a trigger that is gone", facts: []fact.Value{trigger("zz"), rows("a-b", 30485), trigger("")},
			unit: &Unit{}, says: filled,
		},
		{
			name: "applied", facts: []fact.Value{rows("a-b", 30485)}, unit: &Unit{Outcome: journal.OutcomeApplied},
			says: "nothing has changed",
		},
		{
			name: "a file that left something", says: "left behind: an invalid index",
			unit: &Unit{
				Outcome: journal.OutcomeNotApplied, Ended: &journal.UnitEnded{Left: []string{"an invalid index"}},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := New()
			r.ID, r.Opened = "7103d73a", &journal.RunOpened{}
			if r.Playbook = "run"; c.alone {
				r.Playbook = "backfill"
			}
			for _, f := range c.facts {
				b, err := json.Marshal(f)
				if err != nil {
					t.Fatal(err)
				}
				factSeen(r, journal.Event{}, journal.FactSeen{Name: f.Fact(), Value: b})
			}
			if c.unit != nil {
				r.Units = []Unit{*c.unit}
			}
			if got := r.Unchanged(); got != c.says {
				t.Errorf("%q, want %q", got, c.says)
			}
			stays := c.says != "nothing has changed"
			gone := r.Departed(journal.RunFinished{}, false, "killed").Summary
			if strings.Contains(gone, "nothing has changed") || strings.Contains(gone, c.says) != stays {
				t.Errorf("its engine gone: %q", gone)
			}
			how := "`belay attach 7103d73a`"
			if c.alone {
				how = "`belay backfill --resume a-b`"
			}
			if stays && !strings.HasPrefix(r.GoOn(), how) {
				t.Errorf("%q, want %s", r.GoOn(), how)
			}
		})
	}
}
