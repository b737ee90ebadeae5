package migration

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestSpare: of two files of one version the advice names the one that did not run.
func TestSpare(t *testing.T) {
	format, err := Find("golang-migrate")
	if err != nil {
		t.Fatal(err)
	}
	f, err := format.Load(fstest.MapFS{
		"db/000005_a.up.sql": {Data: []byte("SELECT 1;")}, "db/000005_b.up.sql": {Data: []byte("SELECT 2;")},
	}, "db")
	if err != nil {
		t.Fatal(err)
	}
	for ran, want := range map[string]string{"a": "_b.up.sql", "b": "_a.up.sql", "": "_b.up.sql", "ab": "_b.up.sql"} {
		found := f.Spare(f.Problems, func(m Migration) bool { return strings.Contains(ran, m.Title) })
		if len(found) != 1 || !strings.HasSuffix(found[0].Hint, "belay renumber db/000005"+want) {
			t.Errorf("%q ran: %+v", ran, found)
		}
	}
}
