package lock

import "testing"

func TestConflictsAreSymmetric(t *testing.T) {
	for a := AccessShare; a <= AccessExclusive; a++ {
		for b := AccessShare; b <= AccessExclusive; b++ {
			if a.Conflicts(b) != b.Conflicts(a) {
				t.Errorf("%s and %s: conflict in one direction only", a, b)
			}
		}
	}
}

func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		mode          Mode
		reads, writes bool
	}{
		{AccessExclusive, true, true},
		{Exclusive, false, true},
		{ShareRowExclusive, false, true},
		{Share, false, true},
		{ShareUpdateExclusive, false, false},
		{RowExclusive, false, false},
		{None, false, false},
	} {
		if c.mode.BlocksReads() != c.reads || c.mode.BlocksWrites() != c.writes {
			t.Errorf("%q: reads %v, writes %v", c.mode, c.mode.BlocksReads(), c.mode.BlocksWrites())
		}
	}
}

func TestSpellings(t *testing.T) {
	for m := AccessShare; m <= AccessExclusive; m++ {
		if got := FromPgLocks(m.PgLocks()); got != m {
			t.Errorf("%s: %v", m.PgLocks(), got)
		}
		if got, err := Parse(m.String()); err != nil || got != m {
			t.Errorf("%s: %v, %v", m, got, err)
		}
	}
	if got := FromPgLocks("SIReadLock"); got != None {
		t.Errorf("a predicate lock: %v", got)
	}
	if _, err := Parse("AccessShareLock"); err == nil {
		t.Error("the spelling of pg_locks is not SQL's")
	}
}
