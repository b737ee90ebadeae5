package play_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/play"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/parse"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// missesVariable prints each refusal that was not foretold right.
const missesVariable = "BELAY_TEST_MISSES"

// TestForetold draws statements that the server often refuses, runs each and rolls
// it back. Of those that it accepts none may be foretold to fail; of those that it
// refuses for what its catalog says, nine in ten are foretold with its SQLSTATE.
func TestForetold(t *testing.T) {
	scenes, first := 4, numberOf(t, seedVariable, 1)
	if dbtest.Long() {
		scenes = 40
	}
	if n := numberOf(t, statementsVariable, 0); n > 0 {
		scenes = (n + perScene - 1) / perScene
	}
	f := foretelling{differential: newDifferential(t), codes: map[string]tally{}}
	for seed := first; seed < first+scenes; seed++ {
		f.scene(seed)
	}
	f.report(scenes)
}

// tally counts the statements of one SQLSTATE.
type tally struct{ refused, right, another, missed, wrong int }

func (a tally) plus(b tally) tally {
	return tally{a.refused + b.refused, a.right + b.right, a.another + b.another, a.missed + b.missed, a.wrong +
		b.wrong}
}

type foretelling struct {
	*differential
	codes                map[string]tally
	accepted, statements int
}

func (f *foretelling) scene(seed int) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*dbtest.Timeout)
	defer cancel()
	conn, version := fresh(ctx, f.t, f.database)
	defer conn.Close(context.Background())
	var setup []string
	for _, sql := range rapid.Custom(scenery).Example(seed) {
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err == nil {
			setup = append(setup, sql)
		}
	}
	known := f.knowledge(ctx, setup, version)
	if seed%4 == 0 { // as a role with few rights
		f.become(ctx, conn, known, seed)
	}
	n := namesOf(known["live"])
	draw, plain := rapid.Custom(n.refused), rapid.Custom(n.statement)
	var statements []string
	for i := range perScene {
		statements = append(statements, draw.Example(seed*1000+i), plain.Example(seed*1000+i))
	}
	for i, file := range f.parse(ctx, statements...) {
		if len(file.Statements) == 1 && file.Analysed() == 1 {
			f.play(ctx, conn, fmt.Sprintf("seed %d, statement %d", seed, i), file.Statements[0], known, version)
		}
	}
	if f.t.Failed() {
		f.t.Logf("seed %d:\n%s;", seed, strings.Join(setup, ";\n"))
	}
}

func (f *foretelling) play(ctx context.Context, conn *pgx.Conn, where string, st parse.Statement,
	known map[string]*catalog.Snapshot, version int) {
	seen, err := play.Observe(ctx, conn, st.SQL)
	if err != nil {
		f.t.Fatal(err)
	}
	f.statements++
	if seen.Code == "" {
		f.accepted++
	}
	for _, source := range slices.Sorted(maps.Keys(known)) {
		e := effect.Of(st, known[source], version)
		said := e.Fails
		if said.IfRows {
			said.Code = ""
		}
		if !e.Transactional && (said.Code == "" || seen.Code == "25001") {
			said.Code = "25001" // the server looks at that first
		}
		if seen.Code == "" && said.Code != "" {
			f.t.Errorf("%s, by %s: accepted, and foretold %s: %s\n\t%s", where, source, said.Code, said.Message,
				st.SQL)
		}
		if source == "live" {
			f.tell(where, st, seen, said.Code, said.Message)
		}
	}
}

func (f *foretelling) tell(where string, st parse.Statement, seen play.Observation, said, message string) {
	one := tally{refused: 1}
	code := seen.Code
	switch {
	case code == "" && said == "":
		return
	case code == "":
		code, one = said, tally{wrong: 1}
	case code == said:
		one.right = 1
	case said != "":
		one.another = 1
	default:
		one.missed = 1
	}
	f.codes[code] = f.codes[code].plus(one)
	if one.right == 0 && os.Getenv(missesVariable) != "" {
		f.t.Logf("MISS %s: %s | server %q %s | foretold %q %s", where, st.SQL, seen.Code, seen.Message, said, message)
	}
}

// byRows are the classes of errors that depend on rows and values, not on the catalog.
func byRows(code string) bool {
	return strings.HasPrefix(code, "22") && code != "22023" && code != "22P02" || strings.HasPrefix(code, "23")
}

func (f *foretelling) report(scenes int) {
	row := func(name string, c tally) {
		f.t.Logf("%-8s | %7d | %5d | %7d | %6d | %5d", name, c.refused, c.right, c.another, c.missed, c.wrong)
	}
	f.t.Log("SQLSTATE | refused | right | another | missed | false")
	var all, rows tally
	for _, code := range slices.Sorted(maps.Keys(f.codes)) {
		c := f.codes[code]
		row(code, c)
		if byRows(code) {
			rows = rows.plus(c)
		} else {
			all = all.plus(c)
		}
	}
	row("catalog", all)
	row("rows", rows)
	f.t.Logf("%d statements, %d accepted", f.statements, f.accepted)
	if all.right*10 < all.refused*9 {
		f.t.Errorf("%d of %d refusals are foretold with the right SQLSTATE", all.right, all.refused)
	}
}

// become takes a role that owns some tables, may use the others, and may make
// something in one schema at most.
func (f *foretelling) become(ctx context.Context, conn *pgx.Conn, known map[string]*catalog.Snapshot, seed int) {
	f.t.Helper()
	sql := []string{"GRANT USAGE ON SCHEMA public, other TO belay_r",
		"GRANT ALL ON ALL TABLES IN SCHEMA public TO belay_r",
		"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO belay_r"}
	if seed%8 == 0 {
		sql = append(sql, "GRANT CREATE ON SCHEMA public TO belay_r")
	}
	i := 0
	for name, r := range known["live"].Relations.All() {
		if r.Kind == catalog.Table || r.Kind == catalog.View {
			if i++; i%2 == 0 {
				sql = append(sql, "ALTER TABLE "+name+" OWNER TO belay_r")
			}
		}
	}
	for _, s := range append(sql, "SET ROLE belay_r") {
		if _, err := conn.Exec(ctx, s); err != nil {
			f.t.Fatal(s, err)
		}
	}
	if _, err := f.monitor.Exec(ctx, "SET ROLE belay_r"); err != nil {
		f.t.Fatal(err)
	}
	known["live"] = inspected(ctx, f.t, f.monitor, parse.File{})
	if _, err := f.monitor.Exec(ctx, "RESET ROLE"); err != nil {
		f.t.Fatal(err)
	}
	for source := range known {
		if source != "live" {
			delete(known, source) // nobody is asked there
		}
	}
}
