package git

import (
	"fmt"
	"testing"
)

// The number of calls does not grow with the number of files.
func BenchmarkInspect(b *testing.B) {
	for _, files := range []int{10, 1000} {
		b.Run(fmt.Sprint(files), func(b *testing.B) {
			w := newWork(b)
			for i := range files {
				w.write(fmt.Sprintf("m/%06d_x.sql", i), fmt.Sprintf("SELECT %d;", i))
			}
			w.commit("all")
			folder := w.load("m")
			for b.Loop() {
				if f := Inspect(b.Context(), w.dir, folder); len(f.Merged) != files {
					b.Fatalf("%+v", f)
				}
			}
		})
	}
}
