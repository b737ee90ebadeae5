package activity

import (
	"testing"

	"belay/sqlview/lock"
)

func sample() Sample {
	return Sample{
		Locks: []Lock{
			{
				PID: 881, Relation: "public.orders", Mode: lock.AccessShare, Granted: true, SinceMS: 451000,
				Blocks: []int{9120},
			},
			{
				PID: 9120, Relation: "public.orders", Mode: lock.AccessExclusive, SinceMS: 120, BlockedBy: []int{881},
				Blocks: []int{9133},
			},
			{PID: 9133, Relation: "public.orders", Mode: lock.AccessShare, SinceMS: 80, BlockedBy: []int{9120}},
			{PID: 9151, Relation: "public.orders", Mode: lock.RowExclusive, SinceMS: 20, BlockedBy: []int{9120}},
			{PID: 7, Relation: "public.other", Mode: lock.AccessShare, Granted: true, SinceMS: 9},
		},
		Tables: []Table{{Relation: "public.orders", ReadsPerSecond: 2000, WritesPerSecond: 310}},
	}
}

func TestTree(t *testing.T) {
	var got [][2]int
	for _, n := range sample().Tree() {
		got = append(got, [2]int{n.Lock.PID, n.Depth})
	}
	want := [][2]int{{881, 0}, {9120, 1}, {9133, 2}, {9151, 2}}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d: got %v, want %v", i, got[i], want[i])
		}
	}
	if n := sample().Tree()[0].Children; n != 3 {
		t.Errorf("881 holds up %d sessions, want 3", n)
	}
}

func TestTreeSurvivesACycle(t *testing.T) {
	s := Sample{Locks: []Lock{
		{PID: 1, BlockedBy: []int{2}, Blocks: []int{2}},
		{PID: 2, BlockedBy: []int{1}, Blocks: []int{1}},
	}}
	if got := s.Tree(); len(got) > 2 {
		t.Errorf("got %v", got)
	}
}

func TestBlockers(t *testing.T) {
	s := sample()
	b := s.Blockers([]Want{{"public.orders", lock.AccessExclusive}})
	if len(b) != 1 || b[0].PID != 881 {
		t.Errorf("got %v", b)
	}
	if b := s.Blockers([]Want{{"public.orders", lock.ShareUpdateExclusive}}); len(b) != 0 {
		t.Errorf("ACCESS SHARE does not stop SHARE UPDATE EXCLUSIVE, got %v", b)
	}
	if b := s.Blockers([]Want{{"public.orders", lock.AccessExclusive}}, 881); len(b) != 0 {
		t.Errorf("nobody waits for itself, got %v", b)
	}
}

func TestQueuePerSecond(t *testing.T) {
	s := sample()
	for _, c := range []struct {
		mode lock.Mode
		want float64
	}{{lock.AccessExclusive, 2310}, {lock.Share, 310}, {lock.ShareUpdateExclusive, 0}} {
		if got := s.QueuePerSecond([]Want{{"public.orders", c.mode}}); got != c.want {
			t.Errorf("%s: %v, want %v", c.mode, got, c.want)
		}
	}
	if got := s.QueuePerSecond([]Want{{"public.unknown", lock.Share}}); got != -1 {
		t.Errorf("unknown traffic: %v", got)
	}
}
