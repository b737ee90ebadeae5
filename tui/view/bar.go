package view

import "strings"

// Bar is a progress bar of w columns, brackets included, for part of 0 to 1.
func Bar(part float64, w int) string {
	n := max(w-2, 1)
	full := int(min(max(part, 0), 1)*float64(n) + 0.5)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", n-full) + "]"
}
