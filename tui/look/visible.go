package look

import "belay/sqlview/visible"

// Visible makes a text safe to draw on one line. See visible.Line.
func Visible(s string) string { return visible.Line(s) }
