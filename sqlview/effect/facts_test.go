package effect_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/effect/facts"
	"belay/sqlview/parse"
)

// notKnowable lists the facts whose line does not say what a server does at its
// strongest moment, with the reason.
var notKnowable = map[string]string{
	"detach-partition-concurrently": "seen while it waited between its transactions, holding nothing; the locks it " +
		"takes are SHARE UPDATE EXCLUSIVE and ACCESS EXCLUSIVE",
}

// TestFacts plays the oracle: setup builds the catalog, the statement is judged
// for every version that was tested, and each answer must be as it was seen.
func TestFacts(t *testing.T) {
	all, err := facts.All()
	if err != nil {
		t.Fatal(err)
	}
	sources := make([][]byte, 0, 2*len(all))
	for _, f := range all {
		sources = append(sources, []byte(f.Setup), []byte(f.Statement))
	}
	files, err := parse.Parse(context.Background(), sources...)
	if err != nil {
		t.Fatal(err)
	}
	score := map[int]*[3]int{}
	for i, f := range all {
		for _, v := range f.Versions {
			if score[v] == nil {
				score[v] = &[3]int{}
			}
			score[v][play(t, f, v, files[2*i], files[2*i+1])]++
		}
	}
	for _, v := range slices.Sorted(maps.Keys(score)) {
		t.Logf("PostgreSQL %d: %d right, %d wrong, %d not knowable", v, score[v][right], score[v][wrong],
			score[v][unknowable])
	}
}

const (
	right = iota
	wrong
	unknowable
)

func play(t *testing.T, f facts.Fact, version int, setup, statement parse.File) int {
	t.Helper()
	if setup.Analysed() != len(setup.Statements) || statement.Analysed() != 1 {
		t.Errorf("%s: not analysed: %+v %+v", f.ID, setup.Problem, statement.Statements)
		return wrong
	}
	snap := catalog.FromStatements(catalog.SourceSchema, setup.Statements, version)
	for _, st := range setup.Statements {
		if st.Kind == "SET" {
			snap.Replay(st, version)
		}
	}
	e := effect.Of(statement.Statements[0], snap, version)
	differs := f.Wrong(e)
	switch {
	case notKnowable[f.ID] != "":
		return unknowable
	case len(differs) > 0:
		t.Errorf("%s on %d: %s\n\t%s", f.ID, version, f.Statement, strings.Join(differs, "\n\t"))
		return wrong
	}
	return right
}
