package view

import "testing"

func TestSpark(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{{nil, ""}, {[]float64{0, 0}, "▁▁"}, {[]float64{0, 1, 2, 4, -1, 8}, "▁▂▃▅ █"}, {[]float64{1e300, 5}, "█▁"}} {
		if got := Spark(c.values); got != c.want {
			t.Errorf("%v: %q, want %q", c.values, got, c.want)
		}
	}
}
