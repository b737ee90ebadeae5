package catalog

import (
	"fmt"
	"maps"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// Every snapshot of a chain of clones must keep what it had, whatever is done
// to the others.
func TestNamedKeepsClonesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snaps := []*Snapshot{{}}
		model := []map[string]uint32{{}}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(snaps)-1).Draw(t, "snapshot")
			name := fmt.Sprintf("public.t%d", rapid.IntRange(0, 20).Draw(t, "name"))
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				oid := rapid.Uint32().Draw(t, "oid")
				snaps[i].Relations.Set(name, &Relation{Name: name, OID: oid})
				model[i][name] = oid
			case 1:
				snaps[i].Relations.Delete(name)
				delete(model[i], name)
			case 2:
				snaps = append(snaps, snaps[i].Clone())
				model = append(model, maps.Clone(model[i]))
			}
		}
		for i, s := range snaps {
			got := map[string]uint32{}
			for name, r := range s.Relations.All() {
				got[name] = r.OID
			}
			if !maps.Equal(got, model[i]) || s.Relations.Len() != len(model[i]) {
				t.Fatalf("snapshot %d holds %v, want %v", i, got, model[i])
			}
		}
	})
}

// A thousand snapshots of a 5,000-table catalog must not hold a thousand copies.
func TestCloneIsCheap(t *testing.T) {
	base := &Snapshot{}
	for i := range 5000 {
		name := fmt.Sprintf("public.t%d", i)
		base.Relations.Set(name, &Relation{Name: name})
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	chain := []*Snapshot{base}
	for i := range 1000 {
		s := chain[len(chain)-1].Clone()
		name := fmt.Sprintf("public.t%d", i)
		s.Relations.Set(name, &Relation{Name: name, OID: 1})
		chain = append(chain, s)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 30<<20 {
		t.Errorf("1,000 clones allocated %d MB", grown>>20)
	}
	if chain[500].Relations.Get("public.t999").OID != 0 || chain[1000].Relations.Get("public.t0").OID != 1 {
		t.Error("the snapshots do not keep what they had")
	}
	runtime.KeepAlive(chain)
}
