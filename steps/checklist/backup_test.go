package checklist

import (
	"strings"
	"testing"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
)

// TestBackupSaysWhy: why a copy is proposed, and what takes the migration back without one,
// is said only where it is so.
func TestBackupSaysWhy(t *testing.T) {
	t.Parallel()
	risky := steps.Judgement{Review: sqlview.Result{Files: []sqlview.FileResult{
		{Hazards: []sqlview.Finding{{Severity: lint.Stop.String()}}},
	}}}
	down := migration.Migration{Down: &migration.File{}}
	for _, c := range []struct {
		environment string
		judged      steps.Judgement
		chosen      []migration.Migration
		why, alone  string
	}{
		{"staging", risky, []migration.Migration{{}}, "staging, not production", "no down file"},
		{"staging", steps.Judgement{}, []migration.Migration{down}, "can be taken back at once", "its down file"},
		{"production", steps.Judgement{}, []migration.Migration{down, down}, "can be taken back at once", "their down"},
		{"production", risky, []migration.Migration{down, {}}, "of rows, without", "down file for 1 of 2 files"},
		{"local", risky, nil, "a local database", "no down file"},
	} {
		target := steps.Target{Target: fact.Target{Environment: c.environment}}
		f := &saving{target: target, judged: c.judged, chosen: c.chosen}
		if _, why := f.propose(); !strings.Contains(why, c.why) {
			t.Errorf("%+v: proposed since %q", c, why)
		}
		if q := f.question(); !strings.Contains(q.Why, c.alone) {
			t.Errorf("%+v: %q", c, q.Why)
		}
	}
}

// TestRatedWayBack: a way back that there is not is called so, and not "none".
func TestRatedWayBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rating        effect.Reversible
		inverse, want string
	}{
		{effect.ReversibleNone, "none: the values are gone", "no way back: the values are gone"},
		{effect.ReversibleNone, "the values are gone", "no way back: the values are gone"},
		{effect.ReversibleNone, "", "no way back is known"},
		{effect.ReversibleInstant, "", string(effect.ReversibleInstant)},
		{effect.ReversibleInstant, "DROP TABLE n", string(effect.ReversibleInstant) + ": DROP TABLE n"},
	} {
		if got := rated(c.rating, c.inverse); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
