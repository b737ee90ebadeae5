package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"belay/steps/journal"
)

// sqlHint finds the hints that have SQL to be run.
var sqlHint = regexp.MustCompile(`\b(?:GRANT|REVOKE|ALTER (?:TABLE|ROLE|DATABASE|INDEX|SYSTEM|\x00)|DROP INDEX|CREATE (?:ROLE|INDEX|TABLE|UNIQUE)|` +
	`(?:COMMIT|ROLLBACK) PREPARED|SELECT |REINDEX|VACUUM|SET )`)

// followed says, by a part of each hint that has SQL, where a test takes the SQL from
// what belay prints in that situation, or does what it says, and sees that it helps.
var followed = map[string]string{
	"DROP INDEX CONCURRENTLY \x00":                               "TestHintsHelp",
	"DETACH PARTITION \x00 FINALIZE":                             "TestHintsHelp",
	"ROLLBACK PREPARED \x00":                                     "TestHintsHelp",
	"SELECT pg_drop_replication_slot(\x00)":                      "TestHintsHelp",
	"GRANT SELECT ON TABLE \x00":                                 "TestHintsHelp",
	"GRANT USAGE ON SCHEMA \x00":                                 "TestHintsHelp",
	"GRANT CONNECT ON DATABASE \x00 TO \x00":                     "TestHintsHelp",
	"let the DBA GRANT the role that the connection asks for":    "TestHintsHelp",
	"GRANT pg_read_all_stats TO \x00":                            "TestHintsHelp",
	"for the table itself: GRANT SELECT, UPDATE ON \x00 TO \x00": "TestHintsHelp",
	"ALTER TABLE \x00 DISABLE TRIGGER \x00":                      "TestHintsHelp",
	"ALTER TABLE \x00 DISABLE RULE \x00":                         "TestHintsHelp",
	"ALTER TABLE \x00 REPLICA IDENTITY DEFAULT":                  "TestHintsHelp",
	"REVOKE CREATE ON SCHEMA \x00 from those who need not":       "db/backfill: TestOpenSchemaIsClosed",
	"CREATE ROLE \x00":                                           "TestHintsHelp",
	"ALTER ROLE \x00 CONNECTION LIMIT \x00":                      "TestLogins",
	"ALTER DATABASE \x00 CONNECTION LIMIT \x00":                  "TestLogins",
	"ALTER \x00 \x00 OWNER TO \x00":                              "TestLogins",
	"GRANT \x00 TO \x00":                                         "TestLogins",
	"GRANT \x00 ON \x00 TO \x00":                                 "TestHintsHelp, TestLogins",
	"GRANT \x00 ON SCHEMA \x00 TO \x00":                          "TestHintsHelp, TestLogins",
	"SELECT pid, usename, application_name, state_change FROM":   "db/inspect: TestIdleSessionsAreFound",
	"SET another value at the head of the file":                  "testdata/script/settings.txtar",
	"see what ALTER ROLE, ALTER DATABASE and its extensions do":  "db: TestUnpinnedSessionIsRefused",
	"drop the INVALID index with DROP INDEX CONCURRENTLY":        "testdata/script/run_reindex_leftover.txtar",
	"end it with ALTER TABLE … DETACH PARTITION … FINALIZE":      "testdata/script/run_detach_pending.txtar",
	"build the missing parts with CREATE INDEX CONCURRENTLY":     "testdata/script/run_partitioned_index.txtar",
	"build the partition's by CREATE INDEX CONCURRENTLY":         "testdata/script/run_partitioned_index.txtar",
	"drop it with DROP INDEX CONCURRENTLY and build it again":    "testdata/script/run_concurrently_killed.txtar",
}

// hints are those of the program's code but for the rules', whose samples are run
// with the rules.
var hints = sync.OnceValue(func() (all []advice) {
	for _, h := range readHints(sources()) {
		if h.place = ofPackage(h.place); !strings.HasPrefix(h.place, filepath.Join("sqlview", "lint")) {
			all = append(all, h)
		}
	}
	return all
})

// TestEveryHint walks over every hint that the program can print. The commands in them
// exist with their flags, as TestCallsInTexts holds of all texts; each that has
// SQL is followed by a test.
func TestEveryHint(t *testing.T) {
	met, withSQL, withCommands := map[string]bool{}, 0, 0
	for _, h := range hints() {
		if afterName.MatchString(h.text) {
			withCommands++
		}
		if !sqlHint.MatchString(h.text) {
			continue
		}
		withSQL++
		known := false
		for part := range followed {
			if strings.Contains(h.text, part) {
				known, met[part] = true, true
			}
		}
		if !known {
			t.Errorf("%s: nobody has followed %q", h.place, strings.ReplaceAll(h.text, value, "…"))
		}
	}
	for part := range followed {
		if !met[part] {
			t.Errorf("no hint has %q any more", strings.ReplaceAll(part, value, "…"))
		}
	}
	t.Logf("%d hints, %d name a command of belay, %d have SQL", len(hints()), withCommands, withSQL)
}

// shapes are what the hints look like, those that say something by themselves.
var shapes = sync.OnceValue(func() (all []*regexp.Regexp) {
	for _, h := range readHints(sources()) {
		if len(strings.ReplaceAll(h.text, value, "")) >= 8 {
			all = append(all, shape(h.text))
		}
	}
	return all
})

var (
	hintLine  = regexp.MustCompile(`(?m)^belay: hint: (.*)$`)
	hintField = regexp.MustCompile(`"hint":("(?:[^"\\]|\\.)*")`)
)

// hintsKnown holds what was printed against the walk: a hint that the code makes past
// the names that it goes by would be walked over.
func hintsKnown(t *testing.T, printed string) {
	t.Helper()
	var all []string
	for _, m := range hintLine.FindAllStringSubmatch(printed, -1) {
		all = append(all, m[1])
	}
	for _, m := range hintField.FindAllStringSubmatch(printed, -1) {
		var text string
		if json.Unmarshal([]byte(m[1]), &text) == nil && text != "" {
			all = append(all, text)
		}
	}
	for _, text := range all {
		known := false
		for _, s := range shapes() {
			if known = s.MatchString(text); known {
				break
			}
		}
		if !known {
			t.Errorf("a hint that no walk comes by: %q", text)
		}
	}
}

// hintsKnown reads what the story's runs have in their journals.
func (s *story) hintsKnown() {
	folders, _ := os.ReadDir(s.state)
	for _, f := range folders {
		b, _ := os.ReadFile(filepath.Join(s.state, f.Name(), journal.FileName))
		hintsKnown(s.t, string(b))
	}
}
