package dbtest

import "os"

// LongVariable is the one switch for tests that take long: see Long.
const LongVariable = "BELAY_TEST_LONG"

// Long tells whether tests run whole: every cell of a matrix, every seed of a
// storm. False, as in a plain `go test ./...`, they run in a short form of a few
// seconds. Packages that cannot import this one ask the variable itself, which
// counts where it is not empty.
func Long() bool { return os.Getenv(LongVariable) != "" }
