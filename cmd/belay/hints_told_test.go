package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"
)

var (
	// toldSQL is SQL within a text, as PostgreSQL spells it.
	toldSQL = regexp.MustCompile(`\b(?:GRANT|REVOKE|ALTER|DROP|CREATE|REINDEX|VACUUM|ANALYZE|TRUNCATE|VALIDATE|` +
		`DETACH|ATTACH|RESET|(?:COMMIT|ROLLBACK) PREPARED|SELECT|UPDATE|DELETE FROM|INSERT INTO|SET|LOCK TABLE|NOT VALID|` +
		`FINALIZE|CONCURRENTLY|USING INDEX)\b`)
	// wholeSQL begins as a statement does: it is sent, or shown to be run, and no advice.
	wholeSQL = regexp.MustCompile(`^[\s(;-]*(?:BEGIN|WITH|DO|GRANT|REVOKE|ALTER|DROP|CREATE|REINDEX|TRUNCATE|SELECT|` +
		`UPDATE|DELETE|INSERT|SET|LOCK|COPY|MERGE)\b`)
	inWords = regexp.MustCompile(`(^|[ \n(])[a-z]{2,}[ ,;:.)]`)
	// page is one of `belay explain`, or behind the key ?: it tells of what is done, and is no
	// advice for the situation in hand.
	page = regexp.MustCompile(`(?s)Advice|\*\*The advice|\*\*Files|In practice`)
)

// toldWhole are the places whose texts with SQL are held as a whole, and where.
var toldWhole = map[string]string{
	"sqlview/lint/rules/":   "db/play: TestAdvice follows each rule's advice in the situation of its samples",
	"sqlview/lint/":         "db/play: TestAdvice, of what the rules have in common",
	"sqlview/rewrite/":      "steps/fix: the files of each way are run on a server, beside the original",
	"sqlview/migration/":    "db/history: each tool's table as the tool makes it",
	"sqlview/effect/":       "db/play: TestFactsOnServer holds what is said of a statement against a server",
	"sqlview/proof/":        "says what the catalog has",
	"sqlview/refusal/newer": "names of what an older server refuses; db/play: TestNewerSyntax",
	"db/ledger/":            "sent by belay, or printed by belay doctor --print-ledger: testdata/script/doctor.txtar",
	"steps/demo/":           "sent by the demo",
	"db/dbtest/":            "sent by tests",
	"steps/rehearsal/":      "sent to the throwaway server",
}

// told says of each other text with SQL, by a part of it, where a test does what it says, or
// why there is nothing to be done.
var told = map[string]string{
	"drop it with DROP INDEX CONCURRENTLY, then run again":     "testdata/script/run_concurrently_killed.txtar",
	"DETACH PARTITION … FINALIZE ends it":                      "TestHintsHelp",
	"run ANALYZE %s later":                                     "testdata/script/backfill_analyze.txtar",
	"run ANALYZE \x00 later":                                   "testdata/script/backfill_analyze.txtar",
	"GRANT pg_signal_autovacuum_worker TO \x00":                "only 18 has it; as pg_signal_backend",
	"GRANT pg_signal_backend TO \x00":                          "db/watch: TestWhoMayNotEndIsToldWhatHelps",
	"after the first run, GRANT SELECT on it TO %s":            "printed by doctor: TestHintsHelp",
	"Narrower: GRANT the application's own reading role TO %s": "printed there: the role is the team's own",
	"COMMIT PREPARED or ROLLBACK PREPARED ends it":             "TestToldSQLHelps",
	"COMMIT PREPARED or ROLLBACK PREPARED '\x00' ends it":      "TestToldSQLHelps",
	"is a composite type: ALTER TYPE changes it":               "TestToldSQLHelps",
	"has a default: DROP DEFAULT first":                        "TestToldSQLHelps",
	"DROP DEFAULT first, SET DEFAULT after":                    "TestToldSQLHelps",
	"drop it by DROP INDEX CONCURRENTLY":                       "testdata/script/run_reindex_leftover.txtar",
	"end it by DETACH … FINALIZE":                              "testdata/script/run_detach_pending.txtar",
	"end it with FINALIZE?":                                    "testdata/script/run_detach_pending.txtar",
	"VACUUM the table after every tenth":                       "db/backfill: belay does it",
	"VACUUM after every tenth":                                 "db/backfill: belay does it",
	"may belay VACUUM":                                         "db/backfill: belay does it",
	"leave VACUUM to the server":                               "an answer by which nothing is done",
	"such as \"status = 'active'\"":                            "a flag: testdata/script/backfill.txtar",
	"belay new orders note --sql":                              "an example: testdata/script/new.txtar",
}

