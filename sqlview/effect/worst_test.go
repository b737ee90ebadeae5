package effect_test

import (
	"context"
	"slices"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/effect/facts"
	"belay/sqlview/parse"
)

// An unknown server is judged for the worst: no version of 12 to 18 may lock,
// rewrite or scan more, and without any catalog every statement is still known.
func TestUnknownVersionIsTheWorst(t *testing.T) {
	all, err := facts.All()
	if err != nil {
		t.Fatal(err)
	}
	var sources [][]byte
	for _, f := range all {
		sources = append(sources, []byte(f.Setup), []byte(f.Statement))
	}
	files, err := parse.Parse(context.Background(), sources...)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range all {
		st := files[2*i+1].Statements[0]
		if e := effect.Of(st, nil, 0); !e.Known {
			t.Errorf("%s: not known without a catalog", f.ID)
		}
		snap := catalog.FromStatements(catalog.SourceSchema, files[2*i].Statements, 0)
		worst := effect.Of(st, snap, 0)
		for v := 12; v <= 18; v++ {
			e := effect.Of(st, snap, v)
			if !covers(worst, e) {
				t.Errorf("%s on %d: %+v is worse than %+v", f.ID, v, e, worst)
			}
		}
	}
}

func covers(worst, e effect.Effect) bool {
	for _, l := range e.Locks {
		if !slices.ContainsFunc(worst.Locks, func(w effect.On) bool {
			return w.Relation == l.Relation && w.Mode >= l.Mode
		}) {
			return false
		}
	}
	for _, pair := range [][2][]string{{worst.Rewrites, e.Rewrites}, {worst.Scans, e.Scans}} {
		for _, name := range pair[1] {
			if !slices.Contains(pair[0], name) {
				return false
			}
		}
	}
	return e.Transactional || !worst.Transactional
}

// What the run makes itself blocks nobody and is instant.
func TestNewRelationsBlockNobody(t *testing.T) {
	files, err := parse.Parse(context.Background(), []byte(`
		CREATE TABLE n (id bigint, a text);
		CREATE INDEX ON n (a);
		ALTER TABLE n ADD PRIMARY KEY (id);
		ALTER TABLE n ADD COLUMN x bigserial;
		UPDATE n SET a = 'x'`))
	if err != nil {
		t.Fatal(err)
	}
	snap := catalog.FromStatements(catalog.SourceSchema, nil, 15)
	for _, st := range files[0].Statements {
		e := effect.Of(st, snap, 15)
		if len(e.Locks)+len(e.Rewrites)+len(e.Scans) > 0 || e.Duration != effect.Instant || e.Fails.Code != "" {
			t.Errorf("%s: %+v", st.SQL, e)
		}
		snap.Apply(st, 15)
	}
}

// A statement that was not parsed is not known, and takes nothing for granted.
func TestNotAnalysed(t *testing.T) {
	if e := effect.Of(parse.Statement{SQL: "CREATE TABEL"}, nil, 15); e.Known {
		t.Errorf("%+v", e)
	}
}
