package demo

import (
	"strconv"
	"strings"

	"belay/sqlview/measure"
)

func grouped(n int64) string { return measure.Grouped(n) }

// number is a server_version without the distribution's own words.
func number(version string) string {
	n, _, _ := strings.Cut(version, " ")
	return n
}

// loadOf is load for a number of rows. A string of several statements takes no
// parameters.
func loadOf(rows int64) string {
	return strings.ReplaceAll(load, "$1", strconv.FormatInt(rows, 10))
}