// describes are parts of the texts that say what is, or what belay does: no advice.
var describes = []string{
	"Runs UPDATE T SET SQL WHERE", "sessions whose statement names it", "ready for psql. It is\nthe same SQL",
	"A migration that is merged, or has run anywhere", "which REINDEX CONCURRENTLY", "ANALYZE was not done: ",
	"the server refuses UPDATE of a published table", "a rule rewrites UPDATE", "no VACUUM can remove",
	"it is no UPDATE",
	"it fills the rows that the statement selects", "no VACUUM: ", "VACUUM canceled: ", "VACUUM ended: ",
	"becomes the owner by SET ROLE", "keeps VACUUM from removing them", "The 95th percentile", "is no SELECT",
	"A SELECT of the team's own", "autovacuum: VACUUM ", "before 16 DROP EXPRESSION", "USING INDEX does not work there",
	"lacks CREATE on", "a NOT VALID foreign key on a partitioned table needs 18", "ONLY in VACUUM and ANALYZE",
	"LARGE OBJECTS in ALTER DEFAULT PRIVILEGES", "INHERIT in ALTER CONSTRAINT",
	"IS NOT NULL AND NOT EXISTS (SELECT FROM",
	"CONCURRENTLY it leaves an INVALID index behind", "is NOT VALID: it holds for new rows only",
	"an index, built CONCURRENTLY in its own file", "back NOT VALID: rows are checked from then on",
	"something is built CONCURRENTLY", "a REINDEX that did not end",
	"FINALIZE waits in short tries", "only other schema changes and VACUUM",
	"only other schema changes, VACUUM and ANALYZE wait",
	"the tool alone would run it as one UPDATE",
	"-- belay: backfill\nUPDATE", "Asked when an INVALID index", "Asked when a partition is half",
	"belay runs this UPDATE in small batches", "one report, one ALTER, everybody waits", "VACUUM keeps what died since",
	"SET |SELECT pg_catalog",
}

// TestToldSQL walks every text of the program with SQL among words that is no hint, which
// TestEveryHint walks: a test does what it says, or it tells what is.
func TestToldSQL(t *testing.T) {
	hinted, met, counts := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, h := range hints() {
		hinted[h.text] = true
	}
	find := func(text string, parts []string) string {
		i := slices.IndexFunc(parts, func(p string) bool { return strings.Contains(text, p) })
		if i < 0 {
			return ""
		}
		met[parts[i]] = true
		return parts[i]
	}
	for _, a := range advices(t) {
		place := ofPackage(a.place)
		if !toldSQL.MatchString(a.text) || !inWords.MatchString(a.text) {
			continue
		}
		class := ""
		for prefix := range toldWhole {
			if strings.HasPrefix(place, prefix) {
				met[prefix], class = true, "held as a whole"
			}
		}
		switch {
		case hinted[a.text] || hinted[verb.ReplaceAllString(a.text, value)]:
			class = "hints"
		case class != "":
		case find(a.text, keys(told)) != "":
			class = "told and done by a test, or answered for"
		case wholeSQL.MatchString(a.text) || strings.Contains(a.text, "pg_catalog."):
			class = "statements as a whole"
		case page.MatchString(a.text):
			class = "pages"
		case find(a.text, describes) != "":
			class = "descriptions"
		default:
			t.Errorf("%s: nobody has done what this says: %.200q", place, strings.ReplaceAll(a.text, value, "…"))
		}
		counts[class]++
	}
	for _, part := range slices.Concat(keys(told), describes, keys(toldWhole)) {
		if !met[part] {
			t.Errorf("no text has %q any more", strings.ReplaceAll(part, value, "…"))
		}
	}
	t.Logf("texts with SQL: %v", counts)
}

