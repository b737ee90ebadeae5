package project

import (
	"strings"

	"belay/db/dsn"
)

// nearest is the known word with the fewest edits to s. Dotted keys are
// compared by their last part where only that differs.
func nearest(s string, known []string) string {
	best, least := "", 1<<30
	for _, k := range known {
		d := dsn.Edits(s, k)
		if last := dsn.Edits(lastPart(s), lastPart(k)); last < d {
			d = last*2 + 1
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
}

func lastPart(s string) string { return s[strings.LastIndexByte(s, '.')+1:] }
