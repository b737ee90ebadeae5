package dbtest

import (
	"os"
	"testing"
)

// LongVariable is the one switch for tests that take long: see Long.
const LongVariable = "BELAY_TEST_LONG"

// Long tells whether tests run whole: every cell of a matrix, every seed of a
// storm. False, as in a plain `go test ./...`, they run in a short form of a few
// seconds. Packages that cannot import this one ask the variable itself, which
// counts where it is not empty.
func Long() bool { return os.Getenv(LongVariable) != "" }

// OneIn is one in n of a matrix in the short form, from the first on, and all of it in
// the long one.
func OneIn[T any](n int, all []T) []T {
	var some []T
	for i, one := range all {
		if InShort(i, n) {
			some = append(some, one)
		}
	}
	return some
}

// InShort tells of the ith cell of a matrix whether this form plays it: one in n does the
// short one, from the first on.
func InShort(i, n int) bool { return Long() || i%n == 0 }

// LongAlone skips a test in the short form: it varies what another one plays, or takes
// as long as many. .ci/run plays it.
func LongAlone(t testing.TB) {
	t.Helper()
	if !Long() {
		t.Skip("played in the long form")
	}
}
