package look

import "strings"

// Branch is what stands before row i of a tree whose rows have these depths, in their
// order: the lines that lead to it from the rows above.
func (k *Look) Branch(depths []int, i int) string {
	d := depths[i]
	if d == 0 {
		return ""
	}
	var b strings.Builder
	for level := 1; level < d; level++ {
		if goesOn(depths, i, level) {
			b.WriteString(k.pipe)
		} else {
			b.WriteString("  ")
		}
	}
	if goesOn(depths, i, d) {
		b.WriteString(k.tee)
	} else {
		b.WriteString(k.elbow)
	}
	return k.paint(Quiet, b.String())
}

// goesOn reports whether another row of a depth follows before the branch ends.
func goesOn(depths []int, i, depth int) bool {
	for _, d := range depths[i+1:] {
		if d < depth {
			return false
		}
		if d == depth {
			return true
		}
	}
	return false
}
