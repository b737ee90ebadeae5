package demo_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/steps/demo"
	"belay/steps/demo/lane"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The lanes, one after another, as `belay demo --script` plays them. In the short form
// cmd/belay: TestDemoStory plays them, by keys.
func TestLanes(t *testing.T) {
	dbtest.LongAlone(t)
	d := demo.New(demo.Options{Rows: 20_000})
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []lane.Name{lane.Careless, lane.Runbook, lane.Belay, lane.Cut} {
		if err := d.Play(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		s := d.State()
		for _, l := range s.Lines {
			t.Logf("%s %5.1f %s", name, l.After.Seconds(), l.Text)
		}
	}
	judge(t, d.State().Results)
}

// judge holds the lanes to what they are there to show, with room for a busy
// machine.
func judge(t *testing.T, r lane.Results) {
	t.Helper()
	if c := r.Careless; c.MaxMS < 2500 || c.Blocked == 0 || c.Applied {
		t.Errorf("careless: %+v", c)
	}
	if k := r.Runbook; !k.Applied || k.Exit != 0 || k.IndexValid || !strings.Contains(k.Said, "skipping") {
		t.Errorf("runbook: %+v", k)
	}
	if b := r.Belay; !b.Applied || !b.IndexValid || b.Attempts < 2 || b.MaxMS > r.Careless.MaxMS/4 {
		t.Errorf("belay: %+v against careless %+v", b, r.Careless)
	}
	if c := r.Cut; c.Said != "applied" || c.Truth != "applied" || c.How != "history row 42" {
		t.Errorf("cut: %+v", c)
	}
}

// Everything goes with Close, and a Demo that was never opened has nothing.
func TestCloseLeavesNothing(t *testing.T) {
	d := demo.New(demo.Options{Rows: 10})
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	d = demo.New(demo.Options{Rows: 10})
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	folder := d.State().Server.Folder
	if _, err := os.Stat(filepath.Join(d.Dir(), "migrations", "000040_order_note.up.sql")); err != nil {
		t.Error(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", folder, err)
	}
}
