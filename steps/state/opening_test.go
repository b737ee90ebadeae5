package state

import (
	"encoding/json"
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/steps/fact"

	"github.com/google/go-cmp/cmp"
)

// TestOpenings plays looks at one statement, a second apart: "." is a free one, "x" one
// with somebody in the way.
func TestOpenings(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	play := func(looks string, change func(int, *fact.Heart)) Openings {
		r := New()
		for i, c := range looks {
			h := fact.Heart{
				Path: "a.sql", Line: 1, Relation: "public.t", Live: true, At: noon.Add(time.Duration(i) * time.Second),
			}
			if c == 'x' {
				h.Blockers = []activity.Lock{{PID: 881}}
			}
			if change != nil {
				change(i, &h)
			}
			b, err := json.Marshal(h)
			if err != nil {
				t.Fatal(err)
			}
			r.looked(b)
		}
		return r.Openings()
	}
	s := func(n int) time.Duration { return time.Duration(n) * time.Second }
	for looks, want := range map[string]Openings{
		"":           {},
		".":          {Looks: 1, Free: 1, FreeNow: true},
		"x":          {Looks: 1},
		"....":       {Looks: 4, Free: 4, Over: s(3), Longest: s(3), Since: s(3), FreeNow: true},
		"..xx...x.":  {Looks: 9, Free: 6, Over: s(8), Longest: s(2), FreeNow: true},
		"x...xxxxxx": {Looks: 10, Free: 3, Over: s(9), Longest: s(2), Since: s(5)},
	} {
		if diff := cmp.Diff(want, play(looks, nil)); diff != "" {
			t.Errorf("%s: %s", looks, diff)
		}
	}
	if o := play("xxxx....", func(i int, h *fact.Heart) {
		if i >= 4 {
			h.Line = 2
		}
	}); o.Looks != 4 || o.Free != 4 {
		t.Errorf("another statement does not begin anew: %+v", o)
	}
	if o := play("....", func(_ int, h *fact.Heart) { h.At = noon }); o.Looks != 1 {
		t.Errorf("a sample that is told again counts again: %+v", o)
	}
	if o := play("....", func(_ int, h *fact.Heart) { h.Concurrent = true }); o.Looks != 0 {
		t.Errorf("a concurrent build waits for transactions, not for a lock: %+v", o)
	}
	long := make([]byte, 2000)
	for i := range long {
		long[i] = '.'
	}
	if o := play(string(long), nil); o.Over > openingsOver || o.Looks > 601 {
		t.Errorf("it goes back too far: %+v", o)
	}
}