func keys(m map[string]string) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// TestToldSQLHelps does what texts say that stand in no hint: what is refused is refused,
// and behind what was told it is not, or was done by it.
func TestToldSQLHelps(t *testing.T) {
	t.Parallel()
	cluster := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"max_prepared_transactions": "2"}})
	for n, c := range []struct {
		part          string
		setup         []string
		refused, code string
		does          string
		// shows is true once it is done; "" = what was refused is not any more.
		shows string
	}{
		{part: "has a default: DROP DEFAULT first", setup: []string{"CREATE TABLE t (a int NOT NULL DEFAULT 1)"},
			refused: "ALTER TABLE t ALTER COLUMN a ADD GENERATED BY DEFAULT AS IDENTITY", code: "55000",
			does: "ALTER TABLE t ALTER COLUMN a DROP DEFAULT"},
		{part: "DROP DEFAULT first, SET DEFAULT after", setup: []string{"CREATE TABLE t (a text DEFAULT 'x')"},
			refused: "ALTER TABLE t ALTER COLUMN a TYPE int USING length(a)", code: "42804",
			does: "ALTER TABLE t ALTER COLUMN a DROP DEFAULT"},
		{part: "is a composite type: ALTER TYPE changes it", setup: []string{"CREATE TYPE t AS (a int)"},
			refused: "ALTER TABLE t ADD COLUMN b int", code: "42809", does: "ALTER TYPE t ADD ATTRIBUTE b int",
			shows: "EXISTS (SELECT FROM pg_attribute WHERE attname = 'b' AND attrelid = 't'::regclass)"},
		{part: "COMMIT PREPARED or ROLLBACK PREPARED ends it",
			setup:   []string{"CREATE TABLE t (a int)", "BEGIN; LOCK TABLE t; PREPARE TRANSACTION 'p1'"},
			refused: "ALTER TABLE t ADD COLUMN b int", code: "55P03", does: "ROLLBACK PREPARED 'p1'"},
		{part: "COMMIT PREPARED or ROLLBACK PREPARED '\x00' ends it",
			setup:   []string{"CREATE TABLE t (a int)", "BEGIN; LOCK TABLE t; PREPARE TRANSACTION 'p2'"},
			refused: "ALTER TABLE t ADD COLUMN b int", code: "55P03", does: "COMMIT PREPARED 'p2'"},
	} {
		t.Run(c.part, func(t *testing.T) {
			d := dbtest.In(t, cluster, "told_"+string(rune('a'+n)))
			if told[c.part] != "TestToldSQLHelps" {
				t.Error("no text says that")
			}
			conn := d.Conn(t)
			send := func(sql string) error {
				_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
				return err
			}
			for _, sql := range append([]string{"SET lock_timeout = '200ms'"}, c.setup...) {
				if err := send(sql); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			}
			if err := send(c.refused); db.SQLState(err) != c.code {
				t.Fatalf("%s: %v", c.refused, err)
			}
			if err := send(c.does); err != nil {
				t.Fatalf("%s: %v", c.does, err)
			}
			if c.shows != "" {
				d.WaitUntil(t, c.shows)
			} else if err := send(c.refused); err != nil {
				t.Errorf("%s: still %v", c.refused, err)
			}
		})
	}
}
