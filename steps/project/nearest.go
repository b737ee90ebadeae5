package project

import "strings"

// nearest is the known word with the fewest edits to s. Dotted keys are
// compared by their last part where only that differs.
func nearest(s string, known []string) string {
	best, least := "", 1<<30
	for _, k := range known {
		d := edits(s, k)
		if last := edits(lastPart(s), lastPart(k)); last < d {
			d = last*2 + 1
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
}

func lastPart(s string) string { return s[strings.LastIndexByte(s, '.')+1:] }

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
