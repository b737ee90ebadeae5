package migration

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parseVersion reads a version as the tools that compare numbers do: leading
// zeros do not count, and Flyway's V is let go.
func parseVersion(version string) (uint64, error) {
	return strconv.ParseUint(strings.TrimPrefix(version, "V"), 10, 64)
}

// LeadingNumber is the number that a version or a name begins with, dashes of a
// date let go; 0 = none.
func LeadingNumber(version string) uint64 {
	digits := leadingVersion.FindStringSubmatch(version)
	if dashed := dashedStamp.FindString(version); dashed != "" {
		digits = []string{"", "", strings.ReplaceAll(dashed, "-", "")}
	}
	if digits == nil {
		return 0
	}
	number, _ := strconv.ParseUint(digits[2], 10, 64)
	return number
}

// sortMigrations orders migrations as the tool runs them; files of one version
// by name.
func sortMigrations(all []Migration) {
	slices.SortFunc(all, func(a, b Migration) int {
		return cmp.Or(a.Compare(b), strings.Compare(a.Up.Path, b.Up.Path))
	})
}

// numberKey is a number as a text that sorts as it.
func numberKey(n uint64) string { return fmt.Sprintf("%020d", n) }
