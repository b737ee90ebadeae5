package steps

import (
	"testing"

	"belay/sqlview/migration"
)

// What is said of the next unit must not be said of one that another host applied.
func TestNextUnitIsNotOneThatTheHistoryHas(t *testing.T) {
	unit := func(version string) Unit { return Unit{Migration: migration.Migration{Version: version}} }
	p := &Plan{Units: []Unit{unit("2"), unit("3"), unit("4")}}
	b := Folder{Status: migration.Status{Applied: []migration.Migration{{Version: "1"}, {Version: "2"}}}}
	if got := p.Next(b.Recorded); got != 1 {
		t.Errorf("unit %d is next, want 1", got)
	}
	if b.Back = true; p.Next(b.Recorded) != 0 {
		t.Error("on the way back what is recorded is what is to be done")
	}
}
