package sqlview

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

// BenchmarkReview shows what a review costs: small files, and one long file
// that is a single transaction.
func BenchmarkReview(b *testing.B) {
	for _, c := range []struct {
		name       string
		files, per int
	}{{"1 file of 50 statements", 1, 50}, {"1000 files of 2", 1000, 2}, {"1 file of 10000", 1, 10000}} {
		b.Run(c.name, func(b *testing.B) {
			var sources []Source
			for i := range c.files {
				sources = append(sources, Source{
					Path: fmt.Sprintf("%d.sql", i), SQL: []byte(longFile(i, c.per)), Mode: lint.Implicit,
				})
			}
			for b.Loop() {
				if _, err := Review(context.Background(), sources, Options{
					Snapshot: &catalog.Snapshot{Source: catalog.SourceHistory}, Version: 15, Style: true,
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func longFile(seed, n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "ALTER TABLE public.t%d ADD COLUMN c%d_%d text;\n", i%200, seed, i)
		if i%10 == 0 {
			fmt.Fprintf(&s, "UPDATE public.t%d SET c%d_%d = 'x' WHERE id = %d;\n", i%200, seed, i, i)
		}
	}
	return s.String()
}
