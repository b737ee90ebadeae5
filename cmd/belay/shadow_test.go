package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// A role that may create in a schema puts an object of its own in the way of each
// operator, function, aggregate and relation of the catalog, and the search_path of
// whoever looks has that schema first. Every command is played: nothing that belay
// asks by itself reaches one. With BELAY_TEST_LONG every story is.
func TestShadowedCatalog(t *testing.T) {
	pattern := "testdata/shadow/*.txtar"
	if os.Getenv("BELAY_TEST_LONG") != "" {
		pattern = "testdata/s[ch]*/*.txtar"
	}
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, f := range files {
		if slices.Contains(otherDSN, filepath.Base(f)) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			skipLong(t, f)
			t.Parallel()
			d := dbtest.Shadowed(t, nextName(), strings.Contains(f, "shadow/"))
			t.Cleanup(func() { notReached(t, d, f) }) // the story runs once this function has returned
			playOn(t, f, d, dbtest.ShadowOptions)
		})
	}
}

// otherDSN are stories about the DSN itself.
var otherDSN = []string{"dsn.txtar", "first_frame.txtar"}

// notReached looks at what belay's sessions reached. The statements of a story's
// own files may, as in the team's tool; and where belay makes one of their
// expressions, of a backfill or a key, the one that looks at every command has none.
func notReached(t *testing.T, d *dbtest.DB, file string) {
	t.Helper()
	own, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range d.Reached(t) {
		theirs := strings.Contains(squeezed(string(own)), squeezed(r.Query)) || !strings.Contains(file, "shadow/") &&
			ofTheirs.MatchString(r.Query)
		if line := r.String(); byBelay(r) && !seen[line] && !theirs {
			seen[line] = true
			t.Error(line)
		}
	}
}

// ofTheirs begins what belay makes of an expression of the team's.
var ofTheirs = regexp.MustCompile(`^(UPDATE ONLY|SELECT pg_catalog.count\(\*\)|EXPLAIN) `)

// byBelay reports whether a session of belay's, or of a program that it starts,
// reached something.
func byBelay(r dbtest.Reached) bool {
	return slices.ContainsFunc([]string{"belay", "pg_dump", "pg_restore"}, func(name string) bool {
		return strings.HasPrefix(r.Application, name)
	})
}

// squeezed is a text without what differs between a file and a log.
func squeezed(sql string) string {
	return strings.TrimRight(strings.Join(strings.Fields(sql), " "), "; ")
}
