package migration

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// parseVersion reads a version as the tools that compare numbers do: leading
// zeros do not count, and Flyway's V is let go.
func parseVersion(version string) (uint64, error) {
	return strconv.ParseUint(strings.TrimPrefix(version, "V"), 10, 64)
}

// sortByNumber orders migrations numerically; files of one version by name.
func sortByNumber(all []Migration) {
	slices.SortFunc(all, func(a, b Migration) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Up.Path, b.Up.Path))
	})
}
