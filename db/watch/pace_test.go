package watch

import (
	"slices"
	"testing"
	"time"
)

// A sample that is dear each time slows the watcher down; one slow sample among
// others does not, and it comes back.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		name  string
		costs []int // ms
		want  []int // s
	}{
		{"cheap", []int{4, 4, 4, 4}, []int{1, 1, 1, 1}},
		{"a hiccup", []int{4, 900, 4, 900, 900, 4}, []int{1, 1, 1, 1, 1, 1}},
		{"dear", []int{60, 60, 60, 60, 60, 60, 60, 60}, []int{1, 1, 2, 4, 8, 16, 16, 16}},
		{"dear for a while", []int{60, 60, 60, 60, 60, 50, 50, 50}, []int{1, 1, 2, 4, 8, 4, 2, 1}},
		{
			"a machine that is busy for a while", []int{200, 200, 200, 200, 30, 200, 200, 30},
			[]int{1, 1, 2, 4, 2, 1, 1, 1},
		},
	} {
		w := &Watcher{interval: fastest}
		var got []int
		for _, ms := range c.costs {
			w.pace(time.Duration(ms) * time.Millisecond)
			got = append(got, int(w.Interval()/time.Second))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
